"""Small numbers in what is published: one family must not be recognised by a count (D7).

Published is everything an analyst, a unit or the public gets, and every file. The same function answers for page, PDF,
CSV and XLSX, so they cannot differ.
"""

from __future__ import annotations

import enum
import heapq
import math
from collections.abc import Collection, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings

from foundation.formats import format_number

HIDDEN = "—"


def is_small(count: int) -> bool:
    """1–4: few enough to point at somebody. Nobody (0) is not few."""
    return 0 < count < settings.SUPPRESS_BELOW


def published(count: int, families: int | None = None) -> str:
    """The text of a count: „<5” when 1–4 distinct families stand behind it, else the number itself.

    ``families`` says how many families stand behind, when ``count`` counts something else (sessions, people).
    """
    if count and is_small(count if families is None else families):
        return f"<{settings.SUPPRESS_BELOW}"
    return format_number(count)


def published_percentage(numerator: int, denominator: int) -> str:
    """The text of a share, „93%”; „—” where it is of too few, or where it would give a small number away.

    93 % of 30 is 28, so the two who are missing would be known: a small complement hides the share as well.
    """
    if denominator < settings.PERCENT_DENOMINATOR_MIN or is_small(numerator) or is_small(denominator - numerator):
        return HIDDEN
    share = (Decimal(100 * numerator) / denominator).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return f"{format_number(int(share))}%"


class Mark(enum.Enum):
    """What is printed for a cell of a published table."""

    SHOWN = "shown"
    SMALL = "small"
    """1–4 families: „<5”."""
    HIDDEN = "hidden"
    """Not few itself, but it would give a small number away: „—”."""


def published_cell(count: int, mark: Mark) -> str:
    """The text of a cell of a table that `protect` has looked through."""
    if mark is Mark.SMALL:
        return f"<{settings.SUPPRESS_BELOW}"
    return HIDDEN if mark is Mark.HIDDEN else format_number(count)


Cell = tuple[int, int]
"""Row and column."""


def protect(
    rows: Sequence[Sequence[int]],
    together: Sequence[int] | None = None,
    *,
    dark: Collection[int] = (),
    precious: Collection[int] = (),
    unseen: Collection[int] = (),
    few: Collection[Cell] | None = None,
) -> list[list[Mark]]:
    """Which cells of a table are printed, so that no total gives a small number away (D7).

    ``rows`` count distinct families; the total of each row is printed beside it, as is ``together``, the row of all
    rows together with its own total (in the answer it is the last one). Nothing at all is printed of the rows whose
    places are in ``dark``. A row's total is 0 or not small: who has a small one makes its row dark. Cells of the
    columns in ``precious`` are hidden only where nothing else helps. Columns in ``unseen`` are printed nowhere, like
    what is left of a row's total, but somebody could compute them.

    First 1–4 become „<5”; then further cells are hidden, the fewest and smallest along the cheapest way, until
    whoever solves the table's sums still finds each „<5” to be anything from 1 to 4, knowing that „—” is 5 or more.
    Where that cannot be reached (1 and 5 of 6), the whole row is dashes. A small number in a row of dashes has at
    least two values left. The sums of a table with totals are a network, in which such ranges are found exactly.

    Where the numbers count something else (meetings), ``few`` says in which cells 1–4 families are behind them. „<5”
    and „—” then tell that there is at least one, and each number of few is left with at least four possible values.
    """
    last = None if together is None else list(together)
    return _Table([list(row) for row in rows], last, set(dark), set(precious), set(unseen), few).marks()


Node = tuple[str, int]
Arc = tuple[Node, Cell, int, int]
"""Where it leads, by which cell, that grows or shrinks by one, and what it costs to hide that cell."""


class _Table:
    """The network of a table's sums: a cell is an arc from its row to its column (from column to row in `together`),
    and what an attacker cannot tell from the truth is the truth changed along circles of hidden cells.

    Rows keep their totals in every change, also dark ones, so that tables that share totals can't be played off
    against each other.
    """

    def __init__(
        self,
        rows: list[list[int]],
        together: list[int] | None,
        dark: set[int],
        precious: set[int],
        unseen: set[int],
        few: Collection[Cell] | None = None,
    ) -> None:
        self.values = [*rows, *([together] if together is not None else [])]
        self.together = len(rows) if together is not None and len(rows) not in dark else None
        self.dark = dark
        self.precious = precious
        self.unseen = unseen
        self.blank: set[int] = set(dark)  # rows of dashes
        self.below = settings.SUPPRESS_BELOW
        self.few = None if few is None else set(few)
        self.hidden = {cell for cell in self._cells() if self._is_few(cell) or cell[0] in dark or cell[1] in unseen}

    def marks(self) -> list[list[Mark]]:
        while exposed := next((cell for cell in self._sensitive() if not self._is_safe(cell)), None):
            self._hide_more(exposed)
        return [[self._mark((r, c)) for c in range(len(row))] for r, row in enumerate(self.values)]

    def _cells(self) -> list[Cell]:
        return [(r, c) for r, row in enumerate(self.values) for c in range(len(row))]

    def _value(self, cell: Cell) -> int:
        return self.values[cell[0]][cell[1]]

    def _is_few(self, cell: Cell) -> bool:
        return is_small(self._value(cell)) if self.few is None else cell in self.few and self._value(cell) > 0

    def _mark(self, cell: Cell) -> Mark:
        if cell not in self.hidden:
            return Mark.SHOWN
        return Mark.HIDDEN if cell[0] in self.blank or not self._is_few(cell) else Mark.SMALL

    def _sensitive(self) -> list[Cell]:
        """What must not be found out; in a row of which nothing is printed only the sums of all rows could tell it."""
        known = set() if self.together is not None else self.dark
        return [cell for cell in self._cells() if self._is_few(cell) and cell[0] not in known]

    def _is_safe(self, cell: Cell) -> bool:
        least, most = self._range(cell)
        if cell[0] in self.blank:
            return least < most or not self._printed_rows()
        if self.few is not None:
            return most - least >= self.below - 2
        return least <= 1 and most >= self.below - 1

    def _printed_rows(self) -> set[int]:
        """Rows that have anything but zeros and are not dashes yet."""
        return {r for r, row in enumerate(self.values) if any(row)} - self.blank

    def _bounds(self, cell: Cell) -> tuple[int, float]:
        """What the print tells of a cell."""
        if cell[0] in self.blank or cell[1] in self.unseen:
            return 0, math.inf
        if self.few is not None:
            return 1, math.inf
        return (1, self.below - 1) if self._is_few(cell) else (self.below, math.inf)

    # --- the range that a cell can have ------------------------------------------------------------------------------

    def _range(self, cell: Cell) -> tuple[int, int]:
        """The least and the most that a cell could be, looked at no further than a small number reaches."""
        least, most = self._value(cell), self._value(cell)
        lowest, highest = 0, self.below - 1
        if self.few is not None:
            lowest, highest = max(least - self.below, 0), most + self.below
        changed: dict[Cell, int] = {}
        while most < highest and self._shift(cell, 1, changed):
            most += 1
        changed = {}
        while least > lowest and self._shift(cell, -1, changed):
            least -= 1
        return least, most

    def _shift(self, cell: Cell, step: int, changed: dict[Cell, int]) -> bool:
        """Change a cell by one and others with it, in hidden cells alone; False where the sums don't allow it."""
        least, most = self._bounds(cell)
        if not least <= self._value(cell) + changed.get(cell, 0) + step <= most:
            return False
        way = self._way(cell, step, changed, also_shown=False)
        if way is None:
            return False
        for other, change in [(cell, step), *way]:
            changed[other] = changed.get(other, 0) + change
        return True

    def _ends(self, cell: Cell, step: int) -> tuple[Node, Node]:
        """Where the arc of a cell begins and ends when the cell grows (step 1) or shrinks (-1)."""
        r, c = cell
        row: Node = ("row", r)
        column: Node = ("column", c) if self.together is not None else ("column", -1)
        forward = (column, row) if r == self.together else (row, column)
        return forward if step > 0 else (forward[1], forward[0])

    def _way(
        self, cell: Cell, step: int, changed: dict[Cell, int], *, also_shown: bool
    ) -> list[tuple[Cell, int]] | None:
        """The cheapest changes that make up for this one; hidden cells cost nothing, shown ones what they tell."""
        target, source = self._ends(cell, step)
        arcs: dict[Node, list[Arc]] = {}
        dear = sum(map(sum, self.values)) + 2
        spare = self.below if self.few is None else 1
        for other in self._cells():
            is_hidden = other in self.hidden
            if other == cell or not (is_hidden or (also_shown and self._value(other) >= spare)):
                continue
            least, most = self._bounds(other)
            for by in (1, -1):
                if least <= self._value(other) + changed.get(other, 0) + by <= most:
                    start, end = self._ends(other, by)
                    cost = 0 if is_hidden else dear ** (2 if other[1] in self.precious else 1) + self._value(other)
                    arcs.setdefault(start, []).append((end, other, by, cost))
        return _cheapest(arcs, source, target)

    # --- hiding more -------------------------------------------------------------------------------------------------

    def _hide_more(self, exposed: Cell) -> None:
        """Hide the cheapest cells that widen the range of this one, or turn its row into dashes, or all rows."""
        for step in (1, -1):
            changed: dict[Cell, int] = {}
            while self._shift(exposed, step, changed):
                pass
            least, most = self._bounds(exposed)
            if not least <= self._value(exposed) + changed.get(exposed, 0) + step <= most:
                continue
            way = self._way(exposed, step, changed, also_shown=True)
            more = {cell for cell, _by in way or ()} - self.hidden
            if more:
                self.hidden |= more
                return
        rows = {exposed[0]} - self.blank or self._printed_rows()
        self.blank |= rows
        self.hidden |= {cell for cell in self._cells() if cell[0] in rows}


def _cheapest(arcs: Mapping[Node, Sequence[Arc]], source: Node, target: Node) -> list[tuple[Cell, int]] | None:
    """The cells along the cheapest way between two places of the network, each with its change (Dijkstra)."""
    found: dict[Node, list[tuple[Cell, int]]] = {}
    waiting: list[tuple[int, int, Node, list[tuple[Cell, int]]]] = [(0, 0, source, [])]
    order = 0
    while waiting:
        cost, _order, here, way = heapq.heappop(waiting)
        if here in found:
            continue
        found[here] = way
        if here == target:
            return way
        for end, cell, by, price in arcs.get(here, ()):
            order += 1
            heapq.heappush(waiting, (cost + price, order, end, [*way, (cell, by)]))
    return None

"""Assessments in aggregate, ready to be shown: exact, or with what of them may be printed (D7, decision 0077)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.conf import settings

from cases.assessments.counting import COMPARED, Counts, Line, Scope, Tool, count
from cases.assessments.periods import Period
from foundation.formats import format_number
from foundation.suppression import HIDDEN, Mark, is_small, protect, published_cell, published_percentage


@dataclass(frozen=True)
class Figure:
    """A number of families, and whether it may be printed."""

    count: int
    mark: Mark = Mark.SHOWN
    is_exact: bool = False
    """For a lead's own page, where nothing is hidden."""

    @property
    def text(self) -> str:
        return published_cell(self.count, self.mark)

    @property
    def is_shown(self) -> bool:
        return self.mark is Mark.SHOWN

    def share(self, whole: Figure) -> str:
        """In per cent of a whole that is shown too; of few it says nothing, also where nothing is hidden."""
        if self.is_exact:
            few = whole.count < settings.PERCENT_DENOMINATOR_MIN
            return HIDDEN if few else f"{format_number(Decimal(100 * self.count) / whole.count, decimals=0)}%"
        if not (self.is_shown and whole.is_shown):
            return HIDDEN
        return published_percentage(self.count, whole.count)


Figures = dict[str, Figure]

STARTED, EARLIER = "started", "earlier"
"""Of the families assessed in a period, those who also began in it, and the rest: their number is printed nowhere, and
must not be the difference of two that are.
"""


@dataclass(frozen=True)
class Summary:
    """One centre, or all together: `Counts` as figures."""

    families: Figure = Figure(0)
    levels: Mapping[str, Figures] = field(default_factory=dict)
    started: Figure = Figure(0)
    statuses: Figures = field(default_factory=dict)
    changes: Mapping[str, Figures] = field(default_factory=dict)


def summarise(tool: Tool, period: Period, centres: Collection[int]) -> dict[Scope, Summary]:
    """Each centre and all of them together, marked as one publication: whoever has all of it finds no small number."""
    return protected(count(tool, period, centres))


def exact(summary: Summary) -> Summary:
    """The same with every number shown: for a lead's own page."""

    def row(figures: Figures) -> Figures:
        return {name: Figure(figure.count, is_exact=True) for name, figure in figures.items()}

    return Summary(
        families=Figure(summary.families.count, is_exact=True),
        levels={area: row(figures) for area, figures in summary.levels.items()},
        started=Figure(summary.started.count, is_exact=True),
        statuses=row(summary.statuses),
        changes={area: row(figures) for area, figures in summary.changes.items()},
    )


def protected(counts: Mapping[Scope, Counts]) -> dict[Scope, Summary]:
    """Mark what may be printed, from the totals downwards: of what has no printed total nothing is printed below.

    Each step keeps the totals above it, so no two tables that share them can be played off against each other.
    """
    areas = list(counts[None].levels)
    families = _totals({scope: one.families for scope, one in counts.items()})
    started = _started(counts, families)
    statuses = _table({scope: one.statuses for scope, one in counts.items()}, started, precious=COMPARED)
    compared = {scope: row.get(COMPARED, Figure(0)) for scope, row in statuses.items()}
    levels, changes = {}, {}
    for area in areas:
        levels[area] = _table({scope: one.levels.get(area, {}) for scope, one in counts.items()}, families)
        changes[area] = _table({scope: one.changes.get(area, {}) for scope, one in counts.items()}, compared)
    return {
        scope: Summary(
            families=families[scope],
            levels={area: levels[area][scope] for area in areas},
            started=started[scope],
            statuses=statuses[scope],
            changes={area: changes[area][scope] for area in areas},
        )
        for scope in counts
    }


def _totals(counts: Mapping[Scope, int]) -> dict[Scope, Figure]:
    """How many each centre has, under the total of all, which is printed unless it is small itself."""
    centres = [scope for scope in counts if scope is not None]
    if is_small(counts[None]):
        return {scope: Figure(n, Mark.HIDDEN if scope else Mark.SMALL) for scope, n in counts.items()}
    (marks,) = protect([[counts[scope] for scope in centres]])
    marked = dict(zip(centres, marks, strict=True))
    return {scope: Figure(n, marked[scope] if scope else Mark.SHOWN) for scope, n in counts.items()}


def _started(counts: Mapping[Scope, Counts], families: Mapping[Scope, Figure]) -> dict[Scope, Figure]:
    """How many began; where everybody did, these are the same numbers once more, and the same of them are printed."""
    parts = {scope: {STARTED: one.started, EARLIER: one.families - one.started} for scope, one in counts.items()}
    if not any(part[EARLIER] for part in parts.values()):
        return dict(families)
    return {scope: row[STARTED] for scope, row in _table(parts, families, unseen=EARLIER).items()}


def _table(
    rows: Mapping[Scope, Line], totals: Mapping[Scope, Figure], *, precious: str = "", unseen: str = ""
) -> dict[Scope, Figures]:
    """Rows of centres and of all together, each summing to its total; a precious column has a table below it."""
    centres: Sequence[Scope] = [scope for scope in rows if scope is not None]
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    order = [*centres, None]
    dark = {place for place, scope in enumerate(order) if not totals[scope].is_shown}
    values = [[rows[scope].get(column, 0) for column in columns] for scope in order]
    marks = protect(
        values[:-1],
        values[-1],
        dark=dark,
        precious=[place for place, column in enumerate(columns) if column == precious],
        unseen=[place for place, column in enumerate(columns) if column == unseen],
    )
    return {
        scope: {
            column: Figure(value, mark)
            for column, value, mark in zip(columns, values[place], marks[place], strict=True)
        }
        for place, scope in enumerate(order)
    }

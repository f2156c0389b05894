"""The words, tables and charts of a summary: the same on the page, in the CSV and in the monthly report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases.assessments.counting import (
    BETTER,
    CLOSED,
    COMPARED,
    INCOMPLETE,
    NO_END,
    NOT_APPLICABLE,
    NOT_COMPARABLE,
    OTHER_VERSION,
    SAME,
    WORSE,
    level_column,
)
from cases.assessments.summary import Figure, Figures, Summary
from foundation.share_chart import GREY, WARM, Part, shade, share_chart
from foundation.suppression import HIDDEN

Named = Sequence[tuple[str, str]]
"""Ids with their labels, in order."""


@dataclass(frozen=True)
class Cell:
    """A number of families, and its share of the row where that says anything."""

    text: str
    share: str = ""


@dataclass(frozen=True)
class Row:
    label: str
    named: tuple[tuple[str, Cell], ...]
    """Each cell with its column's name."""
    total: str


@dataclass(frozen=True)
class Table:
    """A row for each area, whose cells sum to the total. The chart shows the same."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    total: Figure
    chart: SafeString
    has_hidden: bool


def levels_table(summary: Summary, areas: Named, levels: Named, *, title: str) -> Table:
    """How families are distributed over the levels of each area. „Nothing applied” only where it occurs."""
    parts = {level_column(level): Part(label, shade(depth)) for (level, label), depth in _shaded(levels)}
    parts[INCOMPLETE] = Part(_("incomplete result"), lines="across")
    if any(
        figures[NOT_APPLICABLE].count or not figures[NOT_APPLICABLE].is_shown for figures in summary.levels.values()
    ):
        parts[NOT_APPLICABLE] = Part(_("no item applied"))
    return _table(summary.levels, areas, parts, summary.families, title)


def changes_table(summary: Summary, areas: Named, *, title: str) -> Table:
    """What became of all who began, area by area."""
    parts = {
        BETTER: Part(pgettext("change of a level", "better"), shade(0.9)),
        SAME: Part(pgettext("change of a level", "no change"), shade(0.2)),
        WORSE: Part(pgettext("change of a level", "worse"), WARM),
        NOT_COMPARABLE: Part(_("area not comparable"), lines="across"),
        OTHER_VERSION: Part(_("other version at the end"), lines="down across"),
        NO_END: Part(_("no assessment at the end yet")),
        CLOSED: Part(_("closed without one"), GREY),
    }
    statuses = {name: figure for name, figure in summary.statuses.items() if name != COMPARED}
    rows = {area: figures | statuses for area, figures in summary.changes.items()}
    return _table(rows, areas, parts, summary.started, title)


def _shaded(levels: Named) -> Iterator[tuple[tuple[str, str], float]]:
    steps = max(len(levels) - 1, 1)
    return ((level, place / steps) for place, level in enumerate(levels))


def _table(rows: Mapping[str, Figures], areas: Named, parts: Mapping[str, Part], total: Figure, title: str) -> Table:
    shown = [(label, [rows[area][column] for column in parts]) for area, label in areas if area in rows]
    chart = share_chart(
        title=title,
        parts=list(parts.values()),
        rows=[
            (label, [figure.count if figure.is_shown else None for figure in figures], _count(total))
            for label, figures in shown
        ],
        hidden=pgettext("number", "hidden"),
    )
    columns = tuple(part.label for part in parts.values())
    return Table(
        columns=columns,
        rows=tuple(
            Row(
                label,
                tuple(
                    (column, Cell(figure.text, _share(figure, total)))
                    for column, figure in zip(columns, figures, strict=True)
                ),
                total.text,
            )
            for label, figures in shown
        ),
        total=total,
        chart=chart,
        has_hidden=any(not figure.is_shown for _label, figures in shown for figure in figures),
    )


def _count(total: Figure) -> int | None:
    return total.count if total.is_shown else None


def _share(figure: Figure, total: Figure) -> str:
    share = figure.share(total) if figure.count else ""
    return "" if share == HIDDEN else share


def csv_rows(tables: Sequence[tuple[str, Table]], about: Sequence[Any]) -> Iterator[list[Any]]:
    """A line for each cell, so that a spreadsheet can turn the table as it likes; numbers stay numbers."""
    yield [
        *(_("instrument"), _("centre"), _("period"), _("as of"), _("table"), _("area")),
        *(_("counted as"), _("families"), _("share")),
    ]
    for name, table in tables:
        for row in table.rows:
            for column, cell in (*row.named, (pgettext("families", "all"), Cell(row.total))):
                yield [*about, name, row.label, column, _number(cell.text), cell.share]


def _number(text: str) -> int | str:
    plain = text.replace("\u00a0", "")
    return int(plain) if plain.isdigit() else text

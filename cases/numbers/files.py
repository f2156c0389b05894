"""The page as a file: a line for each cell in the CSV, a sheet for each table in the XLSX."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from cases.numbers.page import Page
from cases.numbers.tables import Cell
from foundation.formats import format_date
from foundation.spreadsheets import Duration, Share, Sheet


def kind_of_numbers(page: Page) -> str:
    if page.published:
        return _(
            "Small numbers are hidden: “<5” and “—” stand where 1–4 families are behind a number or it would give "
            "such a one away, “≥” where a hidden number is missing in a sum."
        )
    return _("Exact numbers for internal use. Do not pass them on: take those with small numbers hidden.")


def _about(page: Page) -> list[tuple[str, str]]:
    return [
        (_("whose"), page.place),
        (_("service"), page.service.name if page.service else _("all services")),
        (_("therapist"), str(page.therapist) if page.therapist else _("everybody")),
        (_("period"), page.period.label),
        (_("days"), f"{format_date(page.period.first)} – {format_date(page.period.last)}"),
        (_("as of"), format_date(timezone.localdate(page.now))),
        (_("kind of numbers"), kind_of_numbers(page)),
    ]


def csv_rows(page: Page) -> Iterator[list[Any]]:
    """A line for each cell, so that a spreadsheet can turn the tables as it likes; numbers stay numbers."""
    about = _about(page)
    yield [*(name for name, _value in about), _("table"), _("row"), _("column"), _("value")]
    facts = [value for _name, value in about]
    for table in page.all_tables:
        for row, named in table.named_rows:
            for column, cell in named:
                yield [*facts, table.title, row.label, column, _csv_value(cell)]


def _csv_value(cell: Cell) -> Any:
    value = cell.for_files
    return cell.text if isinstance(value, Duration | Share) else value


def sheets(page: Page) -> list[Sheet]:
    """The first sheet says what was counted; then each table as the page shows it."""
    found = [Sheet(_("About"), [[_("what"), _("value")], *map(list, _about(page))])]
    for table in page.all_tables:
        rows = [[row.label, *(cell.for_files for cell in row.cells)] for row in table.rows]
        found.append(Sheet(table.title, [table.heads, *rows]))
    return found

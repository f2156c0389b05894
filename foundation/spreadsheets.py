"""Files for Excel, none of whose cells runs as a formula (A6): CSV as it opens it in Poland, with semicolons and a
byte-order mark, and XLSX.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

BYTE_ORDER_MARK = "\ufeff"
CONTENT_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CREATED = dt.datetime(2026, 1, 1)  # noqa: DTZ001 - of no zone, as the format has it; the same in every file
MINUTES_A_DAY = 24 * 60
NARROWEST, WIDEST, LONGEST_SHEET_NAME = 10, 60, 31
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class _Echo:
    """A file that gives back what is written into it, one line at a time."""

    def write(self, line: str) -> str:
        return line


def csv_lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The file, line by line, so that a long one can be streamed; the first row is the head."""
    writer = csv.writer(_Echo(), delimiter=";", lineterminator="\r\n")
    mark = BYTE_ORDER_MARK
    for row in rows:
        yield mark + writer.writerow([_cell(value) for value in row])
        mark = ""


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, str) and value.lstrip(" \u00a0").startswith(_STARTS_A_FORMULA):
        return f"'{value}"
    return value


# --- XLSX ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Duration:
    """Minutes, shown as hours and minutes and counted with by a spreadsheet: 41:40."""

    minutes: int


@dataclass(frozen=True)
class Share:
    """Per cent, as rounded as it is shown."""

    per_cent: int


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook: its name, and rows of which the first is the head."""

    name: str
    rows: Sequence[Sequence[Any]]


def workbook(sheets: Iterable[Sheet]) -> bytes:
    """An XLSX file, the same to the byte for the same content. Text stays text, whatever it begins with."""
    import xlsxwriter  # only who asks for a file pays for it

    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"created": CREATED})
        styles = {
            "head": book.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
            Duration: book.add_format({"num_format": "[h]:mm"}),
            Share: book.add_format({"num_format": "0%"}),
            int: book.add_format({"num_format": "#,##0"}),
        }
        taken: set[str] = set()
        for sheet in sheets:
            page = book.add_worksheet(_sheet_name(sheet.name, taken))
            page.freeze_panes(1, 1)
            for r, row in enumerate(sheet.rows):
                for c, value in enumerate(row):
                    _write(page, r, c, value, styles["head"] if not r else styles.get(type(value)))
            for c in range(max(map(len, sheet.rows), default=0)):
                longest = max(len(str(row[c])) for row in sheet.rows[1:] or sheet.rows if c < len(row))
                page.set_column(c, c, min(max(longest + 2, NARROWEST), WIDEST))
    return file.getvalue()


def _write(page: Any, r: int, c: int, value: Any, style: Any) -> None:
    if isinstance(value, Duration):
        page.write_number(r, c, value.minutes / MINUTES_A_DAY, style)
    elif isinstance(value, Share):
        page.write_number(r, c, value.per_cent / 100, style)
    elif isinstance(value, int):
        page.write_number(r, c, value, style)
    else:
        page.write_string(r, c, "" if value is None else str(value), style)


def _sheet_name(name: str, taken: set[str]) -> str:
    """Excel takes 31 letters, some not at all, and no name twice."""
    plain = "".join(letter for letter in name if letter not in "[]:*?/\\").strip("'")[:LONGEST_SHEET_NAME]
    found, number = plain, 1
    while found.casefold() in taken:
        number += 1
        found = f"{plain[: LONGEST_SHEET_NAME - len(str(number)) - 1]} {number}"
    taken.add(found.casefold())
    return found

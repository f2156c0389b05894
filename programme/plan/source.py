"""Reading the programme's table: strictly, so that a broken row never becomes a target.

The shape of the file is the project's own: UTF-8, `;`, one row per indicator, targets that are numbers or text.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from programme.plan.models import Indicator, ProgrammeTask

DATA = Path(__file__).parent.parent / "data"
SHIPPED = DATA / "programme_2025_2027.csv"
TYPES = DATA / "indicator_types.csv"
UNITS = DATA / "units.toml"
ABOUT = DATA / "programme_2025_2027.toml"

LONGEST_TARGET, LONGEST_MEASURE, LONGEST_UNIT = 300, 80, 200
HIGHEST = 10**10
PER_CENT = re.compile(r"(\d+(?:[.,]\d{1,2})?) ?%")


class PlanFileError(Exception):
    """The file can't be loaded; the message says why in one sentence, with the line where there is one."""

    def __init__(self, message: str, line: int | None = None) -> None:
        self.line = line
        super().__init__(
            message if line is None else _("Line %(line)d: %(message)s") % {"line": line, "message": message}
        )


@dataclass(frozen=True)
class Amount:
    """A target of one year: a number, or words (a growth may have both)."""

    value: Decimal | None
    text: str


@dataclass(frozen=True)
class TaskRow:
    """A task as the file has it."""

    number: int
    section_kind: str
    section_title: str
    title: str
    units: tuple[str, ...]  # in the document's spelling


@dataclass(frozen=True)
class Row:
    """An indicator as the file has it, with what the reviewed table of types adds."""

    line: int
    task: TaskRow
    budget: int | None
    number: int
    wording: str
    unit_of_measure: str
    targets: tuple[tuple[int, Amount], ...]  # of the years that have one
    kind: str
    name: str
    computed_by: str

    @property
    def code(self) -> str:
        return f"{self.task.number}.{self.number}"


@dataclass(frozen=True)
class Plan:
    """The whole file."""

    rows: tuple[Row, ...]

    @property
    def budgets(self) -> dict[int, int]:
        """Task → budget; only the basic tasks have one."""
        return {row.task.number: row.budget for row in self.rows if row.budget is not None}


def about() -> dict[str, Any]:
    """Title, years and text of the programme."""
    with ABOUT.open("rb") as file:
        return tomllib.load(file)


def known_units() -> list[dict[str, Any]]:
    """The units with the spellings of the document."""
    with UNITS.open("rb") as file:
        rows: list[dict[str, Any]] = tomllib.load(file)["units"]
    return rows


def types() -> dict[str, dict[str, str]]:
    """The reviewed table: indicator code → kind, name and counting rule."""
    with TYPES.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row for row in csv.DictReader(file, delimiter=";")}


def header_of(years: Collection[int]) -> list[str]:
    years = sorted(years)
    return [
        "section_kind", "section_title", "task_no", "task", "units", "indicator_no", "indicator", "unit_of_measure",
        *(f"target_{year}" for year in years), f"budget_pln_{years[0]}_{years[-1]}",
    ]  # fmt: skip


def read_plan(path: Path, *, years: Collection[int], known: Collection[str] = ()) -> Plan:
    """Read and check a whole file. ``known`` are the codes that the database has: only those may be left out.

    Raises PlanFileError, which names the first broken line; nothing half-read is ever returned.
    """
    text = _text_of(path)
    expected = header_of(years)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True)
    rows: list[Row] = []
    shipped = types()
    try:
        header = next(lines, [])
        if header != expected:
            raise PlanFileError(_("the header must be “%(header)s”.") % {"header": ";".join(expected)}, 1)
        for fields in lines:
            line = lines.line_num
            if not fields:
                raise PlanFileError(_("the line is empty."), line)
            if len(fields) != len(expected):
                raise PlanFileError(
                    _("there are %(found)d columns instead of %(wanted)d.")
                    % {"found": len(fields), "wanted": len(expected)},
                    line,
                )
            row = _row(dict(zip(expected, fields, strict=True)), line, sorted(years), shipped)
            _check_place(row, rows, known)
            rows.append(row)
    except csv.Error as error:
        raise PlanFileError(_("this is not a table (%(why)s).") % {"why": error}, lines.line_num or 1) from None
    if not rows:
        raise PlanFileError(_("The file has a header but no indicator."))
    return Plan(tuple(rows))


def _text_of(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise PlanFileError(_("There is no file %(path)s.") % {"path": path}) from None
    except IsADirectoryError:
        raise PlanFileError(_("%(path)s is a folder, not a file.") % {"path": path}) from None
    except OSError as error:
        raise PlanFileError(
            _("The file %(path)s can't be read: %(why)s.") % {"path": path, "why": error.strerror or error}
        ) from None
    try:
        text = raw.decode("utf-8-sig")  # Excel puts a mark at the beginning
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise PlanFileError(_("the text is not UTF-8."), line) from None
    if "\0" in text:
        raise PlanFileError(_("there is a NUL character in the text."), text[: text.index("\0")].count("\n") + 1)
    return text


def _row(fields: Mapping[str, str], line: int, years: list[int], shipped: Mapping[str, Mapping[str, str]]) -> Row:
    for column, value in fields.items():
        if value != value.strip():
            raise PlanFileError(_("“%(column)s” begins or ends with a space.") % {"column": column}, line)
        if not value and not column.startswith(("target_", "budget_")):
            raise PlanFileError(_("“%(column)s” is empty.") % {"column": column}, line)
    if fields["section_kind"] not in ProgrammeTask.Section.values:
        raise PlanFileError(
            _("“section_kind” is “%(found)s”; it must be one of: %(wanted)s.")
            % {"found": fields["section_kind"], "wanted": ", ".join(ProgrammeTask.Section.values)},
            line,
        )
    units = tuple(unit.strip() for unit in fields["units"].split("|"))
    if not all(units) or len(set(units)) != len(units):
        raise PlanFileError(_("“units” has an empty or a repeated unit."), line)
    _check_length("unit_of_measure", fields["unit_of_measure"], LONGEST_MEASURE, line)
    for unit in units:
        _check_length("units", unit, LONGEST_UNIT, line)
    task = TaskRow(
        number=_whole(fields["task_no"], "task_no", line, highest=999),
        section_kind=fields["section_kind"],
        section_title=fields["section_title"],
        title=fields["task"],
        units=units,
    )
    number = _whole(fields["indicator_no"], "indicator_no", line, highest=99)
    budget_column = next(column for column in fields if column.startswith("budget_"))
    budget = fields[budget_column]
    reviewed = shipped.get(f"{task.number}.{number}")
    texts = {year: fields[f"target_{year}"] for year in years}
    if not any(texts.values()):
        raise PlanFileError(_("the indicator has no target at all."), line)
    kind = reviewed["kind"] if reviewed else _kind_of(texts)
    targets = tuple((year, _amount(text, kind, f"target_{year}", line)) for year, text in texts.items() if text)
    return Row(
        line=line,
        task=task,
        budget=_whole(budget, budget_column, line, highest=HIGHEST, lowest=0) if budget else None,
        number=number,
        wording=fields["indicator"],
        unit_of_measure=fields["unit_of_measure"],
        targets=targets,
        kind=kind,
        name=reviewed["name"] if reviewed else f"{fields['indicator'][0].upper()}{fields['indicator'][1:]}"[:200],
        computed_by=reviewed["computed_by"] if reviewed else "",
    )


def _kind_of(texts: Mapping[int, str]) -> str:
    """The type of an indicator that the reviewed table does not know: words are a milestone, numbers add up."""
    return (
        Indicator.Kind.COUNT if all(_is_number(text) for text in texts.values() if text) else Indicator.Kind.MILESTONE
    )


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\d+(?:[.,]\d{1,2})?", text, re.ASCII) is not None


def _amount(text: str, kind: str, column: str, line: int) -> Amount:
    """A target: a number, or text where the type is one that may have words."""
    if _is_number(text):
        value = Decimal(text.replace(",", "."))
        if value > HIGHEST:
            raise PlanFileError(_("“%(column)s” is too large a number.") % {"column": column}, line)
        return Amount(value, "")
    if kind not in {Indicator.Kind.MILESTONE, Indicator.Kind.GROWTH}:
        raise PlanFileError(
            _("“%(column)s” must be a number, but it is “%(found)s”.") % {"column": column, "found": text[:60]}, line
        )
    _check_length(column, text, LONGEST_TARGET, line)
    growth = PER_CENT.search(text) if kind == Indicator.Kind.GROWTH else None
    return Amount(Decimal(growth[1].replace(",", ".")) if growth else None, text)


def _whole(text: str, column: str, line: int, *, highest: int, lowest: int = 1) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(highest)):
        raise PlanFileError(
            _("“%(column)s” must be a whole number, but it is “%(found)s”.") % {"column": column, "found": text[:60]},
            line,
        )
    number = int(text)
    if not lowest <= number <= highest:
        raise PlanFileError(
            _("“%(column)s” must lie between %(lowest)d and %(highest)d.")
            % {"column": column, "lowest": lowest, "highest": highest},
            line,
        )
    return number


def _check_length(column: str, text: str, longest: int, line: int) -> None:
    if len(text) > longest:
        raise PlanFileError(
            _("“%(column)s” is longer than %(longest)d characters.") % {"column": column, "longest": longest}, line
        )


def _check_place(row: Row, before: list[Row], known: Collection[str]) -> None:
    """Each row comes where its numbers say: no duplicate, no gap but of indicators that leave the programme."""
    last = before[-1] if before else None
    if any(other.code == row.code for other in before):
        raise PlanFileError(_("indicator %(code)s is there twice.") % {"code": row.code}, row.line)
    if last and (row.task.number, row.number) < (last.task.number, last.number):
        raise PlanFileError(
            _("indicator %(code)s stands after %(last)s.") % {"code": row.code, "last": last.code}, row.line
        )
    for code in _skipped(last, row):
        if code not in known:
            raise PlanFileError(
                _("the numbering jumps: indicator %(code)s is missing before %(found)s.")
                % {"code": code, "found": row.code},
                row.line,
            )
    if last and last.task.number == row.task.number:
        if last.task != row.task:
            raise PlanFileError(
                _("section, task or units differ from the other rows of task %(task)d.") % {"task": row.task.number},
                row.line,
            )
        if row.budget is not None:
            raise PlanFileError(
                _("the budget of task %(task)d may stand only on its first row.") % {"task": row.task.number}, row.line
            )


def _skipped(last: Row | None, row: Row) -> Iterator[str]:
    """The codes between a row and the one before it; of a task that is left out, its first one."""
    if last and last.task.number == row.task.number:
        yield from (f"{row.task.number}.{number}" for number in range(last.number + 1, row.number))
        return
    yield from (f"{task}.1" for task in range((last.task.number if last else 0) + 1, row.task.number))
    yield from (f"{row.task.number}.{number}" for number in range(1, row.number))

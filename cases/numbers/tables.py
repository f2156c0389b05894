"""The tables of the page: words and numbers as they stand there, in the CSV and in the XLSX file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases.numbers.counting import HELD, NO_SHOW, STATES, TO_COME, UNRESOLVED, Tally
from cases.numbers.publishing import Figure, Publication, Scope
from cases.sessions.models import CANCELLED, Session
from foundation.charts import bar_chart
from foundation.formats import format_number
from foundation.spreadsheets import Duration, Share
from foundation.suppression import HIDDEN, published_cell, published_percentage

MINUTES_AN_HOUR = 60


@dataclass(frozen=True)
class Cell:
    """What stands in a cell; `value` is the same for a spreadsheet that counts with it. `sub` is a second line."""

    text: str
    value: Any = None
    sub: str = ""

    @property
    def for_files(self) -> Any:
        if self.value is not None:
            return self.value
        return f"{self.text}; {self.sub}" if self.sub else self.text


@dataclass(frozen=True)
class Row:
    label: str
    cells: tuple[Cell, ...]
    is_total: bool = False


@dataclass(frozen=True)
class Table:
    key: str
    title: str
    corner: str
    """The head of the first column."""
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    note: str = ""
    chart: SafeString | str = ""

    @property
    def heads(self) -> list[str]:
        """The head of each column, the first one's too; many are words that stand in sentences elsewhere."""
        return [capfirst(head) for head in (self.corner, *self.columns)]

    @property
    def named_rows(self) -> list[tuple[Row, list[tuple[str, Cell]]]]:
        """Each cell with its column's head, for cards on a narrow screen."""
        return [(row, list(zip(self.heads[1:], row.cells, strict=True))) for row in self.rows]


# --- cells -----------------------------------------------------------------------------------------------------------


def hours_text(minutes: int) -> str:
    """41:40 – exact, so that a column adds up."""
    return f"{format_number(minutes // MINUTES_AN_HOUR)}:{minutes % MINUTES_AN_HOUR:02d}"


def number(n: int) -> Cell:
    return Cell(format_number(n), n)


def hours(minutes: int) -> Cell:
    return Cell(hours_text(minutes), Duration(minutes))


def share(part: int, whole: int) -> Cell:
    """In per cent, where nothing is hidden; of few it says nothing."""
    if whole < settings.PERCENT_DENOMINATOR_MIN:
        return Cell(HIDDEN)
    per_cent = int((Decimal(100 * part) / whole).quantize(Decimal(1), ROUND_HALF_UP))
    return Cell(f"{per_cent}%", Share(per_cent))


def published_share(text: str) -> Cell:
    return Cell(text, None if text == HIDDEN else Share(int(text.rstrip("%").replace("\u00a0", ""))))


def at_least(text: str) -> Cell:
    return Cell(f"≥ {text}")


def figure(one: Figure) -> Cell:
    if not one.is_shown:
        return Cell(published_cell(one.count, one.mark))
    return at_least(format_number(one.count)) if one.at_least else number(one.count)


def figure_hours(one: Figure) -> Cell:
    if not one.is_shown or (one.minutes_at_least and not one.minutes):
        return Cell(HIDDEN)
    return at_least(hours_text(one.minutes)) if one.minutes_at_least else hours(one.minutes)


# --- columns ---------------------------------------------------------------------------------------------------------


def state_label(state: str) -> str:
    if state == UNRESOLVED:
        return pgettext("column", "not settled")
    if state == TO_COME:
        return pgettext("column", "still to come")
    return str(Session.Status(state).label)


Column = tuple[str, Callable[[Tally], Cell]]


def _columns(total: Tally) -> list[Column]:
    """What is told of each service, centre, therapist and month. What nobody logs has no column."""
    found: list[Column] = [
        (pgettext("column", "held"), lambda one: number(one.held)),
        (_("hours"), lambda one: hours(one.minutes)),
        (pgettext("column", "called off"), lambda one: number(sum(one.meetings[state] for state in CANCELLED))),
        (state_label(NO_SHOW), lambda one: number(one.meetings[NO_SHOW])),
        (state_label(UNRESOLVED), lambda one: number(one.unresolved)),
    ]
    if total.meetings[TO_COME]:
        found.append((state_label(TO_COME), lambda one: number(one.meetings[TO_COME])))
    found += [
        (_("attendance"), lambda one: share(one.present, one.expected)),
        (_("no-show rate"), lambda one: share(one.meetings[NO_SHOW], one.held + one.meetings[NO_SHOW])),
        (_("came late"), lambda one: share(one.late, one.present)),
    ]
    if total.travel:
        found.append((_("travel"), lambda one: hours(one.travel)))
    if total.paperwork:
        found.append((_("documentation"), lambda one: hours(one.paperwork)))
    return found


def tally_table(
    key: str,
    title: str,
    corner: str,
    rows: Sequence[tuple[str, Tally]],
    total: Tally,
    *,
    with_total: bool = True,
    note: str = "",
    chart: bool = False,
) -> Table:
    """Exact numbers; `chart` draws the hours of each row."""
    columns = _columns(total)
    shown = [Row(label, tuple(cell(tally) for _name, cell in columns)) for label, tally in rows]
    if with_total:
        shown.append(Row(pgettext("meetings", "all together"), tuple(cell(total) for _name, cell in columns), True))
    drawn: SafeString | str = ""
    if chart and any(tally.minutes for _label, tally in rows):
        bars = [(label, tally.minutes / MINUTES_AN_HOUR, hours_text(tally.minutes)) for label, tally in rows]
        drawn = bar_chart(title=_("Hours of meetings: %(title)s") % {"title": title}, rows=bars)
    return Table(key, title, corner, tuple(name for name, _cell in columns), tuple(shown), note, drawn)


def outcome_table(rows: Sequence[tuple[str, Tally]], total: Tally | None, whole: Tally) -> Table:
    """Meetings by what became of them; those that nobody has settled are a column of their own."""
    states = [state for state in STATES if state != TO_COME or whole.meetings[TO_COME]]

    def cells(one: Tally) -> tuple[Cell, ...]:
        rate = share(one.meetings[NO_SHOW], one.held + one.meetings[NO_SHOW])
        return (*(number(one.meetings[state]) for state in states), number(one.all), rate)

    shown = [Row(label, cells(tally)) for label, tally in rows]
    if total is not None:
        shown.append(Row(pgettext("meetings", "all together"), cells(total), True))
    return Table("outcomes", *_outcome_words(), (*map(state_label, states), *_outcome_ends()), tuple(shown))


def _outcome_words() -> tuple[str, str]:
    return _("Meetings by outcome"), pgettext("column", "whose")


def _outcome_ends() -> tuple[str, str]:
    return pgettext("meetings", "all"), _("no-show rate")


# --- the same, published ---------------------------------------------------------------------------------------------


def published_outcomes(publication: Publication, rows: Sequence[tuple[str, Scope]]) -> Table:
    states = [state for state in STATES if state != TO_COME]

    def cells(scope: Scope) -> tuple[Cell, ...]:
        figures = [figure(publication.state(scope, state)) for state in states]
        held, no_show = publication.state(scope, HELD), publication.state(scope, NO_SHOW)
        whole = all(one.is_shown and not one.at_least for one in (held, no_show))
        rate = published_percentage(no_show.count, held.count + no_show.count) if whole else HIDDEN
        return (*figures, figure(publication.total(scope)), published_share(rate))

    shown = tuple(Row(label, cells(scope), scope is None) for label, scope in rows)
    return Table("outcomes", *_outcome_words(), (*map(state_label, states), *_outcome_ends()), shown)


def published_services(
    publication: Publication, scope: Scope, services: Sequence[tuple[str, int]], *, with_total: bool, title: str
) -> Table:
    """Held meetings, hours and attendance of each service of a centre, or of all together."""

    def row(label: str, one: Figure, service: int | None) -> Row:
        rate = published_share(publication.attendance.get((scope, service), HIDDEN))
        return Row(label, (figure(one), figure_hours(one), rate), service is None)

    shown = [row(label, publication.service(scope, service), service) for label, service in services]
    if with_total:
        shown.append(row(pgettext("meetings", "all together"), publication.state(scope, HELD), None))
    columns = (pgettext("column", "held"), _("hours"), _("attendance"))
    return Table("services", title, _("Service"), columns, tuple(shown))


def published_months(publication: Publication, scope: Scope, months: Sequence[str], *, title: str) -> Table:
    shown = []
    bars: list[tuple[str, float | None, str]] = []
    for label, month in zip(months, publication.months, strict=True):
        held = month.states[scope][HELD]
        cell = figure_hours(held)
        shown.append(Row(label, (figure(month.totals[scope]), figure(held), cell)))
        bars.append((label, held.minutes / MINUTES_AN_HOUR if cell.value else None, cell.text))
    columns = (pgettext("meetings", "all"), pgettext("column", "held"), _("hours"))
    chart: SafeString | str = ""
    if any(hours_drawn for _label, hours_drawn, _text in bars):
        chart = bar_chart(title=_("Hours of meetings: %(title)s") % {"title": title}, rows=bars)
    return Table("months", title, _("Month"), columns, tuple(shown), chart=chart)

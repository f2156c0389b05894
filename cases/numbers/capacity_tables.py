"""Capacity against booked in words: the weeks of a centre, and of each of its therapists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from cases.numbers.capacity import Load, TeamLoad
from cases.numbers.outlook import Outlook
from cases.numbers.publishing import Scope
from cases.numbers.tables import Cell, Row, Table, hours, hours_text, number
from foundation.formats import format_date
from foundation.share_chart import WARM, Part, shade, share_chart
from foundation.suppression import HIDDEN, Mark, published_cell

MINUTES_AN_HOUR = 60
SIX_DAYS = dt.timedelta(days=6)


def weeks_table(
    outlook: Outlook, centre: int | None, minutes: int, marks: Mapping[tuple[Scope, int], Mark] | None = None
) -> Table:
    """A row for each week. `marks` say of which weeks it may be printed what is booked."""
    title = _("Time for meetings in the next weeks")
    rows, bars = [], []
    teams = [outlook.of_centre(centre, week) for week in range(len(outlook.mondays))]
    asks_for_hours = any(team.unknown for team in teams)
    for week, (monday, team) in enumerate(zip(outlook.mondays, teams, strict=True)):
        mark = marks[centre, week] if marks is not None else Mark.SHOWN
        label = f"{monday.day}.{monday.month:02d} – {format_date(monday + SIX_DAYS)}"
        without_hours = (number(team.unknown), _booked_of_unknown(team, mark)) if asks_for_hours else ()
        rows.append(Row(label, (*_week(team, minutes, mark), *without_hours)))
        bars.append((label, *_bar(team, mark)))
    columns: tuple[str, ...] = (
        pgettext("time for meetings", "there is"),
        pgettext("time for meetings", "booked"),
        pgettext("time for meetings", "free"),
        _("meetings of %(minutes)s minutes that still fit") % {"minutes": minutes},
        _("too much"),
    )
    if asks_for_hours:
        columns += (_("without hours entered"), _("booked time of those without hours entered"))
    chart = ""
    if any(team.known for team in teams):
        parts = [
            Part(_("booked (hours)"), shade(0.9)),
            Part(_("free (hours)"), shade(0.1)),
            Part(_("booked beyond capacity (hours)"), WARM, "across"),
        ]
        chart = share_chart(title=title, parts=parts, rows=bars, hidden=pgettext("number", "hidden"))
    return Table("weeks", title, _("Week"), columns, tuple(rows), chart=chart)


def _week(team: TeamLoad, minutes: int, mark: Mark) -> tuple[Cell, ...]:
    if mark is not Mark.SHOWN:
        hidden = Cell(published_cell(0, mark))
        there_is = Cell(_("not entered")) if team.capacity is None else hours(team.capacity)
        return there_is, hidden, Cell(HIDDEN), Cell(HIDDEN), Cell(HIDDEN)
    if team.capacity is None:
        nothing = Cell(HIDDEN)
        return Cell(_("not entered")), hours(team.booked + team.booked_of_unknown), nothing, nothing, nothing
    too_much = Cell(pgettext("too much is booked", "no"))
    if team.over:
        people = ngettext("%(count)s person", "%(count)s people", team.overbooked) % {"count": team.overbooked}
        too_much = Cell(_("by %(hours)s") % {"hours": hours_text(team.over)}, sub=people)
    return hours(team.capacity), hours(team.booked), hours(team.free), number(team.places(minutes)), too_much


def _booked_of_unknown(team: TeamLoad, mark: Mark) -> Cell:
    return hours(team.booked_of_unknown) if mark is Mark.SHOWN else Cell(HIDDEN)


def _bar(team: TeamLoad, mark: Mark) -> tuple[Sequence[int | None], int | None]:
    if mark is not Mark.SHOWN:
        return (None, None, None), None
    booked, free, over = (round(part / MINUTES_AN_HOUR) for part in (team.booked - team.over, team.free, team.over))
    return (booked, free, over), round((team.booked + team.free) / MINUTES_AN_HOUR)


def people_table(outlook: Outlook, people: Sequence[tuple[str, int, int]]) -> Table:
    """A row for each therapist, (label, centre, staff), and a column for each week."""
    rows = [
        Row(label, tuple(_load(outlook.of_person(centre, staff, week)) for week in range(len(outlook.mondays))))
        for label, centre, staff in people
    ]
    columns = tuple(_("from %(day)s") % {"day": f"{monday.day}.{monday.month:02d}"} for monday in outlook.mondays)
    return Table("therapist-weeks", _("Time of each therapist"), _("Therapist"), columns, tuple(rows))


def _load(load: Load) -> Cell:
    if load.capacity is None or not load.works:
        sub = _("booked: %(hours)s") % {"hours": hours_text(load.booked)} if load.booked else ""
        return Cell(_("not entered") if load.works else _("does not work here"), sub=sub)
    text = _("%(booked)s of %(capacity)s") % {
        "booked": hours_text(load.booked),
        "capacity": hours_text(load.capacity),
    }
    if load.over:
        return Cell(text, sub=_("too much by %(hours)s") % {"hours": hours_text(load.over)})
    if load.free:
        return Cell(text, sub=_("free: %(hours)s") % {"hours": hours_text(load.free)})
    return Cell(
        text, sub=pgettext("time for meetings", "full") if load.capacity else pgettext("time for meetings", "away")
    )

"""All dates of a series before it is saved: each with what stands in its way, to be kept, moved or left out."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cases.casefile.models import Case
from cases.sessions.group_models import Group
from cases.sessions.models import Session
from cases.sessions.moments import local_moment, on_the_clock
from cases.sessions.own import own_of
from cases.sessions.rules import SessionError
from cases.sessions.slots import Findings, Slot, check, funding_warning
from foundation.formats import WEEKDAYS, format_date, format_time
from foundation.forms import DateInput, FormMixin, TimeInput
from foundation.working_days import holiday_name

SENT = re.compile(r"basis|asked|(day|time|skip|shown|of)_[0-9]{1,3}")
"""What the second page calls its fields."""
PROPOSED = "*"
"""Marks a date that the page itself left out."""

MakeSlot = Callable[["Planned", dt.datetime, bool], Slot]
Changes = Callable[[Session, Slot], bool]
TakenOver = Callable[[Session, Slot], list[str]]


@dataclass(frozen=True)
class Planned:
    """A date that the rhythm gives; `session` is the meeting that goes there, where it exists already."""

    day: dt.date
    time: dt.time
    session: Session | None = None
    is_own: bool = False
    """The meeting was given this day and hour by itself, and keeps them when its series changes."""
    instead_of: dt.date | None = None
    """The day to which its series would take it; it keeps its own for a holiday or an absence then."""

    @property
    def words(self) -> str:
        return _day_words(self.day)

    @property
    def key(self) -> str:
        """What the date is about: the meeting that is there, or the moment."""
        return str(self.session.uuid) if self.session else _shown(self.day, self.time)

    @property
    def told(self) -> str:
        """The same with the moment, as the page sends it."""
        moment = _shown(self.day, self.time)
        return f"{self.session.uuid} {moment}" if self.session else moment

    @property
    def moves(self) -> bool:
        return self.session is not None and on_the_clock(self.session.starts_at) != (self.day, self.time)

    @property
    def why_not(self) -> str:
        """What keeps it from the day of its series."""
        if self.instead_of is None:
            return ""
        holiday = holiday_name(self.instead_of)
        why = _("holiday: %(name)s") % {"name": holiday} if holiday else _("somebody who leads it is absent")
        return f"{_day_words(self.instead_of)} – {why}"


@dataclass
class Row:
    """One date as the page shows it."""

    number: int
    planned: Planned
    start: dt.datetime | None
    skipped: bool
    moved: bool
    at_new_time: bool
    """The meeting is new, or goes to another time than it has."""
    changes: bool
    """Something of the meeting becomes different; one that has everything of its own stays as it was."""
    taken_over: list[str]
    """Who else leads the meeting and where else it is."""
    findings: Findings
    fields: dict[str, Any]

    @property
    def blocked(self) -> bool:
        return not self.skipped and (self.start is None or self.findings.blocked)

    @property
    def closed(self) -> bool:
        """Kept for a time when the centre is closed, which it was not meant for before."""
        return not self.skipped and self.at_new_time and self.findings.warned

    @property
    def set_aside(self) -> bool:
        if self.planned.session:
            return self.planned.instead_of is not None and not (self.skipped or self.moved)
        return self.skipped and (self.findings.away or self.findings.holiday)

    @property
    def moves(self) -> bool:
        """The meeting would leave the day or the hour that it has."""
        meeting = self.planned.session
        return meeting is not None and self.start != meeting.starts_at

    @property
    def stays(self) -> bool:
        """The meeting has no part in the change: somebody said so, or it has what changes for itself."""
        meeting = self.planned.session
        if meeting is None:
            return False
        apart = self.moved or self.planned.instead_of is not None or bool(own_of(meeting))
        return self.skipped or (apart and not self.changes and not self.blocked)

    @property
    def moment(self) -> str:
        return _shown(self.start.date(), self.start.time()) if self.start else ""

    @property
    def words(self) -> str:
        """The day on which the meeting would be."""
        return _day_words(self.start.date()) if self.start else self.planned.words

    @property
    def heading(self) -> str:
        """What the row is about: where the meeting stands now, or the day of a new one."""
        return self.before or self.words

    @property
    def new_day(self) -> str:
        """The day to which the meeting goes, if it goes to any."""
        return self.words if self.moves and self.start else ""

    @property
    def notes(self) -> list[str]:
        """What becomes of the date, where its fields alone don't tell."""
        notes: list[str] = []
        if self.planned.session is None:
            if self.skipped:
                notes.append(_("left out"))
            elif self.moved:
                notes.append(_("moved by hand from %(day)s") % {"day": self.planned.words})
        elif not self.skipped:
            if self.moved and self.moves:
                notes.append(_("moved by hand: %(day)s") % {"day": self.words})
            elif self.planned.is_own and not self.moved:
                notes.append(_("keeps the day and hour of its own"))
            elif (self.moved or self.planned.instead_of) and not self.stays:
                notes.append(_("keeps its day and hour"))
        if not self.skipped:
            notes += self.taken_over
        if self.stays:
            notes.append(_("stays as it is: %(keeps)s") % {"keeps": self.keeps})
        return notes

    @property
    def keeps(self) -> str:
        """Who leads the meeting now, and where."""
        meeting = self.planned.session
        return ", ".join(filter(None, [str(meeting.therapist), meeting.where])) if meeting else ""

    @property
    def before(self) -> str:
        """Where the meeting stands now."""
        meeting = self.planned.session
        return f"{format_date(meeting.starts_at)}, {format_time(meeting.starts_at)}" if meeting else ""


class DatesForm(FormMixin, forms.Form):
    """Day, hour and „leave out” for each date. What was shown travels along, so that a typed change is a move."""

    def __init__(self, data: Mapping[str, Any] | None, *, planned: Sequence[Planned], leave_out: Any) -> None:
        basis = _basis(planned)
        sent = data.get("basis") if data else None
        self.outdated = bool(sent) and sent != basis
        self.known = set(range(len(planned))) if sent else set[int]()
        if data and sent and (self.outdated or data.get("step") == "preview"):
            data, self.known = _beside_the_same(data, planned)
        super().__init__(data if sent else None)
        self.planned = planned
        self.fields["basis"] = forms.CharField(initial=basis, widget=forms.HiddenInput())
        self.fields["asked"] = forms.CharField(required=False, widget=forms.HiddenInput())
        for number, one in enumerate(planned):
            words = {"date": one.words}
            self.fields[f"day_{number}"] = forms.DateField(
                label=_("Date instead of %(date)s") % words, initial=one.day, widget=DateInput(_attrs(words))
            )
            self.fields[f"time_{number}"] = forms.TimeField(
                label=_("Hour instead of %(date)s") % words,
                initial=one.time,
                widget=TimeInput(_attrs(words, time=True)),
            )
            self.fields[f"skip_{number}"] = forms.BooleanField(label=leave_out, required=False)
            for name, told in (("shown", _shown(one.day, one.time)), ("of", one.told)):
                self.fields[f"{name}_{number}"] = forms.CharField(
                    required=False, initial=told, widget=forms.HiddenInput()
                )
        self.is_valid()

    def typed(self, number: int) -> tuple[dt.date, dt.time] | None:
        """The day and hour of this date; None where it is none."""
        if not self.is_bound:
            return self.planned[number].day, self.planned[number].time
        day, time = self.cleaned_data.get(f"day_{number}"), self.cleaned_data.get(f"time_{number}")
        return (day, time) if day and time else None

    def left_out(self, number: int) -> bool:
        """A date that somebody has just changed is wanted, whatever stood in its box."""
        if not self.is_bound or not self.cleaned_data.get(f"skip_{number}"):
            return False
        typed = self.typed(number)
        return typed is None or _shown(*typed) == self.cleaned_data.get(f"shown_{number}")

    def _say(self, name: str, value: str) -> None:
        if self.is_bound:
            self._put(name, value)
        else:
            self.initial[name] = value

    @property
    def asked(self) -> set[str]:
        """The moments of which was asked whether a meeting shall be then though the centre is closed."""
        return set(self.cleaned_data.get("asked", "").split()) if self.is_bound else set()

    def put_moment(self, number: int, day: dt.date, time: dt.time) -> None:
        """Say it as if it had been typed."""
        self._put(f"day_{number}", day.isoformat())
        self._put(f"time_{number}", f"{time:%H:%M}")

    def note_asked(self, moments: Iterable[str]) -> None:
        self._put("asked", " ".join(sorted(moments)))

    def show(self, number: int, *, skipped: bool, proposed: bool = False) -> None:
        """Say the same when the page is shown again."""
        if proposed:
            self._say(f"of_{number}", PROPOSED + self.planned[number].told)
        if not self.is_bound:
            self.initial[f"skip_{number}"] = skipped
            return
        if typed := self.typed(number):
            self._put(f"shown_{number}", _shown(*typed))
        self._put(f"skip_{number}", "on" if skipped else "")


def _basis(planned: Sequence[Planned]) -> str:
    """Says which dates the page was about: nothing is saved that was typed beside others."""
    told = [(one.told, one.session and one.session.version) for one in planned]
    return hashlib.sha256(repr(told).encode()).hexdigest()


def dates_in(data: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What the second page sent of dates, to travel along while the first one is seen again."""
    return [(name, value) for name, value in data.items() if SENT.fullmatch(name)]


def _beside_the_same(data: Mapping[str, Any], planned: Sequence[Planned]) -> tuple[dict[str, Any], set[int]]:
    """What would be sent of these dates: what somebody had said by hand of the same date, or the same meeting, stays.

    And of which of them somebody had; the others are proposed anew.
    """
    before: dict[str, tuple[str, str, bool]] = {}
    for name, value in dates_in(data):
        if name.startswith("of_"):
            what, _space, moment = str(value).removeprefix(PROPOSED).rpartition(" ")
            before[what or moment] = moment, name.removeprefix("of"), str(value).startswith(PROPOSED)
    now: dict[str, Any] = {"basis": _basis(planned)}
    known = set()
    for number, one in enumerate(planned):
        moment = shown = _shown(one.day, one.time)
        day, time = one.day.isoformat(), f"{one.time:%H:%M}"
        then, row, proposed = before.get(one.key, ("", "", False))
        if row:
            typed = str(data.get(f"day{row}", "")), str(data.get(f"time{row}", ""))
            moved, skipped = "T".join(typed)[: len(moment)] != then, bool(data.get(f"skip{row}"))
            if moved:
                (day, time), shown = typed, data.get(f"shown{row}", "")
            if moved or skipped != proposed:
                known.add(number)
                now[f"skip_{number}"] = data.get(f"skip{row}", "")
        told = {"day": day, "time": time, "shown": shown, "of": one.told}
        now |= {f"{name}_{number}": value for name, value in told.items()}
    return now, known


def _attrs(words: Mapping[str, str], *, time: bool = False) -> dict[str, str]:
    label = _("Hour instead of %(date)s") if time else _("Date instead of %(date)s")
    return {"class": "form-control form-control-sm", "aria-label": label % words}


def _day_words(day: dt.date) -> str:
    return f"{WEEKDAYS[day.weekday()]}, {format_date(day)}"


def _shown(day: dt.date, time: dt.time) -> str:
    return f"{day.isoformat()}T{time:%H:%M}"


def _better_left(planned: Planned, found: Findings) -> bool:
    """A holiday or an absence that the meeting would newly fall on: it is left out, or keeps the day that it has."""
    meeting = planned.session
    return found.away or (found.holiday and (meeting is None or meeting.day != planned.day))


def _moment(planned: Planned) -> dt.datetime | None:
    try:
        return local_moment(planned.day, planned.time)
    except ValidationError:
        return None


def _is_elsewhere(meeting: Session, slot: Slot) -> bool:
    return (meeting.starts_at, meeting.ends_at) != (slot.starts_at, slot.ends_at)


class Preview:
    """The dates with what was found about them, and what would be saved."""

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        owner: Case | Group,
        planned: Sequence[Planned],
        slot: MakeSlot,
        names: Mapping[int, str],
        half_a_year_ends_on: dt.date,
        changes: Changes | None = None,
        taken_over: TakenOver | None = None,
    ) -> None:
        """`changes` tells of meetings that are there already whether they become different, and `taken_over` what they
        get from their series in words; none for new ones.
        """
        self.owner, self.moving, self.asking = owner, changes is not None, False
        if self.moving:
            planned = self._on_better_days(planned, slot, half_a_year_ends_on)
        leave_out = _("leave as it is") if self.moving else _("leave out")
        self.form = DatesForm(data, planned=planned, leave_out=leave_out)
        starts: list[dt.datetime | None] = []
        for number in range(len(planned)):
            starts.append(self._moment(number))
        skipped = [self.form.left_out(number) for number in range(len(planned))]
        slots = [
            slot(one, start, not skip) if start else None
            for one, start, skip in zip(planned, starts, skipped, strict=True)
        ]
        found = check(owner, slots, names, half_a_year_ends_on=half_a_year_ends_on)
        self.rows = []
        for number, one in enumerate(planned):
            slot_then, meeting = slots[number], one.session
            proposing = number not in self.form.known and not self.moving
            proposed = proposing and _better_left(one, found[number])
            skip = skipped[number] or proposed
            self.form.show(number, skipped=skip, proposed=proposed)
            self.rows.append(
                Row(
                    number=number + 1,
                    planned=one,
                    start=starts[number],
                    skipped=skip,
                    moved=self.form.typed(number) not in {None, (one.day, one.time)},
                    at_new_time=slot_then is not None and (meeting is None or _is_elsewhere(meeting, slot_then)),
                    changes=bool(changes and meeting and slot_then and changes(meeting, slot_then)),
                    taken_over=taken_over(meeting, slot_then) if taken_over and meeting and slot_then else [],
                    findings=found[number],
                    fields={name: self.form[f"{name}_{number}"] for name in ("day", "time", "skip", "shown", "of")},
                )
            )

    def _moment(self, number: int) -> dt.datetime | None:
        typed = self.form.typed(number)
        if typed is None:
            return None
        try:
            return local_moment(*typed)
        except ValidationError as error:
            if self.form.is_bound:
                self.form.add_error(f"time_{number}", error)
            return None

    def _on_better_days(
        self, planned: Sequence[Planned], slot: MakeSlot, half_a_year_ends_on: dt.date
    ) -> list[Planned]:
        """Meetings that would newly fall on a holiday or into an absence keep their day and hour, and only these."""
        moving = [one for one in planned if one.moves]
        starts = [_moment(one) for one in moving]
        slots = [slot(one, start, True) if start else None for one, start in zip(moving, starts, strict=True)]
        found = check(self.owner, slots, {}, half_a_year_ends_on=half_a_year_ends_on) if moving else []
        better: dict[Planned, Planned] = {}
        for one, findings in zip(moving, found, strict=True):
            if one.session and _better_left(one, findings):
                day, time = on_the_clock(one.session.starts_at)
                better[one] = replace(one, day=day, time=time, instead_of=one.day)
        return [better.get(one, one) for one in planned]

    @property
    def blocked_on_their_way(self) -> list[Row]:
        """Dates that can't be kept, of meetings that could keep the one they have."""
        return [row for row in self.blocked if row.moves]

    def keep_blocked_in_place(self) -> Mapping[str, Any]:
        """What would be sent if all these meetings were to keep their day and hour, and go along in all else."""
        for row in self.blocked_on_their_way:
            if row.planned.session:
                self.form.put_moment(row.number - 1, *on_the_clock(row.planned.session.starts_at))
        return self.form.data

    def leave_out_blocked(self) -> None:
        """One click for all dates that can't be kept."""
        for row in self.rows:
            if row.blocked:
                row.skipped = True
                self.form.show(row.number - 1, skipped=True)

    @property
    def kept(self) -> list[Row]:
        return [row for row in self.rows if not row.skipped]

    @property
    def blocked(self) -> list[Row]:
        return [row for row in self.rows if row.blocked]

    @property
    def closed(self) -> list[Row]:
        """Dates when the centre is closed: asked about once before they are saved, and never refused (0102)."""
        return [row for row in self.rows if row.closed]

    @property
    def nobody_leads(self) -> SessionError | None:
        """Why no date can be kept: who would lead the meetings works at the centre on none of the days."""
        left = [row.findings.left for row in self.kept]
        return left[0] if left and all(left) else None

    @property
    def set_aside(self) -> list[Row]:
        """Dates that are left out, or left as they are, on a holiday or in an absence; at first by the page itself."""
        return [row for row in self.rows if row.set_aside]

    @property
    def unasked(self) -> list[Row]:
        return [row for row in self.closed if row.moment not in self.form.asked]

    def ask(self) -> None:
        """Put the question about the dates when the centre is closed; saving once more is the answer to it."""
        if self.form.is_bound and self.unasked and not self.form.outdated:
            self.asking = True
            self.form.note_asked(row.moment for row in self.closed)

    @property
    def fitting(self) -> list[Row]:
        """Dates that will be saved: nothing stands in their way, and of meetings that are there something changes."""
        return [row for row in self.kept if not row.blocked and (row.changes or not self.moving)]

    @property
    def staying(self) -> list[Row]:
        """Meetings that have no part in the change, though the others do."""
        return [row for row in self.rows if row.stays]

    @property
    def may_be_saved(self) -> bool:
        ready = self.form.is_bound and not self.form.outdated
        return ready and bool(self.kept) and not self.blocked and not self.unasked

    @property
    def starts(self) -> list[dt.datetime]:
        return [row.start for row in self.kept if row.start]

    @property
    def moves(self) -> dict[Session, dt.datetime]:
        return {row.planned.session: row.start for row in self.kept if row.start and row.planned.session}

    @property
    def warning(self) -> str:
        return funding_warning(self.owner.centre, max(self.starts).date()) if self.starts else ""

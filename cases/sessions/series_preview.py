"""All dates of a series before it is saved: each with what stands in its way, to be kept, moved or left out."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cases.casefile.models import Case
from cases.sessions.group_models import Group
from cases.sessions.models import Session
from cases.sessions.moments import local_moment
from cases.sessions.rules import SessionError
from cases.sessions.slots import Findings, Slot, check, funding_warning
from foundation.formats import WEEKDAYS, format_date, format_time
from foundation.forms import DateInput, FormMixin, TimeInput

MakeSlot = Callable[["Planned", dt.datetime, bool], Slot]
Changes = Callable[[Session, Slot], bool]


@dataclass(frozen=True)
class Planned:
    """A date that the rhythm gives; `session` is the meeting that goes there, where it exists already."""

    day: dt.date
    time: dt.time
    session: Session | None = None
    is_own: bool = False
    """The meeting was given this day and hour by itself, and keeps them when its series changes."""

    @property
    def words(self) -> str:
        return _day_words(self.day)


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
        return self.skipped and (self.findings.away or (self.at_new_time and self.findings.holiday))

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
    def before(self) -> str:
        """Where the meeting stands now."""
        meeting = self.planned.session
        return f"{format_date(meeting.starts_at)}, {format_time(meeting.starts_at)}" if meeting else ""


class DatesForm(FormMixin, forms.Form):
    """Day, hour and „leave out” for each date. What was shown travels along, so that a typed change is a move."""

    def __init__(self, data: Mapping[str, Any] | None, *, planned: Sequence[Planned], leave_out: Any) -> None:
        basis = _basis(planned)
        sent = data.get("basis") if data else None
        super().__init__(data if sent == basis else None)
        self.outdated = bool(sent) and sent != basis
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
            self.fields[f"shown_{number}"] = forms.CharField(
                required=False, initial=_shown(one.day, one.time), widget=forms.HiddenInput()
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

    @property
    def asked(self) -> set[str]:
        """The moments of which was asked whether a meeting shall be then though the centre is closed."""
        return set(self.cleaned_data.get("asked", "").split()) if self.is_bound else set()

    def note_asked(self, moments: Iterable[str]) -> None:
        self._put("asked", " ".join(sorted(moments)))

    def show(self, number: int, *, skipped: bool) -> None:
        """Say the same when the page is shown again."""
        if not self.is_bound:
            self.initial[f"skip_{number}"] = skipped
            return
        if typed := self.typed(number):
            self._put(f"shown_{number}", _shown(*typed))
        self._put(f"skip_{number}", "on" if skipped else "")


def _basis(planned: Sequence[Planned]) -> str:
    """Says which dates the page was about: what was typed beside others is not taken for these."""
    told = [(one.day, one.time, one.session and (one.session.pk, one.session.version)) for one in planned]
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _attrs(words: Mapping[str, str], *, time: bool = False) -> dict[str, str]:
    label = _("Hour instead of %(date)s") if time else _("Date instead of %(date)s")
    return {"class": "form-control form-control-sm", "aria-label": label % words}


def _day_words(day: dt.date) -> str:
    return f"{WEEKDAYS[day.weekday()]}, {format_date(day)}"


def _shown(day: dt.date, time: dt.time) -> str:
    return f"{day.isoformat()}T{time:%H:%M}"


def _better_left(planned: Planned, found: Findings) -> bool:
    """A holiday or an absence that the meeting would newly fall on: the proposal is to leave it out, or as it is."""
    meeting = planned.session
    return found.away or (found.holiday and (meeting is None or meeting.day != planned.day))


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
    ) -> None:
        """`changes` tells of meetings that are there already whether they become different; none for new ones."""
        self.owner, self.moving, self.asking = owner, changes is not None, False
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
            skip = skipped[number] or (not self.form.is_bound and _better_left(one, found[number]))
            self.form.show(number, skipped=skip)
            self.rows.append(
                Row(
                    number=number + 1,
                    planned=one,
                    start=starts[number],
                    skipped=skip,
                    moved=self.form.typed(number) not in {None, (one.day, one.time)},
                    at_new_time=slot_then is not None and (meeting is None or _is_elsewhere(meeting, slot_then)),
                    changes=bool(changes and meeting and slot_then and changes(meeting, slot_then)),
                    findings=found[number],
                    fields={name: self.form[f"{name}_{number}"] for name in ("day", "time", "skip", "shown")},
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
        if self.form.is_bound and self.unasked:
            self.asking = True
            self.form.note_asked(row.moment for row in self.closed)

    @property
    def fitting(self) -> list[Row]:
        """Dates that will be saved: nothing stands in their way, and of meetings that are there something changes."""
        return [row for row in self.kept if not row.blocked and (row.changes or not self.moving)]

    @property
    def may_be_saved(self) -> bool:
        return self.form.is_bound and bool(self.kept) and not self.blocked and not self.unasked

    @property
    def starts(self) -> list[dt.datetime]:
        return [row.start for row in self.kept if row.start]

    @property
    def moves(self) -> dict[Session, dt.datetime]:
        return {row.planned.session: row.start for row in self.kept if row.start and row.planned.session}

    @property
    def warning(self) -> str:
        return funding_warning(self.owner.centre, max(self.starts).date()) if self.starts else ""

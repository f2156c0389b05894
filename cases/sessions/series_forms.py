from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.assessments.alerts import couple_work_stopped
from cases.casefile.models import Case
from cases.people.models import Person
from cases.sessions.choices import known_among, leaders_for, rooms_for
from cases.sessions.forms import (
    CoTherapistsPick,
    MeetingForm,
    RoomPick,
    TherapistPick,
    online_field,
    people_field,
)
from cases.sessions.group_models import Group
from cases.sessions.models import LONGEST, SHORTEST, Attendance, Session
from cases.sessions.moments import after
from cases.sessions.own import TIME, own_of
from cases.sessions.presence_forms import family_now, usual_among
from cases.sessions.recurrence import days_after, days_of_series, usual_count
from cases.sessions.rules import FURTHEST, called_off_for
from cases.sessions.series import half_a_year_from
from cases.sessions.series_booking import becomes_other, changed_slot, goes_to, people_on
from cases.sessions.series_models import MOST_MEETINGS, REASON_LIMIT, SeriesReview, SessionSeries
from cases.sessions.series_preview import Planned, Preview
from cases.sessions.slots import Slot
from centres.models import OpeningHours, Room, Service, StaffMember
from centres.tenures import leaving_in_words, tenures_at
from foundation.formats import WEEKDAYS, format_date, format_time
from foundation.forms import OnceMixin, VersionMixin

Data = Mapping[str, Any]


def _reason_field(help_text: Any) -> forms.CharField:
    return forms.CharField(label=_("Reason"), max_length=REASON_LIMIT, help_text=help_text)


class PlanSeriesForm(MeetingForm):
    """The first page: what repeats, in which rhythm, how often. The dates come on the second one."""

    submit_label = _("Show the dates")

    def __init__(self, *args: Any, owner: Case | Group, **kwargs: Any) -> None:
        super().__init__(*args, owner=owner, **kwargs)
        self.fields["day"].label = _("First day")
        self.fields["weeks_between"] = forms.TypedChoiceField(
            label=_("How often"), choices=SessionSeries.Rhythm.choices, coerce=int, widget=forms.RadioSelect, initial=1
        )
        self.fields["count"] = forms.IntegerField(
            label=_("Number of meetings"),
            required=False,
            min_value=1,
            max_value=MOST_MEETINGS,
            help_text=_("Empty: half a year, that is 26 every week or 13 every two weeks."),
        )
        if not isinstance(owner, Group):
            family = family_now(owner)
            self.ask_who_is_expected(family, usual_among(family, self.initial))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        service, owner = cleaned.get("service"), self.owner
        if day := cleaned.get("day"):
            self._refuse_far_off(day)
        couple = service and service.form == Service.Form.COUPLE
        if couple and not isinstance(owner, Group) and couple_work_stopped(owner.family_id):
            stopped = _(
                "Couple work with this family is stopped, so no couple meeting can be planned or moved. "
                "Ask the coordinator or a clinical lead."
            )
            self.add_error("service", ValidationError(stopped, code="couple_work_stopped"))
        if "count" in cleaned and "weeks_between" in cleaned:
            cleaned["count"] = cleaned["count"] or usual_count(cleaned["weeks_between"])
        return cleaned

    def _refuse_far_off(self, day: dt.date) -> None:
        """Said once beside the field, where every date of the series would be refused for the same reason."""
        today = timezone.localdate()
        if day < today:
            past = _("This day has passed. Choose today or a later day.")
            self.add_error("day", ValidationError(past, code="planned_in_the_past"))
        elif day > today + FURTHEST:
            self.add_error("day", ValidationError(_("Plan meetings at most a year ahead."), code="too_far"))

    @property
    def leader(self) -> StaffMember:
        return cast("StaffMember", self.cleaned_data.get("therapist", self.leads))

    def preview(self, data: Data) -> Preview:
        plan = self.cleaned_data
        days = days_of_series(plan["day"], plan["weeks_between"], plan["count"])
        people = [] if isinstance(self.owner, Group) else self.expected_people()
        slots = _Slots(self._minutes, self.leader, plan["co_therapists"], plan["room"], people)
        return Preview(
            data,
            owner=self.owner,
            planned=[Planned(day, plan["time"]) for day in days],
            slot=slots.make,
            names=_names(people),
            half_a_year_ends_on=half_a_year_from(plan["day"]),
        )

    @property
    def _minutes(self) -> int:
        minutes: int = self.cleaned_data["minutes"] or self.cleaned_data["service"].minutes
        return minutes

    def planned(self, preview: Preview) -> dict[str, Any]:
        """The arguments of `plan_series`."""
        plan = self.cleaned_data
        names = ("service", "room", "co_therapists", "is_online", "time", "weeks_between")
        return {name: plan[name] for name in names} | {
            "therapist": self.leader,
            "persons": [] if isinstance(self.owner, Group) else self.expected_people(),
            "first_on": plan["day"],
            "minutes": self._minutes,
            "starts": preview.starts,
        }


class _Slots:
    """What a meeting at some moment takes up, where all meetings take up the same."""

    def __init__(
        self,
        minutes: int,
        therapist: StaffMember,
        co_therapists: Iterable[StaffMember],
        room: Room | None,
        people: Iterable[Person],
    ) -> None:
        self.minutes, self.room = minutes, room.pk if room else None
        self.therapist, self.co_therapists = therapist.pk, frozenset(one.pk for one in co_therapists)
        self.persons = frozenset(person.pk for person in people)

    def make(self, planned: Planned, start: dt.datetime, counts: bool) -> Slot:
        end = after(start, self.minutes)
        return Slot(start, end, self.therapist, self.co_therapists, self.room, self.persons, counts=counts)


def _names(people: list[Person]) -> dict[int, str]:
    return {person.pk: str(person) for person in people}


class ProlongSeriesForm(VersionMixin, OnceMixin, forms.Form):
    """More meetings in the same rhythm: in place of those that fell out, or beyond the plan."""

    submit_label = _("Show the dates")
    count = forms.IntegerField(label=_("How many meetings to add"), min_value=1, max_value=MOST_MEETINGS)

    def __init__(self, *args: Any, series: SessionSeries, lacking: int, managing: bool, **kwargs: Any) -> None:
        initial = {"version": series.version, "count": lacking or usual_count(series.weeks_between) // 2}
        super().__init__(*args, initial=initial, **kwargs)
        self.series = series
        decision = SeriesReview.Decision
        longer = (
            _("beyond the plan: the group's meetings go on longer")
            if series.group
            else _("beyond the plan: the therapy is extended")
        )
        self.fields["decision"] = forms.ChoiceField(
            label=_("What for"),
            choices=[
                (decision.MADE_UP.value, _("in place of meetings that fell out")),
                (decision.EXTENDED.value, longer),
            ],
            widget=forms.RadioSelect,
            initial=(decision.MADE_UP if lacking else decision.EXTENDED).value,
        )
        self.fields["reason"] = _reason_field(_("It stays with the series for good."))
        self._ask_who_leads(managing)
        if series.room and not series.room.is_active:
            self.closed = _("%(room)s is not in use any more. Choose where the added meetings take place.") % {
                "room": series.room
            }
            self.fields["room"] = RoomPick(rooms_for(series.owner), help_text=self.closed)
        self.latest = series.sessions.order_by("-starts_at").first()
        if series.case is not None:
            family = family_now(series.case)
            invited = set(Attendance.objects.filter(session=self.latest).values_list("person_id", flat=True))
            expected = [person for person, _label in family if person.pk in invited]
            self.people = {str(person.uuid): person for person, _label in family}
            self.fields["presences"] = people_field(_("Who is expected"), family, expected)

    def _ask_who_leads(self, managing: bool) -> None:
        """Only where somebody who does has left the centre, or will: then the meetings need somebody else."""
        series, others = self.series, list(self.series.co_therapists.all())
        tenures = tenures_at(series.owner.centre_id, [series.therapist_id, *(one.pk for one in others)])
        leaving = [one for one in (series.therapist, *others) if not tenures[one.pk].lasts]
        self.leaving = [leaving_in_words(one, tenures[one.pk].last_on) for one in leaving]
        if not leaving:
            return
        stay = _("Who is chosen leads the meetings that are added. Those planned already stay as they are.")
        staff = leaders_for(series.owner)
        if managing and series.therapist in leaving:
            self.fields["therapist"] = TherapistPick(staff, label=_("Therapist"), empty_label="—", help_text=stay)
            self.initial["therapist"] = series.therapist if series.therapist in staff else None
        if any(one in leaving for one in others):
            among = staff if managing else known_among(staff, others, series.therapist)
            self.fields["co_therapists"] = CoTherapistsPick(among, help_text=stay)
            self.initial["co_therapists"] = [one for one in others if one in among]

    @property
    def leader(self) -> StaffMember:
        leader: StaffMember = self.cleaned_data.get("therapist", self.series.therapist)
        return leader

    @property
    def others(self) -> list[StaffMember]:
        """The co-therapists; who was one may be the therapist from now on."""
        chosen = self.cleaned_data.get("co_therapists", self.series.co_therapists.all())
        return [one for one in chosen if one != self.leader]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "room" in self.fields and "room" not in self.data:  # closed since the page was opened
            self.add_error("room", ValidationError(self.closed, code="room_elsewhere"))
        return cleaned

    @property
    def place(self) -> Room | None:
        return self.cleaned_data["room"] if "room" in self.fields else self.series.room

    def expected_people(self) -> list[Person]:
        """Empty for a group: its enrolments say who comes to which meeting."""
        return [self.people[key] for key in self.cleaned_data.get("presences", [])]

    def preview(self, data: Data) -> Preview:
        series, group, people = self.series, self.series.group, self.expected_people()
        tomorrow = timezone.localdate() + dt.timedelta(days=1)
        last = timezone.localdate(self.latest.starts_at) if self.latest else tomorrow
        days = days_after(last, series.weekday, series.weeks_between, self.cleaned_data["count"], tomorrow)
        seated = people_on(group, days) if group else {}
        known = people or [one.person for row in seated.values() for one in row]

        def slot(planned: Planned, start: dt.datetime, counts: bool) -> Slot:
            expected = [one.person for one in seated.get(planned.day, [])] if group else people
            slots = _Slots(series.minutes, self.leader, self.others, self.place, expected)
            return slots.make(planned, start, counts)

        return Preview(
            data,
            owner=series.owner,
            planned=[Planned(day, series.time) for day in days],
            slot=slot,
            names={} if group else _names(known),
            half_a_year_ends_on=series.review_on,
        )

    def prolonged(self, preview: Preview) -> dict[str, Any]:
        """The arguments of `prolong_series`."""
        names = ("decision", "reason", "version")
        return {name: self.cleaned_data[name] for name in names} | {
            "therapist": self.leader,
            "co_therapists": self.others,
            "room": self.place,
            "persons": self.expected_people(),
            "starts": preview.starts,
        }


class SinceForm(VersionMixin, OnceMixin, forms.Form):
    """From which meeting on: this and the following ones, or all that are still to come."""

    def __init__(self, *args: Any, series: SessionSeries, since: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.series = series
        coming = series.sessions.coming().select_related("therapist", "room").prefetch_related("co_therapists")
        self.coming = list(coming.order_by("starts_at", "id"))
        known = {str(one.uuid): one for one in self.coming}
        self.fields["since"] = forms.ChoiceField(
            label=_("From which meeting on"),
            choices=[(key, _moment_words(one)) for key, one in known.items()],
            initial=since if since in known else None,
            help_text=_("This one and all that follow. The first on the list: all that are still to come."),
        )

    @property
    def first(self) -> Session | None:
        """The meeting chosen."""
        key = self.cleaned_data.get("since")
        return next((one for one in self.coming if str(one.uuid) == key), None)

    @property
    def affected(self) -> list[Session]:
        first = self.first
        return [one for one in self.coming if first and one.starts_at >= first.starts_at]


def _moment_words(session: Session) -> str:
    start = timezone.localtime(session.starts_at)
    return f"{WEEKDAYS[start.weekday()]}, {format_date(start)}, {format_time(start)}"


class EditSeriesForm(SinceForm):
    submit_label = _("Show what changes")
    time = forms.TimeField(label=_("Start"))
    minutes = forms.IntegerField(label=_("Minutes"), min_value=SHORTEST.seconds // 60, max_value=LONGEST.seconds // 60)

    def __init__(self, *args: Any, series: SessionSeries, managing: bool, **kwargs: Any) -> None:
        initial = {
            "version": series.version,
            "weekday": series.weekday,
            "time": series.time,
            "minutes": series.minutes,
            "therapist": series.therapist,
            "co_therapists": list(series.co_therapists.all()),
            "room": series.room,
        }
        super().__init__(*args, series=series, initial=initial, **kwargs)
        self.fields["weekday"] = forms.TypedChoiceField(
            label=_("Weekday"), choices=OpeningHours.Weekday.choices, coerce=int
        )
        others = list(series.co_therapists.all())
        staff = leaders_for(series.owner, [series.therapist_id, *(one.pk for one in others)])
        if managing:
            self.fields["therapist"] = TherapistPick(staff, label=_("Therapist"))
        else:
            staff = known_among(staff, others, series.therapist)
        self.fields["co_therapists"] = CoTherapistsPick(staff)
        self.fields["room"] = RoomPick(rooms_for(series.owner, series.room_id))
        self.fields["is_online"] = online_field(series.is_online)

    @property
    def leader(self) -> StaffMember:
        leader: StaffMember = self.cleaned_data.get("therapist", self.series.therapist)
        return leader

    def preview(self, data: Data) -> Preview:
        meetings, plan = self.affected, self.cleaned_data
        self._invited: dict[int, set[int]] = {one.pk: set() for one in meetings}
        people: dict[int, str] = {}
        for row in Attendance.objects.filter(session__in=meetings).select_related("person"):
            self._invited[row.session_id].add(row.person_id)
            people[row.person_id] = str(row.person)
        return Preview(
            data,
            owner=self.series.owner,
            planned=[self._planned(one) for one in meetings],
            slot=self._slot,
            names=people if self.series.case else {},
            half_a_year_ends_on=self.series.review_on,
            changes=lambda meeting, slot: becomes_other(meeting, slot, is_online=plan["is_online"]),
            taken_over=self._taken_over,
        )

    def _taken_over(self, meeting: Session, slot: Slot) -> list[str]:
        """Who else leads the meeting and where else it is, after the change."""
        words = []
        if slot.therapist != meeting.therapist_id:
            words.append(_("led by: %(before)s → %(now)s") % {"before": meeting.therapist, "now": self.leader})
        if slot.room != meeting.room_id:
            no_room = _("no room")
            places = {"before": meeting.room or no_room, "now": self.cleaned_data["room"] or no_room}
            words.append(_("place: %(before)s → %(now)s") % places)
        return words

    def stored(self) -> dict[str, Any]:
        """What is stored of the series now, as people read it; a box that was ticked alike says nothing."""
        series = self.series
        online = {"is_online": _("online") if series.is_online else _("not online")}
        return {
            "weekday": series.get_weekday_display(),
            "time": format_time(series.time),
            "minutes": series.minutes,
            "therapist": str(series.therapist),
            "co_therapists": ", ".join(map(str, series.co_therapists.all())),
            "room": str(series.room or ""),
            **(online if self.cleaned_data["is_online"] != series.is_online else {}),
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.leader in cleaned.get("co_therapists", ()):
            self.add_error("co_therapists", _("The therapist is not their own co-therapist."))
        return cleaned

    def _planned(self, meeting: Session) -> Planned:
        usual = self.cleaned_data["weekday"], self.cleaned_data["time"]
        return Planned(*goes_to(meeting, self.series, usual), meeting, is_own=TIME in own_of(meeting))

    def _slot(self, planned: Planned, start: dt.datetime, counts: bool) -> Slot:
        meeting, plan = planned.session, self.cleaned_data
        assert meeting is not None  # noqa: S101 - this form plans existing meetings only
        return changed_slot(
            meeting,
            start,
            self._invited[meeting.pk],
            self.leader,
            plan["co_therapists"],
            plan["room"],
            plan["minutes"],
            counts=counts,
        )

    def changed(self, preview: Preview) -> dict[str, Any]:
        """The arguments of `change_series`."""
        names = ("room", "is_online", "minutes", "weekday", "time", "version")
        return {name: self.cleaned_data[name] for name in names} | {
            "therapist": self.leader,
            "co_therapists": self.cleaned_data["co_therapists"],
            "starts": preview.moves,
        }


class EndSeriesForm(SinceForm):
    submit_label = _("Show what is called off")

    def __init__(self, *args: Any, series: SessionSeries, **kwargs: Any) -> None:
        super().__init__(*args, series=series, initial={"version": series.version}, **kwargs)
        if self.coming:
            self.fields["status"] = forms.ChoiceField(
                label=_("Who calls the meetings off"),
                choices=[(one.value, one.label) for one in called_off_for(series.owner)],
                widget=forms.RadioSelect,
            )
        else:
            del self.fields["since"]
        where = (
            _("It stays with the group and with each meeting called off.")
            if series.group
            else _("It stays with the series and with each meeting called off.")
        )
        self.fields["reason"] = _reason_field(where)

    def ended(self) -> dict[str, Any]:
        """The arguments of `end_series`."""
        return {
            "since": self.first,
            "status": self.cleaned_data.get("status", ""),
            "reason": self.cleaned_data["reason"],
            "version": self.cleaned_data["version"],
        }

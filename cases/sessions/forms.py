from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.casefile.models import Case
from cases.people.models import Person
from cases.sessions.choices import known_among, leaders_for, rooms_for, services_for
from cases.sessions.closed_forms import ClosedFields
from cases.sessions.group_models import Group
from cases.sessions.models import CANCELLED, LONGEST, MOST_OTHER_MINUTES, SHORTEST, Attendance, Session
from cases.sessions.moments import after, local_moment
from cases.sessions.note_forms import WordsFields, note_field, summary_field
from cases.sessions.presence_forms import PresenceFields, beside_a_person, family_now, people_for, usual_among
from cases.sessions.reason_forms import ReasonFields
from cases.sessions.rules import called_off_for
from centres.models import Centre, StaffMember
from foundation.forms import Offer, OnceMixin, PickFrom, PickSeveralFrom, VersionMixin

Status = Session.Status
Presence = Attendance.Presence

WORDS = ("note", "group_note", "summary")
TAKEN = {"staff_taken", "room_taken", "person_taken"}

TIME_AROUND = {"travel_minutes": _("Travel in minutes"), "paperwork_minutes": _("Documentation in minutes")}


def _who_joins(staff: Any) -> str:
    if not staff.works_here:
        return str(_("%(name)s – does not work here any more") % {"name": staff})
    return str(staff) if staff.knows else str(_("%(name)s – will join the care team") % {"name": staff})


class TherapistPick(PickFrom):
    """Who may lead the meeting; the label says who will join the care team by that, or has left."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid_choice": _("This person does not work at this centre.")
    }

    def label_from_instance(self, obj: Any) -> str:
        return _who_joins(obj)


class RoomPick(PickFrom):
    """Where the meeting is, if in a room of the centre."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid_choice": _("This room is not in use at this centre.")}

    def __init__(self, rooms: Offer, **kwargs: Any) -> None:
        nowhere = _("no room (online, at the family's home, by phone)")
        super().__init__(rooms, label=_("Room"), required=False, empty_label=nowhere, **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return str(obj) if obj.is_active else str(_("%(room)s – not in use any more") % {"room": obj})


class CoTherapistsPick(PickSeveralFrom):
    """Who else leads it, as boxes; none is the usual answer."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, staff: Offer, **kwargs: Any) -> None:
        not_listed = _("Choose co-therapists from the list.")
        super().__init__(staff, not_listed=not_listed, label=_("Co-therapists"), **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return _who_joins(obj)


def people_field(
    label: Any, people: Iterable[tuple[Person, str]], chosen: Iterable[Person] | None
) -> forms.MultipleChoiceField:
    """One box for each person; without `chosen`, all are ticked."""
    choices = [(str(person.uuid), name) for person, name in people]
    return forms.MultipleChoiceField(
        label=label,
        choices=choices,
        error_messages={"required": _("Choose at least one person.")},
        initial=[key for key, _name in choices] if chosen is None else [str(person.uuid) for person in chosen],
        widget=forms.CheckboxSelectMultiple,
    )


def online_field(initial: bool = False) -> forms.BooleanField:
    return forms.BooleanField(label=_("The meeting is online"), required=False, initial=initial)


class TimeAroundFields(forms.BaseForm):
    """The way there and the documentation, in minutes, where the centre keeps account of them."""

    def ask_about_time_around(self, centre: Centre, meeting: Session | None = None) -> None:
        if not centre.logs_time_around:
            return
        for name, label in TIME_AROUND.items():
            self.fields[name] = forms.IntegerField(
                label=label,
                required=False,
                min_value=0,
                max_value=MOST_OTHER_MINUTES,
                initial=getattr(meeting, name, None) or None,
            )

    def time_around(self) -> dict[str, int]:
        """The arguments of services: left empty is none, not asked is nothing said."""
        return {name: self.cleaned_data[name] or 0 for name in TIME_AROUND if name in self.fields}


class MeetingForm(ClosedFields, OnceMixin, forms.Form):
    """When, what, by whom and where: what planning, logging and moving have in common."""

    expected: dict[str, Person]
    day = forms.DateField(label=_("Date"))
    time = forms.TimeField(label=_("Start"))
    minutes = forms.IntegerField(
        label=_("Minutes"),
        required=False,
        min_value=SHORTEST.seconds // 60,
        max_value=LONGEST.seconds // 60,
        help_text=_("Empty: the service's usual length."),
    )

    def __init__(
        self,
        *args: Any,
        owner: Case | Group,
        me: StaffMember | None,
        managing: bool,
        keeping: Session | None = None,
        **kwargs: Any,
    ) -> None:
        """`me` logs; who is not `managing` the case or group logs for nobody else, and is not asked who leads it.

        What the meeting `keeping` has stays among the choices, though a new meeting could not have it any more.
        """
        super().__init__(*args, **kwargs)
        self.owner = owner
        self.leads = keeping.therapist if keeping else me
        others = list(keeping.co_therapists.all()) if keeping else []
        staff = leaders_for(owner, [keeping.therapist_id, *(one.pk for one in others)] if keeping else ())
        services = services_for(owner, keeping.service_id if keeping else None)
        elsewhere = {"invalid_choice": _("This service is not offered at this centre.")}
        self.fields["service"] = PickFrom(services, label=_("Service"), empty_label="—", error_messages=elsewhere)
        if managing:
            self.fields["therapist"] = TherapistPick(staff, label=_("Therapist"), empty_label="—")
        else:
            staff = known_among(staff, others, self.leads)
        self.fields["co_therapists"] = CoTherapistsPick(staff, initial=others)
        self.fields["room"] = RoomPick(rooms_for(owner, keeping.room_id if keeping else None))
        self.fields["is_online"] = online_field(bool(keeping and keeping.is_online))

    def clean(self) -> dict[str, Any]:
        """Turn day, hour and length into the two moments that services work with."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if (therapist := cleaned.get("therapist")) and therapist in cleaned.get("co_therapists", ()):
            twice = _("The therapist is not their own co-therapist.")
            self.add_error("co_therapists", ValidationError(twice, code="therapist_twice"))
        if "day" in cleaned and "time" in cleaned:
            try:
                cleaned["starts_at"] = local_moment(cleaned["day"], cleaned["time"])
            except ValidationError as error:
                self.add_error("time", error)
        if "starts_at" in cleaned and "minutes" in cleaned and "service" in cleaned:
            minutes = cleaned["minutes"] or cleaned["service"].minutes
            cleaned["ends_at"] = after(cleaned["starts_at"], minutes)
            if self.plans(cleaned):
                self.ask_if_closed(self.owner.centre, cleaned["starts_at"], cleaned["ends_at"])
        return cleaned

    def plans(self, cleaned: dict[str, Any]) -> bool:
        """Whether a meeting to come is given this time."""
        return False

    def ask_who_is_expected(
        self, people: Iterable[tuple[Person, str]], chosen: Iterable[Person] | None = None
    ) -> None:
        """One box for each person; without `chosen`, everybody is expected."""
        self.expected = {str(person.uuid): person for person, _label in people}
        self.fields["presences"] = people_field(_("Who is expected"), people, chosen)

    def expected_people(self) -> list[Person]:
        return [self.expected[key] for key in self.cleaned_data["presences"]]

    def booking(self) -> dict[str, Any]:
        """The arguments that `log_session` and `edit_session` share."""
        names = ("service", "room", "starts_at", "ends_at", "co_therapists", "is_online")
        return {name: self.cleaned_data[name] for name in names} | {
            "therapist": self.cleaned_data.get("therapist", self.leads)
        }

    def add_error(self, field: str | None, error: Any) -> None:
        super().add_error(field, beside_a_person(self, error))


class LoggingForm(PresenceFields, TimeAroundFields, MeetingForm):
    """What is said of a meeting that nobody had planned, of a case or of a group."""

    submit_label = _("Save the meeting")

    def logged(self) -> dict[str, Any]:
        """The arguments of `log_session`."""
        status = self.cleaned_data["status"]
        words = {name: self.cleaned_data[name] or None for name in WORDS if name in self.cleaned_data}
        people = {"present": self.presences(status), "late": self.late()}
        return self.booking() | self.time_around() | words | people | {"status": status}


class LogSessionForm(ReasonFields, LoggingForm):
    """Of a meeting that is still to come, or was called off, it asks who was expected."""

    def __init__(self, *args: Any, case: Case, with_note: bool, **kwargs: Any) -> None:
        super().__init__(*args, owner=case, **kwargs)
        self.fields["status"] = forms.ChoiceField(
            label=_("State"),
            choices=[
                (Status.HELD.value, Status.HELD.label),
                (Status.PLANNED.value, _("planned – still to come")),
                *((status.value, status.label) for status in Status if status not in {Status.HELD, Status.PLANNED}),
            ],
        )
        family = family_now(case)
        usual = usual_among(family, self.initial)
        self.ask_why_called_off()
        self.ask_about(family, {person.pk: Presence.PRESENT.value for person in usual} if usual else None)
        self.fields["invited"] = people_field(_("Who was expected"), family, usual)
        self.fields["invited"].required = not self.is_bound or self._asks_who_is_expected(self["status"].value())
        self.ask_about_time_around(case.centre)
        if with_note:
            self.fields["note"] = note_field()
            self.fields["summary"] = summary_field()

    def plans(self, cleaned: dict[str, Any]) -> bool:
        return cleaned.get("status") == Status.PLANNED

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self.expect_reason(cleaned, to_come="starts_at" in cleaned and cleaned["starts_at"] > timezone.now())
        return cleaned

    def presences(self, status: str) -> dict[Person, str]:
        if not self._asks_who_is_expected(status):
            return super().presences(status)
        chosen = self.cleaned_data["invited"]
        return {one: Presence.EXPECTED for one in self.people.values() if str(one.uuid) in chosen}

    def place_of(self, person: int | None) -> str:
        return "invited" if self._asks_who_is_expected(self["status"].value()) else super().place_of(person)

    def logged(self) -> dict[str, Any]:
        return super().logged() | {"reason": self.cleaned_data["reason"]}

    @staticmethod
    def _asks_who_is_expected(status: str) -> bool:
        return status == Status.PLANNED or status in CANCELLED


class PlanSessionForm(MeetingForm):
    """A meeting to come: who is expected is all that there is to say about people."""

    submit_label = _("Plan the meeting")

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, owner=case, **kwargs)
        family = family_now(case)
        self.ask_who_is_expected(family, usual_among(family, self.initial))

    def plans(self, cleaned: dict[str, Any]) -> bool:
        return True

    def logged(self) -> dict[str, Any]:
        """The arguments of `log_session`."""
        people = dict.fromkeys(self.expected_people(), Presence.EXPECTED)
        return self.booking() | {"status": Status.PLANNED, "present": people}


class EditSessionForm(VersionMixin, MeetingForm):
    submit_label = _("Save changes")

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        start = timezone.localtime(session.starts_at)
        initial = {
            "day": start.date(),
            "time": start.time(),
            "minutes": session.minutes,
            "service": session.service,
            "therapist": session.therapist,
            "room": session.room,
            "version": session.version,
        }
        super().__init__(*args, owner=session.owner, keeping=session, initial=initial, **kwargs)
        self.session = session
        self.fields["minutes"].required = True
        self.fields["minutes"].help_text = ""
        if session.status == Status.PLANNED and session.group_id is None:  # a group's enrolments say who is expected
            self.ask_who_is_expected(people_for(session), [row.person for row in session.attendances.all()])

    def plans(self, cleaned: dict[str, Any]) -> bool:
        """Another room or therapist alone is not asked about."""
        times = self.session.starts_at, self.session.ends_at
        return self.session.status == Status.PLANNED and (cleaned["starts_at"], cleaned["ends_at"]) != times

    def edited(self) -> dict[str, Any]:
        """The arguments of `edit_session`."""
        return self.booking() | {
            "persons": self.expected_people() if "presences" in self.fields else None,
            "version": self.cleaned_data["version"],
        }


NOT_HELD = "not_held"
"""Said already, by the link that led here: it did not take place. Why, nobody has said yet."""


class ResolveSessionForm(
    WordsFields, PresenceFields, ReasonFields, TimeAroundFields, VersionMixin, OnceMixin, forms.Form
):
    """What became of the meeting; before it begins, only whether it is called off."""

    submit_label = _("Save")

    def __init__(
        self,
        *args: Any,
        session: Session,
        started: bool,
        words: Mapping[str, str],
        words_version: int,
        status: str = "",
        initial: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """`words` are what is written about the meeting, by the fields in which this person may change it. `initial`
        is what they had chosen and typed here before.

        Of the states only „held” is proposed: an absence counts against the family, so somebody has to say it.
        """
        super().__init__(*args, initial={"version": session.version, **(initial or {})}, **kwargs)
        self.started, self._planned_minutes = started, session.minutes
        held = not (started and status == NOT_HELD)
        self._ask_what_became_of_it(session, held, status)
        self.ask_why_called_off(required=self.calling_off, initial=session.cancel_reason)
        invited = list(session.attendances.all())
        self.invited = {row.person: row.presence for row in invited}
        present = Presence.PRESENT.value
        known = {row.person_id: present if row.presence == Presence.EXPECTED else row.presence for row in invited}
        late = {row.person_id for row in invited if row.is_late and not initial}  # a box left empty is not sent
        self.ask_about(people_for(session) if started else [], known, late, held=held)
        self.ask_who_was_listed(self.invited)
        if started:
            if held:
                self.fields["minutes"] = self._minutes_field(session)
            self.ask_about_time_around(session.centre, session)
        if words:
            self.ask_about_words(words, words_version)

    def _ask_what_became_of_it(self, session: Session, held: bool, status: str) -> None:
        self.calling_off = not self.started and not session.is_cancelled
        called_off = called_off_for(session.owner)
        if self.started:
            offered = [*([Status.HELD] if held else []), *called_off, Status.NO_SHOW]
            question = _("Did the meeting take place?") if held else _("Why did the meeting not take place?")
        else:
            offered = called_off if self.calling_off else [Status.PLANNED, *called_off]
            question = _("Who calls the meeting off") if self.calling_off else _("Will the meeting take place?")
        why = _("Choose who called the meeting off, or that nobody came.")
        self.fields["status"] = forms.ChoiceField(
            label=question,
            choices=[(one.value, one.label) for one in offered],
            widget=forms.RadioSelect,
            initial=status if status == Status.HELD and status in offered else session.status,
            error_messages={"required": _("Choose one of the states.") if held else why},
        )

    @staticmethod
    def _minutes_field(session: Session) -> forms.IntegerField:
        return forms.IntegerField(
            label=_("How many minutes it took"),
            required=False,
            min_value=SHORTEST.seconds // 60,
            max_value=LONGEST.seconds // 60,
            initial=session.minutes,
            help_text=_("Counts when the meeting was held."),
        )

    def add_error(self, field: str | None, error: Any) -> None:
        """Who is taken by then is said beside the length, where it is the length that runs into another meeting."""
        clashes = getattr(error, "error_dict", None)
        if clashes and self._is_longer() and getattr(error, "code", "") in TAKEN:
            error = ValidationError({"minutes": [one for several in clashes.values() for one in several]})
        super().add_error(field, beside_a_person(self, error))

    def _is_longer(self) -> bool:
        took = self.cleaned_data.get("minutes") or 0
        return self.cleaned_data.get("status") == Status.HELD and took > self._planned_minutes

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.expect_reason(cleaned, to_come=not self.started)
        return cleaned

    def resolved(self) -> dict[str, Any]:
        """The arguments of `resolve_session`."""
        status, words = self.cleaned_data["status"], self.touched()
        return self.time_around() | {
            "status": status,
            "minutes": self.cleaned_data.get("minutes"),
            "reason": self.cleaned_data["reason"],
            "presences": self.presences(status) if status in {Status.HELD, Status.NO_SHOW} else self.invited,
            "late": self.late(),
            "note": words.get("note"),
            "group_note": words.get("group_note"),
            "summary": words.get("summary"),
            "words_version": self.words_version,
            "version": self.cleaned_data["version"],
        }

"""Who was at a meeting, or is expected: the questions about people that its forms share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.casefile.models import Case
from cases.people.models import FamilyMember, FamilyRole, Person
from cases.sessions.group_models import Group
from cases.sessions.models import Attendance, Session
from foundation.search import sort_key
from foundation.statements import kept

Status = Session.Status
Presence = Attendance.Presence

NOT_INVITED = ""
PRESENCES = [
    (Presence.PRESENT.value, Presence.PRESENT.label),
    (Presence.EXCUSED.value, Presence.EXCUSED.label),
    (Presence.UNEXCUSED.value, Presence.UNEXCUSED.label),
    (NOT_INVITED, _("not taking part")),
]


class PresenceFields(forms.BaseForm):
    """Two questions for each person: present, absent or not taking part; and whether they came late."""

    people: dict[str, Person]

    def ask_about(
        self,
        people: Iterable[tuple[Person, str]],
        chosen: dict[int, str] | None = None,
        late: Collection[int] = (),
    ) -> None:
        """Add the fields. `chosen` and `late` say what is known already; without it, everybody was there in time."""
        self.people = {}
        for person, label in people:
            name = f"presence_{person.uuid.hex}"
            self.people[name] = person
            initial = Presence.PRESENT.value if chosen is None else chosen.get(person.pk, NOT_INVITED)
            self.fields[name] = forms.ChoiceField(label=label, choices=PRESENCES, required=False, initial=initial)
            self.fields[_late_name(person)] = forms.BooleanField(
                label=_("came late"), required=False, initial=person.pk in late
            )

    def presence_fields(self) -> list[tuple[Any, Any]]:
        """For each person the presence, and the box for having come late."""
        return [(self[name], self[_late_name(person)]) for name, person in self.people.items()]

    def late(self) -> list[Person]:
        """Whose box is ticked. It counts where the person was present; elsewhere the services leave it out."""
        return [person for person in self.people.values() if self.cleaned_data.get(_late_name(person))]

    def presences(self, status: str) -> dict[Person, str]:
        """Who takes part, with what presence. Where nobody came, „present” was only what the form proposed."""
        answers = {person: self.cleaned_data.get(name, "") for name, person in self.people.items()}
        taking_part = {person: answer for person, answer in answers.items() if answer != NOT_INVITED}
        if status == Status.HELD:
            return taking_part
        if status == Status.PLANNED:
            return {person: Presence.EXPECTED for person, answer in taking_part.items() if answer == Presence.PRESENT}
        absent = Presence.UNEXCUSED if status == Status.NO_SHOW else Presence.EXPECTED
        return {person: absent if answer == Presence.PRESENT else answer for person, answer in taking_part.items()}


def _late_name(person: Person) -> str:
    return f"late_{person.uuid.hex}"


def beside_a_person(form: forms.BaseForm, error: Any) -> Any:
    """Services speak of „presences”; the form says it beside the first person."""
    people = getattr(form, "people", None)
    if people and hasattr(error, "error_dict") and "presences" in error.error_dict:
        said = dict(error.error_dict)
        said[next(iter(people))] = said.pop("presences")
        return ValidationError(said)
    return error


def people_for(session: Session) -> list[tuple[Person, str]]:
    """Everybody in the family today, or with a seat in the group that day; and whoever is on the meeting's list."""
    owner = session.owner
    people = seated_on(owner, timezone.localdate(session.starts_at)) if isinstance(owner, Group) else family_now(owner)
    known = {person for person, _label in people}
    return people + [(row.person, str(row.person)) for row in session.attendances.all() if row.person not in known]


def seated_on(group: Group, day: dt.date) -> list[tuple[Person, str]]:
    """Who has a seat in the group on this day, by name."""
    seated = group.enrolments.seated(day, day).select_related("person")
    people = sorted((one.person for one in seated), key=lambda one: sort_key(f"{one.last_name} {one.first_name}"))
    return [(person, str(person)) for person in people]


def usual_among(people: Iterable[tuple[Person, str]], initial: Mapping[str, Any]) -> list[Person] | None:
    """Who of them was at the latest meeting, as `presets` says; None, for everybody, where that tells nothing."""
    usual = initial.get("usual_people")
    return [person for person, _label in people if person.pk in usual] or None if usual else None


def family_now(case: Case) -> list[tuple[Person, str]]:
    """Who may be asked about: everybody in the family today, the oldest first, with their role."""
    members = _members_now(family=case.family_id)
    return [(member.person, f"{member.person} ({FamilyRole(member.role).label})") for member in members]


@kept
def _members_now(*, family: int) -> QuerySet[FamilyMember]:
    members = FamilyMember.objects.current().filter(family=family)
    names = ("role", "person__uuid", "person__first_name", "person__last_name")
    return members.select_related("person").only(*names).order_by("person__birth_date", "id")

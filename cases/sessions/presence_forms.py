"""Who was at a meeting, or is expected: the questions about people that its forms share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.choices import BaseChoiceIterator
from django.utils.translation import gettext_lazy as _

from cases.casefile.models import Case
from cases.people.models import FamilyMember, FamilyRole, Person
from cases.sessions.group_models import Group
from cases.sessions.models import Attendance, Session
from foundation.forms import FormMixin, uuid_of
from foundation.search import sort_key
from foundation.statements import kept

Status = Session.Status
Presence = Attendance.Presence


class _Answers(BaseChoiceIterator):
    """Choices in the shape that Django wants; a list it would bring into that shape anew for every person."""

    def __init__(self, *presences: Presence) -> None:
        self._answers = [*((one.value, one.label) for one in presences), (NOT_INVITED, _("not taking part"))]

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter(self._answers)


NOT_INVITED = ""
MOST_NAMED = 30
PRESENCES = _Answers(Presence.PRESENT, Presence.EXCUSED, Presence.UNEXCUSED)
ABSENCES = _Answers(Presence.UNEXCUSED, Presence.EXCUSED)


class Roll(forms.Field):
    """No question of its own, but the place where something is said about the people of a meeting together."""

    widget = forms.Widget  # the templates draw the questions about each person in its place

    def __init__(self) -> None:
        super().__init__(required=False, label=_("Who was there"))


class PresenceFields(FormMixin):
    """Who was there, and who came late, of a meeting that was held; of one to which nobody came, who was excused.

    Each state has its own questions, which say what will be saved; the page shows those of the state that is chosen.
    """

    people: dict[str, Person]
    """By the name of the question about their presence."""

    def ask_about(
        self,
        people: Iterable[tuple[Person, str]],
        chosen: dict[int, str] | None = None,
        late: Collection[int] = (),
        *,
        held: bool = True,
    ) -> None:
        """Add the fields. `chosen` and `late` say what is known already; without it, everybody was there in time.

        Not `held`: only what is asked when nobody came.
        """
        self.people = {}
        for person, label in people:
            name = f"presence_{person.uuid.hex}"
            self.people[name] = person
            known = Presence.PRESENT.value if chosen is None else chosen.get(person.pk, NOT_INVITED)
            if held:
                self.fields[name] = forms.ChoiceField(label=label, choices=PRESENCES, required=False, initial=known)
                self.fields[_late_name(person)] = forms.BooleanField(
                    label=_("came late"), required=False, initial=person.pk in late
                )
            absent = Presence.UNEXCUSED.value if known == Presence.PRESENT else known
            self.fields[_absence_name(person)] = forms.ChoiceField(
                label=label, choices=ABSENCES, required=False, initial=absent
            )
        if self.people:
            self.fields["presences"] = Roll()

    def presence_fields(self) -> list[tuple[Any, Any]]:
        """For each person the presence, and the box for having come late; none where it was not held for sure."""
        return [(self[name], self[_late_name(one)]) for name, one in self.people.items() if name in self.fields]

    def absence_fields(self) -> list[Any]:
        return [self[_absence_name(person)] for person in self.people.values()]

    def says_nobody_came(self) -> bool:
        """Which of both lists is on the page when something is said about all of it."""
        return self["status"].value() == Status.NO_SHOW or not self.presence_fields()

    def late(self) -> list[Person]:
        """Whose box is ticked. It counts where the person was present; elsewhere the services leave it out."""
        return [person for person in self.people.values() if self.cleaned_data.get(_late_name(person))]

    def presences(self, status: str) -> dict[Person, str]:
        """Who takes part, with what presence, in a meeting that was held or to which nobody came."""
        nobody = status == Status.NO_SHOW
        asked = {person: _absence_name(person) if nobody else name for name, person in self.people.items()}
        answers = {person: self.cleaned_data.get(name, NOT_INVITED) for person, name in asked.items()}
        return {person: answer for person, answer in answers.items() if answer != NOT_INVITED}

    def ask_who_was_listed(self, listed: Iterable[Person]) -> None:
        """Let the page say who was on the meeting's list when it was drawn."""
        words = " ".join(person.uuid.hex for person in listed)
        self.fields["listed"] = forms.CharField(required=False, initial=words, widget=forms.HiddenInput({"id": False}))

    def take_in_who_came(self) -> None:
        """After Stale: whoever has come onto the list since the page was drawn is asked about as a fresh page would.

        Whoever was on it and was taken off by hand stays off.
        """
        listed, seen = self.fields["listed"].initial, str(self.data.get("listed", "")).split()
        for name, person in self.people.items():
            came = person.uuid.hex in listed.split() and person.uuid.hex not in seen
            for asked in (name, _absence_name(person)):
                if asked in self.fields and (came or self.add_prefix(asked) not in self.data):
                    self._put(asked, self.fields[asked].initial)
        self._put("listed", listed)

    def name_who_left(self, owner: Case | Group) -> None:
        """After Stale: what was said of somebody who is not on the list any more is gone; who that was, is said."""
        sent = {name.removeprefix("presence_") for name in self.data if name.startswith("presence_")}
        gone = [key for one in sent - {one.uuid.hex for one in self.people.values()} if (key := uuid_of(one))]
        own: Any = (
            {"enrolments__group": owner} if isinstance(owner, Group) else {"memberships__family": owner.family_id}
        )
        left = Person.objects.filter(uuid__in=gone[:MOST_NAMED], **own).distinct().only("first_name", "last_name")
        if left:
            words = _("Not on the list any more: %(names)s.") % {"names": ", ".join(sorted(map(str, left)))}
            self.add_error(None, ValidationError(words, code="stale"))

    def place_of(self, person: int | None) -> str:
        """The field beside which something is said about this person, or about all of them."""
        own = next((name for name, one in self.people.items() if one.pk == person), "")
        return own if own in self.fields and not self.says_nobody_came() else "presences"


def _late_name(person: Person) -> str:
    return f"late_{person.uuid.hex}"


def _absence_name(person: Person) -> str:
    return f"absence_{person.uuid.hex}"


def beside_a_person(form: forms.BaseForm, error: Any) -> Any:
    """Services speak of „presences”: who is somewhere else is named beside their own question."""
    if not isinstance(form, PresenceFields) or not form.people or "presences" not in getattr(error, "error_dict", {}):
        return error
    said = dict(error.error_dict)
    for one in said.pop("presences"):
        said.setdefault(form.place_of((one.params or {}).get("person")), []).append(one)
    return ValidationError(said)


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

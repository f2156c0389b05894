"""Who belongs to a family. Every change is recorded with uuids only."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.services import record
from cases.people.models import Family, FamilyMember, Person
from cases.people.signals import membership_ended
from foundation.forms import check_version
from foundation.pesel import birth_date_of, sex_of
from foundation.rules import RuleError
from foundation.search import keyed_hash, search_key, sort_key


class PeopleError(RuleError):
    """A rule about people and families forbids this step. `code` says which rule."""


def describe(person: Person, fields: dict[str, Any]) -> None:
    """Put typed facts on a person (not yet saved), with the hashes that find what is encrypted."""
    for name, value in fields.items():
        setattr(person, name, value)
    if person.pesel:
        person.birth_date = person.birth_date or birth_date_of(person.pesel)
        person.sex = person.sex or sex_of(person.pesel)
    person.pesel_hash = keyed_hash(person.pesel) if person.pesel else ""
    person.phone_hash = keyed_hash(person.phone) if person.phone else ""


def doubts_about(person: Person) -> list[str]:
    """Where the PESEL and what was typed disagree: worth a look, not an error (A4)."""
    doubts = []
    if person.pesel and person.birth_date and birth_date_of(person.pesel) != person.birth_date:
        doubts.append(str(_("The date of birth differs from the one in the PESEL.")))
    if person.pesel and person.sex and sex_of(person.pesel) != person.sex:
        doubts.append(str(_("The sex differs from the one in the PESEL.")))
    return doubts


def refresh_search(family: Family) -> None:
    """Write what finds the family: its label and the names of everybody who belongs to it now."""
    names = family.members.filter(to_on=None).values_list("person__first_name", "person__last_name")
    family.search_text = search_key(
        " ".join([family.label, *(f"{first} {last}" for first, last in names.order_by("id"))])
    )
    family.label_sort = sort_key(family.label)[:500]
    family.save(update_fields=["search_text", "label_sort"])


@transaction.atomic
def edit_family(family: Family, *, version: int, label: str, district: str, by: User) -> Family:
    """Change what a family is called in the portal, or where it lives. Raises Stale after a lost race."""
    family = Family.objects.select_for_update(no_key=True).get(pk=family.pk)
    check_version(family, version)
    family.label, family.district = label, district
    family.version += 1
    family.full_clean()
    family.save()
    refresh_search(family)
    record(by, "cases.edit_family", family)
    return family


@transaction.atomic
def add_person(family: Family, *, role: str, from_on: dt.date | None = None, by: User, **facts: Any) -> FamilyMember:
    """Add somebody to a family. A PESEL that the portal knows already means that very person (002: two families)."""
    family = Family.objects.select_for_update(no_key=True).get(pk=family.pk)
    person = _known_person(facts)
    if person is None:
        person = Person()
        describe(person, facts)
        person.full_clean()
        try:
            with transaction.atomic():
                person.save()
        except IntegrityError:  # somebody has added the same PESEL a moment ago
            raise PeopleError(
                _("A person with this PESEL is already in the portal."), code="known_pesel", field="pesel"
            ) from None
    member = FamilyMember(family=family, person=person, role=role, from_on=from_on or timezone.localdate())
    member.full_clean()
    member.save()
    refresh_search(family)
    record(by, "cases.add_person", family, person=person.uuid, role=role)
    return member


def _known_person(facts: dict[str, Any]) -> Person | None:
    """The person with this PESEL, if the typed name is theirs; another name is for a human to solve."""
    if not facts.get("pesel"):
        return None
    known = Person.objects.filter(pesel_hash=keyed_hash(facts["pesel"])).first()
    if known is None:
        return None
    typed = search_key(f"{facts.get('first_name', '')} {facts.get('last_name', '')}")
    if search_key(str(known)) != typed:
        raise PeopleError(
            _("The portal knows this PESEL under another name. Check both."), code="other_name", field="pesel"
        )
    return known


@transaction.atomic
def edit_person(member: FamilyMember, *, version: int, role: str, by: User, **facts: Any) -> Person:
    """Correct what is known about a person and their place in this family. Raises Stale after a lost race."""
    person = Person.objects.select_for_update(no_key=True).get(pk=member.person_id)
    check_version(person, version)
    before = {name: getattr(person, name) for name in facts}
    describe(person, facts)
    person.version += 1
    person.full_clean()
    person.save()
    member.role = role
    member.full_clean()
    member.save(update_fields=["role"])
    for family in Family.objects.filter(members__person=person, members__to_on=None).distinct():
        refresh_search(family)
    changed = sorted(name for name, value in before.items() if value != getattr(person, name))
    record(by, "cases.edit_person", person, changed=changed, role=role)
    return person


@transaction.atomic
def end_membership(member: FamilyMember, *, to_on: dt.date, by: User) -> FamilyMember:
    """Note from when a person no longer belongs to the family; the history keeps that they did.

    They leave the groups to which they came with it, in the same transaction.
    """
    member = FamilyMember.objects.select_for_update(no_key=True).select_related("family").get(pk=member.pk)
    if member.to_on is not None:
        raise PeopleError(_("This person has already left the family."), code="already_left")
    member.to_on = to_on
    member.full_clean()
    member.save(update_fields=["to_on"])
    refresh_search(member.family)
    record(by, "cases.end_membership", member.family, person=member.person.uuid, to_on=to_on)
    membership_ended.send(sender=FamilyMember, member=member, by=by)
    return member

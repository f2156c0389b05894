"""The accounts of the demonstration (design part 7)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from uuid import UUID

from django.contrib.auth.hashers import make_password

from accounts.demo import DEMO_PASSWORD
from accounts.models import User
from centres.models import Centre, Organisation, OrganisationSpelling, Role, RoleAssignment, StaffMember

AT_EVERY_CENTRE = (
    ("coordinator", Role.COORDINATOR, "MOPS"),
    ("coordinator2", Role.COORDINATOR, "MOPS"),
    ("therapist", Role.THERAPIST, "Dom Terapii"),
    ("therapist2", Role.THERAPIST, "Dom Terapii"),
    ("lead", Role.LEAD, "MOPS"),
)
NAMES = {
    "wodna": ("Anna", "Barbara", "Piotr", "Kinga", "Marek"),
    "krakowiakow": ("Ewa", "Dorota", "Tomasz", "Olga", "Grażyna"),
    "wadowicka": ("Irena", "Łucja", "Szymon", "Żaneta", "Wiktor"),
}
AT_LARGE = (
    ("clinical.lead", "Klara", Role.CLINICAL_LEAD, "Dom Terapii"),
    ("clinical.lead2", "Celina", Role.CLINICAL_LEAD, "Dom Terapii"),
    ("analyst", "Jan", Role.ANALYST, "MOPS"),
    ("project.officer", "Paweł", Role.PROJECT_OFFICER, "MOPS"),
    ("unit.biblioteka", "Urszula", Role.UNIT, ""),
    ("dpo", "Iga", Role.DPO, ""),
    ("admin", "Adam", Role.ADMIN, ""),
)

Staff = dict[str, dict[Role, list[StaffMember]]]


def make_accounts(uid: Callable[[], UUID], since: dt.date) -> Staff:
    """All demo accounts with the demo password; returns the staff of each centre by role."""
    # One hash for all: argon2 is slow on purpose, and the password is public anyway.
    password = make_password(DEMO_PASSWORD)
    partners = {organisation.short_name: organisation for organisation in Organisation.objects.all()}
    at_centres: Staff = {}
    for centre in Centre.objects.order_by("order"):
        held = at_centres.setdefault(centre.slug, {})
        for (word, role, employer), first_name in zip(AT_EVERY_CENTRE, NAMES[centre.slug], strict=True):
            staff = _make(
                uid, f"{word}.{centre.slug}@example.org", first_name, password, partners.get(employer), since
            )
            RoleAssignment.objects.create(user=staff.user, role=role, centre=centre, from_on=since)
            held.setdefault(role, []).append(staff)
    for word, first_name, role, employer in AT_LARGE:
        staff = _make(uid, f"{word}@example.org", first_name, password, partners.get(employer), since)
        unit = _library() if role == Role.UNIT else None
        RoleAssignment.objects.create(user=staff.user, role=role, organisation=unit, from_on=since)
    return at_centres


def _make(
    uid: Callable[[], UUID], email: str, first_name: str, password: str, employer: Organisation | None, since: dt.date
) -> StaffMember:
    user = User(uuid=uid(), email=email, password=password)
    user.save()
    return StaffMember.objects.create(
        uuid=uid(), user=user, first_name=first_name, last_name="Demo", organisation=employer
    )


def _library() -> Organisation:
    return OrganisationSpelling.objects.select_related("organisation").get(spelling="Biblioteka Kraków").organisation

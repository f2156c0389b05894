"""What the portal ships about the centres, how it comes into the database, and the first administrator."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from django.contrib.auth.password_validation import validate_password
from django.db import models, transaction

from accounts.models import User
from audit.services import record
from centres.models import (
    Address,
    Centre,
    HelpLine,
    OpeningHours,
    Organisation,
    OrganisationSpelling,
    Role,
    RoleAssignment,
    Service,
    StaffMember,
)

REFERENCE = Path(__file__).parent / "data" / "centres.toml"

Row = dict[str, Any]
M = TypeVar("M", bound=models.Model)


@transaction.atomic
def load_reference() -> dict[str, int]:
    """Add the centres, partners, services and help numbers that are missing; returns how many of each were added.

    What is there stays as it is: administrators keep these facts, and what they changed, renamed or took away from
    a centre must not come back (C1). That is why what belongs to a centre is added only together with the centre.
    """
    with REFERENCE.open("rb") as file:
        reference = tomllib.load(file)
    organisations, new_organisations = _add_missing(
        Organisation,
        reference["organisations"],
        keys=("name", "short_name"),
        make=lambda row, _: Organisation(
            name=row["name"], short_name=row["short_name"], is_partner=True, contribution=row["contribution"]
        ),
    )
    _add_spellings(reference["organisations"], organisations)
    centres, new_centres = _add_missing(
        Centre,
        reference["centres"],
        keys=("slug", "letter"),
        make=lambda row, order: Centre(
            order=order,
            audience=row["audience"],
            about=row["about"].strip(),
            **{field: row[field] for field in ("slug", "letter", "name", "place", "diagnosis")},
        ),
    )
    _furnish(new_centres, reference["centres"], list(organisations.values()))
    _, new_services = _add_missing(
        Service,
        reference["services"],
        keys=("slug", "name"),
        make=lambda row, order: Service(
            order=order,
            provider=organisations[row["provider"]],
            **{field: row[field] for field in ("slug", "name", "description", "form", "minutes")},
        ),
    )
    offered_at = {row["slug"]: row["centres"] for row in reference["services"]}
    offers = Service.centres.through
    offers.objects.bulk_create(
        offers(service_id=service.pk, centre_id=centres[slug].pk)
        for service in new_services
        for slug in offered_at[service.slug]
    )
    _, new_help_lines = _add_missing(
        HelpLine,
        reference["help_lines"],
        keys=("number", "name"),
        make=lambda row, order: HelpLine(order=order, **row),
    )
    return {
        "organisations": len(new_organisations),
        "centres": len(new_centres),
        "services": len(new_services),
        "help_lines": len(new_help_lines),
    }


def _add_missing(
    model: type[M], rows: list[Row], *, keys: tuple[str, str], make: Callable[[Row, int], M]
) -> tuple[dict[str, M], list[M]]:
    """The rows' records by their shipped keys, and those of them that are new.

    A record is there if either key is: an administrator may have renamed it or corrected its number.
    """
    stored = list(model._default_manager.all())
    known = {getattr(record, key): record for key in keys for record in stored}
    added: list[M] = []
    by_key: dict[str, M] = {}
    for order, row in enumerate(rows, start=1):
        record = next((known[row[key]] for key in keys if row[key] in known), None)
        if record is None:
            record = make(row, order)
            added.append(record)
        by_key.update({row[key]: record for key in keys})
    model._default_manager.bulk_create(added)
    return by_key, added


def _add_spellings(rows: list[Row], organisations: dict[str, Organisation]) -> None:
    """Every way in which the city's documents spell a partner's name."""
    stored = set(OrganisationSpelling.objects.values_list("spelling", flat=True))
    OrganisationSpelling.objects.bulk_create(
        OrganisationSpelling(organisation=organisations[row["name"]], spelling=spelling)
        for row in rows
        for spelling in row["spellings"]
        if spelling not in stored
    )


def _furnish(new_centres: Iterable[Centre], rows: list[Row], partners: list[Organisation]) -> None:
    """Address, known opening hours and partners of centres that were just created."""
    facts = {row["slug"]: row for row in rows}
    addresses: list[Address] = []
    hours: list[OpeningHours] = []
    links: list[Any] = []
    partnership = Centre.partners.through
    for centre in new_centres:
        row = facts[centre.slug]
        addresses.append(Address(centre=centre, **row["address"]))
        if known := row.get("opening_hours"):
            open_on = {key: value for key, value in known.items() if key != "weekdays"}
            hours += [OpeningHours(centre=centre, weekday=day, **open_on) for day in known["weekdays"]]
        links += [partnership(centre_id=centre.pk, organisation_id=one) for one in {one.pk for one in partners}]
    Address.objects.bulk_create(addresses)
    OpeningHours.objects.bulk_create(hours)
    partnership.objects.bulk_create(links)


@transaction.atomic
def create_administrator(email: str, password: str, *, first_name: str, last_name: str) -> StaffMember:
    """Add a user who is an administrator from today; raises ValidationError where the e-mail or password won't do."""
    validate_password(password, User(email=email))
    user = User.objects.create_user(email, password)
    staff = StaffMember(user=user, first_name=first_name, last_name=last_name)
    staff.full_clean()
    staff.save()
    RoleAssignment.objects.create(user=user, role=Role.ADMIN)
    record(None, "centres.create_administrator", user)
    return staff

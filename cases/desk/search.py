"""Finding a family by name, case number, phone or PESEL. Terms come by POST and reach no log in clear."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models import Q

from accounts.models import User
from cases.casefile.models import Case
from cases.people.models import FamilyMember, FamilyMemberQuerySet
from foundation.pesel import validate_pesel
from foundation.phones import normalise_phone
from foundation.search import keyed_hash, search_key

AT_MOST = 50
SHORTEST = 2  # characters; one letter would list half of the families
NUMBER = re.compile(r"[a-z]/\d{4}/\d{1,6}|\d{4}/\d{1,6}|[a-z]/\d{4}", re.ASCII)


@dataclass(frozen=True)
class Found:
    cases: list[Case]
    more: bool


def find_cases(term: str, user: User) -> Found:
    """Cases that fit, those of one's own first by deadline; names are looked through only where they may be read."""
    key = search_key(term)
    if len(key) < SHORTEST:
        return Found([], more=False)
    condition = Q(number__istartswith=key) if NUMBER.match(key) else Q()
    readable = Case.objects.readable_by(user)
    within = Q()
    for word in key.split():
        within &= Q(family__search_text__contains=word)
    within |= Q(family__members__in=_members_by_hash(term)) if any(ch.isdigit() for ch in term) else Q()
    matches = Q(pk__in=readable.filter(within).values("pk"))
    if condition:
        matches |= condition
    found = list(
        Case.objects.visible_to(user)
        .filter(matches)
        .select_related("family", "centre")
        .with_reading_right(user)
        .with_coordinator_name()
        .order_by("next_deadline_on", "id")[: AT_MOST + 1]
    )
    return Found(found[:AT_MOST], more=len(found) > AT_MOST)


def _members_by_hash(term: str) -> FamilyMemberQuerySet:
    """Members whose PESEL or phone is exactly what was typed, found by keyed hash (D4)."""
    hashes = Q(pk__in=[])
    for read, column in ((validate_pesel, "pesel_hash"), (normalise_phone, "phone_hash")):
        try:
            hashes |= Q(**{f"person__{column}": keyed_hash(read(term))})
        except ValidationError:
            continue
    return FamilyMember.objects.filter(hashes)

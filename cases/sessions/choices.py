"""What a meeting's form offers: services, who may lead it, rooms. By kept statements: forms are built all day long.

What a meeting has already is offered once more (`also`), though a new meeting could not have it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from django.db.models import Q, QuerySet, Value

from cases.casefile.models import Case
from cases.sessions.group_models import Group
from cases.sessions.rules import in_care_of
from centres.models import Room, Service, StaffMember
from foundation.forms import Offer
from foundation.statements import kept


def services_for(owner: Case | Group, also: int | None = None) -> Offer:
    """Those of the owner's centre, by their order; for a group the services of groups alone."""
    of_group = isinstance(owner, Group)
    return Offer(lambda keys: _services(of_group, centre=owner.centre_id, **_given(also=also, keys=keys)))


def leaders_for(owner: Case | Group, also: Collection[int] = ()) -> Offer:
    """Who meets families at the owner's centre, with `knows`: whether they may open the family's file already. A group
    has none. And with `works_here`: whether they still do.
    """
    given = _given(case=owner.pk if isinstance(owner, Case) else None)
    others = tuple(sorted(also))
    return Offer(lambda keys: _leaders(owner.centre_id, also=others, **given, **_given(keys=keys)))


def known_among(staff: Offer, kept: Collection[StaffMember], leads: StaffMember | None) -> Offer:
    """Whom a therapist may choose beside themselves: they bring nobody into the care team."""
    return staff.among(lambda one: (one.knows or one in kept) and one != leads)


def rooms_for(owner: Case | Group, also: int | None = None) -> Offer:
    """Those in use at the owner's centre."""
    return Offer(lambda keys: _rooms(centre=owner.centre_id, **_given(also=also, keys=keys)))


@kept
def _services(
    of_group: bool, *, centre: int, also: int | None = None, keys: tuple[uuid.UUID, ...] | None = None
) -> QuerySet[Service]:
    offered = Q(pk__in=Service.objects.filter(centres=centre).order_by().values("pk"))
    found = Service.objects.filter(_of(keys), offered if also is None else offered | Q(pk=also))
    return found.filter(form=Service.Form.GROUP) if of_group else found


@kept
def _leaders(
    centre: int, *, also: tuple[int, ...], case: int | None = None, keys: tuple[uuid.UUID, ...] | None = None
) -> QuerySet[StaffMember]:
    working = Q(pk__in=StaffMember.objects.working_at(centre).order_by().values("pk"))
    staff = StaffMember.objects.filter(_of(keys), working | Q(pk__in=also)).annotate(works_here=working)
    return staff.annotate(knows=Value(True) if case is None else in_care_of(case))


@kept
def _rooms(*, centre: int, also: int | None = None, keys: tuple[uuid.UUID, ...] | None = None) -> QuerySet[Room]:
    used = Q(centre=centre, is_active=True)
    return Room.objects.filter(_of(keys), used if also is None else used | Q(pk=also))


def _of(keys: tuple[uuid.UUID, ...] | None) -> Q:
    return Q() if keys is None else Q(uuid__in=keys)


def _given(**filled: Any) -> dict[str, Any]:
    """What has a place in the statement; without it, there is none."""
    return {name: value for name, value in filled.items() if value is not None}

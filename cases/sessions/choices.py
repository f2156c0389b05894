"""What a meeting's form offers: services, who may lead it, rooms. By kept statements: forms are built all day long.

What a meeting has already is offered once more (`also`), though a new meeting could not have it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Value

from cases.casefile.models import CareTeamMember, Case, CoordinatorAssignment
from cases.sessions.group_models import Group
from centres.models import Room, Service, StaffMember
from foundation.statements import kept


def services_for(owner: Case | Group, also: int | None = None) -> list[Service]:
    """Those of the owner's centre, by their order; for a group the services of groups alone."""
    return _services(isinstance(owner, Group), centre=owner.centre_id, **_given(also))


def leaders_for(owner: Case | Group, also: Collection[int] = ()) -> list[StaffMember]:
    """Who meets families at the owner's centre, with `knows`: whether they may open the family's file already. A group
    has none. And with `works_here`: whether they still do.
    """
    case = {"case": owner.pk} if isinstance(owner, Case) else {}
    return _leaders(owner.centre_id, also=tuple(sorted(also)), **case)


def known_among(
    staff: Iterable[StaffMember], kept: Collection[StaffMember], leads: StaffMember | None
) -> list[StaffMember]:
    """Whom a therapist may choose beside themselves: they bring nobody into the care team."""
    return [one for one in staff if (vars(one)["knows"] or one in kept) and one != leads]


def rooms_for(owner: Case | Group, also: int | None = None) -> list[Room]:
    """Those in use at the owner's centre."""
    return _rooms(centre=owner.centre_id, **_given(also))


@kept
def _services(of_group: bool, *, centre: int, also: int | None = None) -> QuerySet[Service]:
    offered = Q(pk__in=Service.objects.filter(centres=centre).order_by().values("pk"))
    found = Service.objects.filter(offered if also is None else offered | Q(pk=also))
    return found.filter(form=Service.Form.GROUP) if of_group else found


@kept
def _leaders(centre: int, *, also: tuple[int, ...], case: int | None = None) -> QuerySet[StaffMember]:
    working = Q(pk__in=StaffMember.objects.working_at(centre).order_by().values("pk"))
    staff = StaffMember.objects.filter(working | Q(pk__in=also)).annotate(works_here=working)
    if case is None:
        return staff.annotate(knows=Value(True))
    team = CareTeamMember.objects.filter(case=case, staff=OuterRef("pk"), to_on=None)
    coordinates = CoordinatorAssignment.objects.current().filter(case=case, coordinator=OuterRef("pk"))
    return staff.annotate(knows=Q(Exists(team)) | Q(Exists(coordinates)))


@kept
def _rooms(*, centre: int, also: int | None = None) -> QuerySet[Room]:
    used = Q(centre=centre, is_active=True)
    return Room.objects.filter(used if also is None else used | Q(pk=also))


def _given(also: int | None) -> dict[str, Any]:
    return {} if also is None else {"also": also}

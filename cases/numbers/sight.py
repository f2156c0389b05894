"""Who sees which numbers, and how much of them (decision 0095)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from accounts.models import User
from cases.sessions.models import Session
from centres.duties import duties_of
from centres.models import AT_A_CENTRE, Centre, Role, RoleAssignment, StaffMember


@dataclass(frozen=True)
class Sight:
    """What of the numbers somebody may see.

    A clinical lead and a head of centre see exact numbers and therapists by name, a coordinator the own centre's sums
    without names, a therapist what they led themselves, an analyst what may be published of all centres.
    """

    everywhere: tuple[Centre, ...]
    """All centres: in what is published their numbers protect each other."""
    centres: tuple[Centre, ...]
    """Whose sums may be asked for."""
    with_names: frozenset[int]
    """Centres whose therapists stand there by name."""
    own: StaffMember | None
    own_centres: tuple[int, ...]
    """Where what this person led is counted: at a centre that they have left they see nothing of the past any more."""
    together: bool
    is_published: bool
    """Aggregates only: small numbers are hidden."""

    @cached_property
    def staff(self) -> list[StaffMember]:
        """Therapists that may be asked for, those who have left too."""
        if not self.with_names:
            return []
        ever = RoleAssignment.objects.filter(role__in=AT_A_CENTRE, centre__in=self.with_names)
        return list(StaffMember.objects.filter(user__in=ever.order_by().values("user")))


def sight_of(user: User) -> Sight:
    duties = duties_of(user)
    first = Session.objects.filter(centre=OuterRef("pk")).order_by("starts_at").values("starts_at")[:1]
    centres = tuple(Centre.objects.annotate(first_at=Subquery(first)))
    is_published = Role.ANALYST in duties.roles
    everything = is_published or Role.CLINICAL_LEAD in duties.roles
    led = set(duties.centres(Role.LEAD))
    sums = led | set(duties.centres(Role.COORDINATOR))
    names = {centre.pk for centre in centres} if everything else led
    at_work = duties.centres(*AT_A_CENTRE)
    return Sight(
        everywhere=centres,
        centres=tuple(centre for centre in centres if everything or centre.pk in sums),
        with_names=frozenset() if is_published else frozenset(names),
        own=StaffMember.objects.get(pk=duties.staff_id) if at_work and duties.staff_id is not None else None,
        own_centres=tuple(at_work),
        together=everything and len(centres) > 1,
        is_published=is_published,
    )


def first_day(sight: Sight) -> dt.date | None:
    """The day of the first meeting of the centres that somebody may ask about."""
    wanted = {centre.pk for centre in sight.centres} | set(sight.own_centres)
    moments = [centre.first_at for centre in sight.everywhere if centre.pk in wanted and centre.first_at]  # type: ignore[attr-defined] # by sight_of
    return timezone.localdate(min(moments)) if moments else None

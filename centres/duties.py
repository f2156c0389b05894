"""What a person's current roles amount to: read once per request, then asked by every verb and every permission."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.apps import apps
from django.db.models import QuerySet

from accounts.models import User
from centres.models import Centre, Role, RoleAssignment, StaffMember
from centres.statements import kept


@dataclass(frozen=True)
class Duties:
    """The roles that somebody holds today."""

    staff_id: int | None
    held: tuple[tuple[str, int | None, int | None], ...]  # role, centre id, organisation id
    name: str = ""
    places: tuple[Centre, ...] = ()
    """The centres where these roles are held, the first one first."""

    @property
    def centre(self) -> Centre | None:
        """Where this person works; the first one where they work at several."""
        return self.places[0] if self.places else None

    @cached_property
    def roles(self) -> frozenset[str]:
        return frozenset(role for role, _, _ in self.held)

    @cached_property
    def permissions(self) -> frozenset[str]:
        granted: set[str] = set()
        for config in apps.get_app_configs():
            for role, permissions in getattr(config, "role_permissions", {}).items():
                if role in self.roles:
                    granted |= permissions
        return frozenset(granted)

    def centres(self, *roles: Role) -> list[int]:
        """Ids of the centres where one of these roles is held."""
        return sorted({centre for role, centre, _ in self.held if role in roles and centre is not None})

    def organisations(self, *roles: Role) -> list[int]:
        return sorted({unit for role, _, unit in self.held if role in roles and unit is not None})


def duties_of(user: User) -> Duties:
    """The duties of today, remembered on the user object, which lives as long as the request."""
    remembered: Duties | None = getattr(user, "_duties", None)
    if remembered is None:
        works_here = user.is_authenticated and user.is_active
        remembered = _duties_today(user) if works_here else Duties(None, ())
        user._duties = remembered  # type: ignore[attr-defined] # a memo for this request
    return remembered


def _duties_today(user: User) -> Duties:
    """One query: this is asked with every request."""
    held = _held_by(user_id=user.pk)
    staff = getattr(held[0].user, "staff", None) if held else StaffMember.objects.filter(user=user).first()
    return Duties(
        staff_id=staff.pk if isinstance(staff, StaffMember) else None,
        held=tuple((one.role, one.centre_id, one.organisation_id) for one in held),
        name=str(staff or ""),
        places=tuple({one.centre_id: one.centre for one in held if one.centre}.values()),
    )


@kept
def _held_by(*, user_id: int) -> QuerySet[RoleAssignment]:
    return RoleAssignment.objects.current().filter(user=user_id).select_related("centre", "user__staff").order_by("id")

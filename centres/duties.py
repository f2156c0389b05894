"""What a person's current roles amount to: read once per request, then asked by every verb and every permission."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from centres.models import Centre, Role, RoleAssignment
from foundation.statements import kept, shaped_by


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


@shaped_by(User)
def _shape_of(user: User) -> Hashable:
    """Whoever gets or loses a role gets other statements with the next request."""
    duties = duties_of(user)
    return (user.pk, duties.staff_id, duties.held)


def active_person(user_id: int) -> User | None:
    """The active person of a session, with `has_second_factor` and the duties of today: one query, asked anew with
    every request. Who has no role is asked for apart.
    """
    held = _held_by(user_id=user_id)
    if not held:
        return User.objects.filter(pk=user_id, is_active=True).first()
    user: User = held[0].user
    if not user.is_active:
        return None
    vars(user).update(has_second_factor=vars(held[0])["has_second_factor"], _duties=_duties_from(held, user))
    return user


def _duties_today(user: User) -> Duties:
    held = _held_by(user_id=user.pk)
    return _duties_from(held, held[0].user if held else user)


def _duties_from(held: list[RoleAssignment], user: User) -> Duties:
    staff = getattr(user, "staff", None)
    return Duties(
        staff_id=staff.pk if staff else None,
        held=tuple((one.role, one.centre_id, one.organisation_id) for one in held),
        name=str(staff or ""),
        places=tuple({one.centre_id: one.centre for one in held if one.centre}.values()),
    )


@kept
def _held_by(*, user_id: int) -> QuerySet[RoleAssignment]:
    totp = Authenticator.objects.filter(user=OuterRef("user"), type=Authenticator.Type.TOTP)
    held = RoleAssignment.objects.current().filter(user=user_id).annotate(has_second_factor=Exists(totp))
    return held.select_related("centre", "user__staff").order_by("id")

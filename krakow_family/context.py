"""What every page's frame shows: menu, who is signed in, banner, help numbers."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.demo import demo_mode
from accounts.idle import seconds_left
from accounts.models import User
from centres.models import HelpLine, Role, RoleAssignment, StaffMember
from krakow_family.menu import menu_of, primary_action_of, search_of

WARN_SECONDS = 120


def frame(request: HttpRequest) -> dict[str, Any]:
    context: dict[str, Any] = {
        "demo": SimpleLazyObject(demo_mode),
        "help_lines": SimpleLazyObject(lambda: list(HelpLine.objects.all())),
    }
    user = getattr(request, "user", None)
    if isinstance(user, User):
        context |= {
            "menu": SimpleLazyObject(lambda: menu_of(request, user)),
            "who": SimpleLazyObject(lambda: _who(user)),
            "idle": {
                "seconds": settings.IDLE_SECONDS,
                "left": seconds_left(request),
                "warn_at": WARN_SECONDS,
            },
            "search_action": search_of(request, user),
            "primary_action": primary_action_of(user),
        }
    return context


def _who(user: User) -> dict[str, str]:
    """Name, roles and centre under the menu; one query."""
    held = list(
        RoleAssignment.objects.current()
        .filter(user=user)
        .select_related("centre", "user__staff", "organisation")
        .order_by("id")
    )
    if not held:
        return {"name": user.email, "role": "", "centre_slug": "", "centre_name": ""}
    staff = getattr(held[0].user, "staff", None)
    centre = next((one.centre for one in held if one.centre), None)
    roles: list[str] = []
    for one in held:
        label = str(Role(one.role).label)
        if label not in roles:
            roles.append(label)
    return {
        "name": str(staff) if isinstance(staff, StaffMember) else user.email,
        "role": ", ".join(roles),
        "centre_slug": centre.slug if centre else "",
        "centre_name": centre.place if centre else "",
    }

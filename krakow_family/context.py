"""What every page's frame shows: menu, who is signed in, banner, help numbers."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString

from accounts.demo import demo_mode
from accounts.idle import seconds_left
from accounts.models import User
from centres.duties import duties_of
from centres.models import HelpLine, Role
from krakow_family.menu import menu_of, primary_action_of, search_of

WARN_SECONDS = 120


def frame(request: HttpRequest) -> dict[str, Any]:
    context: dict[str, Any] = {
        "head": _head(),
        "demo": SimpleLazyObject(demo_mode),
        "help_lines": SimpleLazyObject(lambda: list(HelpLine.objects.all())),
    }
    user = getattr(request, "user", None)
    if isinstance(user, User):
        menu = SimpleLazyObject(lambda: menu_of(request, user))
        idle = {
            "seconds": settings.IDLE_SECONDS,
            "left": seconds_left(request),
            "warn_at": WARN_SECONDS,
            "user": user.uuid,
        }
        context |= {
            "menu": menu,
            "idle": idle,
            # Each stands twice on a page, for a wide screen and for a telephone, and is drawn once.
            "side": SimpleLazyObject(lambda: render_to_string("_side.html", {"menu": menu, "who": _who(user)})),
            "sign_out": SimpleLazyObject(
                lambda: render_to_string("_sign_out.html", {"idle": idle, "csrf_token": get_token(request)})
            ),
            "search_action": search_of(request, user),
            "primary_action": primary_action_of(user),
        }
    return context


@cache
def _head() -> SafeString:
    """The addresses of styles, fonts and scripts: the same on every page for as long as this process lives."""
    return render_to_string("_head.html")


def _who(user: User) -> dict[str, str]:
    """Name, roles and centre under the menu."""
    duties = duties_of(user)
    roles = dict.fromkeys(str(Role(role).label) for role, _centre, _unit in duties.held)
    return {
        "name": duties.name or user.email,
        "role": ", ".join(roles),
        "centre_slug": duties.centre.slug if duties.centre else "",
        "centre_name": duties.centre.place if duties.centre else "",
    }

"""The system check that walks the URLconf: no view of ours may stand there without saying whom it is for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.admin_site import PortalAdminSite


def walk(patterns: Sequence[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every view of a URLconf with its route, nested includes flattened."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, route)
        else:
            yield route, pattern


def is_of_the_admin(pattern: URLPattern) -> bool:
    """A page of the administration: PortalAdminSite.has_permission guards all of them, its catch-all too."""
    view = pattern.callback
    site = getattr(view, "admin_site", None) or getattr(view, "__self__", None)
    return isinstance(site, PortalAdminSite) or hasattr(view, "model_admin")


def is_of_allauth(pattern: URLPattern) -> bool:
    """Sign-in guards itself: allauth's own decorators and SignInRequiredMiddleware."""
    return f"{getattr(pattern.callback, '__module__', '')}.".startswith("allauth.")


@register("urls")
def every_view_says_whom_it_is_for(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for route, pattern in walk(get_resolver().url_patterns):
        if is_of_the_admin(pattern) or is_of_allauth(pattern):
            continue
        public = getattr(pattern.callback, "login_required", True) is False
        guarded = getattr(pattern.callback, "is_guarded", False)
        if not public and not guarded:
            found.append(
                Error(
                    f"The view of “{route}” has neither @scoped nor @login_not_required.",
                    hint="Start it with @scoped(…), or with @login_not_required if everybody may see it.",
                    id="accounts.E001",
                )
            )
        if public and guarded:
            found.append(
                Error(
                    f"The view of “{route}” has both @scoped and @login_not_required.",
                    hint="A public page takes nothing through the verbs of a person; leave one of them out.",
                    id="accounts.E002",
                )
            )
    return found

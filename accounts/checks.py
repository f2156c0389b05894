"""The system check that walks the URLconf: no view of ours may stand there without saying whom it is for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register
from django.urls import URLPattern, URLResolver, get_resolver

# Views of libraries guard themselves: allauth by its own decorators and Django's LoginRequiredMiddleware,
# the admin by PortalAdminSite.has_permission.
SELF_GUARDED = ("allauth.", "django.contrib.admin.", "django.contrib.contenttypes.", "accounts.admin_site.")


def walk(patterns: Sequence[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every view of a URLconf with its route, nested includes flattened."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, route)
        else:
            yield route, pattern


def is_ours(view: Any) -> bool:
    return not f"{getattr(view, '__module__', '')}.".startswith(SELF_GUARDED) and not hasattr(view, "model_admin")


@register("urls")
def every_view_says_whom_it_is_for(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for route, pattern in walk(get_resolver().url_patterns):
        view = pattern.callback
        if not is_ours(view):
            continue
        public = getattr(view, "login_required", True) is False
        if not public and not getattr(view, "is_guarded", False):
            found.append(
                Error(
                    f"The view of “{route}” has neither @scoped nor @login_not_required.",
                    hint="Start it with @scoped(…), or with @login_not_required if everybody may see it.",
                    id="accounts.E001",
                )
            )
    return found

"""allauth's list of signed-in devices, without its search through all sessions of a person at every sign-in."""

from __future__ import annotations

from typing import Any

from allauth.usersessions.apps import UserSessionsConfig
from django.http import HttpRequest


class PortalSessionsConfig(UserSessionsConfig):  # type: ignore[misc] # allauth has no types
    def ready(self) -> None:
        from allauth.account.signals import password_changed, user_logged_in

        for signal in (user_logged_in, password_changed):
            signal.connect(remember_session, dispatch_uid="accounts.remember_session")


def remember_session(sender: object, request: HttpRequest, **kwargs: Any) -> None:
    """Note the session for the page of devices. Ended ones are forgotten by `accounts.tasks.forget_ended_sessions`."""
    from allauth.usersessions.models import UserSession

    UserSession.objects.create_from_request(request)

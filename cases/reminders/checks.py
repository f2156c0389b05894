"""Reminders can't be switched on by half: a sender that says who writes is itself a danger."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import parseaddr
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

WITHOUT_A_SERVER = ("console", "dummy")


@register("reminders")
def reminders_have_a_neutral_sender(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if not settings.SESSION_REMINDERS:
        return []
    found: list[CheckMessage] = []
    sender = parseaddr(settings.SESSION_REMINDERS_FROM)[1]
    try:
        validate_email(sender)
    except ValidationError:
        found.append(
            Error(
                "SESSION_REMINDERS is on, and SESSION_REMINDERS_FROM is no e-mail address.",
                hint="Give an address whose name and domain do not tell who writes; nobody reads its answers.",
                id="cases.E001",
            )
        )
    if sender.casefold() == parseaddr(settings.DEFAULT_FROM_EMAIL)[1].casefold():
        found.append(
            Error(
                "SESSION_REMINDERS_FROM is the portal's own address, DEFAULT_FROM_EMAIL.",
                hint="Families get mail from an address of its own, which does not tell who writes.",
                id="cases.E002",
            )
        )
    if settings.EMAIL_BACKEND.split(".")[-2] in WITHOUT_A_SERVER:
        found.append(
            Error(
                "SESSION_REMINDERS is on, and EMAIL_URL names no mail server.",
                hint="The addresses of families would be written to the log, and nobody would be reminded.",
                id="cases.E003",
            )
        )
    return found

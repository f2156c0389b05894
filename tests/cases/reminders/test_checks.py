"""Reminders can't be switched on by half."""

from __future__ import annotations

import pytest

from cases.reminders.checks import reminders_have_a_neutral_sender
from cases.reminders.services import switched_on

SMTP = "django.core.mail.backends.smtp.EmailBackend"
CONSOLE = "django.core.mail.backends.console.EmailBackend"


def complaints(settings, *, on=True, sender="terminy@wiadomosci.example", backend=SMTP):
    settings.SESSION_REMINDERS, settings.SESSION_REMINDERS_FROM = on, sender
    settings.EMAIL_BACKEND = backend
    settings.DEFAULT_FROM_EMAIL = "Portal <portal@centra.example>"
    return [one.id for one in reminders_have_a_neutral_sender(None)]


def test_off_is_always_right(settings):
    assert complaints(settings, on=False, sender="", backend=CONSOLE) == []


def test_on_with_a_sender_and_a_server_is_right(settings):
    assert complaints(settings) == []


@pytest.mark.parametrize("sender", ["", "terminy", "Terminy"])
def test_a_sender_is_needed(settings, sender):
    assert complaints(settings, sender=sender) == ["cases.E001"]


def test_the_portals_own_address_is_refused(settings):
    assert complaints(settings, sender="PORTAL@centra.example") == ["cases.E002"]


def test_mails_to_the_log_are_refused(settings):
    assert complaints(settings, backend=CONSOLE) == ["cases.E003"]


def test_by_itself_it_is_off_and_without_a_sender_it_stays_off(settings):
    assert (settings.SESSION_REMINDERS, settings.SESSION_REMINDERS_FROM) == (False, "")
    settings.SESSION_REMINDERS = True
    assert not switched_on()

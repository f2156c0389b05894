"""Sign-in leaves its traces, and never what was typed."""

from __future__ import annotations

import pytest
from django.test import Client

from audit.models import AuditEntry

NEW = "fioletowa-parasolka-w-deszczu"


@pytest.fixture
def password(anna) -> str:
    anna.user.set_password("zielony-kajak-na-wisle")
    anna.user.save()
    return "zielony-kajak-na-wisle"


@pytest.fixture(autouse=True)
def _quick_hashes(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def attempt(browser: Client, login: str, password: str) -> None:
    browser.post("/accounts/login/", {"login": login, "password": password})


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_signing_in_and_out_is_recorded(anna, password):
    browser = Client()
    attempt(browser, anna.user.email, password)
    browser.post("/accounts/logout/")
    assert actions() == ["accounts.sign_in", "accounts.sign_out"]
    assert AuditEntry.objects.earliest("id").actor == anna.user


def test_a_failure_names_the_account_where_there_is_one(anna, password):
    attempt(Client(), anna.user.email.upper(), "wrong-wrong-wrong")
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.object_uuid) == ("accounts.sign_in_failed", None, anna.user.uuid)


def test_what_was_typed_is_nowhere_in_clear(db):
    attempt(Client(), "my-secret-password@example.org", "my-secret-password")
    entry = AuditEntry.objects.get()
    assert "secret" not in str(entry.details)
    assert entry.object_uuid is None
    assert len(entry.details["typed"]) == 16


def test_the_same_typing_can_be_recognised(db):
    for typed in ("somebody@example.org", "Somebody@Example.org", "another@example.org"):
        attempt(Client(), typed, "wrong-wrong-wrong")
    first, second, third = AuditEntry.objects.order_by("id").values_list("details__typed", flat=True)
    assert first == second != third


def test_attempts_that_were_stopped_are_recorded_as_such(anna, password):
    for _ in range(6):
        attempt(Client(), anna.user.email, "wrong-wrong-wrong")
    assert actions() == [*["accounts.sign_in_failed"] * 5, "accounts.sign_in_blocked"]


def test_a_changed_password_is_recorded(anna, password):
    browser = Client()
    attempt(browser, anna.user.email, password)
    browser.post("/accounts/password/change/", {"oldpassword": password, "password1": NEW, "password2": NEW})
    assert actions()[-1] == "accounts.change_password"


def test_a_password_set_by_mail_is_recorded(anna, password, mailoutbox):
    browser = Client()
    browser.post("/accounts/password/reset/", {"email": anna.user.email})
    link = next(word for word in mailoutbox[0].body.split() if word.startswith("http"))
    form = browser.get(link, follow=True).redirect_chain[-1][0]
    browser.post(form, {"password1": NEW, "password2": NEW})
    assert actions() == ["accounts.reset_password"]

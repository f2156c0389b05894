"""Signing in by e-mail, and everything that stands in the way of somebody who should not."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse

from accounts.adapters import AccountAdapter
from accounts.models import User
from centres.models import StaffMember

LOGIN = "/accounts/login/"
TOO_MANY = "Zbyt wiele nieudanych prób. Odczekaj pięć minut"


def attempt(browser: Client, email: str, password: str, *, ip: str = "10.0.0.1", **extra: Any) -> Any:
    return browser.post(LOGIN, {"login": email, "password": password}, REMOTE_ADDR=ip, **extra)


def test_a_person_signs_in_with_e_mail_and_password_and_lands_on_today(browser, annas_user, password):
    answer = attempt(browser, annas_user.email, password)
    assert answer.status_code == 302
    assert answer["Location"] == "/today/"


def test_case_and_spaces_of_the_e_mail_do_not_matter(browser, annas_user, password):
    assert attempt(browser, f"  {annas_user.email.upper()} ", password).status_code == 302


def test_the_page_one_wanted_opens_after_signing_in(browser, annas_user, password):
    answer = browser.post(f"{LOGIN}?next=/calendar/", {"login": annas_user.email, "password": password})
    assert answer["Location"] == "/calendar/"


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org/", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site(browser, annas_user, password, elsewhere):
    answer = browser.post(LOGIN, {"login": annas_user.email, "password": password, "next": elsewhere})
    assert answer["Location"] == "/today/"


def test_the_session_gets_another_key_on_signing_in(browser, annas_user, password):
    browser.get(LOGIN)
    session = browser.session
    session["before"] = True
    session.save()
    before = session.session_key
    attempt(browser, annas_user.email, password)
    assert browser.session.session_key != before


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(browser, annas_user):
    wrong = attempt(browser, annas_user.email, "not-my-password-at-all").content.decode()
    unknown = attempt(browser, "nobody@example.org", "not-my-password-at-all").content.decode()
    assert "E-mail lub hasło się nie zgadza." in wrong
    assert "E-mail lub hasło się nie zgadza." in unknown


def test_a_person_who_has_left_is_not_let_in(browser, annas_user, password):
    User.objects.filter(pk=annas_user.pk).update(is_active=False)
    attempt(browser, annas_user.email, password)
    assert "_auth_user_id" not in browser.session


def test_a_person_who_leaves_is_out_at_the_next_click(sign_in, anna):
    browser = sign_in(anna)
    assert browser.get("/accounts/2fa/").status_code == 200
    User.objects.filter(pk=anna.user.pk).update(is_active=False)
    assert browser.get("/accounts/2fa/").status_code == 302


def test_the_sixth_wrong_attempt_is_refused_in_clear_words_even_with_the_right_password(browser, annas_user, password):
    for _ in range(5):
        assert TOO_MANY not in attempt(browser, annas_user.email, "wrong-wrong-wrong").content.decode()
    sixth = attempt(browser, annas_user.email, password)
    assert sixth.status_code == 200
    assert TOO_MANY in sixth.content.decode()


def test_a_colleague_at_another_address_is_not_locked_out(browser, annas_user, password):
    for _ in range(6):
        attempt(browser, annas_user.email, "wrong-wrong-wrong", ip="10.0.0.1")
    assert attempt(browser, annas_user.email, password, ip="10.0.0.2").status_code == 302


def test_another_person_at_the_same_address_is_not_locked_out(browser, annas_user, marek, password):
    marek.user.set_password(password)
    marek.user.save()
    for _ in range(6):
        attempt(browser, annas_user.email, "wrong-wrong-wrong")
    assert attempt(browser, marek.user.email, password).status_code == 302


def test_signing_in_rightly_uses_no_attempt_up(browser, annas_user, password):
    for _ in range(4):
        attempt(browser, annas_user.email, "wrong-wrong-wrong")
    for _ in range(3):
        assert attempt(Client(), annas_user.email, password).status_code == 302


def test_one_address_may_not_try_many_accounts(browser, annas_user, password):
    for number in range(30):
        attempt(browser, f"person{number}@example.org", "wrong-wrong-wrong")
    assert TOO_MANY in attempt(browser, annas_user.email, password).content.decode()
    assert attempt(browser, annas_user.email, password, ip="10.0.0.2").status_code == 302


def test_a_flood_of_attempts_from_one_address_gets_429(browser, settings, db):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login": "3/m/ip"}
    for _ in range(3):
        attempt(browser, "nobody@example.org", "wrong-wrong-wrong")
    assert attempt(browser, "nobody@example.org", "wrong-wrong-wrong").status_code == 429


def test_behind_a_proxy_the_address_is_the_one_the_proxy_saw(settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="6.6.6.6, 83.0.0.7")
    assert AccountAdapter().get_client_ip(request) == "83.0.0.7"


def test_without_a_proxy_a_forged_header_changes_nothing():
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="6.6.6.6")
    assert AccountAdapter().get_client_ip(request) == "10.0.0.1"


def test_the_limits_hold_with_the_database_cache(browser, annas_user, password, settings, django_db_blocker):
    from django.core.management import call_command

    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}
    call_command("createcachetable")
    cache.clear()
    for _ in range(5):
        attempt(browser, annas_user.email, "wrong-wrong-wrong")
    assert TOO_MANY in attempt(browser, annas_user.email, password).content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/signup/",
        "/accounts/email/",
        "/accounts/confirm-email/",
        "/accounts/confirm-email/abc/",
        "/accounts/password/set/",
        "/accounts/login/code/confirm/",
        "/accounts/2fa/webauthn/",
        "/accounts/",
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_signs_up_or_changes_an_address_alone(path, method, sign_in, anna):
    for browser in (Client(), sign_in(anna)):
        assert getattr(browser, method)(path, {"email": "new@example.org", "action_add": ""}).status_code == 404
    assert anna.user.emailaddress_set.count() == 1


def test_the_names_of_closed_pages_lead_nowhere():
    for name in ("account_signup", "account_email", "account_confirm_login_code"):
        with pytest.raises(NoReverseMatch):
            reverse(name)


@pytest.mark.parametrize(
    "typed",
    [
        {"login": "", "password": ""},
        {"login": "\x00", "password": "\x00"},
        {"login": "a" * 5000 + "@example.org", "password": "b" * 5000},
        {"login": "no-at-sign", "password": "ąęłó"},
        {},
    ],
)
def test_bad_input_is_answered_with_the_form(browser, db, typed):
    assert browser.post(LOGIN, typed).status_code == 200


def test_signing_out_asks_for_a_post(sign_in, anna: StaffMember):
    browser = sign_in(anna)
    browser.get("/accounts/logout/")
    assert "_auth_user_id" in browser.session
    assert browser.post("/accounts/logout/").status_code == 302
    assert "_auth_user_id" not in browser.session

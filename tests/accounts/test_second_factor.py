"""Staff outside a demonstration work only with an app's code besides the password (D4)."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.test import Client

from accounts.models import User
from audit.models import AuditEntry
from foundation.fields import decrypt_text

ACTIVATE = "/accounts/2fa/totp/activate/"
DEACTIVATE = "/accounts/2fa/totp/deactivate/"
NOW = "2026-11-22 10:00 +0000"
HOME = "/accounts/sessions/"  # a page for everybody who is fully signed in


@pytest.fixture(autouse=True)
def _required(settings: Any) -> None:
    settings.REQUIRE_SECOND_FACTOR = True


def code_for(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def signed_in(user: User, password: str) -> Client:
    browser = Client()
    browser.post("/accounts/login/", {"login": user.email, "password": password})
    return browser


def enrol(browser: Client, password: str) -> str:
    """Go through the whole enrolment as a person does; returns the app's secret."""
    to_password = browser.get(ACTIVATE)
    form = browser.post(to_password["Location"], {"password": password}, follow=True)
    found = re.search(r'<code class="secret">([A-Z2-7]+)</code>', form.content.decode())
    assert found, form.content.decode()
    done = browser.post(ACTIVATE, {"code": code_for(found[1])})
    assert done["Location"] == "/accounts/2fa/recovery-codes/"
    return found[1]


@pytest.fixture
def browser(annas_user: User, password: str) -> Client:
    return signed_in(annas_user, password)


@pytest.mark.parametrize(
    "path", ["/today/", "/audit/", "/admin/", HOME, "/accounts/password/change/", "/accounts/2fa/recovery-codes/"]
)
def test_without_it_every_page_leads_to_enrolment(browser, path):
    answer = browser.get(path)
    assert (answer.status_code, answer["Location"]) == (302, ACTIVATE)


def test_a_form_leads_there_too(browser):
    assert browser.post("/accounts/password/change/", {})["Location"] == ACTIVATE


def test_htmx_is_told_to_load_the_enrolment_page(browser):
    answer = browser.get(HOME, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == ACTIVATE


@pytest.mark.parametrize("path", ["/healthz", "/accounts/idle/", "/accounts/2fa/"])
def test_what_everybody_may_see_and_the_way_itself_stay_open(browser, path):
    assert browser.get(path).status_code == 200


def test_one_may_stay_signed_in_while_installing_the_app_and_sign_out(browser):
    assert browser.post("/accounts/stay/").status_code == 204
    assert browser.post("/accounts/logout/")["Location"] == "/"


@pytest.mark.django_db(transaction=True)  # allauth announces it after the commit
def test_enrolment_from_the_password_to_the_recovery_codes(browser, password):
    enrol(browser, password)
    codes = browser.get("/accounts/2fa/recovery-codes/")
    assert codes.status_code == 200
    assert browser.get(HOME).status_code == 200
    assert "drugi składnik Twojego konta został włączony" in mail.outbox[-1].body


def test_enrolment_asks_for_the_password_once_more(browser):
    assert browser.get(ACTIVATE)["Location"].startswith("/accounts/reauthenticate/")


def test_a_wrong_code_turns_nothing_on(browser, password):
    form = browser.post(browser.get(ACTIVATE)["Location"], {"password": password}, follow=True)
    assert form.status_code == 200
    answer = browser.post(ACTIVATE, {"code": "000000"})
    assert "Kod się nie zgadza albo wygasł." in answer.content.decode()
    assert not Authenticator.objects.exists()


def test_the_secret_is_not_readable_in_the_database(browser, password):
    secret = enrol(browser, password)
    stored = Authenticator.objects.get(type="totp").data["secret"]
    assert secret not in stored
    assert decrypt_text(stored, "mfa.authenticator.secret") == secret
    assert not re.fullmatch(r"[0-9a-f]+", Authenticator.objects.get(type="recovery_codes").data["seed"])


def test_afterwards_signing_in_asks_for_a_code(browser, annas_user, password):
    with time_machine.travel(NOW, tick=False) as clock:
        browser = signed_in(annas_user, password)
        secret = enrol(browser, password)
        clock.shift(60)
        again = Client()
        asked = again.post("/accounts/login/", {"login": annas_user.email, "password": password})
        assert asked["Location"] == "/accounts/2fa/authenticate/"
        assert again.get(HOME).status_code == 302  # the password alone opens nothing
        assert again.post("/accounts/2fa/authenticate/", {"code": "123456"}).status_code == 200
        done = again.post("/accounts/2fa/authenticate/", {"code": code_for(secret)})
        assert done["Location"] == "/today/"
        assert again.get(HOME).status_code == 200


def test_a_code_works_once(annas_user, password):
    with time_machine.travel(NOW, tick=False) as clock:
        secret = enrol(signed_in(annas_user, password), password)
        clock.shift(60)
        first, second = Client(), Client()
        for one in (first, second):
            one.post("/accounts/login/", {"login": annas_user.email, "password": password})
        code = code_for(secret)
        assert first.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 302
        assert second.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 200


def test_codes_can_not_be_tried_without_end(annas_user, password):
    with time_machine.travel(NOW, tick=False) as clock:
        secret = enrol(signed_in(annas_user, password), password)
        clock.shift(60)
        again = signed_in(annas_user, password)
        for number in range(5):
            again.post("/accounts/2fa/authenticate/", {"code": f"00000{number}"})
        answer = again.post("/accounts/2fa/authenticate/", {"code": code_for(secret)})
        assert "Zbyt wiele nieudanych prób" in answer.content.decode()


def test_a_recovery_code_opens_the_door_once(annas_user, password):
    with time_machine.travel(NOW, tick=False) as clock:
        enrol(signed_in(annas_user, password), password)
        clock.shift(60)
        code = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
        again = signed_in(annas_user, password)
        assert again.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 302
        once_more = signed_in(annas_user, password)
        assert once_more.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 200
        assert AuditEntry.objects.filter(action="accounts.use_recovery_code").count() == 1


def test_turning_it_off_leads_back_to_enrolment(browser, annas_user, password):
    enrol(browser, password)
    assert browser.get(HOME).status_code == 200
    browser.post(DEACTIVATE)
    assert not Authenticator.objects.exists()  # the recovery codes go with it
    assert browser.get(HOME)["Location"] == ACTIVATE


def test_an_administrator_taking_it_away_leads_back_to_enrolment_at_the_next_click(browser, annas_user, password):
    enrol(browser, password)
    assert browser.get(HOME).status_code == 200
    Authenticator.objects.filter(user=annas_user).delete()
    assert browser.get(HOME)["Location"] == ACTIVATE


def test_recovery_codes_alone_are_no_second_factor(browser, annas_user):
    Authenticator.objects.create(user=annas_user, type="recovery_codes", data={"seed": "x", "used_mask": 0})
    assert browser.get(HOME)["Location"] == ACTIVATE


def test_an_unconfirmed_address_says_what_to_do_instead_of_going_in_circles(browser, annas_user):
    EmailAddress.objects.filter(user=annas_user).update(verified=False)
    answer = browser.get(ACTIVATE, follow=True)
    assert answer.status_code == 200
    assert "Poproś administratora" in answer.content.decode()


def test_saving_the_account_again_opens_the_way(browser, annas_user, password):
    EmailAddress.objects.filter(user=annas_user).update(verified=False)
    annas_user.save()
    enrol(browser, password)


def test_a_demonstration_does_not_ask(browser, demo):
    assert browser.get(HOME).status_code == 200


def test_asking_for_it_costs_no_query(browser, password, django_assert_num_queries):
    enrol(browser, password)
    with django_assert_num_queries(2):  # session, person
        browser.get("/accounts/idle/")


@pytest.mark.django_db(transaction=True)  # allauth announces it after the commit
def test_everything_is_on_record(browser, annas_user, password):
    browser.post("/accounts/reauthenticate/", {"password": "wrong-wrong-wrong"})
    enrol(browser, password)
    browser.post(DEACTIVATE)
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions == [
        "accounts.sign_in",
        "accounts.reauthentication_failed",
        "accounts.add_second_factor",
        "accounts.remove_second_factor",
    ]
    assert set(AuditEntry.objects.values_list("object_uuid", flat=True)) == {annas_user.uuid}

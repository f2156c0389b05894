"""Changing a password, setting one by mail, and the password that is published."""

from __future__ import annotations

import re
from smtplib import SMTPException
from unittest.mock import patch

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.demo import DEMO_PASSWORD, NotTheDemoPassword, demo_mode, forget_demo_mode
from accounts.models import DemoMode, User
from tests.accounts.conftest import PORTALS_HASHERS

NEW = "fioletowa-parasolka-w-deszczu"
RESET = "/accounts/password/reset/"
CHANGE = "/accounts/password/change/"


def signs_in(email: str, password: str) -> bool:
    browser = Client()
    browser.post("/accounts/login/", {"login": email, "password": password})
    return "_auth_user_id" in browser.session


def test_passwords_are_kept_with_argon2(anna, settings):
    settings.PASSWORD_HASHERS = PORTALS_HASHERS
    anna.user.set_password(NEW)
    assert anna.user.password.startswith("argon2")


def test_a_password_is_set_through_the_mailed_link(browser, annas_user):
    browser.post(RESET, {"email": annas_user.email})
    link = re.search(r"http://testserver(/\S+)", str(mail.outbox[0].body))
    assert link
    form = browser.get(link[1], follow=True)
    target = form.redirect_chain[-1][0]
    answer = browser.post(target, {"password1": NEW, "password2": NEW})
    assert answer["Location"] == "/accounts/password/reset/key/done/"
    assert signs_in(annas_user.email, NEW)


def test_the_mail_is_polish_and_says_nothing_of_anybody(browser, anna, annas_user):
    browser.post(RESET, {"email": annas_user.email})
    sent = mail.outbox[0]
    assert sent.subject == "Portal Centrów dla Rodzin: nowe hasło"
    assert "Dzień dobry" in sent.body
    assert anna.last_name not in sent.body + sent.subject
    assert annas_user.email not in sent.body + sent.subject


def test_a_link_works_once_and_for_an_hour(browser, annas_user):
    with time_machine.travel("2026-11-22 10:00 +0000", tick=False) as clock:
        browser.post(RESET, {"email": annas_user.email})
        link = re.search(r"http://testserver(/\S+)", str(mail.outbox[0].body))
        assert link
        clock.shift(3601)
        assert browser.get(link[1]).status_code == 200  # no redirect to the form: it says that the link ran out
        clock.shift(-1800)
        target = browser.get(link[1])["Location"]
        browser.post(target, {"password1": NEW, "password2": NEW})
        assert browser.get(link[1]).status_code == 200


def test_an_unknown_address_gets_no_mail_and_the_same_answer(browser, annas_user):
    known = browser.post(RESET, {"email": annas_user.email})
    unknown = browser.post(RESET, {"email": "nobody@example.org"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert len(mail.outbox) == 1


def test_a_person_who_has_left_gets_no_mail(browser, annas_user):
    User.objects.filter(pk=annas_user.pk).update(is_active=False)
    browser.post(RESET, {"email": annas_user.email})
    assert mail.outbox == []


def test_a_new_person_without_a_password_gets_the_link(browser, anna):
    browser.post(RESET, {"email": anna.user.email})
    assert len(mail.outbox) == 1


def test_a_mail_server_that_is_away_gives_the_same_answer(browser, annas_user, caplog):
    with patch("django.core.mail.EmailMessage.send", side_effect=SMTPException("away")):
        answer = browser.post(RESET, {"email": annas_user.email})
    assert answer["Location"] == "/accounts/password/reset/done/"
    assert "could not be sent" in caplog.text


@pytest.mark.parametrize("key", ["x-y", "zzzzzzzzzzzzz-abc-def", "1-set-password", "0-%00"])
def test_a_made_up_link_opens_nothing(browser, db, key):
    assert browser.get(f"/accounts/password/reset/key/{key}/").status_code == 200


def test_a_person_changes_the_password_and_stays_signed_in_here_alone(browser, annas_user, password):
    here, elsewhere = Client(), Client()
    for one in (here, elsewhere):
        one.post("/accounts/login/", {"login": annas_user.email, "password": password})
    answer = here.post(CHANGE, {"oldpassword": password, "password1": NEW, "password2": NEW})
    assert answer.status_code == 302
    assert here.get(CHANGE).status_code == 200
    assert elsewhere.get(CHANGE).status_code == 302
    assert signs_in(annas_user.email, NEW)
    assert mail.outbox[-1].subject.startswith("Portal Centrów dla Rodzin")


@pytest.mark.parametrize("weak", ["krótkie", "123456789012", DEMO_PASSWORD, "anna.przyklad@example.org"])
def test_a_weak_password_is_refused(annas_user, password, weak):
    browser = Client()
    browser.post("/accounts/login/", {"login": annas_user.email, "password": password})
    answer = browser.post(CHANGE, {"oldpassword": password, "password1": weak, "password2": weak})
    assert answer.status_code == 200
    assert not signs_in(annas_user.email, weak)


def test_the_demo_password_opens_nothing_outside_a_demonstration_even_where_it_is_stored(annas_user):
    annas_user.set_password(DEMO_PASSWORD)
    annas_user.save()
    assert not signs_in(annas_user.email, DEMO_PASSWORD)
    assert not annas_user.check_password(DEMO_PASSWORD)


def test_the_demo_password_works_in_a_demonstration(annas_user, demo):
    annas_user.set_password(DEMO_PASSWORD)
    annas_user.save()
    assert signs_in(annas_user.email, DEMO_PASSWORD)


def test_the_demo_password_stops_working_when_the_marker_goes(annas_user, demo):
    annas_user.set_password(DEMO_PASSWORD)
    annas_user.save()
    DemoMode.objects.all().delete()
    forget_demo_mode()
    assert not signs_in(annas_user.email, DEMO_PASSWORD)


def test_nobody_chooses_the_demo_password():
    with pytest.raises(ValidationError) as error:
        NotTheDemoPassword().validate(DEMO_PASSWORD)
    assert error.value.code == "demo_password"


def test_a_process_learns_of_the_marker_within_half_a_minute(db, django_assert_num_queries):
    with time_machine.travel("2026-11-22 10:00 +0000", tick=False), patch("accounts.demo.time.monotonic") as clock:
        clock.return_value = 0.0
        assert not demo_mode()
        DemoMode.objects.create()
        with django_assert_num_queries(0):
            assert not demo_mode()
        clock.return_value = 31.0
        assert demo_mode()

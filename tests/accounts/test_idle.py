"""Sign-out after 15 idle minutes (D4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.idle import SEEN_AT
from audit.models import AuditEntry

PAGE = "/accounts/sessions/"
START = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(START, tick=False) as travelling:
        yield travelling


@pytest.fixture
def browser(clock: Any, sign_in: Any, anna: Any) -> Client:
    """Anna, who has opened a page just now."""
    browser: Client = sign_in(anna)
    assert browser.get(PAGE).status_code == 200
    return browser


def minutes(count: float) -> dt.timedelta:
    return dt.timedelta(minutes=count)


def left(browser: Client) -> int:
    seconds: int = browser.get("/accounts/idle/").json()["seconds_left"]
    return seconds


def test_somebody_who_does_something_within_15_minutes_stays(browser, clock):
    for _ in range(4):
        clock.shift(minutes(14.9))
        assert browser.get(PAGE).status_code == 200


def test_after_15_minutes_a_page_asks_to_sign_in_and_comes_back_to_it(browser, clock):
    clock.shift(minutes(15))
    answer = browser.get(PAGE)
    assert answer["Location"] == f"/accounts/login/?next={PAGE}"
    assert SEEN_AT not in browser.session


def test_the_sign_in_page_says_what_happened(browser, clock):
    clock.shift(minutes(16))
    words = browser.get(PAGE, follow=True).content.decode()
    assert "Nastąpiło wylogowanie: przez 15 minut nic się tu nie działo." in words
    assert "nie zapisało się" not in words


def test_a_form_sent_too_late_is_told_that_it_was_not_saved(browser, clock):
    clock.shift(minutes(16))
    referer = "http://testserver/accounts/password/change/"
    answer = browser.post("/accounts/password/change/", {}, headers={"Referer": referer}, follow=True)
    assert answer.redirect_chain[0][0] == "/accounts/login/?next=/accounts/password/change/"
    assert "nie zapisało się" in answer.content.decode()


def test_it_is_said_also_when_the_pages_own_clock_found_out_first(browser, clock):
    clock.shift(minutes(16))
    assert left(browser) == 0
    words = browser.get("/accounts/login/").content.decode()
    assert "Nastąpiło wylogowanie" in words
    assert "Nastąpiło wylogowanie" not in browser.get("/accounts/login/").content.decode()


def test_a_public_page_opens_and_says_it(browser, clock):
    clock.shift(minutes(16))
    answer = browser.get("/accounts/password/reset/")
    assert answer.status_code == 200
    assert "Nastąpiło wylogowanie" in answer.content.decode()


def test_asking_how_long_is_left_does_not_make_it_longer(browser, clock):
    for _ in range(15):
        clock.shift(minutes(1))
        left(browser)
    assert browser.get(PAGE).status_code == 302


def test_staying_makes_it_15_minutes_again(browser, clock):
    clock.shift(minutes(14))
    assert left(browser) == 60
    assert browser.post("/accounts/stay/").status_code == 204
    assert left(browser) == 15 * 60
    clock.shift(minutes(14))
    assert browser.get(PAGE).status_code == 200


def test_too_late_one_can_not_stay(browser, clock):
    clock.shift(minutes(15))
    assert browser.post("/accounts/stay/").status_code == 302


def test_the_limit_is_never_shorter_than_what_the_page_shows(browser, clock):
    clock.shift(dt.timedelta(seconds=59))
    browser.get(PAGE)  # too soon for another write: the moment before still counts
    shown = left(browser)
    assert shown == 15 * 60 - 59
    assert f'data-left="{shown}"' in browser.get(PAGE).content.decode()
    clock.shift(dt.timedelta(seconds=shown - 1))
    assert browser.get(PAGE).status_code == 200


def test_activity_is_written_at_most_once_a_minute(browser, clock):
    written = set()
    for _ in range(10):
        clock.shift(dt.timedelta(seconds=20))
        browser.get(PAGE)
        written.add(browser.session[SEEN_AT])
    assert len(written) == 4  # one before, then one for each of three whole minutes


def test_a_short_limit_is_written_more_often_so_that_nobody_at_work_is_signed_out(browser, clock, settings):
    settings.IDLE_SECONDS = 30
    for _ in range(10):
        clock.shift(dt.timedelta(seconds=20))
        assert browser.get(PAGE).status_code == 200


def test_a_clock_put_back_shows_no_more_than_the_limit(browser, clock):
    clock.shift(minutes(-60))
    assert left(browser) == 15 * 60


def test_the_log_says_that_it_was_the_clock(browser, clock):
    clock.shift(minutes(16))
    browser.get(PAGE)
    entry = AuditEntry.objects.get(action="accounts.sign_out")
    assert entry.details == {"idle": True}


def test_the_log_says_that_it_was_the_person(browser):
    browser.post("/accounts/logout/")
    assert AuditEntry.objects.get(action="accounts.sign_out").details == {"idle": False}


def test_pages_of_a_signed_in_person_are_kept_on_no_disk(browser):
    assert "no-store" in browser.get(PAGE)["Cache-Control"]


def test_nobody_signed_in_has_no_time_left(client, db):
    assert left(client) == 0


@pytest.mark.parametrize("path", ["/accounts/idle/", "/accounts/stay/"])
def test_only_the_right_verb_is_answered(browser, path):
    wrong = browser.post if path.endswith("idle/") else browser.get
    assert wrong(path).status_code == 405

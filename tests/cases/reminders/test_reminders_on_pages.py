"""Who reads the case sees that a reminder went out; who manages it is told where one did not, and calls."""

from __future__ import annotations

from unittest.mock import patch

import pytest
import time_machine

from cases.reminders.mailing import send_reminders
from cases.sessions.models import Session
from tests.cases.reminders.conftest import ADDRESS
from tests.cases.reminders.test_mail_reminders import SEND, move
from tests.cases.sessions.conftest import at

pytestmark = pytest.mark.usefixtures("switched_on")


@pytest.fixture
def failed(safe, planned):
    with patch(SEND, side_effect=TimeoutError):
        send_reminders()
    return planned


def test_the_page_of_the_meeting_says_when_it_was_sent(safe, planned, anna, piotr, clara, sign_in):
    send_reminders()

    for person in (anna, piotr, clara):
        page = sign_in(person).get(planned.get_absolute_url()).content.decode()
        assert "Przypomnienie wysłano 22.11.2026, 12:00" in page
        assert ADDRESS not in page


def test_it_says_so_of_the_earlier_time_too(safe, planned, anna, sign_in):
    send_reminders()
    moved = move(planned, at("2026-11-24", "10:00"), anna)

    page = sign_in(anna).get(moved.get_absolute_url()).content.decode()

    assert "o poprzednim terminie 23.11.2026, 16:00" in page


def test_before_anything_was_sent_it_says_nothing(safe, planned, anna, sign_in):
    assert "Przypomnieni" not in sign_in(anna).get(planned.get_absolute_url()).content.decode()


def test_a_therapist_who_may_no_longer_read_the_case_is_not_told(safe, planned, annas_case, piotr, sign_in):
    send_reminders()
    annas_case.care_team.all().delete()

    page = sign_in(piotr).get(planned.get_absolute_url())

    assert page.status_code == 200
    assert "Przypomnieni" not in page.content.decode()


def test_a_failure_stands_on_the_meeting_and_on_today(failed, anna, marek, sign_in):
    for person in (anna, marek):
        client = sign_in(person)
        assert client.get("/today/").context["page"].unreminded == [failed]
        assert "Nieudane przypomnienia" in client.get("/today/").content.decode()
        page = client.get(failed.get_absolute_url()).content.decode()
        assert "nie wiadomo, czy wyszło" in page
        assert "trzeba zadzwonić" in page


def test_one_that_is_tried_again_stands_there_meanwhile(safe, planned, anna, sign_in):
    with patch("django.core.mail.backends.locmem.EmailBackend.open", side_effect=ConnectionRefusedError):
        send_reminders()

    client = sign_in(anna)
    assert client.get("/today/").context["page"].unreminded == [planned]
    assert "jeszcze nie wysłane" in client.get(planned.get_absolute_url()).content.decode()


def test_it_is_nobody_elses_business(failed, piotr, ewa, clara, sign_in):
    for person in (piotr, ewa, clara):
        assert sign_in(person).get("/today/").context["page"].unreminded == []


def test_it_goes_when_the_meeting_is_moved_called_off_or_over(failed, anna, sign_in):
    client = sign_in(anna)
    with time_machine.travel(at("2026-11-23", "16:01"), tick=False):
        assert sign_in(anna).get("/today/").context["page"].unreminded == []
    Session.objects.filter(pk=failed.pk).update(status="by_centre")
    assert client.get("/today/").context["page"].unreminded == []
    Session.objects.filter(pk=failed.pk).update(status="planned", starts_at=at("2026-11-23", "15:00"))
    assert client.get("/today/").context["page"].unreminded == []


def test_today_costs_a_statement_more_only_where_reminders_are_on(
    failed,
    anna,
    sign_in,
    own_queries,
    settings,
):
    client = sign_in(anna)
    client.get("/today/")
    counts = []
    for on in (True, False):
        settings.SESSION_REMINDERS = on
        with own_queries() as made:
            client.get("/today/")
        counts.append(len(made))
    assert counts[0] - counts[1] == 1  # whom to call because a reminder failed


def test_the_page_of_a_persons_address_costs_the_same_however_many_were_withdrawn(
    safe,
    annas_case,
    maria,
    anna,
    sign_in,
    own_queries,
):
    from django.urls import reverse

    from cases.reminders.services import mark_safe_contact, withdraw_safe_contact

    client, url = sign_in(anna), reverse("cases:mark_safe_contact", args=[annas_case.uuid, maria.uuid])
    client.get(url)
    counts = []
    for _ in range(2):
        for _again in range(3):
            withdraw_safe_contact(annas_case, maria, by=anna.user)
            mark_safe_contact(annas_case, maria, address=ADDRESS, by=anna.user)
        with own_queries() as made:
            client.get(url)
        counts.append(len(made))
    assert counts[0] == counts[1] <= 4, "\n".join(made)

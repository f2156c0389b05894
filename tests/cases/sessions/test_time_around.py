"""How long a meeting took, and the way and the documentation around it, where a centre keeps account of them."""

from __future__ import annotations

import pytest
from django.urls import reverse

from audit.models import AuditEntry
from cases.sessions.models import Session
from cases.sessions.services import SessionError
from centres.models import Centre
from tests.cases.sessions.conftest import at, fields_of
from tests.cases.sessions.test_resolve_session import settle

BOTH = {"travel_minutes", "paperwork_minutes"}


def page_of(session):
    return reverse("cases:resolve_session", args=[session.uuid])


# --- how long it took -----------------------------------------------------------------------------------------------


def test_two_taps_settle_a_meeting_with_the_length_it_was_planned_for(sign_in, piotr, unresolved):
    browser = sign_in(piotr)
    data = fields_of(browser.get(f"{page_of(unresolved)}?status=held").context["form"])
    assert data["minutes"] == "60"
    assert browser.post(page_of(unresolved), data).status_code == 302
    unresolved.refresh_from_db()
    assert (unresolved.status, unresolved.minutes) == ("held", 60)


def test_the_real_length_is_corrected_while_settling(sign_in, piotr, unresolved):
    browser = sign_in(piotr)
    data = fields_of(browser.get(f"{page_of(unresolved)}?status=held").context["form"])
    assert browser.post(page_of(unresolved), data | {"minutes": "85"}).status_code == 302
    unresolved.refresh_from_db()
    assert unresolved.minutes == 85
    assert set(unresolved.occupancies.values_list("to_at", flat=True)) == {at("2026-11-19", "17:25")}


@pytest.mark.parametrize("status", ["no_show", "by_family"])
def test_what_was_not_held_keeps_its_length(unresolved, piotr, status):
    settle(unresolved, status, piotr.user, presence="unexcused", minutes=15)
    unresolved.refresh_from_db()
    assert unresolved.minutes == 60


def test_a_meeting_does_not_take_longer_than_until_the_next_one(unresolved, piotr, book):
    book(starts_at=at("2026-11-19", "17:15"), status="held")
    assert settle(unresolved, "held", piotr.user, minutes=75).minutes == 75
    with pytest.raises(SessionError) as error:
        settle(unresolved, "held", piotr.user, minutes=76)
    assert set(error.value.error_dict) == {"therapist", "room", "presences"}


@pytest.mark.parametrize("minutes", ["4", "481", "-5", "x", "9" * 30, "\x00"])
def test_a_length_that_cannot_be_is_answered_beside_the_field(sign_in, piotr, unresolved, minutes):
    browser = sign_in(piotr)
    data = fields_of(browser.get(f"{page_of(unresolved)}?status=held").context["form"]) | {"minutes": minutes}
    answer = browser.post(page_of(unresolved), data)
    assert "minutes" in answer.context["form"].errors
    with pytest.raises(SessionError) as error:
        settle(unresolved, "held", piotr.user, minutes=4)
    assert error.value.code == "length"


def test_left_empty_it_took_as_long_as_planned(sign_in, piotr, unresolved):
    browser = sign_in(piotr)
    data = fields_of(browser.get(f"{page_of(unresolved)}?status=held").context["form"])
    assert browser.post(page_of(unresolved), data | {"minutes": ""}).status_code == 302
    unresolved.refresh_from_db()
    assert unresolved.minutes == 60


def test_before_it_begins_nobody_is_asked_how_long_it_took(sign_in, piotr, planned):
    assert "minutes" not in sign_in(piotr).get(page_of(planned)).context["form"].fields


# --- the way and the documentation ----------------------------------------------------------------------------------


@pytest.fixture
def kept_account(wodna):
    """Wodna wants to know about the time around meetings."""
    Centre.objects.filter(pk=wodna.pk).update(logs_time_around=True)
    wodna.refresh_from_db()


@pytest.fixture
def url(annas_case):
    return reverse("cases:log_session", args=[annas_case.uuid])


@pytest.fixture
def typed(sign_in, piotr, url, family_therapy):
    data = fields_of(sign_in(piotr).get(url).context["form"])
    return data | {"service": str(family_therapy.uuid), "travel_minutes": "40", "paperwork_minutes": "15"}


def times_of(session):
    session.refresh_from_db()
    return session.travel_minutes, session.paperwork_minutes


def test_a_centre_that_keeps_no_account_is_not_asked_and_what_is_sent_all_the_same_is_left_out(
    sign_in, piotr, typed, url, unresolved
):
    browser = sign_in(piotr)
    assert not BOTH & browser.get(url).context["form"].fields.keys()
    assert browser.post(url, typed).status_code == 302
    assert times_of(Session.objects.latest("id")) == (0, 0)
    data = fields_of(browser.get(f"{page_of(unresolved)}?status=held").context["form"])
    assert browser.post(page_of(unresolved), data | {"travel_minutes": "40"}).status_code == 302
    assert times_of(unresolved) == (0, 0)


def test_the_service_does_not_keep_them_either(book):
    assert times_of(book(starts_at=at("2026-11-20"), status="held", travel_minutes=30)) == (0, 0)


@pytest.mark.usefixtures("kept_account")
def test_they_are_logged_and_shown_with_the_meeting(sign_in, piotr, typed, url):
    browser = sign_in(piotr)
    assert browser.post(url, typed).status_code == 302
    session = Session.objects.get()
    assert times_of(session) == (40, 15)
    page = browser.get(session.get_absolute_url()).content.decode()
    for words in ("Dojazd", "40 min", "Dokumentacja", "15 min"):
        assert words in page


@pytest.mark.usefixtures("kept_account")
def test_they_are_said_while_settling_and_corrected_later(sign_in, piotr, unresolved):
    browser = sign_in(piotr)
    data = fields_of(browser.get(f"{page_of(unresolved)}?status=held").context["form"])
    assert (data["travel_minutes"], data["paperwork_minutes"]) == ("", "")
    assert browser.post(page_of(unresolved), data | {"travel_minutes": "30"}).status_code == 302
    assert times_of(unresolved) == (30, 0)
    data = fields_of(browser.get(page_of(unresolved)).context["form"])
    assert data["travel_minutes"] == "30"
    assert browser.post(page_of(unresolved), data | {"travel_minutes": ""}).status_code == 302
    assert times_of(unresolved) == (0, 0)


@pytest.mark.usefixtures("kept_account")
def test_who_says_nothing_about_them_leaves_them(book, piotr):
    session = book(starts_at=at("2026-11-20"), status="held", travel_minutes=30, paperwork_minutes=5)
    settle(session, "held", piotr.user)
    assert times_of(session) == (30, 5)


@pytest.mark.usefixtures("kept_account")
def test_a_meeting_still_to_come_has_none(book):
    assert times_of(book(travel_minutes=30)) == (0, 0)


@pytest.mark.usefixtures("kept_account")
@pytest.mark.parametrize("minutes", ["481", "-1", "x", "9" * 30])
def test_more_than_a_day_is_answered_beside_the_field(sign_in, piotr, typed, url, book, minutes):
    answer = sign_in(piotr).post(url, typed | {"paperwork_minutes": minutes})
    assert "paperwork_minutes" in answer.context["form"].errors
    assert not Session.objects.exists()
    with pytest.raises(SessionError) as error:
        book(starts_at=at("2026-11-20"), status="held", paperwork_minutes=481)
    assert error.value.code == "other_minutes"


def test_the_administrator_switches_it_on(sign_in, adam, wodna):
    url = reverse("admin:centres_centre_change", args=[wodna.pk])
    browser = sign_in(adam)
    page = browser.get(url)
    assert "Zapisywanie czasu dojazdu i dokumentacji" in page.content.decode()
    form = page.context["adminform"].form
    data = {name: "" if value is None else value for name, value in ((f.html_name, f.value()) for f in form)}
    data["partners"] = [one.pk for one in wodna.partners.all()]
    for inline in page.context["inline_admin_formsets"]:
        data |= {f.html_name: f.value() for f in inline.formset.management_form}
        for row in inline.formset.initial_forms:
            data |= {f.html_name: "" if f.value() is None else f.value() for f in row}
    answer = browser.post(url, data | {"logs_time_around": "on"})
    assert answer.status_code == 302
    wodna.refresh_from_db()
    assert wodna.logs_time_around
    assert AuditEntry.objects.filter(object_uuid=wodna.uuid).exists()

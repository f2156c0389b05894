from __future__ import annotations

import datetime as dt
import io
import re
import uuid

import icalendar
import pytest
import time_machine
from dateutil.tz import tzical
from django.contrib.sessions.models import Session as BrowserSession
from django.test import Client

from audit.models import AuditEntry
from cases.calendar import feed_views
from cases.calendar.feeds import create_calendar_feed
from cases.calendar.models import CalendarFeed, hash_of
from cases.sessions.models import Session
from centres.models import RoleAssignment
from tests.cases.sessions.conftest import WARSAW, at

PAGE = "/calendar/feed/"


@pytest.fixture
def token(piotr):
    return create_calendar_feed(piotr, by=piotr.user)


def read(token, **headers):
    return Client().get(f"{PAGE}{token}/", headers=headers)


def events_in(answer):
    assert answer.status_code == 200
    return icalendar.Calendar.from_ical(answer.content).walk("VEVENT")


def once():
    return {"once": str(uuid.uuid4())}


# --- what a calendar program reads ---


def test_it_says_when_and_at_which_centre_and_nothing_of_the_family(token, planned):
    answer = read(token)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    (event,) = events_in(answer)
    assert (event["SUMMARY"], event["LOCATION"]) == ("Spotkanie", "Centrum dla Rodzin, Wodna 2B")
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (planned.starts_at, planned.ends_at)
    assert event["STATUS"] == "CONFIRMED"
    text = answer.content.decode()
    for secret in ("Przykład", "W/2026", "terapia", "Terapia", "Pokój", "Piotr", "Maria", str(planned.uuid)):
        assert secret not in text


def test_meetings_keep_their_hour_across_the_changes_of_the_clock(token, annas_case, piotr, family_therapy, wodna):
    starts = [at(day, "16:00") for day in ("2026-10-23", "2026-10-26", "2027-03-26", "2027-03-29")]
    for start in starts:
        Session.objects.create(
            case=annas_case,
            centre=wodna,
            service=family_therapy,
            therapist=piotr,
            starts_at=start,
            ends_at=start + dt.timedelta(hours=1),
        )
    events = events_in(read(token))
    assert [event["DTSTART"].dt.astimezone(dt.UTC).hour for event in events] == [14, 15, 15, 14]
    assert {event["DTSTART"].params["TZID"] for event in events} == {"Europe/Warsaw"}
    assert [event["DTSTART"].to_ical() for event in events][:2] == [b"20261023T160000", b"20261026T160000"]


def test_the_zone_is_written_out_right_around_the_changes(token):
    (zone,) = icalendar.Calendar.from_ical(read(token).content).walk("VTIMEZONE")
    text = zone.to_ical().decode()
    own = tzical(io.StringIO(text)).get("Europe/Warsaw")  # from the text alone, by another library
    assert own is not None
    for day in ("2026-10-25", "2027-03-28", "2027-10-31", "2026-07-01", "2027-01-15"):
        moment = dt.datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=dt.UTC) - dt.timedelta(hours=12)
        for _quarter in range(4 * 36):
            here, there = (moment.astimezone(one).replace(tzinfo=None) for one in (own, WARSAW))
            assert here == there
            moment += dt.timedelta(minutes=15)


def test_a_cancelled_meeting_is_marked_so(token, book):
    book(status="by_family")
    (event,) = events_in(read(token))
    assert (event["STATUS"], event["SUMMARY"], event["TRANSP"]) == ("CANCELLED", "Spotkanie odwołane", "TRANSPARENT")


def test_an_online_meeting_says_so(token, book):
    book(is_online=True)
    (event,) = events_in(read(token))
    assert event["SUMMARY"] == "Spotkanie online"


def test_only_one_s_own_meetings_of_the_last_month_and_the_next_year(token, book, marek, anna, planned):
    book(starts_at=at("2026-11-25"), therapist=marek, by=anna.user)
    Session.objects.filter(pk=book(starts_at=at("2026-11-26")).pk).update(
        starts_at=at("2026-10-20"), ends_at=at("2026-10-20", "11:00")
    )
    assert [event["DTSTART"].dt for event in events_in(read(token))] == [planned.starts_at]


def test_an_event_keeps_its_name_under_a_new_address_and_counts_its_changes(token, planned, piotr):
    (before,) = events_in(read(token))
    Session.objects.filter(pk=planned.pk).update(version=3, starts_at=at("2026-11-23", "15:00"))
    (after,) = events_in(read(create_calendar_feed(piotr, by=piotr.user)))
    assert before["UID"] == after["UID"]
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 2)
    assert str(planned.uuid) not in str(before["UID"])
    assert planned.uuid.hex not in str(before["UID"])


def test_unchanged_it_is_not_sent_again(token, planned, book):
    first = read(token)
    assert first["Cache-Control"] == "private, max-age=300"
    again = read(token, if_none_match=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    book(starts_at=at("2026-11-25"))
    assert read(token, if_none_match=first["ETag"]).status_code == 200


def test_it_is_read_only(token):
    url = f"{PAGE}{token}/"
    assert Client().head(url).status_code == 200
    for method in ("post", "put", "delete"):
        assert getattr(Client(), method)(url).status_code == 405


@pytest.mark.parametrize("wrong", ["x", "A" * 43, "revoked", "%00", "ą"])
def test_any_other_token_is_not_found(token, wrong):
    assert read(wrong).status_code == 404


def test_who_has_left_or_is_locked_out_shows_nothing(token, piotr, planned):
    RoleAssignment.objects.filter(user=piotr.user).update(to_on="2026-11-21")
    assert read(token).status_code == 404
    RoleAssignment.objects.filter(user=piotr.user).update(to_on=None)
    assert read(token).status_code == 200
    piotr.user.is_active = False
    piotr.user.save()
    assert read(token).status_code == 404


def test_reading_neither_needs_nor_makes_nor_prolongs_a_session(token, sign_in, piotr):
    assert not read(token).cookies
    browser = sign_in(piotr)
    browser.get("/calendar/")
    before = BrowserSession.objects.get(pk=browser.session.session_key).get_decoded()
    with time_machine.travel(at("2026-11-22", "12:10"), tick=False):
        assert browser.get(f"{PAGE}{token}/").status_code == 200
        assert BrowserSession.objects.get(pk=browser.session.session_key).get_decoded() == before


def test_the_first_reading_of_a_day_goes_on_record(token):
    for day, entries in (("2026-11-22", 1), ("2026-11-22", 1), ("2026-11-23", 2)):
        with time_machine.travel(at(day, "13:00"), tick=False):
            read(token)
        found = AuditEntry.objects.filter(action="cases.read_calendar_feed")
        assert found.count() == entries
    assert found.latest("id").object_uuid == CalendarFeed.objects.get().uuid
    assert found.latest("id").actor is None


def test_whoever_asks_too_often_waits(token, monkeypatch):
    monkeypatch.setattr(feed_views, "READINGS_AN_HOUR", 2)
    monkeypatch.setattr(feed_views, "MISSES_A_MINUTE", 2)
    assert [read(token).status_code for _ in range(3)] == [200, 200, 429]
    assert [read("x").status_code for _ in range(3)] == [404, 404, 429]
    with time_machine.travel(at("2026-11-22", "14:00"), tick=False):
        assert read(token).status_code == 200


# --- one's own address ---


def test_the_address_is_shown_once_and_only_its_hash_is_kept(sign_in, piotr):
    browser = sign_in(piotr)
    assert browser.post(PAGE, once()).url == PAGE
    kept = str(BrowserSession.objects.get(pk=browser.session.session_key).get_decoded())
    page = browser.get(PAGE).content.decode()
    address = re.search(r"http://testserver(/calendar/feed/([\w-]+)/)", page)
    assert address
    token = address[2]
    assert len(token) >= 43  # 256 bits
    assert token not in kept
    assert CalendarFeed.objects.get().token_hash == hash_of(token)
    assert token not in browser.get(PAGE).content.decode()
    assert Client().get(address[1]).status_code == 200
    assert token not in str(list(AuditEntry.objects.values_list("details", flat=True)))


def test_a_new_address_stops_the_old_one(token, piotr):
    new = create_calendar_feed(piotr, by=piotr.user)
    assert (read(token).status_code, read(new).status_code) == (404, 200)
    assert CalendarFeed.objects.live().count() == 1
    assert AuditEntry.objects.filter(action="cases.create_calendar_feed").latest("id").details["replaced"] is True


def test_a_revoked_address_answers_nobody(token, sign_in, piotr):
    browser = sign_in(piotr)
    assert browser.post(f"{PAGE}revoke/").status_code == 302
    assert read(token).status_code == 200  # without the form's token nothing happens
    assert browser.post(f"{PAGE}revoke/", once()).url == PAGE
    assert read(token).status_code == 404
    assert AuditEntry.objects.filter(action="cases.revoke_calendar_feed").count() == 1
    browser.post(f"{PAGE}revoke/", once())
    assert AuditEntry.objects.filter(action="cases.revoke_calendar_feed").count() == 1


def test_a_double_click_makes_one_address(sign_in, piotr):
    browser, form = sign_in(piotr), once()
    for _ in range(2):
        browser.post(PAGE, form)
    assert CalendarFeed.objects.count() == 1


def test_everybody_has_their_own(sign_in, piotr, anna, token):
    sign_in(anna).post(f"{PAGE}revoke/", once())
    assert read(token).status_code == 200


def test_who_leads_no_meetings_has_none(sign_in, clara, jan):
    for staff in (clara, jan):
        assert sign_in(staff).get(PAGE).status_code == 403

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.calendar.availability import Wish, find
from cases.calendar.free_times import Diary, Search, offers
from cases.sessions.moments import overlap
from centres.models import Absence, OpeningHours, Role, RoleAssignment, Room
from tests.cases.sessions.conftest import WARSAW, at, fields_of

URL = "/calendar/free/"
slowly = settings(max_examples=60)
DAYS = [dt.date(2026, 10, 25), dt.date(2027, 3, 28), dt.date(2026, 11, 23), dt.date(2026, 12, 1)]

quarters = st.integers(0, 95).map(lambda n: dt.time(n // 4, n % 4 * 15))
spells = st.lists(st.tuples(quarters, quarters).map(sorted).map(tuple), max_size=2)


@st.composite
def days_and_diaries(draw):
    """One of those days, and times that are taken around it."""
    day = draw(st.sampled_from(DAYS))
    midnight = dt.datetime.combine(day, dt.time(), WARSAW).astimezone(dt.UTC)
    span = st.tuples(st.integers(-300, 1700), st.integers(1, 480)).map(
        lambda one: (midnight + dt.timedelta(minutes=one[0]), midnight + dt.timedelta(minutes=sum(one)))
    )
    return day, draw(st.lists(st.lists(span, max_size=6), min_size=2, max_size=4))


@slowly
@given(days_and_diaries(), spells, st.integers(5, 480), st.booleans())
def test_what_is_offered_is_open_free_plain_and_does_not_overlap(known, spells, minutes, with_rooms):
    day, (therapist, family, *rooms) = known
    found = list(
        offers(
            Search(minutes, lambda _day: spells),
            day,
            Diary(therapist),
            [Diary(away=family)],
            [(n, Diary(room)) for n, room in enumerate(rooms)] if with_rooms else [],
        )
    )
    for one in found:
        start, end = one.start.astimezone(dt.UTC), one.end.astimezone(dt.UTC)
        assert end - start == dt.timedelta(minutes=minutes)
        assert one.start.date() == day
        assert one.start.minute % 15 == 0
        assert not any(overlap(start, end, *span) for span in [*therapist, *family])
        assert any(opens <= one.start.time() and one.end.time() <= closes for opens, closes in spells)
        naive = one.start.replace(tzinfo=None)
        assert len({naive.replace(tzinfo=WARSAW, fold=fold).utcoffset() for fold in (0, 1)}) == 1
        if with_rooms and rooms:
            assert one.room is not None
            assert not any(overlap(start, end, *span) for span in rooms[one.room])
        else:
            assert one.room is None
    by_spell = [[one for one in found if opens <= one.start.time() < closes] for opens, closes in spells]
    for row in by_spell if len(spells) == 1 else []:
        assert all(before.end <= one.start for before, one in pairwise(row))


@slowly
@given(days_and_diaries(), quarters, st.integers(5, 240))
def test_no_day_with_a_free_quarter_is_called_full(known, opens, minutes):
    day, (therapist, *_others) = known
    if day in DAYS[:2]:  # where an hour is missing or comes twice, other rules hold
        return
    closes = dt.time(23, 45)
    found = list(offers(Search(minutes, lambda _day: [(opens, closes)]), day, Diary(therapist)))
    first, last = (dt.datetime.combine(day, time, WARSAW).astimezone(dt.UTC) for time in (opens, closes))
    length, quarter = dt.timedelta(minutes=minutes), dt.timedelta(minutes=15)
    free = []
    while first + length <= last:
        if not any(overlap(first, first + length, *span) for span in therapist):
            free.append(first)
        first += quarter
    assert [one.start.astimezone(dt.UTC) for one in found[:1]] == free[:1]


def test_a_rhythm_names_the_weeks_that_clash():
    """From Friday 4 December on, at ten: a holiday, somebody away, a meeting; the hour on the clock stays."""
    diary = Diary(
        [(at("2026-12-11"), at("2026-12-11", "11:00"))], [(at("2026-12-18", "00:00"), at("2026-12-19", "00:00"))]
    )
    search = Search(50, lambda _day: [(dt.time(10), dt.time(11))], every=7, times=5)
    (offer,) = offers(search, dt.date(2026, 12, 4), diary)
    assert [(clash.date.day, clash.why) for clash in offer.clashes] == [
        (11, "taken"), (18, "away"), (25, "holiday"), (1, "holiday"),
    ]  # fmt: skip


def test_a_rhythm_keeps_its_hour_when_the_clocks_change():
    taken = Diary([(at("2027-04-02", "10:00"), at("2027-04-02", "11:00"))])
    search = Search(50, lambda _day: [(dt.time(9), dt.time(12))], every=14, times=2)
    found = {f"{one.start:%H:%M}": one.clashes for one in offers(search, dt.date(2027, 3, 19), taken)}
    assert {time: len(clashes) for time, clashes in found.items()} == {"09:00": 0, "10:00": 1, "11:00": 0}


def test_the_room_that_fails_least_often_is_proposed():
    busy = Diary([(at("2026-12-08", "10:00"), at("2026-12-08", "11:00"))])
    search = Search(50, lambda _day: [(dt.time(10), dt.time(11))], every=7, times=3)
    (offer,) = offers(search, dt.date(2026, 12, 1), Diary(), rooms=[(1, busy), (2, Diary())])
    assert (offer.room, offer.clashes) == (2, ())


# --- what the portal knows ---


@pytest.fixture
def hours(wodna):
    """Monday to Wednesday, 9 to 12."""
    for weekday in (1, 2, 3):
        OpeningHours.objects.create(
            centre=wodna, weekday=weekday, opens_at="09:00", closes_at="12:00", from_on=dt.date(2026, 1, 1)
        )


@pytest.fixture
def wish(wodna, piotr, hours):
    def wished(**changes):
        first = {"centre": wodna, "minutes": 60, "every": 0, "earliest": dt.date(2026, 11, 22), "therapists": [piotr]}
        return Wish(**first | changes)

    return wished


def times(found, day):
    return [f"{one.start:%H:%M}" for one in found.days.get(dt.date.fromisoformat(day), [])]


def test_meetings_absences_and_closed_days_are_left_out(wish, book, piotr):
    book(starts_at=at("2026-11-23", "10:15"), minutes=30)
    Absence.objects.create(
        staff=piotr,
        kind="leave",
        from_at=at("2026-11-24", "00:00"),
        to_at=at("2026-11-25", "00:00"),
        entered_by=piotr.user,
    )
    found = find(wish())
    assert times(found, "2026-11-23") == ["09:00", "10:45"]
    assert times(found, "2026-11-24") == []
    assert times(found, "2026-11-25") == ["09:00", "10:00", "11:00"]
    assert times(found, "2026-11-26") == []


def test_nothing_is_offered_past_the_last_day_of_a_therapist(wish, piotr):
    RoleAssignment.objects.filter(user=piotr.user).update(to_on=dt.date(2026, 11, 24))
    assert [day for day, free in find(wish()).days.items() if free] == [dt.date(2026, 11, 23), dt.date(2026, 11, 24)]


def test_a_cancelled_meeting_is_free_again_and_the_family_s_other_meetings_are_not(
    wish, book, annas_case, marek, anna
):
    book(starts_at=at("2026-11-23", "09:00"), status="by_family")
    book(starts_at=at("2026-11-23", "10:00"), therapist=marek, by=anna.user)
    assert times(find(wish()), "2026-11-23") == ["09:00", "10:00", "11:00"]
    assert times(find(wish(family=annas_case.family_id)), "2026-11-23") == ["09:00", "11:00"]


def test_a_room_is_looked_for_only_if_one_is_wished(wish, book, marek, anna, room, wodna):
    book(starts_at=at("2026-11-23", "09:00"), minutes=180, therapist=marek, by=anna.user, room=room)
    assert times(find(wish(rooms=[room])), "2026-11-23") == []
    assert len(times(find(wish()), "2026-11-23")) == 3
    other = Room.objects.create(centre=wodna, name="Pokój 2")
    assert {one.room for one in find(wish(rooms=[room, other])).days[dt.date(2026, 11, 23)]} == {other}


def test_nothing_is_offered_in_the_past_or_outside_the_wished_hours(wish):
    found = find(wish(earliest=dt.date(2026, 11, 1)), now=at("2026-11-23", "10:20"))
    assert times(found, "2026-11-23") == ["10:30"]
    found = find(wish(from_time=dt.time(10), to_time=dt.time(11)))
    assert times(found, "2026-11-24") == ["10:00"]


def test_a_full_page_ends_with_a_whole_day_and_says_where_to_look_on(wish):
    found = find(wish())
    assert sum(map(len, found.days.values())) == 24
    assert found.onward == max(found.days) + dt.timedelta(days=1)
    assert find(wish(from_time=dt.time(13))).onward == dt.date(2026, 12, 20)


def test_the_search_costs_as_many_queries_however_many_people_it_is_about(wish, make_staff, wodna, piotr, book, room):
    def cost(**changes):
        with CaptureQueriesContext(connection) as queries:
            find(wish(rooms=[room], **changes))
        return len(queries)

    few = cost(every=7)
    others = [make_staff(f"Olga{n}", "Druga", Role.THERAPIST, centre=wodna) for n in range(5)]
    book()
    assert cost(every=7, therapists=[piotr, *others]) == few <= 5


# --- the page ---


@pytest.fixture
def asked(annas_case, family_therapy):
    return {"case": str(annas_case.uuid), "service": str(family_therapy.uuid), "minutes": "60", "room": ""}


def test_each_time_leads_to_the_form_that_plans_it(sign_in, piotr, hours, asked, room, annas_case, anna):
    answer = sign_in(piotr).get(URL, asked | {"room": "any"})
    (first, *_) = answer.context["days"][0]["times"]
    assert (first["time"], first["therapist"], first["room"]) == ("9:00–10:00", "Piotr Próbny", "Pokój 1")
    browser = sign_in(anna)
    address = urlsplit(first["url"])
    form = browser.get(first["url"]).context["form"]
    sent = fields_of(form)
    assert (sent["day"], sent["time"], sent["minutes"]) == ("2026-11-23", "09:00", "60")
    assert dict(parse_qsl(address.query))["therapist"] == sent["therapist"] == str(piotr.uuid)
    assert browser.post(first["url"], sent).status_code == 302
    session = annas_case.sessions.get()
    assert (session.starts_at, session.room, session.therapist) == (at("2026-11-23", "09:00"), room, piotr)


def test_a_rhythm_says_what_gets_in_the_way(sign_in, anna, hours, asked, piotr):
    Absence.objects.create(
        staff=piotr,
        kind="sick",
        from_at=at("2026-11-30", "00:00"),
        to_at=at("2026-12-01", "00:00"),
        entered_by=piotr.user,
    )
    page = sign_in(anna).get(URL, asked | {"every": "7", "therapist": str(piotr.uuid)}).content.decode()
    assert "1 kolizja" in page
    assert "30.11 – terapeuta nieobecny" in page
    assert "bez kolizji" in page
    assert "zwolnienie" not in page


def test_a_rhythm_leads_to_the_form_that_plans_a_series(sign_in, anna, hours, asked, piotr):
    browser = sign_in(anna)
    answer = browser.get(URL, asked | {"every": "14", "therapist": str(piotr.uuid)})
    sent = fields_of(browser.get(answer.context["days"][0]["times"][0]["url"]).context["form"])
    assert (sent["day"], sent["time"], sent["weeks_between"]) == ("2026-11-23", "09:00", "2")


def test_a_therapist_looks_for_nobody_else(sign_in, piotr, marek, hours, asked):
    answer = sign_in(piotr).get(URL, asked | {"therapist": str(marek.uuid)})
    assert "therapist" not in answer.context["form"].fields
    assert {one["therapist"] for day in answer.context["days"] for one in day["times"]} == {"Piotr Próbny"}


def test_without_a_family_one_only_looks(sign_in, anna, piotr, hours, asked):
    answer = sign_in(anna).get(URL, asked | {"case": ""})
    assert {one["url"] for day in answer.context["days"] for one in day["times"]} == {""}
    assert "Wybierz rodzinę" in answer.content.decode()


def test_unknown_opening_hours_are_asked_for(sign_in, anna, piotr, asked):
    browser = sign_in(anna)
    answer = browser.get(URL, asked)
    assert set(answer.context["form"].errors) == {"from_time", "to_time"}
    answer = browser.get(URL, asked | {"from_time": "16:00", "to_time": "18:00"})
    assert [one["time"] for one in answer.context["days"][0]["times"]] == ["16:00–17:00", "17:00–18:00"]


def test_it_is_empty_until_something_is_asked(sign_in, anna, annas_case):
    answer = sign_in(anna).get(URL, {"case": annas_case.uuid})
    assert "days" not in answer.context
    assert not answer.context["form"].is_bound


@pytest.mark.parametrize(
    "query",
    [
        {"case": "x"},
        {"case": "00000000-0000-0000-0000-000000000000"},
        {"centre": "krakowiakow"},
    ],
)
def test_what_is_not_one_s_own_is_not_found(sign_in, anna, query):
    assert sign_in(anna).get(URL, query).status_code == 404


def test_the_family_of_another_centre_is_nowhere(sign_in, ewa, annas_case):
    browser = sign_in(ewa)
    assert browser.get(URL, {"case": annas_case.uuid}).status_code == 404
    assert "Przykładowych" not in browser.get(URL).content.decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"service": "x"},
        {"minutes": "9" * 30},
        {"every": "3"},
        {"earliest": "2026-02-30"},
        {"earliest": "9999-12-31"},
        {"room": "x"},
        {"therapist": "x"},
        {"from_time": "12:00", "to_time": "11:00"},
        {"from_time": "\x00"},
    ],
)
def test_bad_input_is_answered_with_a_sentence(sign_in, anna, hours, asked, changes):
    answer = sign_in(anna).get(URL, asked | changes)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert "days" not in answer.context


def test_a_plan_form_takes_nothing_senseless_from_its_address(sign_in, anna, annas_case):
    url = f"/cases/{annas_case.uuid}/sessions/new/"
    query = {
        "status": "planned",
        "day": "x",
        "time": "99",
        "minutes": "z",
        "service": "1",
        "room": "'",
        "therapist": "",
    }
    assert sign_in(anna).get(url, query).status_code == 200


def test_what_is_wrong_with_a_search_is_said_in_words_of_a_search(sign_in, anna, hours, asked):
    answer = sign_in(anna).get(URL, asked | {"therapist": "x", "minutes": "1"})
    page = answer.content.decode()
    assert "Popraw i szukaj jeszcze raz:" in page
    assert "nic nie zapisano" not in page
    assert answer.context["form"].errors["therapist"] == ["Wybierz terapeutów z listy."]
    assert "UUID" not in page

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.calendar.week import CalendarError, Week, days_of, view_for
from cases.casefile.models import CareTeamMember
from centres.duties import duties_of
from centres.models import Absence, OpeningHours, Role, RoleAssignment, Room
from tests.cases.sessions.conftest import at
from tests.groups import group_meeting, make_group

URL = "/calendar/"


def away(staff, from_at, length=dt.timedelta(days=1), kind="leave", by=None):
    return Absence.objects.create(
        staff=staff, kind=kind, from_at=from_at, to_at=from_at + length, entered_by=by or staff.user
    )


def days_in(answer):
    assert answer.status_code == 200
    return {day.date.isoformat(): day for day in answer.context["days"]}


def events_of(answer):
    assert answer.status_code == 200
    return {day.date.isoformat(): day.events for day in answer.context["days"] if day.events}


def test_a_week_begins_on_monday_and_its_meetings_stand_under_their_days(sign_in, piotr, planned, book):
    tuesday = book(starts_at=at("2026-11-24", "09:00"))
    events = events_of(sign_in(piotr).get(URL, {"tydzien": "2026-W48"}))
    assert list(events) == ["2026-11-23", "2026-11-24"]
    assert [event.time for event in events["2026-11-23"]] == ["16:00–17:00"]
    assert events["2026-11-24"][0].url == tuesday.get_absolute_url()


def test_without_a_week_it_is_this_one_and_the_others_are_one_click_away(sign_in, piotr):
    answer = sign_in(piotr).get(URL)
    assert answer.context["week"].monday == dt.date(2026, 11, 16)
    page = answer.content.decode()
    assert "tydzien=2026-W46" in page
    assert "tydzien=2026-W48" in page


@pytest.mark.parametrize("who", ["piotr", "anna"])
def test_any_day_can_be_gone_to_at_once(request, sign_in, book, who):
    far = book(status="planned", starts_at=at("2027-05-12", "10:00"))
    browser = sign_in(request.getfixturevalue(who))
    assert '<input class="form-control form-control-sm w-auto" id="day-to-show" type="date" name="dzien"' in (
        browser.get(URL).content.decode()
    )
    answer = browser.get(URL, {"dzien": "2027-05-12", "therapist": "", "room": ""})
    assert [event.url for event in events_of(answer)["2027-05-12"]] == [far.get_absolute_url()]
    assert 'name="dzien" value="2027-05-12"' in answer.content.decode()


def test_a_day_is_taken_as_people_write_it_too(sign_in, piotr, book):
    book(status="planned", starts_at=at("2027-05-12", "10:00"))
    assert list(events_of(sign_in(piotr).get(URL, {"dzien": "12.05.2027"}))) == ["2027-05-12"]


@pytest.mark.parametrize(
    "day",
    [
        "0202-11-23",
        "1999-12-31",
        "2026-02-30",
        "31.11.2026",
        "26-11-23",
        "jutro",
        "2026-11-23'",
        "١٢.٠٥.٢٠٢٧",
        "<b>",
        "\x00",
    ],
)
def test_a_day_that_there_is_not_is_said_beside_the_present_week(sign_in, piotr, day):
    answer = sign_in(piotr).get(URL, {"dzien": day})
    assert answer.status_code == 200
    assert answer.context["is_this_week"]
    assert "W kalendarzu nie ma dnia" in answer.content.decode()
    assert "<b>”" not in answer.content.decode()


def test_a_meeting_late_on_sunday_belongs_to_that_sunday(sign_in, piotr, book):
    book(starts_at=at("2026-11-29", "23:30"))
    assert list(events_of(sign_in(piotr).get(URL, {"tydzien": "2026-W48"}))) == ["2026-11-29"]
    assert events_of(sign_in(piotr).get(URL, {"tydzien": "2026-W49"})) == {}


@pytest.mark.parametrize(
    "week", ["2026-W54", "2026-W00", "2025-W53", "1999-W10", "2100-W01", "2026W47", "x", "٢٠٢٦-W47", "'"]
)
def test_what_is_no_week_is_not_found(sign_in, piotr, week):
    assert sign_in(piotr).get(URL, {"tydzien": week}).status_code == 404


@pytest.mark.parametrize("name", ["therapist", "room"])
def test_what_is_nobody_s_filter_is_not_found(sign_in, anna, name):
    for value in ("x", "00000000-0000-0000-0000-000000000000"):
        assert sign_in(anna).get(URL, {name: value}).status_code == 404


def test_weeks_know_the_edges_of_the_calendar_year():
    assert str(Week.of(dt.date(2027, 1, 1))) == "2026-W53"
    assert str(Week.parse("2026-W53").after) == "2027-W01"
    assert Week.parse("2026-W48").words == "23–29 listopada 2026"
    assert Week.parse("2026-W49").words == "30 listopada – 6 grudnia 2026"
    assert Week.parse("2026-W53").words == "28 grudnia 2026 – 3 stycznia 2027"
    with pytest.raises(CalendarError):
        Week.parse("2026-W60")


def test_a_week_is_as_long_as_the_clocks_make_it():
    def hours(week):
        first, last = (one.astimezone(dt.UTC) for one in Week.parse(week).bounds)
        return (last - first) / dt.timedelta(hours=1)

    assert [hours(week) for week in ("2026-W43", "2026-W44", "2027-W12")] == [169, 168, 167]


def test_holidays_are_called_by_name(sign_in, piotr):
    assert "Święto Niepodległości" in sign_in(piotr).get(URL, {"tydzien": "2026-W46"}).content.decode()


def test_a_therapist_sees_own_meetings_only(sign_in, piotr, planned, book, anna, make_staff, wodna):
    other = make_staff("Olga", "Druga", Role.THERAPIST, centre=wodna)
    book(starts_at=at("2026-11-25"), therapist=other, by=anna.user)
    assert list(events_of(sign_in(piotr).get(URL, {"tydzien": "2026-W48"}))) == ["2026-11-23"]
    assert list(events_of(sign_in(other).get(URL, {"tydzien": "2026-W48"}))) == ["2026-11-25"]


def test_a_colleague_sees_that_the_time_is_taken_by_which_case_and_no_family(sign_in, make_staff, wodna, planned):
    colleague = make_staff("Beata", "Nowa", Role.COORDINATOR, centre=wodna)
    answer = sign_in(colleague).get(URL, {"tydzien": "2026-W48"})
    event = events_of(answer)["2026-11-23"][0]
    assert (event.family, event.case, event.url) == ("", planned.case.number, "")
    assert "Przykładow" not in answer.content.decode()


def test_the_case_s_people_see_the_family_and_open_the_meeting(sign_in, anna, marek, clara, planned):
    for reader in (anna, marek, clara):
        event = events_of(sign_in(reader).get(URL, {"tydzien": "2026-W48"}))["2026-11-23"][0]
        assert (event.family, event.url) == ("Rodzina Przykładowych", planned.get_absolute_url())


def test_a_therapist_who_left_the_care_team_sees_the_hour_as_taken(sign_in, piotr, planned, annas_case):
    CareTeamMember.objects.filter(case=annas_case).update(to_on="2026-11-21")
    answer = sign_in(piotr).get(URL, {"tydzien": "2026-W48"})
    event = events_of(answer)["2026-11-23"][0]
    assert (event.family, event.case) == ("", "")
    page = answer.content.decode()
    assert "Przykładow" not in page
    assert page.count(event.service) == 1


def test_another_centre_sees_nothing(sign_in, ewa, planned):
    assert events_of(sign_in(ewa).get(URL, {"tydzien": "2026-W48"})) == {}
    assert sign_in(ewa).get(URL, {"centre": "wodna"}).status_code == 404


def test_the_centre_s_week_is_narrowed_to_a_therapist_or_a_room(sign_in, anna, piotr, marek, planned, room, wodna):
    empty = Room.objects.create(centre=wodna, name="Pokój 2")
    browser = sign_in(anna)
    for filters, found in (
        ({"therapist": piotr.uuid}, True),
        ({"therapist": marek.uuid}, False),
        ({"room": room.uuid}, True),
        ({"room": empty.uuid}, False),
        ({"therapist": piotr.uuid, "room": room.uuid}, True),
    ):
        assert bool(events_of(browser.get(URL, {"tydzien": "2026-W48"} | filters))) is found


def test_a_cancelled_meeting_stays_in_sight(sign_in, anna, book):
    book(status="by_family")
    event = events_of(sign_in(anna).get(URL, {"tydzien": "2026-W48"}))["2026-11-23"][0]
    assert event.cancelled
    assert str(event.tag.word) == "odwołane przez rodzinę"


def test_the_clinical_lead_chooses_the_centre(sign_in, clara, planned):
    browser = sign_in(clara)
    week = {"tydzien": "2026-W48"}
    assert events_of(browser.get(URL, week | {"centre": "wodna"}))
    assert events_of(browser.get(URL, week | {"centre": "krakowiakow"})) == {}


@pytest.mark.parametrize("busy", [1, 12])
def test_the_week_costs_four_queries_however_full_it_is(anna, piotr, wodna, book, busy):
    OpeningHours.objects.create(
        centre=wodna, weekday=1, opens_at="08:00", closes_at="19:00", from_on=dt.date(2026, 1, 1)
    )
    for n in range(busy):
        book(starts_at=at("2026-11-23", "07:00") + dt.timedelta(hours=n))
        away(piotr, at("2026-11-24", "07:00") + dt.timedelta(hours=n), dt.timedelta(hours=1))
    assert duties_of(anna.user)  # who asks is known before the view begins
    with CaptureQueriesContext(connection) as queries:
        view = view_for(anna.user, centre="", therapist="", room="")
        days = days_of(Week.parse("2026-W48"), view, anna.user)
    assert sum(len(day.events) for day in days) == sum(len(day.away) for day in days) == busy
    assert len(queries) == 4  # who and what may be chosen, meetings, opening hours, absences


def test_what_waits_to_be_settled_costs_one_query_more_however_much_it_is(sign_in, piotr, unresolved, book):
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            browser.get(URL, {"tydzien": "2026-W47"})
        return len(found)

    browser = sign_in(piotr)
    browser.get(URL, {"tydzien": "2026-W48"})
    with CaptureQueriesContext(connection) as without:
        browser.get(URL, {"tydzien": "2026-W48"})
    assert queries() == len(without) + 1
    with time_machine.travel(at("2026-11-18"), tick=False):
        for hour in ("08:00", "10:00", "12:00"):
            book(starts_at=at("2026-11-20", hour), room=None)
    assert queries() == len(without) + 1


@pytest.mark.parametrize(("who", "wanted"), [("anna", 7), ("piotr", 6), ("clara", 9)])
def test_the_page_costs_the_frame_s_three_queries_more(sign_in, request, planned, who, wanted):
    """A clinical lead has one more for all centres; and one where somebody works at no centre and might still lead."""
    browser = sign_in(request.getfixturevalue(who))
    browser.get(URL, {"tydzien": "2026-W48"})
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(URL, {"tydzien": "2026-W48"}).status_code == 200
    assert len(queries) == wanted


def test_what_people_have_typed_is_shown_as_they_typed_it(sign_in, piotr, anna, planned, room, annas_case):
    Room.objects.filter(pk=room.pk).update(name="<b>Pokój</b>")
    type(annas_case.family).objects.filter(pk=annas_case.family_id).update(label='Rodzina "<i>Z&Z</i>"')
    page = sign_in(anna).get(URL, {"tydzien": "2026-W48"}).content.decode()
    assert (
        f'<a href="{planned.get_absolute_url()}" hx-boost="false">Rodzina &quot;&lt;i&gt;Z&amp;Z&lt;/i&gt;&quot;</a>'
        in page
    )
    assert "&lt;b&gt;Pokój&lt;/b&gt;" in page
    assert "<b>Pokój" not in page


def test_the_address_is_the_one_in_the_menu():
    assert reverse("cases:calendar") == URL


# --- absences, opening hours, one day ---


WEEK = {"tydzien": "2026-W48"}


@pytest.fixture
def hours(wodna):
    """Monday 8–12 and 13–19, from the middle of 2026 on; on other days Wodna is closed."""
    for opens, closes in (("08:00", "12:00"), ("13:00", "19:00")):
        OpeningHours.objects.create(
            centre=wodna, weekday=1, opens_at=opens, closes_at=closes, from_on=dt.date(2026, 7, 1)
        )


def test_why_somebody_is_away_is_for_themself_their_head_and_who_entered_it(
    sign_in, piotr, anna, marek, clara, make_staff, wodna
):
    colleague = make_staff("Beata", "Nowa", Role.COORDINATOR, centre=wodna)
    away(piotr, at("2026-11-24", "00:00"), kind="sick", by=anna.user)
    for reader, kind in (
        (piotr, "zwolnienie"),
        (marek, "zwolnienie"),
        (anna, "zwolnienie"),
        (colleague, ""),
        (clara, ""),
    ):
        answer = sign_in(reader).get(URL, WEEK)
        (one,) = days_in(answer)["2026-11-24"].away
        assert (one.who, one.when, one.kind) == ("Piotr Próbny", "cały dzień", kind)
        assert ("zwolnienie" in answer.content.decode()) is bool(kind)
        assert "nieobecność" in answer.content.decode()


def test_an_absence_is_for_its_centre_s_people_only(sign_in, piotr, ewa, make_staff, wodna, krakowiakow):
    other = make_staff("Olga", "Druga", Role.THERAPIST, centre=wodna)
    away(piotr, at("2026-11-24", "00:00"))
    for reader in (ewa, other):
        assert not any(day.away for day in days_in(sign_in(reader).get(URL, WEEK)).values())


def test_an_absence_over_several_days_says_for_each_how_long(sign_in, piotr):
    away(piotr, at("2026-11-23", "12:00"), dt.timedelta(days=2))
    days = days_in(sign_in(piotr).get(URL, WEEK))
    said = [[one.when for one in day.away] for day in days.values()]
    assert said == [["12:00–24:00"], ["cały dzień"], ["0:00–12:00"], [], [], [], []]


def test_filters_take_absences_along(sign_in, anna, piotr, marek, room):
    away(piotr, at("2026-11-24", "00:00"))
    browser = sign_in(anna)
    for filters, found in (({"therapist": piotr.uuid}, 1), ({"therapist": marek.uuid}, 0), ({"room": room.uuid}, 0)):
        assert len(days_in(browser.get(URL, WEEK | filters))["2026-11-24"].away) == found


def test_opening_hours_stand_beside_each_day_and_a_closed_day_is_called_closed(sign_in, anna, hours):
    answer = sign_in(anna).get(URL, WEEK)
    days = days_in(answer)
    assert days["2026-11-23"].hours == ["8:00–12:00", "13:00–19:00"]
    assert [day.is_closed for day in days.values()] == [False, *[True] * 6]
    page = answer.content.decode()
    assert "otwarte" in page
    assert page.count('<span class="hours">nieczynne</span>') == 6


def test_unknown_hours_are_not_invented(sign_in, anna):
    days = days_in(sign_in(anna).get(URL, WEEK)).values()
    assert {(tuple(day.hours), day.is_closed) for day in days} == {((), False)}


def test_hours_hold_from_their_first_day_on_and_not_on_a_holiday(sign_in, anna, hours):
    browser = sign_in(anna)
    assert days_in(browser.get(URL, {"dzien": "2026-06-29"}))["2026-06-29"].hours == []
    easter_monday = days_in(browser.get(URL, {"dzien": "2027-03-29"}))["2027-03-29"]
    assert (easter_monday.holiday, easter_monday.is_closed) == ("Poniedziałek Wielkanocny", True)


@pytest.mark.parametrize(("time", "outside"), [("08:00", False), ("18:00", False), ("18:30", True), ("11:30", True)])
def test_a_meeting_where_the_centre_is_closed_says_so(sign_in, anna, book, hours, time, outside):
    book(starts_at=at("2026-11-23", time))
    answer = sign_in(anna).get(URL, WEEK)
    assert days_in(answer)["2026-11-23"].events[0].outside is outside
    assert ("poza godzinami otwarcia" in answer.content.decode()) is outside


def test_the_strip_draws_what_is_closed_taken_and_away(sign_in, piotr, planned, hours):
    away(piotr, at("2026-11-23", "18:00"), dt.timedelta(hours=3))
    strip = days_in(sign_in(piotr).get(URL, WEEK))["2026-11-23"].strip
    assert [tuple(block) for block in strip] == [
        ("closed", 0, 60),
        ("closed", 300, 60),
        ("closed", 720, 120),
        ("away", 660, 180),
        ("taken", 540, 60),
    ]


def test_a_telephone_shows_the_chosen_day_and_its_neighbours_are_one_tap_away(sign_in, piotr):
    answer = sign_in(piotr).get(URL, {"dzien": "2026-11-29"})
    assert answer.context["week"].monday == dt.date(2026, 11, 23)
    page = answer.content.decode()
    assert page.count("chosen") == 1
    assert 'id="day-before" rel="prev" href="?dzien=2026-11-28"' in page
    assert 'id="day-after" rel="next" href="?dzien=2026-11-30"' in page


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [({}, "2026-11-22"), (WEEK, "2026-11-23"), (WEEK | {"dzien": "2026-11-25"}, "2026-11-25")],
)
def test_without_a_day_it_is_today_or_the_week_s_first(sign_in, piotr, asked, chosen):
    assert sign_in(piotr).get(URL, asked).context["chosen"].isoformat() == chosen


def test_what_the_week_shows_is_kept_in_no_browser_s_storage(sign_in, piotr):
    assert 'hx-history="false"' in sign_in(piotr).get(URL).content.decode()


def test_a_group_s_meeting_stands_under_the_group_s_name_and_names_no_family(
    sign_in, piotr, anna, marek, clara, ewa, wodna, annas_case, make_staff
):
    second = make_staff("Celina", "Druga", Role.THERAPIST, centre=wodna)
    meeting = group_meeting(make_group(wodna, piotr, annas_case), dt.date(2026, 11, 24), status="planned")
    meeting.co_therapists.add(second)
    for person in (piotr, second, anna, marek, clara):
        answer = sign_in(person).get(URL, {"tydzien": "2026-W48", **({"centre": "wodna"} if person == clara else {})})
        (event,) = events_of(answer)["2026-11-24"]
        assert (event.group, event.family, event.case) == ("TUS dla dzieci", "", "")
        assert event.url == meeting.get_absolute_url()
        assert annas_case.family.label not in answer.content.decode()
        assert sign_in(person).get(event.url).status_code == 200
    assert events_of(sign_in(ewa).get(URL, {"tydzien": "2026-W48"})) == {}


def test_a_therapist_s_week_has_the_meetings_that_they_help_to_lead(
    sign_in, piotr, marek, wodna, annas_case, make_staff
):
    second = make_staff("Celina", "Druga", Role.THERAPIST, centre=wodna)
    meeting = group_meeting(make_group(wodna, piotr, annas_case), dt.date(2026, 11, 24), status="planned")
    meeting.co_therapists.add(second)
    asked = {"tydzien": "2026-W48", "therapist": str(second.uuid)}
    assert list(events_of(sign_in(marek).get(URL, asked))) == ["2026-11-24"]
    meeting.co_therapists.clear()
    assert events_of(sign_in(marek).get(URL, asked)) == {}


def test_who_has_left_is_offered_while_meetings_of_theirs_are_to_come(sign_in, anna, piotr, book, krakowiakow):
    meeting = book()

    def offered():
        return [one.name for one in sign_in(anna).get(URL).context["view"].therapists]

    RoleAssignment.objects.filter(user=piotr.user).update(to_on=dt.date(2026, 11, 21))
    RoleAssignment.objects.create(
        user=piotr.user, role=Role.THERAPIST, centre=krakowiakow, from_on=dt.date(2026, 11, 1)
    )
    assert offered() == ["Piotr Próbny (nie pracuje już w tym centrum)", "Anna Przykład"]
    week = {"tydzien": "2026-W48", "therapist": str(piotr.uuid)}
    days = sign_in(anna).get(URL, week).context["days"]
    assert [event.starts[:10] for day in days for event in day.events] == ["2026-11-23"]

    meeting.occupancies.all().delete()  # as when it is called off
    assert offered() == ["Anna Przykład"]

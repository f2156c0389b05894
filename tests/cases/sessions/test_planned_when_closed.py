"""A meeting planned for a holiday, or outside the opening hours, is asked about once and never refused."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from cases.sessions.models import Session
from centres.models import Absence, OpeningHours
from tests.cases.sessions.conftest import at, fields_of
from tests.cases.sessions.series_world import dates_of, meetings_of, series_of

CHRISTMAS = "To święto: Boże Narodzenie"
OUTSIDE = "To poza godzinami otwarcia centrum."


@pytest.fixture
def office_hours(wodna):
    """Monday to Friday, 8:00 to 18:00."""
    OpeningHours.objects.all().delete()
    for weekday in range(1, 6):
        OpeningHours.objects.create(
            centre=wodna, weekday=weekday, opens_at=dt.time(8), closes_at=dt.time(18), from_on=dt.date(2026, 1, 1)
        )


@pytest.fixture
def plan(sign_in, piotr, annas_case, family_therapy):
    """What a browser sends of the form that plans a meeting, and the answer."""
    browser, url = sign_in(piotr), reverse("cases:log_session", args=[annas_case.uuid]) + "?status=planned"

    def planned(day, time="10:00", **more):
        facts = {"day": day, "time": time, "minutes": "60", "service": str(family_therapy.uuid)}
        return browser.post(url, fields_of(browser.get(url).context["form"]) | facts | more)

    return planned


def box_of(answer):
    (choice,) = answer.context["form"].fields["all_the_same"].choices
    return choice[0]


def test_a_holiday_is_asked_about_by_name_and_planned_when_ticked(plan):
    answer = plan("2026-12-25")
    page = answer.content.decode()
    assert CHRISTMAS in page
    assert "Zaplanuj mimo to: 25.12.2026" in page
    assert "Jest jedno pytanie:" in page
    assert ("popraw:" in page, "is-invalid" in page) == (False, False)
    assert not Session.objects.exists()

    assert plan("2026-12-25", all_the_same=box_of(answer)).status_code == 302
    assert Session.objects.get().starts_at == at("2026-12-25", "10:00")


@pytest.mark.parametrize(
    ("day", "time", "words"),
    [
        ("2026-12-05", "10:00", "To sobota."),
        ("2026-12-06", "10:00", "To niedziela."),
        ("2026-12-04", "02:30", "To przed 7:00 albo po 21:00."),
        ("2026-12-04", "20:30", "To przed 7:00 albo po 21:00."),
        ("2026-12-04", "23:30", "To przed 7:00 albo po 21:00."),
    ],
)
def test_where_nobody_has_entered_the_hours_a_weekend_and_the_night_are_asked_about(plan, day, time, words):
    answer = plan(day, time)
    page = answer.content.decode()
    assert words in page
    assert "Czy ta pora się zgadza?" in page
    assert not Session.objects.exists()
    assert plan(day, time, all_the_same=box_of(answer)).status_code == 302
    assert Session.objects.get().starts_at == at(day, time)


@pytest.mark.parametrize("time", ["07:00", "20:00"])
def test_a_morning_and_an_evening_are_not_asked_about(plan, time):
    assert plan("2026-12-04", time).status_code == 302


def test_where_the_hours_are_entered_only_they_count(plan, wodna, office_hours):
    OpeningHours.objects.create(
        centre=wodna, weekday=6, opens_at=dt.time(6), closes_at=dt.time(22), from_on=dt.date(2026, 1, 1)
    )
    assert plan("2026-12-05", "06:00").status_code == 302


def test_a_change_of_a_series_to_the_night_is_asked_about(change, mondays):
    changed, sent = change
    answer = changed(time="20:30")
    assert answer.content.decode().count("przed 7:00 albo po 21:00") >= len(days(mondays))
    asked = sent(answer)
    assert asked.status_code == 200
    assert sent(asked).status_code == 302
    assert days(mondays)[0] == "23.11 20:30"


def test_beside_what_is_wrong_it_stays_a_question(plan):
    page = plan("2026-12-25", room="x").content.decode()
    assert page.index("popraw:") < page.index("I jedno pytanie:")


@pytest.mark.parametrize(("time", "asked"), [("07:30", True), ("08:00", False), ("17:00", False), ("17:30", True)])
def test_so_is_a_time_outside_the_opening_hours(office_hours, plan, time, asked):
    answer = plan("2026-12-02", time)
    assert (OUTSIDE in answer.content.decode()) == asked
    assert (answer.status_code == 302) != asked


def test_a_tick_stands_for_one_time_alone(plan):
    box = box_of(plan("2026-12-25"))
    answer = plan("2026-12-26", all_the_same=box)
    assert answer.status_code == 200
    assert not Session.objects.exists()
    assert box_of(answer) != box


@pytest.mark.parametrize("nonsense", ["", "x", "\x00", "on"])
def test_no_other_word_is_taken_for_the_tick(plan, nonsense):
    assert plan("2026-12-25", all_the_same=nonsense).status_code == 200
    assert not Session.objects.exists()


def test_an_ordinary_day_shows_no_box(plan, sign_in, piotr, annas_case):
    page = sign_in(piotr).get(reverse("cases:log_session", args=[annas_case.uuid]) + "?status=planned")
    assert "all_the_same" not in page.content.decode()


def test_logging_what_took_place_does_not_ask(sign_in, piotr, annas_case, family_therapy):
    browser, url = sign_in(piotr), reverse("cases:log_session", args=[annas_case.uuid])
    facts = {"day": "2026-11-11", "time": "10:00", "minutes": "60", "service": str(family_therapy.uuid)}
    data = fields_of(browser.get(url).context["form"]) | facts | {"status": "held"}
    data |= {name: "present" for name in data if name.startswith("presence_")}
    assert browser.post(url, data).status_code == 302
    assert timezone.localdate(Session.objects.get().starts_at) == dt.date(2026, 11, 11)


def test_planning_on_the_page_that_logs_asks_as_well(sign_in, piotr, annas_case, family_therapy):
    browser, url = sign_in(piotr), reverse("cases:log_session", args=[annas_case.uuid])
    facts = {"day": "2026-12-25", "time": "10:00", "minutes": "60", "service": str(family_therapy.uuid)}
    data = fields_of(browser.get(url).context["form"]) | facts | {"status": "planned"}
    data |= {name: "present" for name in data if name.startswith("presence_")}
    answer = browser.post(url, data)
    assert CHRISTMAS in answer.content.decode()
    assert browser.post(url, data | {"all_the_same": box_of(answer)}).status_code == 302


def test_moving_a_meeting_asks_and_another_room_does_not(planned, sign_in, anna, room):
    browser, url = sign_in(anna), reverse("cases:edit_session", args=[planned.uuid])
    data = fields_of(browser.get(url).context["form"]) | {"day": "2026-12-25"}
    answer = browser.post(url, data)
    assert CHRISTMAS in answer.content.decode()
    assert browser.post(url, data | {"all_the_same": box_of(answer)}).status_code == 302
    assert timezone.localdate(Session.objects.get().starts_at) == dt.date(2026, 12, 25)

    data = fields_of(browser.get(url).context["form"]) | {"room": ""}
    assert browser.post(url, data).status_code == 302


@pytest.mark.parametrize("name", ["edit_series", "plan_series"])
def test_a_row_of_a_series_moved_to_a_holiday_is_shown_once_before_it_is_saved(
    sign_in, piotr, annas_case, family_therapy, name
):
    browser = sign_in(piotr)
    if name == "edit_series":
        series = series_of(annas_case, piotr, family_therapy)
        url, facts = reverse("cases:edit_series", args=[series.uuid]), {"since": str(meetings_of(series)[0].uuid)}
    else:
        url = reverse("cases:plan_series", args=[annas_case.uuid])
        facts = {"first_on": "2026-11-23", "time": "16:00", "count": "4", "weeks_between": "1", "minutes": "60",
                 "service": str(family_therapy.uuid)}  # fmt: skip
    answer = browser.post(url, fields_of(browser.get(url).context["form"]) | facts | {"step": "preview"})
    moved = dates_of(answer) | {"step": "save", "day_3": "2026-12-25", "time_3": "10:00"}

    again = browser.post(url, moved)
    assert "święto: Boże Narodzenie" in again.content.decode()
    assert "zapisz jeszcze raz" in again.content.decode()

    assert browser.post(url, dates_of(again) | {"step": "save"}).status_code == 302
    assert Session.objects.filter(starts_at=at("2026-12-25", "10:00")).exists()


# --- a whole series -------------------------------------------------------------------------------------------------


@pytest.fixture
def mondays(annas_case, piotr, family_therapy):
    """Eight Mondays at 16:00, from 23.11.2026 to 11.01.2027; Christmas Day and New Year's Day are Fridays."""
    return series_of(annas_case, piotr, family_therapy, count=8)


@pytest.fixture
def change(sign_in, piotr, mondays):
    """The dates of all these meetings after a change, and a way to send them."""
    browser, url = sign_in(piotr), reverse("cases:edit_series", args=[mondays.uuid])

    def changed(**changes):
        data = fields_of(browser.get(url).context["form"]) | {"since": str(meetings_of(mondays)[0].uuid)}
        return browser.post(url, data | changes | {"step": "preview"})

    def sent(answer, step="save", take=None, **typed):
        data = dates_of(answer) | {"step": step} | typed
        for number, day in (take or {}).items():
            data |= {f"day_{number}": day, f"time_{number}": "10:00"}
        return browser.post(url, data)

    return changed, sent


def days(series):
    return [f"{timezone.localtime(one.starts_at):%d.%m %H:%M}" for one in meetings_of(series)]


CHRISTMAS_DAY = {4: "2026-12-25"}
NEW_YEAR = {5: "2027-01-01"}


def test_a_change_leaves_the_day_and_hour_of_meetings_that_would_newly_fall_on_a_holiday(change, mondays):
    changed, sent = change
    answer = changed(weekday="5", time="10:00")
    preview, page = answer.context["preview"], answer.content.decode()
    assert [row.number for row in preview.rows if row.skipped] == []
    assert [row.words for row in preview.set_aside] == ["poniedziałek, 21.12.2026", "poniedziałek, 28.12.2026"]
    # The link above the table and the row name the same day, and the one that it would have been is told beside.
    assert "5. 21.12.2026, 16:00</a> (piątek, 25.12.2026 – święto: Boże Narodzenie" in page
    assert page.count("5. 21.12.2026, 16:00") == 2
    assert sent(answer).status_code == 302
    assert days(mondays)[3:7] == ["18.12 10:00", "21.12 16:00", "28.12 16:00", "08.01 10:00"]


def test_it_leaves_where_they_are_those_that_would_fall_into_an_absence(change, piotr):
    Absence.objects.create(
        staff=piotr, kind="leave", from_at=at("2026-12-01", "00:00"), to_at=at("2026-12-02", "00:00"),
        entered_by=piotr.user,
    )  # fmt: skip
    changed, _sent = change
    preview = changed(weekday="2").context["preview"]
    assert ([row.number for row in preview.set_aside], preview.blocked) == ([2], [])


def test_every_row_taken_to_a_holiday_after_all_is_asked_about_once(change, mondays):
    changed, sent = change
    asked = sent(changed(weekday="5", time="10:00"), take=CHRISTMAS_DAY, day_7="2027-05-03")
    assert [row.words for row in asked.context["preview"].closed] == ["piątek, 25.12.2026", "poniedziałek, 3.05.2027"]
    assert "zapisz jeszcze raz" in asked.content.decode()
    assert days(mondays)[0] == "23.11 16:00"

    assert sent(asked).status_code == 302
    assert {"25.12 10:00", "03.05 10:00", "28.12 16:00"} <= set(days(mondays))


def test_the_answer_stands_for_the_dates_asked_about_alone(change):
    changed, sent = change
    asked = sent(changed(weekday="5", time="10:00"), take=CHRISTMAS_DAY)
    again = sent(asked, take=NEW_YEAR)
    assert again.context["preview"].asking
    assert sent(again).status_code == 302


def test_a_look_at_the_dates_is_no_answer(change):
    changed, sent = change
    looked = sent(changed(weekday="5", time="10:00"), step="check", take=CHRISTMAS_DAY)
    assert not looked.context["preview"].asking
    assert sent(looked).context["preview"].asking


def test_a_change_to_when_the_centre_is_closed_is_asked_about_and_not_left(office_hours, change, mondays):
    changed, sent = change
    answer = changed(weekday="6")
    preview = answer.context["preview"]
    assert ([row.number for row in preview.closed], preview.set_aside[0].words) == (
        [1, 2, 3, 4, 6, 7, 8],
        "poniedziałek, 21.12.2026",
    )
    asked = sent(answer)
    assert asked.status_code == 200
    assert sent(asked).status_code == 302
    assert days(mondays)[0] == "28.11 16:00"


def test_a_meeting_that_is_on_the_holiday_already_is_not_left_and_with_another_room_not_asked_about(
    change, mondays, room
):
    changed, sent = change
    asked = sent(changed(weekday="5", time="10:00"), take=CHRISTMAS_DAY | NEW_YEAR)
    sent(asked)
    answer = changed(room=str(room.uuid))
    preview = answer.context["preview"]
    assert (preview.set_aside, preview.closed) == ([], [])
    assert sent(answer).status_code == 302


def test_a_new_series_asks_about_the_holiday_that_it_takes(sign_in, piotr, annas_case, family_therapy):
    browser, url = sign_in(piotr), reverse("cases:plan_series", args=[annas_case.uuid])
    facts = {"day": "2026-12-18", "time": "16:00", "count": "3", "service": str(family_therapy.uuid)}
    answer = browser.post(url, fields_of(browser.get(url).context["form"]) | facts | {"step": "preview"})
    data = dates_of(answer) | {"step": "save"}
    del data["skip_1"]
    asked = browser.post(url, data)
    assert "zapisz jeszcze raz" in asked.content.decode()
    assert browser.post(url, dates_of(asked) | {"step": "save"}).status_code == 302
    assert Session.objects.filter(starts_at=at("2026-12-25", "16:00")).exists()

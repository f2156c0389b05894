"""A meeting planned for a holiday, or outside the opening hours, is asked about once and never refused."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from cases.sessions.models import Session
from centres.models import OpeningHours
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
    assert not Session.objects.exists()

    assert plan("2026-12-25", all_the_same=box_of(answer)).status_code == 302
    assert Session.objects.get().starts_at == at("2026-12-25", "10:00")


@pytest.mark.parametrize(("time", "asked"), [("07:30", True), ("08:00", False), ("17:00", False), ("17:30", True)])
def test_so_is_a_time_outside_the_opening_hours(office_hours, plan, time, asked):
    answer = plan("2026-12-02", time)
    assert (OUTSIDE in answer.content.decode()) == asked
    assert (answer.status_code == 302) != asked


def test_where_no_hours_are_known_nothing_is_asked(plan):
    OpeningHours.objects.all().delete()
    assert plan("2026-12-02", "22:00").status_code == 302


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

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from cases.sessions.series import end_series, prolong_series
from cases.sessions.services import SessionError
from centres.models import Room
from tests.cases.sessions.conftest import at, fields_of, people_of
from tests.cases.sessions.series_world import dates_of, meetings_of, series_of
from tests.cases.sessions.test_resolve_session import settle


@pytest.fixture
def series(annas_case, piotr, room, family_therapy):
    """Four Mondays at 16:00 from tomorrow on."""
    return series_of(annas_case, piotr, family_therapy, room)


def prolong(series, by, **changes):
    arguments = {
        "persons": people_of(series.case), "starts": [at("2026-12-21", "16:00")], "decision": "extended",
        "reason": "Rodzina potrzebuje więcej czasu.", "version": series.version,
    }  # fmt: skip
    return prolong_series(series, **arguments | changes, by=by.user)


def test_an_extension_adds_to_the_plan_and_keeps_its_reason(series, anna):
    longer = prolong(series, anna)
    assert (longer.count, len(meetings_of(series))) == (5, 5)
    review = series.reviews.get()
    assert (review.decision, review.meetings, review.by) == ("extended", 1, anna)
    assert review.reason == "Rodzina potrzebuje więcej czasu."


def test_an_extension_past_the_half_year_sets_the_next_review_to_its_end(annas_case, piotr, anna, family_therapy):
    series = series_of(annas_case, piotr, family_therapy, count=26)
    with time_machine.travel(at("2027-05-10"), tick=False):
        longer = prolong(series, anna, starts=[at("2027-06-07", "16:00"), at("2027-06-14", "16:00")])
    assert longer.review_on == dt.date(2027, 6, 14)


def test_a_meeting_made_up_for_leaves_the_plan_as_it_was(series, piotr):
    settle(meetings_of(series)[0], "by_family", piotr.user)
    assert prolong(series, piotr, decision="made_up").count == 4


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason": "  "}, "no_reason"), ({"reason": "x" * 301}, "long_reason"), ({"decision": "ended"}, "decision"),
        ({"starts": []}, "no_dates"), ({"starts": [at("2026-12-14", "16:30")]}, "staff_taken"),
        ({"persons": []}, "nobody"),
    ],
)  # fmt: skip
def test_what_may_not_be_is_refused_and_nothing_is_added(series, piotr, changes, code):
    with pytest.raises(SessionError) as error:
        prolong(series, piotr, **changes)
    assert error.value.code == code
    assert len(meetings_of(series)) == 4
    assert not series.reviews.exists()


def test_where_the_room_is_not_in_use_any_more_another_takes_its_place(sign_in, anna, series, room, wodna):
    new = Room.objects.create(centre=wodna, name="Pokój 2")
    browser, url = sign_in(anna), reverse("cases:prolong_series", args=[series.uuid])
    assert "room" not in browser.get(url).context["form"].fields
    Room.objects.filter(pk=room.pk).update(is_active=False)
    first = browser.get(url)
    assert "Pokój 1 nie jest już w użyciu. Wybierz, gdzie odbędą się dodane spotkania." in first.content.decode()
    assert list(first.context["form"].fields["room"].offer) == [new]
    plan = fields_of(first.context["form"]) | {"reason": "Dalsza praca.", "count": "2", "step": "preview"}
    dates = browser.post(url, plan | {"room": str(new.uuid)})
    assert browser.post(url, dates_of(dates) | {"step": "save"}).status_code == 302
    series.refresh_from_db()
    assert series.room == new
    assert [one.room for one in meetings_of(series)] == [room] * 4 + [new] * 2


def test_a_room_that_is_closed_while_the_dates_are_looked_at_is_asked_about_before_anything_is_saved(
    sign_in, anna, series, room
):
    browser, url = sign_in(anna), reverse("cases:prolong_series", args=[series.uuid])
    plan = fields_of(browser.get(url).context["form"]) | {"reason": "Dalsza praca.", "count": "2", "step": "preview"}
    dates = browser.post(url, plan)
    Room.objects.filter(pk=room.pk).update(is_active=False)
    back = browser.post(url, dates_of(dates) | {"step": "save"})
    assert back.context["preview"] is None
    assert [error.code for error in back.context["form"].errors["room"].as_data()] == ["room_elsewhere"]
    dates = browser.post(url, plan | {"room": ""})
    assert browser.post(url, dates_of(dates) | {"room": "", "step": "save"}).status_code == 302
    assert meetings_of(series)[-1].room is None


def test_a_series_that_has_ended_gets_no_more_meetings(series, piotr):
    end_series(series, since=None, status="", reason="Cel osiągnięty.", version=1, by=piotr.user)
    series.refresh_from_db()
    with pytest.raises(SessionError) as error:
        prolong(series, piotr)
    assert error.value.code == "ended"


def test_the_page_goes_on_in_the_rhythm_with_the_same_people(sign_in, anna, series):
    browser, url = sign_in(anna), reverse("cases:prolong_series", args=[series.uuid])
    data = fields_of(browser.get(url).context["form"]) | {"reason": "Dalsza praca.", "count": "2", "step": "preview"}
    assert len(data["presences"]) == 2
    answer = browser.post(url, data)
    assert [row.words for row in answer.context["preview"].rows] == [
        "poniedziałek, 21.12.2026",
        "poniedziałek, 28.12.2026",
    ]
    assert browser.post(url, dates_of(answer) | {"step": "save"}).status_code == 302
    assert timezone.localdate(meetings_of(series)[-1].starts_at) == dt.date(2026, 12, 28)


def test_making_up_is_proposed_where_meetings_fell_out(sign_in, anna, piotr, series):
    for meeting in meetings_of(series)[:2]:
        settle(meeting, "by_family", piotr.user)
    data = fields_of(sign_in(anna).get(reverse("cases:prolong_series", args=[series.uuid])).context["form"])
    assert (data["decision"], data["count"]) == ("made_up", "2")

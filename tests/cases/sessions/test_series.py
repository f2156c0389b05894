"""How a series goes: its page, its drift in words, and whom „Dziś” tells about it."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from cases.sessions.models import Session
from cases.sessions.progress import progress_of, series_to_review
from cases.sessions.series import end_series
from cases.sessions.series_models import SessionSeries
from tests.cases.sessions.conftest import at
from tests.cases.sessions.series_world import meetings_of, series_of
from tests.cases.sessions.test_resolve_session import settle


@pytest.fixture
def series(annas_case, piotr, room, family_therapy):
    """26 Mondays at 16:00 from tomorrow on, the half-year to the day."""
    return series_of(annas_case, piotr, family_therapy, room, count=26)


def on(day):
    return time_machine.travel(at(day, "12:00"), tick=False)


def hold(series, *numbers):
    keys = [meetings_of(series)[number].pk for number in numbers]
    Session.objects.filter(pk__in=keys).update(status="held")


def progress(series):
    return progress_of(SessionSeries.objects.with_progress().get(pk=series.pk))


def reviewed(anna):
    anna.user.__dict__.pop("_duties", None)
    return [one.series for one in series_to_review(anna.user)]


def test_a_series_that_goes_as_planned_needs_nobody(series, anna):
    hold(series, 0, 1, 2)
    with on("2026-12-10"):
        assert progress(series).reasons == []
        assert progress(series).drift_words == ""
        assert reviewed(anna) == []


def test_fewer_held_than_the_rhythm_says_is_told_in_words(series):
    hold(series, 0)
    Session.objects.filter(pk=meetings_of(series)[1].pk).update(status="no_show")
    with on("2026-12-10"):
        assert progress(series).drift_words == "Do 10.12.2026 plan przewidywał 3 spotkania; odbyło się: 1."


@pytest.mark.parametrize(("day", "drifts"), [("2026-12-08", False), ("2026-12-13", False), ("2026-12-14", True)])
def test_two_rhythms_without_a_meeting_are_a_drift(series, anna, day, drifts):
    hold(series, 0)
    keys = [one.pk for one in meetings_of(series)[1:3]]
    Session.objects.filter(pk=keys[0]).update(status="no_show")
    Session.objects.filter(pk=keys[1]).delete()
    SessionSeries.objects.update(count=25)
    with on(day):
        assert progress(series).drifts == drifts
        assert bool(reviewed(anna)) == drifts


def test_a_series_that_never_began_is_a_drift_after_two_rhythms(series):
    Session.objects.filter(pk__in=[one.pk for one in meetings_of(series)[:3]]).delete()
    SessionSeries.objects.update(count=23)
    with on("2026-12-06"):
        assert not progress(series).drifts
    with on("2026-12-07"):
        assert progress(series).drifts


def test_what_is_still_to_be_settled_may_have_been_held(series):
    with on("2026-12-10"):
        assert not progress(series).drifts
        assert progress(series).drift_words == ""


def test_two_cancelled_meetings_not_made_up_for_are_a_drift(series, piotr, anna):
    for meeting in meetings_of(series)[4:6]:
        assert not progress(series).drifts
        settle(meeting, "by_therapist", piotr.user)
    assert "Do odrobienia: 2 spotkania." in progress(series).reasons
    assert reviewed(anna) == [series]


@pytest.mark.parametrize(("day", "told"), [("2027-05-02", False), ("2027-05-03", True), ("2027-05-30", True)])
def test_the_end_is_told_two_weeks_before(series, anna, day, told):
    hold(series, *range(26))
    Session.objects.filter(pk=meetings_of(series)[25].pk).update(status="planned")
    SessionSeries.objects.update(review_on=dt.date(2027, 6, 30))  # the last meeting is on 17 May
    with on(day):
        assert progress(series).ends_soon == told
        assert bool(reviewed(anna)) == told


def test_the_half_year_is_told_two_weeks_before_though_meetings_follow(annas_case, piotr, anna, family_therapy):
    series = series_of(annas_case, piotr, family_therapy, count=30)
    hold(series, *range(24))
    with on("2027-05-09"):
        assert reviewed(anna) == []
    with on("2027-05-10"):
        assert progress(series).reasons == ["Pół roku terapii mija 24.05.2027."]
        assert reviewed(anna) == [series]


def test_an_ended_series_asks_for_nothing(series, anna):
    end_series(series, since=meetings_of(series)[0], status="by_family", reason="Wyjazd.", version=1, by=anna.user)
    assert reviewed(anna) == []


def test_only_the_coordinator_of_the_case_is_told(series, piotr, anna, marek, ewa):
    for meeting in meetings_of(series)[:2]:
        settle(meeting, "by_family", piotr.user)
    assert [bool(reviewed(one)) for one in (anna, piotr, marek, ewa)] == [True, False, False, False]


def test_today_says_why_and_offers_the_choice(series, piotr, anna, sign_in):
    for meeting in meetings_of(series)[:2]:
        settle(meeting, "by_family", piotr.user)
    page = sign_in(anna).get(reverse("cases:today")).content.decode()
    assert "Do odrobienia: 2 spotkania." in page
    for action in ("prolong_series", "end_series"):
        assert reverse(f"cases:{action}", args=[series.uuid]) in page


def test_series_of_today_cost_one_statement_however_many(
    series, annas_case, make_case, wodna, anna, piotr, family_therapy, django_assert_num_queries
):
    for n in range(5):
        case = make_case(wodna, f"Rodzina {n}", coordinator=anna, received_on=dt.date(2026, 11, 1))
        series_of(case, piotr, family_therapy, by=anna.user, time=dt.time(8 + n), count=2)
    series_to_review(anna.user)  # her duties are known now
    with django_assert_num_queries(1):
        assert len(series_to_review(anna.user)) == 5  # their last meeting is within two weeks


def test_the_page_lists_the_meetings_with_their_states(series, piotr, anna, clara, sign_in):
    settle(meetings_of(series)[1], "by_family", piotr.user, reason="Choroba.")
    for reader in (anna, piotr, clara):
        page = sign_in(reader).get(series.get_absolute_url()).content.decode()
        assert "Choroba." in page
        assert "odwołane przez rodzinę" in page
        assert timezone.localdate(meetings_of(series)[0].starts_at).strftime("%Y-%m-%d") in page


def test_the_page_says_which_meeting_is_really_the_first(annas_case, piotr, anna, family_therapy, sign_in):
    moved = [at("2026-11-28", "16:00"), at("2026-12-04", "16:00"), at("2026-12-11", "16:00")]
    series = series_of(annas_case, piotr, family_therapy, first_on=dt.date(2026, 11, 27), starts=moved)

    def said():
        page = sign_in(anna).get(series.get_absolute_url()).content.decode()
        return page[page.index("Pierwsze spotkanie</dt>") :].split("<dd>")[1].split("</dd>")[0]

    assert said() == "28.11.2026"
    first, *others = meetings_of(series)
    settle(first, "by_family", piotr.user)
    assert said() == "4.12.2026"
    for one in others:
        settle(one, "by_family", piotr.user)
    assert said() == "—"


def test_the_tab_of_the_case_shows_its_series(series, anna, sign_in):
    page = sign_in(anna).get(reverse("cases:case_sessions", args=[series.case.uuid])).content.decode()
    assert series.get_absolute_url() in page


def test_the_tab_of_the_case_warns_too(series, piotr, anna, sign_in):
    for meeting in meetings_of(series)[:2]:
        settle(meeting, "by_family", piotr.user)
    page = sign_in(anna).get(reverse("cases:case_sessions", args=[series.case.uuid])).content.decode()
    assert "Do odrobienia: 2 spotkania." in page


def test_strangers_do_not_see_it(series, ewa, jan, sign_in):
    for stranger in (ewa, jan):
        assert sign_in(stranger).get(series.get_absolute_url()).status_code == 404

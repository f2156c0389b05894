"""The first page of a case warns about its series, as „Dziś” and the tab „Spotkania” do, and asks no more for it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from cases.casefile.models import Case
from cases.casefile.services import close_case
from cases.sessions.models import Session
from cases.sessions.progress import progress_of_case
from cases.sessions.series import end_series
from cases.sessions.under_way import series_under_way, with_open_series
from tests.cases.desk.conftest import own_queries  # noqa: F401 - a fixture
from tests.cases.sessions.conftest import NOW
from tests.cases.sessions.series_world import meetings_of, series_of
from tests.cases.sessions.test_resolve_session import settle

TO_MAKE_UP = "Do odrobienia: 2 spotkania."


@pytest.fixture
def series(annas_case, piotr, room, family_therapy):
    """26 Mondays at 16:00 from tomorrow on, the half-year to the day."""
    return series_of(annas_case, piotr, family_therapy, room, count=26)


def drift(series, by):
    for meeting in meetings_of(series)[:2]:
        settle(meeting, "by_therapist", by.user)


def first_page(browser, case):
    return browser.get(case.get_absolute_url()).content.decode()


def under_way(case):
    return series_under_way(with_open_series(Case.objects.filter(pk=case.pk), NOW).get(), NOW)


def test_a_series_that_goes_as_planned_is_not_mentioned(series, anna, sign_in):
    assert reverse("cases:prolong_series", args=[series.uuid]) not in first_page(sign_in(anna), series.case)


def test_a_drifting_series_is_told_with_the_choice_to_extend_or_close(series, anna, piotr, sign_in):
    drift(series, piotr)
    page = first_page(sign_in(anna), series.case)
    assert TO_MAKE_UP in page
    for action in ("prolong_series", "end_series"):
        assert reverse(f"cases:{action}", args=[series.uuid]) in page


def test_who_does_not_manage_the_case_reads_it_and_is_offered_nothing(series, clara, piotr, sign_in):
    drift(series, piotr)
    page = first_page(sign_in(clara), series.case)
    assert TO_MAKE_UP in page
    assert reverse("cases:prolong_series", args=[series.uuid]) not in page


def test_every_series_that_ends_soon_is_told_the_nearest_end_first(annas_case, anna, piotr, family_therapy, sign_in):
    later = series_of(annas_case, piotr, family_therapy, time=dt.time(9), count=2, first_on=dt.date(2026, 11, 24))
    sooner = series_of(annas_case, piotr, family_therapy, time=dt.time(12), count=1)
    assert [one.series.uuid for one in under_way(annas_case)] == [sooner.uuid, later.uuid]
    page = first_page(sign_in(anna), annas_case)
    for one in (later, sooner):
        assert reverse("cases:end_series", args=[one.uuid]) in page


def test_it_says_the_same_as_the_tab(series, piotr):
    Session.objects.filter(pk=meetings_of(series)[3].pk).update(status="held")
    drift(series, piotr)
    (here,), (there,) = under_way(series.case), progress_of_case(series.case, NOW)
    facts = (
        "held",
        "to_come",
        "unresolved",
        "cancelled",
        "missed",
        "due",
        "lacking",
        "without_for",
        "since",
        "last_on",
    )
    assert [getattr(here, name) for name in facts] == [getattr(there, name) for name in facts]
    assert here.reasons == there.reasons


def test_a_series_without_any_meeting_left_is_told_as_well(series):
    Session.objects.filter(series=series).delete()
    (told,) = under_way(series.case)
    assert told.reasons == ["Do odrobienia: 26 spotkań.", "Nie ma już zaplanowanych spotkań."]


def test_a_series_that_has_ended_is_not_told(series, anna, piotr, sign_in):
    drift(series, piotr)
    end_series(series, since=None, status="", reason="Cel osiągnięty.", version=1, by=anna.user)
    assert TO_MAKE_UP not in first_page(sign_in(anna), series.case)


def test_nobody_is_told_to_extend_anything_of_a_closed_case(series, anna, piotr, sign_in):
    drift(series, piotr)
    case = Case.objects.get(pk=series.case_id)
    close_case(case, on=NOW.date(), note="Cel.", version=case.version, by=anna.user)
    assert TO_MAKE_UP not in first_page(sign_in(anna), series.case)


def test_however_many_series_they_cost_no_statement(annas_case, anna, piotr, family_therapy, sign_in, own_queries):  # noqa: F811
    browser = sign_in(anna)
    first_page(browser, annas_case)
    counts = []
    for number in range(2):
        series_of(annas_case, piotr, family_therapy, time=dt.time(9 + number), count=2)
        with own_queries() as made:
            first_page(browser, annas_case)
        counts.append(len(made))
    assert counts[0] == counts[1] <= 8, "\n".join(made)

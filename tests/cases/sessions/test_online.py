"""A meeting on a screen: said when it is logged, planned or changed, and seen wherever its place is."""

from __future__ import annotations

import pytest
from django.urls import reverse

from audit.models import AuditEntry
from cases.sessions.models import Session
from cases.sessions.series import change_series, prolong_series
from cases.sessions.series_models import SessionSeries
from tests.cases.sessions.conftest import at, fields_of
from tests.cases.sessions.series_world import dates_of, meetings_of, series_of
from tests.cases.sessions.test_edit_session import edit


def online_of(series):
    return [one.is_online for one in meetings_of(series)]


@pytest.fixture
def series(annas_case, piotr, room, family_therapy):
    """Four Mondays at 16:00 from tomorrow on, on a screen."""
    return series_of(annas_case, piotr, family_therapy, room, is_online=True)


def test_an_online_meeting_may_still_take_up_a_room(book, room):
    session = book(is_online=True)
    assert session.is_online
    assert session.occupancies.filter(room=room).exists()


def test_it_is_changed_and_stays_where_nobody_speaks_of_it(planned, piotr):
    assert edit(planned, piotr.user, is_online=True).is_online
    assert AuditEntry.objects.latest("id").details["changed"] == ["is_online"]
    assert edit(planned, piotr.user, starts_at=at("2026-11-24")).is_online
    assert not edit(planned, piotr.user, is_online=False).is_online


def test_all_meetings_of_a_series_are_online_and_those_added_later(series, piotr):
    assert online_of(series) == [True] * 4
    prolong_series(
        series,
        persons=[row.person for row in meetings_of(series)[0].attendances.all()],
        starts=[at("2026-12-21", "16:00")],
        decision="extended",
        reason="Rodzina tego potrzebuje.",
        version=1,
        by=piotr.user,
    )
    assert online_of(series) == [True] * 5


def test_a_changed_series_takes_along_what_its_meetings_share_with_it(series, piotr, room):
    edit(meetings_of(series)[0], piotr.user, is_online=False)
    change_series(
        series, therapist=piotr, room=room, is_online=False, minutes=60, weekday=1, time=series.time, version=1,
        starts={one: one.starts_at for one in meetings_of(series)}, by=piotr.user,
    )  # fmt: skip
    series.refresh_from_db()
    assert not series.is_online
    assert online_of(series) == [False] * 4


def test_a_meeting_that_is_its_own_keeps_its_own_way(series, piotr, room):
    edit(meetings_of(series)[0], piotr.user, is_online=False)
    change_series(
        series, therapist=piotr, room=room, minutes=45, weekday=1, time=series.time, version=1,
        starts={one: one.starts_at for one in meetings_of(series)}, by=piotr.user,
    )  # fmt: skip
    assert online_of(series) == [False, True, True, True]


# --- the pages ------------------------------------------------------------------------------------------------------


def test_it_is_logged_with_one_box_and_proposed_for_the_next_time(sign_in, piotr, annas_case, family_therapy):
    browser = sign_in(piotr)
    url = reverse("cases:log_session", args=[annas_case.uuid])
    data = fields_of(browser.get(url).context["form"]) | {"service": str(family_therapy.uuid)}
    assert data["is_online"] == "False"
    assert browser.post(url, data | {"is_online": "on"}).status_code == 302
    session = Session.objects.get()
    assert session.is_online
    assert fields_of(browser.get(url).context["form"])["is_online"] == "True"
    assert fields_of(browser.get(f"{url}?status=planned").context["form"])["is_online"] == "True"


def test_the_form_of_a_meeting_shows_it_and_takes_it_back(sign_in, piotr, book):
    session = book(is_online=True)
    browser = sign_in(piotr)
    url = reverse("cases:edit_session", args=[session.uuid])
    data = fields_of(browser.get(url).context["form"])
    assert data.pop("is_online") == "True"
    assert browser.post(url, data).status_code == 302
    session.refresh_from_db()
    assert not session.is_online


def test_a_lost_race_says_that_it_is_online_now(sign_in, piotr, anna, planned):
    browser = sign_in(piotr)
    url = reverse("cases:edit_session", args=[planned.uuid])
    data = fields_of(browser.get(url).context["form"])
    edit(planned, anna.user, is_online=True)
    assert browser.post(url, data).context["form"].errors["is_online"] == ["W międzyczasie zapisano: online"]


def test_a_series_is_planned_and_changed_online_over_both_pages(sign_in, piotr, annas_case, family_therapy):
    browser = sign_in(piotr)
    url = reverse("cases:plan_series", args=[annas_case.uuid])
    first = fields_of(browser.get(url).context["form"])
    first |= {"service": str(family_therapy.uuid), "time": "16:00", "count": "3", "is_online": "on"}
    dates = dates_of(browser.post(url, first | {"step": "preview"}))
    assert browser.post(url, dates | {"step": "save"}).status_code == 302
    series = SessionSeries.objects.get()
    assert (series.is_online, online_of(series)) == (True, [True] * 3)
    url = reverse("cases:edit_series", args=[series.uuid])
    first = fields_of(browser.get(url).context["form"])
    assert first.pop("is_online") == "True"
    first["since"] = str(meetings_of(series)[0].uuid)
    dates = dates_of(browser.post(url, first | {"step": "preview"}))
    assert browser.post(url, dates | {"step": "save"}).status_code == 302
    series.refresh_from_db()
    assert (series.is_online, online_of(series)) == (False, [False] * 3)


def test_it_stands_beside_the_room_wherever_the_place_is(sign_in, piotr, annas_case, book):
    session = book(is_online=True)
    browser = sign_in(piotr)
    for url in (
        session.get_absolute_url(),
        reverse("cases:case_sessions", args=[annas_case.uuid]),
        reverse("cases:my_sessions"),
        f"{reverse('cases:calendar')}?tydzien=2026-W48",
        reverse("cases:today"),
    ):
        assert "Pokój 1 · online" in browser.get(url).content.decode(), url

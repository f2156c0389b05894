from __future__ import annotations

import pytest
import time_machine
from django.urls import reverse

from audit.models import AuditEntry
from cases.sessions.models import Occupancy
from cases.sessions.series import end_series
from cases.sessions.services import SessionError
from foundation.forms import Stale
from tests.cases.sessions.conftest import at, fields_of
from tests.cases.sessions.series_world import dates_of, meetings_of, series_of
from tests.cases.sessions.test_resolve_session import settle

REASON = "Rodzina wyjeżdża z Krakowa."


@pytest.fixture
def series(annas_case, piotr, room, family_therapy):
    """Four Mondays at 16:00 from tomorrow on."""
    return series_of(annas_case, piotr, family_therapy, room)


def end(series, by, **changes):
    arguments = {"since": meetings_of(series)[0], "status": "by_family", "reason": REASON, "version": 1}
    return end_series(series, **arguments | changes, by=by.user)


def test_all_that_are_to_come_are_called_off_with_the_reason_and_by_whom(series, anna):
    assert end(series, anna) == 4
    assert {(one.status, one.cancel_reason, one.resolved_by) for one in meetings_of(series)} == {
        ("by_family", REASON, anna)
    }
    assert not Occupancy.objects.filter(session__series=series).exists()
    series.refresh_from_db()
    assert series.ended_on is not None
    assert (series.reviews.get().decision, series.reviews.get().meetings) == ("ended", 4)


def test_this_and_the_following_ones_are_called_off_and_those_before_stay(series, piotr):
    assert end(series, piotr, since=meetings_of(series)[2]) == 2
    assert [one.status for one in meetings_of(series)] == ["planned", "planned", "by_family", "by_family"]


def test_what_is_over_or_settled_stays_as_it_is(series, piotr):
    meetings = meetings_of(series)
    settle(meetings[1], "by_centre", piotr.user, reason="Awaria ogrzewania.")
    with time_machine.travel(at("2026-11-24"), tick=False):
        end(series, piotr)
    assert [(one.status, one.cancel_reason) for one in meetings_of(series)] == [
        ("planned", ""),
        ("by_centre", "Awaria ogrzewania."),
        ("by_family", REASON),
        ("by_family", REASON),
    ]


@pytest.mark.parametrize(
    ("changes", "code"), [({"reason": " "}, "no_reason"), ({"status": "held"}, "status"), ({"status": ""}, "status")]
)
def test_a_reason_and_who_calls_off_are_asked_for(series, piotr, changes, code):
    with pytest.raises(SessionError) as error:
        end(series, piotr, **changes)
    assert error.value.code == code
    assert {one.status for one in meetings_of(series)} == {"planned"}


def test_who_saw_an_older_state_ends_nothing(series, piotr, anna):
    with pytest.raises(Stale):
        end(series, anna, version=2)


def test_the_log_has_no_reason_in_it(series, anna):
    end(series, anna)
    entry = AuditEntry.objects.filter(action="cases.end_series").latest("id")
    assert entry.details == {"meetings": 4, "status": "by_family"}


# --- the page -------------------------------------------------------------------------------------------------------


def test_the_page_shows_what_is_called_off_before_it_is(sign_in, anna, series):
    browser, url = sign_in(anna), reverse("cases:end_series", args=[series.uuid])
    third = meetings_of(series)[2]
    data = fields_of(browser.get(f"{url}?since={third.uuid}").context["form"])
    assert data["since"] == str(third.uuid)
    data |= {"status": "by_centre", "reason": REASON}
    looked = browser.post(url, data | {"step": "preview"})
    assert len(looked.context["affected"]) == looked.context["staying"] == 2
    assert {one.status for one in meetings_of(series)} == {"planned"}
    assert browser.post(url, data | {"step": "save"}).status_code == 302
    assert [one.status for one in meetings_of(series)] == ["planned", "planned", "by_centre", "by_centre"]


def test_what_is_still_to_come_of_an_ended_series_is_given_to_another_therapist(sign_in, anna, olga, series):
    end(series, anna, since=meetings_of(series)[2])
    browser, url = sign_in(anna), reverse("cases:edit_series", args=[series.uuid])
    assert f"{url}?since=" in browser.get(series.get_absolute_url()).content.decode()
    meeting = browser.get(meetings_of(series)[0].get_absolute_url()).content.decode()
    assert ("zmień to i następne" in meeting, "zakończ cykl" in meeting) == (True, False)

    first = str(meetings_of(series)[0].uuid)
    data = fields_of(browser.get(url).context["form"]) | {"since": first, "therapist": str(olga.uuid)}
    answer = browser.post(url, data | {"step": "preview"})
    assert browser.post(url, dates_of(answer) | {"step": "save"}).status_code == 302
    assert [one.therapist.last_name for one in meetings_of(series)] == ["Druga", "Druga", "Próbny", "Próbny"]
    series.refresh_from_db()
    assert series.ended_on is not None


def test_it_is_not_opened_again_for_more_meetings(sign_in, anna, series):
    end(series, anna, since=meetings_of(series)[2])
    browser = sign_in(anna)
    for action in ("prolong_series", "end_series"):
        url = reverse(f"cases:{action}", args=[series.uuid])
        assert browser.get(url).status_code == 404
        assert url not in browser.get(series.get_absolute_url()).content.decode()


def test_an_ended_series_of_which_nothing_is_to_come_is_not_changed(sign_in, anna, series):
    end(series, anna)
    url = reverse("cases:edit_series", args=[series.uuid])
    assert sign_in(anna).get(url).status_code == 404
    assert url not in sign_in(anna).get(series.get_absolute_url()).content.decode()


def test_the_meeting_says_that_calling_off_what_follows_ends_the_series(sign_in, anna, series):
    page = sign_in(anna).get(meetings_of(series)[0].get_absolute_url()).content.decode()
    assert "odwołaj to i następne, i zakończ cykl" in page


def test_a_meeting_says_why_it_was_called_off_and_who_recorded_it(sign_in, anna, piotr, series):
    end(series, anna)
    page = sign_in(piotr).get(meetings_of(series)[0].get_absolute_url()).content.decode()
    assert REASON in page
    assert str(anna) in page


def test_a_long_reason_is_folded_beside_each_meeting_and_a_short_one_is_not(sign_in, anna, series):
    browser, long = sign_in(anna), "Rodzina przeprowadza się w lutym, a dojazd zająłby jej dwie godziny. " * 3
    end(series, anna, since=meetings_of(series)[1], reason=long)
    settle(meetings_of(series)[0], "by_family", anna.user, reason="Choroba.")
    page = browser.get(series.get_absolute_url()).content.decode()
    assert page.count("<summary>Rodzina przeprowadza się w lutym") == 3
    assert "<summary>Choroba." not in page
    assert "Choroba. · Anna Przykład" in page


def test_nobody_comes_to_a_meeting_called_off_and_it_is_not_called_off_again(sign_in, anna, piotr, series):
    url = meetings_of(series)[0].get_absolute_url()
    before = sign_in(piotr).get(url).content.decode()
    assert ("Odwołaj</a>" in before, "ma przyjść" in before, "Kto miał przyjść" in before) == (True, True, False)
    end(series, anna)
    after = sign_in(piotr).get(url).content.decode()
    assert ("Odwołaj</a>" in after, "ma przyjść" in after, "Kto miał przyjść" in after) == (False, False, True)


def test_calling_off_a_meeting_to_come_asks_why(sign_in, piotr, series):
    one = meetings_of(series)[0]
    browser, url = sign_in(piotr), reverse("cases:resolve_session", args=[one.uuid])
    data = fields_of(browser.get(url).context["form"]) | {"status": "by_family"}
    assert browser.post(url, data).context["form"].errors["reason"] == ["Podaj powód."]
    assert browser.post(url, data | {"reason": "Choroba dziecka."}).status_code == 302
    one.refresh_from_db()
    assert (one.cancel_reason, one.resolved_by) == ("Choroba dziecka.", piotr)


def test_taking_a_cancellation_back_takes_its_reason_with_it(piotr, series):
    one = meetings_of(series)[0]
    settle(one, "by_family", piotr.user, reason="Choroba dziecka.")
    settle(one, "planned", piotr.user)
    one.refresh_from_db()
    assert one.cancel_reason == ""


def test_a_series_with_nothing_to_come_is_closed_with_a_reason(sign_in, anna, series):
    for meeting in meetings_of(series):
        settle(meeting, "by_centre", anna.user)
    browser, url = sign_in(anna), reverse("cases:end_series", args=[series.uuid])
    data = fields_of(browser.get(url).context["form"]) | {"reason": "Cel osiągnięty."}
    assert browser.post(url, data | {"step": "preview"}).context["affected"] == []
    assert browser.post(url, data | {"step": "save"}).status_code == 302
    series.refresh_from_db()
    assert series.ended_on is not None

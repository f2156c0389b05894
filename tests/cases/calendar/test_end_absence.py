from __future__ import annotations

import uuid

import pytest
import time_machine

from audit.models import AuditEntry
from centres.absences import AbsenceError, add_absence, end_absence
from centres.models import Absence
from foundation.forms import Stale
from tests.cases.sessions.conftest import at


@pytest.fixture
def leave(piotr):
    """Piotr is away from Monday to Friday."""
    return add_absence(
        piotr, kind="leave", from_at=at("2026-11-23", "00:00"), to_at=at("2026-11-28", "00:00"), by=piotr.user
    )


def test_one_that_has_not_begun_is_taken_out_and_the_time_is_free(leave, anna, book):
    assert end_absence(leave, version=1, by=anna.user) is None
    assert not Absence.objects.exists()
    assert AuditEntry.objects.get(action="centres.end_absence").details["after"] is None
    assert book()


def test_one_under_way_ends_now(leave, piotr, book):
    with time_machine.travel(at("2026-11-24", "09:00"), tick=False):
        left = end_absence(leave, version=1, by=piotr.user)
        assert left is not None
        assert (left.from_at, left.to_at) == (at("2026-11-23", "00:00"), at("2026-11-24", "09:00"))
        assert book(starts_at=at("2026-11-24", "10:00"))


def test_one_that_is_over_stays_as_it_was(leave, piotr):
    with time_machine.travel(at("2026-11-30"), tick=False), pytest.raises(AbsenceError) as error:
        end_absence(leave, version=1, by=piotr.user)
    assert error.value.code == "over"


def test_a_stranger_and_a_late_click_change_nothing(leave, ewa, piotr):
    with pytest.raises(AbsenceError):
        end_absence(leave, version=1, by=ewa.user)
    with pytest.raises(Stale):
        end_absence(leave, version=2, by=piotr.user)
    assert Absence.objects.get() == leave


def test_the_page_ends_it(sign_in, piotr, leave):
    url = f"/calendar/absences/{leave.uuid}/end/"
    browser = sign_in(piotr)
    assert "wpis zniknie w całości" in browser.get(url).content.decode()
    once = str(uuid.uuid4())
    for version in ("", "0", "9"):
        assert browser.post(url, {"once": once, "version": version}).status_code == 200
    assert Absence.objects.exists()
    assert browser.post(url, {"once": once, "version": "1"}).url == "/calendar/absences/"
    assert not Absence.objects.exists()


def test_strangers_find_nothing(sign_in, ewa, clara, leave):
    for path in ("", "end/"):
        assert sign_in(ewa).get(f"/calendar/absences/{leave.uuid}/{path}").status_code == 404
        assert sign_in(clara).get(f"/calendar/absences/{leave.uuid}/{path}").status_code == 403


def test_the_list_says_who_when_and_how_many_meetings_are_to_be_moved(sign_in, piotr, anna, leave, make_staff, wodna):
    page = sign_in(anna).get("/calendar/absences/").content.decode()
    assert "23.11.2026 – 27.11.2026" in page
    assert "urlop" not in page  # Anna did not enter it
    assert "urlop" in sign_in(piotr).get("/calendar/absences/").content.decode()


def test_meetings_inside_are_listed_to_be_moved(sign_in, planned, piotr, anna, marek, make_staff, wodna, book):
    book(starts_at=at("2026-11-23", "12:00"), status="by_family")
    book(starts_at=at("2026-11-24", "00:00"))
    leave = add_absence(
        piotr, kind="leave", from_at=at("2026-11-23", "00:00"), to_at=at("2026-11-24", "00:00"), by=piotr.user
    )
    assert sign_in(anna).get("/calendar/absences/").context["rows"][0][0].to_move == 1
    answer = sign_in(piotr).get(f"/calendar/absences/{leave.uuid}/")
    assert [row.session for row in answer.context["rows"]] == [planned]
    assert answer.context["movable"] == {planned.pk}
    assert "Rodzina Przykładowych" in answer.content.decode()


def test_past_ones_are_a_click_away(sign_in, piotr, leave):
    with time_machine.travel(at("2026-11-28"), tick=False):
        browser = sign_in(piotr)
        assert browser.get("/calendar/absences/").context["rows"] == []
        (row,) = browser.get("/calendar/absences/?period=past").context["rows"]
    assert row[0] == leave

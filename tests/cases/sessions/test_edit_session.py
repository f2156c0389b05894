from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from audit.models import AuditEntry
from cases.casefile.models import CareTeamMember
from cases.sessions.services import SessionError, edit_session
from centres.models import Role, Room
from foundation.forms import Stale
from tests.cases.sessions.conftest import at, fields_of, people_of


def edit(session, by, **changes):
    session.refresh_from_db()
    start = changes.pop("starts_at", session.starts_at)
    arguments = {
        "service": session.service,
        "therapist": session.therapist,
        "room": session.room,
        "starts_at": start,
        "ends_at": start + (session.ends_at - session.starts_at),
        "version": session.version,
    }
    return edit_session(session, by=by, **arguments | changes)


def test_a_moved_meeting_frees_the_old_time_and_takes_the_new(planned, piotr, book):
    moved = edit(planned, piotr.user, starts_at=at("2026-11-24", "09:00"))
    assert set(moved.occupancies.values_list("from_at", flat=True)) == {at("2026-11-24", "09:00")}
    assert book()


def test_a_meeting_does_not_stand_in_its_own_way(planned, piotr):
    moved = edit(planned, piotr.user, starts_at=at("2026-11-23", "16:15"))
    assert moved.starts_at == at("2026-11-23", "16:15")


def test_a_meeting_is_not_moved_onto_another(planned, piotr, book):
    other = book(starts_at=at("2026-11-24", "16:00"))
    with pytest.raises(SessionError) as error:
        edit(other, piotr.user, starts_at=planned.starts_at)
    assert error.value.code == "staff_taken"


def test_what_changed_is_on_record(planned, piotr, wodna):
    edit(planned, piotr.user, room=Room.objects.create(centre=wodna, name="Pokój 2"), starts_at=at("2026-11-24"))
    assert AuditEntry.objects.latest("id").details["changed"] == ["ends_at", "room", "starts_at"]


def test_a_held_meeting_is_corrected_but_not_moved_into_the_future(held, piotr):
    assert edit(held, piotr.user, starts_at=at("2026-11-19", "10:00"))
    with pytest.raises(SessionError) as error:
        edit(held, piotr.user, starts_at=at("2026-11-24", "10:00"))
    assert error.value.code == "held_in_the_future"


def test_a_past_meeting_that_nobody_settled_may_be_put_off(unresolved, piotr):
    assert edit(unresolved, piotr.user, starts_at=at("2026-11-24")).status == "planned"


def test_a_room_since_closed_stays_with_its_meeting(planned, piotr, room):
    room.is_active = False
    room.save()
    assert edit(planned, piotr.user, starts_at=at("2026-11-24")).room == room


def test_a_therapist_gives_a_meeting_to_nobody_else(planned, piotr, anna, make_staff, wodna, annas_case):
    other = make_staff("Olga", "Druga", Role.THERAPIST, centre=wodna)
    with pytest.raises(SessionError) as error:
        edit(planned, piotr.user, therapist=other)
    assert error.value.code == "not_yours"
    assert edit(planned, anna.user, therapist=other).therapist == other
    assert CareTeamMember.objects.filter(case=annas_case, staff=other, to_on=None).exists()


def test_who_is_expected_may_change_until_the_meeting(planned, held, piotr, annas_case):
    mother = people_of(annas_case)[0]
    edit(planned, piotr.user, persons=[mother])
    assert list(planned.attendances.values_list("person", flat=True)) == [mother.pk]
    edit(held, piotr.user, persons=[mother])
    assert held.attendances.count() == 2  # after it, settling says who was there


def test_who_saw_an_older_state_changes_nothing(planned, piotr):
    edit(planned, piotr.user, starts_at=at("2026-11-24"))
    with pytest.raises(Stale):
        edit(planned, piotr.user, version=1)


def test_nine_o_clock_stays_nine_o_clock_over_the_change_of_clocks(book, piotr):
    winter = book(starts_at=at("2027-03-26", "09:00"))
    summer = edit(winter, piotr.user, starts_at=at("2027-04-02", "09:00"))
    assert [one.starts_at.astimezone(dt.UTC).hour for one in (winter, summer)] == [8, 7]


# --- the page -------------------------------------------------------------------------------------------------------


def page_of(session):
    return reverse("cases:edit_session", args=[session.uuid])


def test_the_form_shows_the_meeting_and_saves_what_was_changed(sign_in, piotr, planned):
    browser = sign_in(piotr)
    data = fields_of(browser.get(page_of(planned)).context["form"])
    assert (data["day"], data["time"], data["minutes"]) == ("2026-11-23", "16:00", "60")
    answer = browser.post(page_of(planned), data | {"time": "18:30"})
    assert (answer.status_code, answer.url) == (302, planned.get_absolute_url())
    planned.refresh_from_db()
    assert planned.starts_at == at("2026-11-23", "18:30")


def test_a_lost_race_says_what_differs(sign_in, anna, piotr, planned):
    browser = sign_in(piotr)
    data = fields_of(browser.get(page_of(planned)).context["form"]) | {"time": "18:30"}
    edit(planned, anna.user, starts_at=at("2026-11-23", "12:00"))
    answer = browser.post(page_of(planned), data)
    errors = answer.context["form"].errors
    assert "12:00" in str(errors["time"])
    assert "day" not in errors
    assert fields_of(answer.context["form"])["time"] == "18:30"


def test_nobody_expected_is_refused_beside_the_field(sign_in, piotr, planned):
    browser = sign_in(piotr)
    data = fields_of(browser.get(page_of(planned)).context["form"])
    for people in ([], ["00000000-0000-0000-0000-000000000000"], ["x"]):
        answer = browser.post(page_of(planned), data | {"presences": people})
        assert "presences" in answer.context["form"].errors


@pytest.mark.parametrize(("day", "code"), [("2027-03-28", "no_such_time"), ("2027-10-31", "ambiguous_time")])
def test_hours_in_which_the_clocks_change_are_answered_with_a_sentence(sign_in, piotr, planned, day, code):
    browser = sign_in(piotr)
    data = fields_of(browser.get(page_of(planned)).context["form"]) | {"day": day, "time": "02:30"}
    assert browser.post(page_of(planned), data).context["form"].has_error("time", code)


def test_readers_and_strangers_do_not_edit(sign_in, clara, ewa, jan, planned):
    for stranger in (clara, ewa, jan):
        assert sign_in(stranger).get(page_of(planned)).status_code == 404


def test_a_held_meeting_given_a_later_time_is_told_what_can_be_chosen_here(sign_in, piotr, held):
    browser, url = sign_in(piotr), reverse("cases:edit_session", args=[held.uuid])
    data = fields_of(browser.get(url).context["form"]) | {"day": "2026-11-30"}
    answer = browser.post(url, data)
    assert "Wybierz wcześniejszy termin." in str(answer.context["form"].errors["day"])
    assert "zaplanowane" not in str(answer.context["form"].errors)

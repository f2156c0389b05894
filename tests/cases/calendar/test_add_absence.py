from __future__ import annotations

import datetime as dt
import uuid

import pytest

from audit.models import AuditEntry
from cases.sessions.models import Session
from cases.sessions.services import SessionError, edit_session, resolve_session
from centres.absences import AbsenceError, add_absence, span_in_words
from centres.models import Absence, Role
from tests.cases.sessions.conftest import at, people_of
from tests.cases.sessions.test_double_booking import only_postgresql, together

URL = "/calendar/absences/new/"
MONDAY = (at("2026-11-23", "00:00"), at("2026-11-24", "00:00"))


def away(staff, by=None, from_at=MONDAY[0], to_at=MONDAY[1], kind=Absence.Kind.LEAVE):
    return add_absence(staff, kind=kind, from_at=from_at, to_at=to_at, by=by or staff.user)


def typed(**changes):
    return {"kind": "leave", "first_day": "2026-11-23", "once": str(uuid.uuid4())} | changes


def test_one_enters_one_s_own_and_the_coordinator_and_the_head_those_of_the_centre(piotr, anna, marek):
    for day, by in ((23, piotr), (24, anna), (25, marek)):
        one = away(piotr, by.user, at(f"2026-11-{day}", "00:00"), at(f"2026-11-{day + 1}", "00:00"))
        assert one.entered_by == by.user


def test_nobody_enters_somebody_else_s(piotr, anna, ewa, clara, make_staff, wodna):
    colleague = make_staff("Olga", "Druga", Role.THERAPIST, centre=wodna)
    for staff, by in ((anna, piotr), (piotr, colleague), (piotr, ewa), (piotr, clara), (clara, clara)):
        with pytest.raises(AbsenceError) as error:
            away(staff, by.user)
        assert error.value.code == "not_yours"
    assert not Absence.objects.exists()


def test_it_is_on_record_without_its_kind(piotr):
    away(piotr, kind=Absence.Kind.SICK)
    entry = AuditEntry.objects.get(action="centres.add_absence")
    assert set(entry.details) == {"staff", "from_at", "to_at"}


@pytest.mark.parametrize(
    ("from_at", "to_at", "code"),
    [
        (MONDAY[1], MONDAY[0], "ends_before_start"),
        (MONDAY[0], MONDAY[0], "ends_before_start"),
        (MONDAY[0], at("2030-11-23"), "too_long"),
    ],
)
def test_it_refuses_what_is_no_span(piotr, from_at, to_at, code):
    with pytest.raises(AbsenceError) as error:
        away(piotr, from_at=from_at, to_at=to_at)
    assert error.value.code == code


def test_two_absences_of_a_person_may_touch_and_not_overlap(piotr, anna):
    away(piotr)
    assert away(piotr, from_at=MONDAY[1], to_at=at("2026-11-25", "00:00"))
    assert away(anna)
    with pytest.raises(AbsenceError) as error:
        away(piotr, from_at=at("2026-11-23", "10:00"), to_at=at("2026-11-23", "11:00"))
    assert error.value.code == "overlaps"


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (MONDAY, "23.11.2026"),
        ((MONDAY[0], at("2026-11-28", "00:00")), "23.11.2026 – 27.11.2026"),
        ((at("2026-11-23", "09:00"), at("2026-11-23", "12:30")), "23.11.2026, 9:00–12:30"),
        ((at("2026-11-23", "09:00"), at("2026-11-24", "12:30")), "23.11.2026, 9:00 – 24.11.2026, 12:30"),
        ((at("2026-10-25", "00:00"), at("2026-10-26", "00:00")), "25.10.2026"),
    ],
)
def test_it_is_said_as_people_say_it(span, words):
    assert span_in_words(*span) == words


# --- meetings and absences ---


def test_no_meeting_is_planned_into_an_absence_and_the_sentence_says_until_when(book, piotr, anna):
    away(piotr, kind=Absence.Kind.SICK)
    with pytest.raises(SessionError) as error:
        book(by=anna.user)
    said = error.value.message_dict["therapist"]
    assert said == ["Terapeuta jest wtedy nieobecny (23.11.2026). Wybierz inny termin albo inną osobę."]
    assert error.value.code == "therapist_away"


def test_a_meeting_may_end_when_an_absence_begins(book, piotr):
    away(piotr, from_at=at("2026-11-23", "17:00"), to_at=at("2026-11-23", "18:00"))
    assert book()
    with pytest.raises(SessionError):
        book(starts_at=at("2026-11-23", "17:30"), minutes=60)
    assert book(starts_at=at("2026-11-23", "18:00"))


def test_what_took_place_all_the_same_is_logged(book, piotr):
    away(piotr, from_at=at("2026-11-20", "00:00"), to_at=at("2026-11-21", "00:00"))
    assert book(starts_at=at("2026-11-20", "10:00"), status="held")


def test_a_meeting_is_not_moved_into_an_absence_nor_given_to_who_is_away(planned, piotr, marek, anna):
    away(piotr, from_at=at("2026-11-24", "00:00"), to_at=at("2026-11-25", "00:00"))
    away(marek)
    arguments = {"service": planned.service, "room": None, "version": planned.version, "by": anna.user}
    hour = dt.timedelta(hours=1)
    for therapist, start in ((piotr, at("2026-11-24", "10:00")), (marek, planned.starts_at)):
        with pytest.raises(SessionError) as error:
            edit_session(planned, therapist=therapist, starts_at=start, ends_at=start + hour, **arguments)
        assert error.value.code == "therapist_away"


def test_a_meeting_that_was_there_before_changes_its_room_and_is_called_off_but_not_taken_back(
    planned, annas_case, piotr, anna
):
    away(piotr)
    session = edit_session(
        planned,
        service=planned.service,
        therapist=piotr,
        room=None,
        starts_at=planned.starts_at,
        ends_at=planned.ends_at,
        version=planned.version,
        by=anna.user,
    )
    people = dict.fromkeys(people_of(annas_case), "expected")
    session = resolve_session(session, status="by_therapist", presences=people, version=session.version, by=anna.user)
    with pytest.raises(SessionError) as error:
        resolve_session(session, status="planned", presences=people, version=session.version, by=anna.user)
    assert error.value.code == "therapist_away"


@pytest.mark.postgresql
@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_of_ten_who_enter_the_same_absence_at_once_one_does(piotr, anna, marek):
    ended = together(*(lambda by=by: away(piotr, by.user) for by in [piotr, anna, marek, anna, piotr] * 2))
    assert [type(one) for one in ended].count(Absence) == 1
    assert {one.code for one in ended if isinstance(one, AbsenceError)} == {"overlaps"}
    assert Absence.objects.count() == 1


@pytest.mark.postgresql
@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_meeting_planned_while_an_absence_is_entered_is_refused_or_listed(book, piotr, anna):
    ended = together(*[lambda: book(by=anna.user), lambda: away(piotr), lambda: book(by=piotr.user)])
    assert Absence.objects.count() == 1
    assert {type(one) for one in ended} <= {Session, SessionError, Absence}
    codes = {one.code for one in ended if isinstance(one, SessionError)}
    assert codes <= {"therapist_away", "staff_taken"}


# --- the page ---


def test_days_and_hours_become_a_span(sign_in, piotr):
    browser = sign_in(piotr)
    for changes, words in (
        ({}, "23.11.2026"),
        ({"first_day": "2026-11-24", "last_day": "2026-11-27"}, "24.11.2026 – 27.11.2026"),
        ({"first_day": "2026-11-28", "from_time": "09:00", "to_time": "11:00"}, "28.11.2026, 9:00–11:00"),
        ({"first_day": "2026-11-29", "from_time": "12:00"}, "29.11.2026, 12:00–24:00"),
    ):
        answer = browser.post(URL, typed(staff=str(piotr.uuid), **changes))
        assert answer.url == "/calendar/absences/", answer.context["form"].errors
        one = Absence.objects.latest("id")
        assert span_in_words(one.from_at, one.to_at) == words


def test_who_has_meetings_then_is_led_to_them(sign_in, piotr, planned):
    answer = sign_in(piotr).post(URL, typed(staff=str(piotr.uuid)))
    assert answer.url == f"/calendar/absences/{Absence.objects.get().uuid}/"


def test_a_therapist_is_offered_nobody_else(sign_in, piotr, anna):
    answer = sign_in(piotr).post(URL, typed(staff=str(anna.uuid)))
    assert "staff" in answer.context["form"].errors
    assert not Absence.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"first_day": ""},
        {"first_day": "\x00"},
        {"first_day": "99999-01-01"},
        {"last_day": "2026-11-22"},
        {"last_day": "wczoraj"},
        {"from_time": "25:00"},
        {"from_time": "12:00", "to_time": "12:00"},
        {"kind": "holiday"},
        {"staff": "x"},
        {"first_day": "2027-03-28", "from_time": "02:30"},
        {"once": ""},
    ],
)
def test_bad_input_is_answered_with_a_sentence(sign_in, piotr, changes):
    answer = sign_in(piotr).post(URL, typed(staff=str(piotr.uuid)) | changes)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not Absence.objects.exists()

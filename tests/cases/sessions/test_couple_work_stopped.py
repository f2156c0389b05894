"""While a critical answer stops couple work, no couple meeting is planned or moved; what has been is recorded (N7)."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.urls import reverse

from cases.assessments.alerts import couple_work_stopped
from cases.assessments.decisions import decide_override, request_override
from cases.assessments.models import Assessment, CriticalAlert
from cases.assessments.services import start_assessment
from cases.casefile.models import CareTeamMember
from cases.instruments.questions import Part
from cases.sessions.models import Attendance, Session
from cases.sessions.rules import SessionError
from cases.sessions.series import change_series
from cases.sessions.services import edit_session, resolve_session
from centres.models import Service
from tests.cases.assessments.conftest import MEMBERS, interview_of, put
from tests.cases.sessions.conftest import at, fields_of, people_of
from tests.cases.sessions.series_world import series_of

HELD = Session.Status.HELD
PRESENT = Attendance.Presence.PRESENT


@pytest.fixture
def couple_therapy(reference):
    return Service.objects.filter(form=Service.Form.COUPLE).first()


@pytest.fixture
def annas_case(make_case, wodna, anna, piotr):
    case = make_case(wodna, coordinator=anna, received_on=dt.date(2026, 11, 1), members=MEMBERS)
    CareTeamMember.objects.create(case=case, staff=piotr, from_on=dt.date(2026, 11, 1))
    return case


@pytest.fixture
def assessment(annas_case, pairs_version, anna):
    maria, jan, zofia = people_of(annas_case)
    return start_assessment(
        annas_case,
        instrument_version=pairs_version,
        occasion=Assessment.Occasion.START,
        assessor=anna,
        parts={maria: Part.PARTNER, jan: Part.PARTNER, zofia: Part.CHILD},
        by=anna.user,
    )


def say(assessment, anna, answer=1):
    put(interview_of(Assessment.objects.get(pk=assessment.pk), "Maria"), {"bez_lek": answer}, anna)


@pytest.fixture
def stopped(assessment, anna):
    say(assessment, anna)
    return assessment


def changed(session, **changes):
    """What a form would send: everything as it is but for the changes."""
    fields = {
        "service": session.service,
        "therapist": session.therapist,
        "room": session.room,
        "starts_at": session.starts_at,
        "ends_at": session.ends_at,
    }
    return fields | changes


def refused(error):
    return error.value.code == "couple_work_stopped"


def test_none_is_planned(stopped, book, couple_therapy):
    with pytest.raises(SessionError) as error:
        book(service=couple_therapy)

    assert refused(error)
    assert set(error.value.error_dict) == {"service"}
    assert not Session.objects.exists()


def test_other_meetings_are_planned(stopped, book, family_therapy):
    assert book(service=family_therapy).pk


def test_what_has_taken_place_is_logged(stopped, annas_case, book, couple_therapy, anna):
    session = book(
        service=couple_therapy,
        starts_at=at("2026-11-20"),
        status=HELD,
        present=dict.fromkeys(people_of(annas_case), PRESENT),
    )

    assert session.status == HELD


def test_one_planned_before_is_not_moved_but_may_be_settled(assessment, book, couple_therapy, anna, annas_case):
    session = book(service=couple_therapy)
    say(assessment, anna)

    day = dt.timedelta(days=1)
    moved = changed(session, starts_at=session.starts_at + day, ends_at=session.ends_at + day)
    with pytest.raises(SessionError) as error:
        edit_session(session, **moved, version=1, by=anna.user)
    assert refused(error)

    session = resolve_session(
        session,
        status=Session.Status.CANCELLED_BY_CENTRE,
        presences=dict.fromkeys(people_of(annas_case), Attendance.Presence.EXPECTED),
        version=1,
        by=anna.user,
    )
    with pytest.raises(SessionError) as error:  # and not taken up again
        resolve_session(
            session,
            status=Session.Status.PLANNED,
            presences=dict.fromkeys(people_of(annas_case), Attendance.Presence.EXPECTED),
            version=session.version,
            by=anna.user,
        )
    assert refused(error)


def test_the_page_of_one_planned_before_warns(assessment, book, couple_therapy, family_therapy, anna, sign_in):
    warning = "Praca z parą w tej rodzinie jest wstrzymana."
    couples, familys = book(service=couple_therapy), book(service=family_therapy, starts_at=at("2026-11-25"))
    assert warning not in sign_in(anna).get(couples.get_absolute_url()).content.decode()

    say(assessment, anna)

    assert warning in sign_in(anna).get(couples.get_absolute_url()).content.decode()
    assert warning not in sign_in(anna).get(familys.get_absolute_url()).content.decode()


def test_no_other_meeting_becomes_one(stopped, book, couple_therapy, family_therapy, anna):
    session = book(service=family_therapy)

    with pytest.raises(SessionError) as error:
        edit_session(session, **changed(session, service=couple_therapy), version=1, by=anna.user)

    assert refused(error)


def test_its_room_may_change(assessment, book, couple_therapy, anna):
    session = book(service=couple_therapy)
    say(assessment, anna)

    assert edit_session(session, **changed(session, room=None), version=1, by=anna.user).room is None


def test_countersigned_it_is_planned_again(stopped, book, couple_therapy, anna, clara):
    override = request_override(stopped, reason="Powód", by=anna.user)
    decide_override(override, granted=True, version=1, by=clara.user)

    assert book(service=couple_therapy).pk


def test_the_answer_taken_back_it_is_planned_again(stopped, book, couple_therapy, anna):
    say(stopped, anna, 0)

    assert book(service=couple_therapy).pk


def test_an_answer_given_at_another_centre_stops_it_here(stopped, annas_case, make_case, krakowiakow, anna, ewa):
    """A family may have a case at two centres; its safety is one."""
    other = make_case(krakowiakow, "Inna", coordinator=ewa)
    other.family = annas_case.family
    other.save()

    assert couple_work_stopped(other.family)


def test_the_form_says_it_beside_the_service(stopped, annas_case, couple_therapy, room, anna, piotr, sign_in):
    url = f"{reverse('cases:log_session', args=[annas_case.uuid])}?status=planned"
    form = sign_in(anna).get(url).context["form"]
    chosen = {"service": couple_therapy, "therapist": piotr, "room": room}
    sent = fields_of(form) | {name: str(form.fields[name].prepare_value(one)) for name, one in chosen.items()}
    sent |= {"day": "2026-11-24", "time": "10:00", "minutes": "50"}

    page = sign_in(anna).post(url, sent)

    assert page.status_code == 200
    assert "Praca z parą w tej rodzinie jest wstrzymana" in " ".join(page.context["form"].errors["service"])


def test_a_meeting_of_another_kind_costs_no_query_more(
    book, family_therapy, couple_therapy, django_assert_num_queries
):
    from cases.sessions.rules import may_meet_as_couple

    session = book(service=family_therapy)
    with django_assert_num_queries(0):
        may_meet_as_couple(family_therapy, session.case, Session.Status.PLANNED)
    case = session.case
    with django_assert_num_queries(2):
        may_meet_as_couple(couple_therapy, case, Session.Status.PLANNED)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(6))
def test_an_answer_and_a_couple_meeting_at_once_do_not_overlook_each_other(
    assessment, book, couple_therapy, anna, attempt
):
    """The meeting was planned before the answer came in, or it is refused: never planned after it."""
    if connection.vendor != "postgresql":
        pytest.skip("real concurrency needs PostgreSQL")

    def plan() -> str:
        try:
            book(service=couple_therapy)
        except SessionError as error:
            return str(error.code)
        finally:
            connection.close()
        return "planned"

    def answer() -> None:
        try:
            say(assessment, anna)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        if attempt % 2:
            planning, answering = pool.submit(plan), pool.submit(answer)
        else:
            answering, planning = pool.submit(answer), pool.submit(plan)
        outcome = planning.result()
        answering.result()

    assert CriticalAlert.objects.standing().count() == 1
    assert outcome in {"planned", "couple_work_stopped"}
    assert Session.objects.exists() is (outcome == "planned")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_while_an_answer_is_being_saved_planning_waits_for_it(assessment, book, couple_therapy, anna):
    """Held open on purpose: the planner must not decide by what it saw before the answer was committed."""
    if connection.vendor != "postgresql":
        pytest.skip("real concurrency needs PostgreSQL")
    import threading

    from django.db import transaction

    saved, go_on = threading.Event(), threading.Event()

    def answer() -> None:
        try:
            with transaction.atomic():
                say(assessment, anna)
                saved.set()
                go_on.wait(10)
        finally:
            connection.close()

    def plan() -> str:
        saved.wait(10)
        try:
            book(service=couple_therapy)
        except SessionError as error:
            return str(error.code)
        finally:
            connection.close()
        return "planned"

    with ThreadPoolExecutor(2) as pool:
        answering, planning = pool.submit(answer), pool.submit(plan)
        saved.wait(10)
        with pytest.raises(TimeoutError):
            planning.result(timeout=1)
        go_on.set()
        answering.result()
        assert planning.result() == "couple_work_stopped"


# --- series ---------------------------------------------------------------------------------------------------------


def test_no_series_of_couple_meetings_is_planned(stopped, annas_case, piotr, couple_therapy):
    with pytest.raises(SessionError) as error:
        series_of(annas_case, piotr, couple_therapy)
    assert error.value.code == "couple_work_stopped"


def test_a_series_of_couple_meetings_is_not_moved_but_may_change_its_room(
    annas_case, assessment, anna, piotr, couple_therapy, room
):
    series = series_of(annas_case, piotr, couple_therapy)
    say(assessment, anna)
    plan = {"therapist": piotr, "minutes": 60, "weekday": 1, "time": dt.time(16), "by": piotr.user}
    meetings = list(series.sessions.all())
    later = {one: one.starts_at + dt.timedelta(hours=1) for one in meetings}
    with pytest.raises(SessionError) as error:
        change_series(series, **plan, room=None, starts=later, version=1)
    assert error.value.code == "couple_work_stopped"
    change_series(series, **plan, room=room, starts={one: one.starts_at for one in meetings}, version=1)
    assert {one.room for one in series.sessions.all()} == {room}


def test_the_page_of_a_series_says_it_beside_the_service(stopped, annas_case, piotr, couple_therapy, sign_in):
    browser, url = sign_in(piotr), reverse("cases:plan_series", args=[annas_case.uuid])
    data = fields_of(browser.get(url).context["form"])
    data |= {"service": str(couple_therapy.uuid), "day": "2026-11-24", "time": "10:00", "step": "preview"}
    assert browser.post(url, data).context["form"].has_error("service", "couple_work_stopped")

"""A group's meeting that took place and that nobody had planned."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections import Counter

import pytest
from django.db import connection, transaction
from django.urls import reverse

from audit.models import AuditEntry
from cases.groups.services import give_seat, leave_group
from cases.sessions.correction_models import SessionCorrection
from cases.sessions.group_models import GroupEnrolment
from cases.sessions.models import Attendance, Occupancy, Session
from cases.sessions.notes import note_of_group
from cases.sessions.rules import SessionError
from cases.sessions.services import log_session
from tests.cases.groups.conftest import TUESDAY
from tests.cases.sessions.conftest import at, fields_of, people_of
from tests.cases.sessions.test_double_booking import only_postgresql, together

pytestmark = pytest.mark.django_db
START = at("2026-11-19", "10:00")


@pytest.fixture
def seated(enrol, annas_case, ewas_case, ewa):
    """Maria and Zofia of Anna's case and the daughter of Ewa's family have had a seat since Monday the 16th."""
    since = dt.date(2026, 11, 16)
    mine = enrol(persons=people_of(annas_case), from_on=since)
    return [*mine, *enrol(case=ewas_case, from_on=since, by=ewa.user)]


def log(group, seated, by, **changes):
    arguments = {
        "service": group.service,
        "therapist": group.series.therapist,
        "co_therapists": list(group.series.co_therapists.all()),
        "starts_at": START,
        "ends_at": START + dt.timedelta(minutes=90),
        "present": {one.person: "present" for one in seated},
        "status": "held",
        "by": by.user,
    }
    return log_session(group, **arguments | changes)


def url_of(group):
    return reverse("cases:log_group_session", args=[group.uuid])


def typed(form, **changes):
    return fields_of(form) | {"day": "2026-11-19", "time": "10:00"} | changes


# --- the service ---


def test_it_joins_the_group_s_cycle_with_its_roll_and_takes_up_who_came(group, seated, piotr, basia):
    late, absent = seated[0].person, seated[1].person
    came = {one.person: "present" for one in seated} | {absent: "excused"}
    session = log(group, seated, piotr, present=came, late=[late])
    assert (session.group, session.series, session.case, session.centre) == (group, group.series, None, group.centre)
    assert (session.status, session.resolved_by) == ("held", piotr)
    rows = {row.person: row for row in session.attendances.all()}
    assert (rows[late].presence, rows[late].is_late, rows[absent].presence) == ("present", True, "excused")
    assert {row.case for row in rows.values()} == {one.case for one in seated}
    taken = Occupancy.objects.filter(session=session)
    assert {row.staff for row in taken if row.staff} == {piotr, basia}
    assert absent not in {row.person for row in taken}


def test_it_is_on_record_as_a_meeting_of_the_group(group, seated, piotr):
    session = log(group, seated, piotr)
    entry = AuditEntry.objects.get(action="cases.log_session", object_uuid=session.uuid)
    assert (entry.details["group"], entry.details["persons"]) == (str(group.uuid), 3)
    assert "case" not in entry.details


def test_a_meeting_of_a_month_that_has_ended_is_marked_as_a_correction(group, seated, marek):
    with_seat = seated[:2]
    for one in with_seat:
        one.from_on = dt.date(2026, 10, 1)
        one.save()
    session = log(
        group, with_seat, marek, starts_at=at("2026-10-20"), ends_at=at("2026-10-20") + dt.timedelta(minutes=90)
    )
    assert SessionCorrection.objects.get(session=session).kind == SessionCorrection.Kind.LOGGED


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"status": "planned"}, "to_come"),
        ({"status": "by_centre"}, "to_come"),
        ({"starts_at": at("2026-11-23"), "ends_at": at("2026-11-23", "11:30")}, "held_in_the_future"),
        ({"ends_at": START}, "length"),
        ({"present": {}}, "nobody"),
        ({"travel_minutes": 481}, None),  # this centre keeps no account of it
    ],
)
def test_it_must_be_over_and_somebody_must_have_been_meant(group, seated, piotr, changes, code):
    if code is None:
        assert log(group, seated, piotr, **changes).travel_minutes == 0
        return
    with pytest.raises(SessionError) as error:
        log(group, seated, piotr, **changes)
    assert error.value.code == code
    assert not Session.objects.held().exists()


def test_only_who_has_a_seat_on_that_day_was_there(group, seated, piotr):
    day_before = {"starts_at": at("2026-11-15"), "ends_at": at("2026-11-15", "11:00")}
    with pytest.raises(SessionError) as error:
        log(group, seated, piotr, **day_before)
    assert error.value.code == "not_enrolled"


def test_a_clash_is_refused_and_names_nobody_of_the_group(group, seated, piotr, book, olga_in_team, annas_case):
    book(starts_at=START, status="held", therapist=olga_in_team, by=olga_in_team.user, room=None)
    with pytest.raises(SessionError) as error:
        log(group, seated, piotr)
    assert error.value.code == "person_taken"
    assert "Zofia" not in str(error.value)


def test_a_therapist_who_is_elsewhere_then_stops_it(group, seated, piotr, book):
    book(starts_at=START, status="held")
    with pytest.raises(SessionError) as error:
        log(group, seated, piotr)
    assert error.value.code == "staff_taken"


def test_who_leads_the_group_and_the_head_enter_it_and_nobody_else(group, seated, piotr, basia, marek, anna, clara):
    for staff, day in ((piotr, "2026-11-17"), (basia, "2026-11-18"), (marek, "2026-11-19")):
        assert log(group, seated, staff, starts_at=at(day), ends_at=at(day, "11:00"))
    for stranger in (anna, clara):
        with pytest.raises(SessionError) as error:
            log(group, seated, stranger)
        assert error.value.code == "not_yours"


def test_who_leads_it_enters_only_what_they_led_themselves(group, seated, piotr, basia, olga, marek):
    for changes, code in (
        ({"therapist": olga, "co_therapists": [basia]}, "not_leading"),
        ({"therapist": piotr, "co_therapists": []}, "not_yours"),
    ):
        with pytest.raises(SessionError) as error:
            log(group, seated, basia, **changes)
        assert error.value.code == code
    assert log(group, seated, basia, therapist=basia, co_therapists=[olga]).leaders == [basia, olga]
    other_day = {"starts_at": at("2026-11-18"), "ends_at": at("2026-11-18", "11:00")}
    assert log(group, seated, marek, therapist=olga, co_therapists=[], **other_day).therapist == olga


def test_a_service_that_is_not_for_groups_is_refused(group, seated, piotr, family_therapy):
    with pytest.raises(SessionError) as error:
        log(group, seated, piotr, service=family_therapy)
    assert error.value.code == "no_group"


def test_somebody_came_on_behalf_of_the_case_through_which_they_had_the_seat_that_day(
    group, seated, piotr, anna, ewas_case, ewa
):
    (daughter,) = [one for one in seated if one.case == ewas_case]
    leave_group(daughter, to_on=dt.date(2026, 11, 20), reason="Przerwa", version=1, by=ewa.user)
    session = log(group, seated, piotr)
    assert Attendance.objects.get(session=session, person=daughter.person).case == ewas_case


# --- the page ---


def test_the_page_says_what_the_cycle_says_and_names_who_had_a_seat(sign_in, basia, piotr, group, seated):
    form = sign_in(basia).get(url_of(group)).context["form"]
    assert (form["service"].value(), form["therapist"].value()) == (group.service.uuid, piotr.uuid)
    assert form["co_therapists"].value() == [basia.uuid]
    assert (form["minutes"].value(), len(form.people)) == (90, 3)
    assert {form[name].value() for name in form.people} == {"present"}
    assert "group_note" in form.fields


def test_one_page_saves_the_meeting_with_its_roll_and_the_group_s_note(sign_in, basia, piotr, group, seated):
    browser = sign_in(basia)
    late = seated[0].person
    data = typed(browser.get(url_of(group)).context["form"], group_note="Spokojnie.")
    data |= {"therapist": str(piotr.uuid), "co_therapists": [str(basia.uuid)], f"late_{late.uuid.hex}": "on"}
    answer = browser.post(url_of(group), data)
    session = Session.objects.held().get()
    assert (answer.status_code, answer.url) == (302, session.get_absolute_url())
    assert (session.starts_at, session.minutes, session.therapist) == (START, 90, piotr)
    note = note_of_group(session)
    assert note is not None
    assert note.text == "Spokojnie."
    assert session.attendances.filter(is_late=True).get().person == late


def test_another_day_has_another_roll_which_is_shown_before_anything_is_saved(
    sign_in, basia, piotr, group, seated, annas_case, anna
):
    (one,) = [one for one in seated if one.person == people_of(annas_case)[0]]
    leave_group(one, to_on=dt.date(2026, 11, 18), reason="Wyjazd", version=1, by=anna.user)
    browser = sign_in(basia)
    form = browser.get(url_of(group)).context["form"]
    assert len(form.people) == 2  # today
    data = typed(
        form, day="2026-11-18", therapist=str(piotr.uuid), co_therapists=[str(basia.uuid)], group_note="X" * 5000
    )
    answer = browser.post(url_of(group), data)
    form = answer.context["form"]
    assert form.has_error("day", "another_roll")
    assert len(form.people) == 3
    assert {form[name].value() for name in form.people} == {"present"}
    assert "X" * 5000 in answer.content.decode()
    assert not Session.objects.held().exists()
    again = fields_of(form) | {"co_therapists": [str(basia.uuid)]}
    assert browser.post(url_of(group), again).status_code == 302
    assert Session.objects.held().get().attendances.count() == 3


def test_on_a_day_without_anybody_the_page_says_so(sign_in, piotr, basia, group):
    browser = sign_in(piotr)
    page = browser.get(url_of(group))
    assert "Tego dnia nikt nie ma miejsca w grupie" in page.content.decode()
    data = typed(page.context["form"], therapist=str(piotr.uuid), co_therapists=[str(basia.uuid)])
    assert browser.post(url_of(group), data).context["form"].has_error("__all__", "nobody")


def test_bad_input_is_said_beside_its_field_and_kept(sign_in, piotr, group, seated):
    browser = sign_in(piotr)
    data = typed(browser.get(url_of(group)).context["form"], day="31.02.2026", minutes="1", co_therapists=["x"])
    form = browser.post(url_of(group), data | {"therapist": str(piotr.uuid), "group_note": "Zostaje"}).context["form"]
    assert {"day", "minutes", "co_therapists"} <= set(form.errors)
    assert form["group_note"].value() == "Zostaje"


def test_a_clash_is_said_on_the_page(sign_in, piotr, basia, group, seated, book):
    book(starts_at=START, status="held")
    browser = sign_in(piotr)
    data = typed(browser.get(url_of(group)).context["form"], therapist=str(piotr.uuid), co_therapists=[])
    assert browser.post(url_of(group), data).context["form"].has_error("therapist", "staff_taken")


def test_the_head_may_choose_anybody_and_writes_no_note(sign_in, marek, piotr, olga, group, seated):
    form = sign_in(marek).get(url_of(group)).context["form"]
    assert olga in form.fields["therapist"].offer
    assert "group_note" not in form.fields
    mine = sign_in(piotr).get(url_of(group)).context["form"]
    assert olga not in mine.fields["therapist"].offer
    assert olga in mine.fields["co_therapists"].offer


def test_the_group_s_page_leads_there_for_who_may(sign_in, group, piotr, basia, marek, anna, ewa, clara):
    for staff, leads in ((piotr, True), (basia, True), (marek, True), (anna, False), (ewa, False), (clara, False)):
        page = sign_in(staff).get(group.get_absolute_url()).content.decode()
        assert (url_of(group) in page) == leads
        assert sign_in(staff).get(url_of(group)).status_code == (200 if leads else 404)


def test_where_the_centre_keeps_account_of_time_around_it_is_asked(sign_in, piotr, basia, group, seated, wodna):
    wodna.logs_time_around = True
    wodna.save()
    browser = sign_in(piotr)
    data = typed(browser.get(url_of(group)).context["form"], therapist=str(piotr.uuid), travel_minutes="25")
    assert browser.post(url_of(group), data | {"co_therapists": [str(basia.uuid)]}).status_code == 302
    assert Session.objects.held().get().travel_minutes == 25


def test_the_page_costs_the_same_for_three_people_and_for_twelve(
    sign_in, piotr, group, seated, enrol, make_case, wodna, anna, django_assert_max_num_queries
):
    group.seats = 20
    group.save()
    for n in range(9):
        case = make_case(wodna, f"Rodzina {n}", coordinator=anna, received_on=dt.date(2026, 11, 1))
        enrol(case=case, from_on=dt.date(2026, 11, 16))
    browser = sign_in(piotr)
    with django_assert_max_num_queries(22):
        assert len(browser.get(url_of(group)).context["form"].people) == 12


def test_who_only_waits_is_not_on_the_roll_and_who_got_a_seat_is(sign_in, piotr, group, enrol, annas_case, anna):
    (waiting,) = enrol(persons=people_of(annas_case)[:1], from_on=None)
    assert not sign_in(piotr).get(url_of(group)).context["form"].people
    give_seat(waiting, from_on=TUESDAY - dt.timedelta(days=2), version=1, by=anna.user)
    assert len(sign_in(piotr).get(url_of(group)).context["form"].people) == 1


@pytest.mark.postgresql
@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_leaders_who_enter_the_same_meeting_at_once_one_enters_it(group, seated, piotr, basia):
    ended = together(*(lambda by=by: log(group, seated, by) for by in (piotr, basia)))
    assert Counter(type(one) for one in ended) == {Session: 1, SessionError: 1}
    assert Occupancy.objects.filter(from_at=START, staff=piotr).count() == 1


@pytest.mark.postgresql
@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_meeting_is_entered_while_somebody_leaves_the_group(group, seated, piotr, anna):
    """Who leaves holds the case and waits for the group; the meeting holds the group and refers to the case."""
    entered = threading.Event()

    def enter():
        with transaction.atomic():
            made = log(group, seated, piotr)
            entered.set()
            until_somebody_waits()
        return made

    def leave():
        assert entered.wait(10)
        return leave_group(seated[0], to_on=TUESDAY, reason="Przeprowadzka", version=1, by=anna.user)

    assert [type(one) for one in together(enter, leave)] == [Session, GroupEnrolment]


def until_somebody_waits():
    """Until another connection to this database stands before a lock."""
    here = "SELECT pid FROM pg_locks JOIN pg_database ON oid = database WHERE datname = current_database()"
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN ({here})")  # noqa: S608
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")


@pytest.mark.parametrize("status", ["held", "no_show"])
def test_a_day_to_come_is_answered_beside_the_day(group, seated, piotr, sign_in, status):
    browser = sign_in(piotr)
    data = typed(browser.get(url_of(group)).context["form"], day="2026-12-19", status=status)
    errors = browser.post(url_of(group), data).context["form"].errors
    assert errors == {
        "day": ["Tu wpisuje się tylko spotkanie, które już było. Przyszłe spotkania dodaj do cyklu grupy."]
    }


def test_when_nobody_came_the_roll_says_who_was_excused(group, seated, piotr, sign_in):
    browser, excused = sign_in(piotr), seated[0].person
    form = browser.get(url_of(group)).context["form"]
    data = typed(form, status="no_show") | {f"absence_{excused.uuid.hex}": "excused"}
    assert browser.post(url_of(group), data).status_code == 302
    rows = Attendance.objects.filter(session__status="no_show")
    assert Counter(rows.values_list("presence", flat=True)) == {"unexcused": 2, "excused": 1}

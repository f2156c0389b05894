"""Closing a case, and leaving a family, end the places in groups with it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction

from audit.models import AuditEntry
from cases.casefile.services import CaseError, close_case
from cases.people.services import end_membership
from cases.sessions.models import Occupancy
from tests.groups import first_of, group_meeting, make_group

TODAY = dt.date(2026, 11, 22)


@pytest.fixture
def other_case(make_case, wodna):
    return make_case(wodna, "Rodzina Druga", received_on=dt.date(2026, 11, 1))


@pytest.fixture
def tus(wodna, piotr, annas_case, other_case):
    """Anna's family and another one since 5 November."""
    return make_group(wodna, piotr, annas_case, other_case, first_on=dt.date(2026, 11, 5))


def close(case, by, on=TODAY):
    return close_case(case, on=on, note="Koniec", version=case.version, by=by.user)


def invited(session):
    return {row.person for row in session.attendances.all()}


def busy(session):
    return {row.person for row in session.occupancies.exclude(person=None)}


def test_a_closed_case_ends_its_places_on_the_closing_day(tus, annas_case, other_case, anna):
    close(annas_case, anna)

    ended, kept = tus.enrolments.get(case=annas_case), tus.enrolments.get(case=other_case)
    assert (ended.to_on, ended.leaving_reason, ended.version) == (TODAY, "Sprawa została zamknięta.", 2)
    assert (kept.to_on, kept.version) == (None, 1)
    entry = AuditEntry.objects.get(action="cases.leave_group")
    assert entry.details["group"] == str(tus.uuid)


def test_invitations_to_later_meetings_are_withdrawn_and_the_people_freed(tus, annas_case, other_case, anna):
    later = group_meeting(tus, dt.date(2026, 11, 26), status="planned")
    today = group_meeting(tus, TODAY, status="planned")
    held = group_meeting(tus, dt.date(2026, 11, 12))

    close(annas_case, anna)

    assert invited(later) == busy(later) == {first_of(other_case)}
    assert first_of(annas_case) in invited(today)
    assert first_of(annas_case) in invited(held)
    assert not Occupancy.objects.filter(person=first_of(annas_case), session=later).exists()
    versions = {}
    for meeting in (later, today, held):
        meeting.refresh_from_db()
        versions[meeting.starts_at.day] = meeting.version
    assert versions == {26: 2, 22: 1, 12: 1}
    assert AuditEntry.objects.get(action="cases.leave_group").details["invitations"] == 1


def test_who_waits_for_a_seat_leaves_the_list(tus, annas_case, anna):
    tus.enrolments.filter(case=annas_case).update(from_on=None)

    close(annas_case, anna)

    assert not tus.enrolments.waiting().exists()
    assert tus.enrolments.get(case=annas_case).to_on == TODAY


def test_a_seat_that_was_promised_for_later_is_free_again(tus, annas_case, anna):
    tus.enrolments.filter(case=annas_case).update(from_on=dt.date(2026, 12, 3))

    close(annas_case, anna)

    ended = tus.enrolments.get(case=annas_case)
    assert (ended.from_on, ended.to_on) == (None, TODAY)
    assert not tus.enrolments.seated(dt.date(2026, 12, 3)).filter(case=annas_case).exists()


def test_who_asked_after_the_closing_day_has_not_left_before_they_asked(tus, annas_case, anna):
    tus.enrolments.filter(case=annas_case).update(from_on=None, asked_on=dt.date(2026, 11, 20))

    close(annas_case, anna, on=dt.date(2026, 11, 15))

    assert tus.enrolments.get(case=annas_case).to_on == dt.date(2026, 11, 20)


def test_a_case_closed_with_an_earlier_day_keeps_what_has_happened_since(tus, annas_case, anna):
    held = group_meeting(tus, dt.date(2026, 11, 19))
    unresolved = group_meeting(tus, dt.date(2026, 11, 20), status="planned")

    close(annas_case, anna, on=dt.date(2026, 11, 15))

    assert tus.enrolments.get(case=annas_case).to_on == dt.date(2026, 11, 15)
    assert first_of(annas_case) in invited(held)
    assert first_of(annas_case) not in invited(unresolved)


def test_a_place_that_has_ended_before_stays_as_it_was(tus, annas_case, anna):
    left = tus.enrolments.get(case=annas_case)
    left.to_on, left.leaving_reason = dt.date(2026, 11, 10), "Przeprowadzka"
    left.save()

    close(annas_case, anna)

    ended = tus.enrolments.get(case=annas_case)
    assert (ended.to_on, ended.leaving_reason) == (dt.date(2026, 11, 10), "Przeprowadzka")


def test_where_the_closing_fails_nobody_leaves(tus, annas_case, anna):
    with pytest.raises(CaseError), transaction.atomic():
        close(annas_case, anna, on=dt.date(2026, 12, 1))

    assert tus.enrolments.open().count() == 2


def test_who_leaves_the_family_leaves_the_group_the_day_before(tus, annas_case, other_case, anna):
    later = group_meeting(tus, dt.date(2026, 11, 26), status="planned")
    member = annas_case.family.members.order_by("id")[0]

    end_membership(member, to_on=TODAY, by=anna.user)

    ended = tus.enrolments.get(case=annas_case)
    assert (ended.to_on, ended.leaving_reason) == (dt.date(2026, 11, 21), "Odejście z rodziny.")
    assert invited(later) == {first_of(other_case)}


def test_another_member_who_leaves_changes_nothing(tus, annas_case, anna):
    end_membership(annas_case.family.members.order_by("id")[1], to_on=TODAY, by=anna.user)

    assert tus.enrolments.open().count() == 2

"""The groups of the demonstration: at every centre, of several families, the same every time."""

from __future__ import annotations

import datetime as dt
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import Count, F, Q

from cases.sessions.group_models import Group, GroupEnrolment
from cases.sessions.models import Attendance, Occupancy, Session
from centres.models import Centre, Service

TODAY = dt.date(2026, 11, 22)


def seed(**options):
    call_command("seed_demo", **({"families": 90, "months": 10, "today": TODAY} | options), stderr=StringIO())


@pytest.fixture(scope="module")
def demonstration(django_db_setup, django_db_blocker):
    """Made once for all tests of this file, and undone after them."""
    with django_db_blocker.unblock(), transaction.atomic():
        seed()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def seeded(demonstration, db):
    """Ninety families."""


def test_every_centre_has_a_group_that_is_over_one_in_its_course_and_one_to_come(seeded):
    for centre in Centre.objects.all():
        groups = centre.groups.select_related("service", "series")
        assert {group.service.form for group in groups} == {Service.Form.GROUP}
        over = [group for group in groups if group.series.ended_on]
        coming = [group for group in groups if not group.sessions.filter(starts_at__date__lte=TODAY).exists()]
        assert (len(groups), len(over), len(coming)) == (3, 1, 1)
        assert all(service.centres.filter(pk=centre.pk).exists() for service in {one.service for one in groups})


def test_a_group_has_people_of_several_families_and_some_of_another_centre(seeded):
    counted = Group.objects.annotate(
        families=Count("enrolments__case__family", distinct=True),
        guests=Count("enrolments", filter=~Q(enrolments__case__centre=F("centre"))),
    )
    for families, guests in counted.values_list("families", "guests"):
        assert families >= 4
        assert guests


def test_when_a_group_is_over_so_are_the_places_in_it(seeded):
    over = Group.objects.exclude(series__ended_on=None)
    assert over.count() == 3
    for group in over.select_related("series"):
        assert group.enrolments.exists()
        assert not group.enrolments.filter(Q(to_on=None) | Q(to_on__gt=group.series.ended_on)).exists()
        assert "Grupa się zakończyła." in {one.leaving_reason for one in group.enrolments.all()}


def test_some_wait_for_a_seat_and_nobody_has_one_too_many(seeded):
    assert {one.group.centre.slug for one in GroupEnrolment.objects.waiting()} == {"wodna", "krakowiakow", "wadowicka"}
    free = {}
    for group in Group.objects.with_counts(TODAY):
        left, waiting = group.seats - vars(group)["taken_count"], vars(group)["waiting_count"]
        assert left >= 0
        if waiting:
            free[group.centre.slug] = left
    assert free == {"wodna": 0, "krakowiakow": 0, "wadowicka": 1}  # one seat is still to be given
    assert any(one.leaving_reason for one in GroupEnrolment.objects.all())


def test_meetings_are_held_by_two_and_settled_but_for_the_gap_of_last_month(seeded):
    meetings = Session.objects.filter(case=None)
    assert {meeting.co_therapists.count() for meeting in meetings} == {1}
    past = meetings.filter(ends_at__date__lt=TODAY)
    assert past.filter(status="held").count() > past.count() / 2
    gap = past.filter(status="planned")
    assert {(one.centre.slug, one.starts_at.month) for one in gap} == {
        ("wodna", 10),
        ("krakowiakow", 10),
        ("wadowicka", 10),
    }
    assert not meetings.filter(starts_at__date__gt=TODAY).exclude(status="planned").exists()


def test_a_held_meeting_has_a_complete_roll_of_those_who_had_a_seat(seeded):
    for session in Session.objects.filter(case=None, status="held").prefetch_related("attendances"):
        presences = [row.presence for row in session.attendances.all()]
        assert Attendance.Presence.PRESENT in presences
        assert Attendance.Presence.EXPECTED not in presences
    for row in Attendance.objects.filter(session__case=None).select_related("session"):
        enrolments = GroupEnrolment.objects.filter(group=row.session.group_id, person=row.person_id, case=row.case_id)
        assert any(one.holds_on(row.session.starts_at.date()) for one in enrolments)


def test_everybody_expected_or_present_is_taken_up_once(seeded):
    there = Attendance.objects.filter(session__case=None, presence__in=["expected", "present"])
    there = there.exclude(session__status__startswith="by_")
    taken = Occupancy.objects.filter(session__case=None, person__isnull=False)
    assert set(there.values_list("session", "person")) == set(taken.values_list("session", "person"))


def test_every_group_and_every_enrolment_keeps_its_rules(seeded):
    for record in [*Group.objects.all(), *GroupEnrolment.objects.all()]:
        record.full_clean()


def test_the_last_month_has_unresolved_meetings_of_cases_too(seeded):
    october = Session.objects.filter(status="planned", starts_at__year=2026, starts_at__month=10)
    assert october.filter(case__isnull=False).exists()
    assert not october.exclude(attendances__presence="expected").exists()
    assert not october.filter(notes__isnull=False).exists()

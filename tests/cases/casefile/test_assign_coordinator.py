"""One coordinator at a time, and a history of who it was before (P5)."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.urls import reverse

from audit.models import AuditEntry
from cases.casefile.models import Case
from cases.casefile.services import CaseError, assign_coordinator, close_case
from centres.models import Role, StaffMember


@pytest.fixture
def basia(make_staff, wodna):
    return make_staff("Barbara", "Druga", Role.COORDINATOR, centre=wodna)


def test_the_history_keeps_who_had_it_before(annas_case, anna, basia, marek):
    assign_coordinator(annas_case, basia, note="Dzwonić po 17", by=marek.user)

    first, second = annas_case.assignments.all()
    assert first.coordinator == anna
    assert first.ended_on is not None
    assert second.coordinator == basia
    assert second.note == "Dzwonić po 17"


def test_it_refuses_a_coordinator_from_another_centre(annas_case, ewa, marek):
    with pytest.raises(CaseError) as error:
        assign_coordinator(annas_case, ewa, by=marek.user)

    assert error.value.code == "other_centre"


def test_it_refuses_a_closed_case(annas_case, basia, marek):
    close_case(annas_case, on=annas_case.opened_on, note="Koniec", version=1, by=marek.user)

    with pytest.raises(CaseError) as error:
        assign_coordinator(annas_case, basia, by=marek.user)

    assert error.value.code == "closed"


def test_the_former_coordinator_no_longer_reads_the_file(annas_case, anna, basia, marek, sign_in):
    assign_coordinator(annas_case, basia, by=marek.user)

    assert sign_in(anna).get(annas_case.get_absolute_url()).status_code == 404
    assert sign_in(basia).get(annas_case.get_absolute_url()).status_code == 200


def test_only_the_head_of_centre_assigns(annas_case, anna, basia, sign_in):
    url = reverse("cases:assign_coordinator", args=[annas_case.uuid])

    assert sign_in(anna).post(url, {"coordinator": basia.pk, "once": str(uuid.uuid4())}).status_code == 403


def test_both_people_are_on_record(annas_case, anna, basia, marek):
    assign_coordinator(annas_case, basia, by=marek.user)

    entry = AuditEntry.objects.get(action="cases.assign_coordinator")
    assert entry.details == {"before": str(anna.uuid), "after": str(basia.uuid)}


def test_the_page_assigns_and_returns_to_the_case(annas_case, basia, marek, sign_in):
    response = sign_in(marek).post(
        reverse("cases:assign_coordinator", args=[annas_case.uuid]),
        {"coordinator": basia.pk, "note": "", "once": str(uuid.uuid4())},
    )

    assert response.url == annas_case.get_absolute_url()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_heads_at_once_leave_one_current_coordinator(annas_case, make_staff, wodna, marek):
    if connection.vendor != "postgresql":
        pytest.skip("real concurrency needs PostgreSQL")
    people = [make_staff(f"Osoba{n}", "Druga", Role.COORDINATOR, centre=wodna) for n in range(8)]

    def assign(person: StaffMember) -> None:
        try:
            assign_coordinator(Case.objects.get(pk=annas_case.pk), person, by=marek.user)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(assign, people))

    assert annas_case.assignments.current().count() == 1
    assert annas_case.assignments.count() == 9

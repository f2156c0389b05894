"""Accepting a referral opens a case; its clock started with the referral (P1, P7)."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from cases.casefile.models import Case, Stage
from cases.casefile.services import accept_referral
from cases.intake.models import Referral
from cases.intake.services import IntakeError, enter_referral


@pytest.fixture
def make_referral(wodna, anna):
    def make(**facts: object) -> Referral:
        return enter_referral(
            by=anna.user,
            **{
                "centre": wodna,
                "source": "self",
                "received_on": timezone.localdate() - dt.timedelta(days=3),
                "family_label": "Rodzina Świątek",
                "contact_first_name": "Łucja",
                "contact_last_name": "Świątek",
                "contact_role": "mother",
                "contact_phone": "+48100000001",
                "adults": 1,
                "children": 1,
            }
            | facts,
        )

    return make


def test_it_opens_a_case_due_fourteen_days_after_receipt(make_referral, anna):
    referral = make_referral()

    case = accept_referral(referral, version=1, by=anna.user)

    assert case.stage == Stage.DIAGNOSIS
    assert case.received_on == referral.received_on
    assert case.next_deadline_on == referral.received_on + dt.timedelta(days=14)
    assert re.fullmatch(rf"W/{timezone.localdate().year}/0001", case.number)
    assert [str(member.person) for member in case.family.members.all()] == ["Łucja Świątek"]


def test_the_family_is_found_by_its_names_without_diacritics(make_referral, anna):
    case = accept_referral(make_referral(), version=1, by=anna.user)

    assert "lucja swiatek" in case.family.search_text


def test_numbers_count_up_without_gaps(make_referral, anna):
    numbers = [accept_referral(make_referral(), version=1, by=anna.user).number[-4:] for _ in range(3)]

    assert numbers == ["0001", "0002", "0003"]


def test_a_family_with_an_open_case_here_is_refused_and_the_referral_stays_new(make_referral, anna):
    first = accept_referral(make_referral(), version=1, by=anna.user)
    again = make_referral()

    with pytest.raises(ValidationError) as error:
        accept_referral(again, version=1, family=first.family, by=anna.user)

    assert "otwartą sprawę" in " ".join(error.value.messages)
    again.refresh_from_db()
    assert again.status == Referral.Status.NEW


def test_accepting_twice_is_refused(make_referral, anna):
    referral = make_referral()
    accept_referral(referral, version=1, by=anna.user)

    with pytest.raises(IntakeError) as error:
        accept_referral(referral, version=2, by=anna.user)

    assert error.value.code == "decided"


def test_the_page_offers_a_family_that_was_here_before(make_referral, anna, marek, sign_in):
    before = accept_referral(make_referral(), version=1, coordinator=anna, by=marek.user)
    referral = make_referral(family_label="Inna nazwa")

    page = sign_in(anna).get(reverse("cases:accept_referral", args=[referral.uuid]))

    assert before.family in page.context["form"].fields["family"].queryset


def test_the_page_tells_nobody_of_families_they_may_not_read(make_referral, anna, ewa, krakowiakow, marek, sign_in):
    accept_referral(make_referral(), version=1, coordinator=anna, by=marek.user)
    theirs = make_referral(centre=krakowiakow)

    page = sign_in(ewa).get(reverse("cases:accept_referral", args=[theirs.uuid]))

    assert "family" not in page.context["form"].fields


def test_from_the_page_to_the_case(make_referral, anna, sign_in):
    referral = make_referral()

    response = sign_in(anna).post(
        reverse("cases:accept_referral", args=[referral.uuid]),
        {"once": str(uuid.uuid4()), "version": 1, "coordinator": anna.pk},
    )

    case = Case.objects.get()
    assert response.url == case.get_absolute_url()
    assert case.assignments.current().get().coordinator == anna


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_get_twenty_different_numbers(make_referral, anna):
    if connection.vendor != "postgresql":
        pytest.skip("real concurrency needs PostgreSQL")
    referrals = [make_referral(family_label=f"Rodzina {n}") for n in range(20)]

    def accept(referral: Referral) -> str:
        try:
            return accept_referral(referral, version=1, by=anna.user).number
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(accept, referrals))

    assert len(set(numbers)) == 20


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_people_accepting_one_referral_open_one_case(make_referral, anna):
    if connection.vendor != "postgresql":
        pytest.skip("real concurrency needs PostgreSQL")
    referral = make_referral()

    def accept(_: int) -> bool:
        try:
            accept_referral(referral, version=1, by=anna.user)
        except (IntakeError, ValidationError):
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        won = list(pool.map(accept, range(6)))

    assert won.count(True) == 1
    assert Case.objects.count() == 1

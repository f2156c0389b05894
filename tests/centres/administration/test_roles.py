"""Roles: dated, on record, and some exclude each other."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry
from centres.models import Role, RoleAssignment
from tests.centres.administration.test_users import CHANGE, role_row, user_form

ANALYST_SENTENCE = "nie może równocześnie mieć roli z dostępem do spraw"


def new_role(role: Role, centre_id: int | str = "", from_on: str = "01.01.2025", to_on: str = "") -> dict[str, object]:
    return {"role": role, "centre": centre_id, "organisation": "", "from_on": from_on, "to_on": to_on}


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.THERAPIST, Role.LEAD, Role.CLINICAL_LEAD])
def test_an_analyst_gets_no_role_with_cases(jan, wodna, role):
    centre = None if role == Role.CLINICAL_LEAD else wodna
    with pytest.raises(ValidationError) as error:
        RoleAssignment.objects.create(user=jan.user, role=role, centre=centre)
    assert error.value.code == "analyst_with_cases"


def test_somebody_with_cases_does_not_become_an_analyst(anna):
    with pytest.raises(ValidationError):
        RoleAssignment.objects.create(user=anna.user, role=Role.ANALYST)


def test_one_after_the_other_is_allowed(anna):
    today = timezone.localdate()
    anna.user.role_assignments.update(to_on=today)
    RoleAssignment.objects.create(user=anna.user, role=Role.ANALYST, from_on=today + dt.timedelta(days=1))
    with pytest.raises(ValidationError):
        RoleAssignment.objects.create(user=anna.user, role=Role.CLINICAL_LEAD, from_on=today + dt.timedelta(days=30))


def test_roles_that_go_together_may_be_held_together(anna):
    RoleAssignment.objects.create(user=anna.user, role=Role.ADMIN)
    assert anna.user.role_assignments.count() == 2


def test_the_administration_refuses_it_with_the_reason(sign_in, adam, anna):
    held = anna.user.role_assignments.get()
    answer = sign_in(adam).post(
        reverse(CHANGE, args=[anna.user.pk]), user_form(anna, role_row(held), new_role(Role.ANALYST), stored=1)
    )
    assert ANALYST_SENTENCE in answer.content.decode()
    assert anna.user.role_assignments.count() == 1


def test_two_new_roles_in_one_form_are_looked_at_together(sign_in, adam, make_staff, wodna):
    nobody = make_staff("Bez", "Roli")
    answer = sign_in(adam).post(
        reverse(CHANGE, args=[nobody.user.pk]),
        user_form(nobody, new_role(Role.ANALYST), new_role(Role.LEAD, wodna.pk), stored=0),
    )
    assert answer.status_code == 200
    assert ANALYST_SENTENCE in answer.content.decode()
    assert not nobody.user.role_assignments.exists()


@pytest.mark.parametrize(
    ("role", "at_wodna", "sentence"),
    [
        (Role.COORDINATOR, False, "Koordynator"),
        (Role.DPO, True, "Koordynator"),
        ("wymyślona", False, "Wybierz poprawną wartość"),
    ],
)
def test_a_role_stands_where_it_works(sign_in, adam, make_staff, wodna, role, at_wodna, sentence):
    nobody = make_staff("Bez", "Roli")
    answer = sign_in(adam).post(
        reverse(CHANGE, args=[nobody.user.pk]),
        user_form(nobody, new_role(role, wodna.pk if at_wodna else ""), stored=0),
    )
    assert answer.status_code == 200
    assert sentence in answer.content.decode()


def test_the_same_role_twice_is_refused_with_the_reason(sign_in, adam, anna, wodna):
    held = anna.user.role_assignments.get()
    twice = new_role(Role.COORDINATOR, wodna.pk, from_on="01.02.2025")
    answer = sign_in(adam).post(reverse(CHANGE, args=[anna.user.pk]), user_form(anna, role_row(held), twice, stored=1))
    assert "już tę rolę" in answer.content.decode()
    assert anna.user.role_assignments.count() == 1


def test_ending_a_role_is_on_record_with_its_dates(sign_in, adam, anna):
    held = anna.user.role_assignments.get()
    today = timezone.localdate()
    sign_in(adam).post(
        reverse(CHANGE, args=[anna.user.pk]),
        user_form(anna, role_row(held, to_on=today.strftime("%d.%m.%Y"))),
    )
    held.refresh_from_db()
    assert held.to_on == today
    entry = AuditEntry.objects.get(action="admin.change_roleassignment")
    assert entry.object_uuid == anna.user.uuid
    assert entry.details == {
        "role": "coordinator",
        "centre": "wodna",
        "organisation": None,
        "from_on": held.from_on.isoformat(),
        "to_on": today.isoformat(),
        "fields": ["to_on"],
    }


def test_a_role_given_by_mistake_is_taken_back_with_an_entry(sign_in, adam, anna):
    held = anna.user.role_assignments.get()
    sign_in(adam).post(reverse(CHANGE, args=[anna.user.pk]), user_form(anna, role_row(held, DELETE="on")))
    assert not anna.user.role_assignments.exists()
    assert AuditEntry.objects.get(action="admin.delete_roleassignment").details["role"] == "coordinator"


@pytest.mark.parametrize(
    "change", [{"DELETE": "on"}, {"to_on": "31.12.2099"}, {"role": "dpo"}, {"from_on": "01.01.2099"}]
)
def test_nobody_takes_the_administrators_role_from_themselves(sign_in, adam, change):
    held = adam.user.role_assignments.get()
    answer = sign_in(adam).post(reverse(CHANGE, args=[adam.user.pk]), user_form(adam, role_row(held, **change)))
    assert "Nie możesz odebrać sobie roli administratora." in answer.content.decode()
    held.refresh_from_db()
    assert (held.role, held.to_on) == (Role.ADMIN, None)


def test_another_administrator_may(sign_in, adam, make_staff):
    other = make_staff("Ada", "Druga", Role.ADMIN)
    held = adam.user.role_assignments.get()
    sign_in(other).post(reverse(CHANGE, args=[adam.user.pk]), user_form(adam, role_row(held, DELETE="on")))
    assert not adam.user.role_assignments.exists()


def test_an_administrator_changes_the_rest_of_their_own_page(sign_in, adam):
    sign_in(adam).post(reverse(CHANGE, args=[adam.user.pk]), user_form(adam, **{"staff-0-job_title": "informatyk"}))
    adam.refresh_from_db()
    assert adam.job_title == "informatyk"


def test_a_temporary_administrator_may_save_their_own_page(sign_in, adam):
    adam.user.role_assignments.update(to_on=timezone.localdate() + dt.timedelta(days=30))
    answer = sign_in(adam).post(
        reverse(CHANGE, args=[adam.user.pk]), user_form(adam, **{"staff-0-job_title": "informatyk"})
    )
    assert answer.status_code == 302


def test_the_list_of_roles_is_for_reading_and_leads_to_the_person(sign_in, adam, anna):
    browser = sign_in(adam)
    page = browser.get(reverse("admin:centres_roleassignment_changelist")).content.decode()
    assert reverse(CHANGE, args=[anna.user.pk]) in page
    assert browser.get(reverse("admin:centres_roleassignment_add")).status_code == 403
    held = anna.user.role_assignments.get()
    url = reverse("admin:centres_roleassignment_change", args=[held.pk])
    assert browser.post(url, role_row(held, role="lead")).status_code == 403


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_administrators_at_once_do_not_make_an_analyst_with_cases(make_staff, wodna):
    if connection.vendor != "postgresql":
        pytest.skip("real concurrency needs PostgreSQL")
    nobody = make_staff("Bez", "Roli").user

    def give(role: Role) -> None:
        centre = None if role in {Role.ANALYST, Role.CLINICAL_LEAD} else wodna
        try:
            with suppress(ValidationError):  # who comes second is refused
                RoleAssignment.objects.create(user=nobody, role=role, centre=centre)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(give, [Role.ANALYST, Role.COORDINATOR, Role.LEAD, Role.CLINICAL_LEAD]))

    held = set(nobody.role_assignments.values_list("role", flat=True))
    assert held
    assert held == {Role.ANALYST} or Role.ANALYST not in held

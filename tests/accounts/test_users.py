from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import User


def addresses(user: User) -> list[tuple[str, bool, bool]]:
    return list(EmailAddress.objects.filter(user=user).values_list("email", "verified", "primary"))


def test_a_new_person_has_one_confirmed_address(db):
    user = User.objects.create_user(" Nowa.Osoba@Example.org ")
    assert user.email == "nowa.osoba@example.org"
    assert addresses(user) == [("nowa.osoba@example.org", True, True)]


def test_changing_the_address_changes_the_only_one(anna):
    anna.user.email = "inna@example.org"
    anna.user.save()
    assert addresses(anna.user) == [("inna@example.org", True, True)]


def test_saving_a_person_frees_them_from_an_unconfirmed_address(anna):
    EmailAddress.objects.filter(user=anna.user).update(verified=False)
    EmailAddress.objects.create(user=anna.user, email="stray@example.org", verified=False)
    anna.user.save()
    assert addresses(anna.user) == [(anna.user.email, True, True)]


def test_signing_in_costs_nothing_for_addresses(anna, django_assert_num_queries):
    with django_assert_num_queries(3):  # savepoint, update, release
        anna.user.save(update_fields=["last_login"])


def test_two_people_may_not_share_an_address_in_any_case(anna):
    with pytest.raises(ValidationError):
        User.objects.create_user(anna.user.email.upper())
    with pytest.raises(IntegrityError), transaction.atomic():
        User(email=anna.user.email.upper()).save()


def test_a_person_without_roles_may_nothing(db):
    user = User.objects.create_user("nikt@example.org")
    assert not user.has_perm("cases.view_caseload")
    assert not user.is_staff


def test_a_person_who_has_left_may_nothing(adam):
    assert adam.user.has_perm("accounts.use_admin")
    adam.user.is_active = False
    assert not adam.user.has_perm("accounts.use_admin")
    assert not adam.user.has_module_perms("accounts")

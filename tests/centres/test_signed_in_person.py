"""Who is signed in: one query for the person, their second factor and their roles, asked anew with every request."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from centres.backends import SignInBackend
from centres.duties import duties_of
from centres.models import Role, RoleAssignment


def get_user(user: User) -> Any:
    return SignInBackend().get_user(user.pk)


def test_one_query_tells_all(anna, django_assert_num_queries):
    get_user(anna.user)
    with django_assert_num_queries(1):
        person = get_user(anna.user)
        assert duties_of(person).roles == {Role.COORDINATOR}
        assert person.has_second_factor is False
        assert duties_of(person).staff_id == anna.pk


def test_a_role_that_ends_is_gone_with_the_next_request(anna):
    assert duties_of(get_user(anna.user)).roles
    RoleAssignment.objects.filter(user=anna.user).delete()
    person = get_user(anna.user)
    assert (person, duties_of(person).roles) == (anna.user, frozenset())


@pytest.mark.parametrize("has_roles", [True, False])
def test_an_account_that_was_closed_is_nobody(anna, has_roles):
    User.objects.filter(pk=anna.user.pk).update(is_active=False)
    if not has_roles:
        RoleAssignment.objects.filter(user=anna.user).delete()
    assert get_user(anna.user) is None

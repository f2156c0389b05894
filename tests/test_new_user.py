"""The shortcut by which tests make a user leaves what `create_user` leaves."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import is_password_usable

from accounts.models import User
from tests.conftest import new_user

ACCIDENTAL = {"id", "uuid", "password", "created_at", "user", "email"}


def picture(user: User) -> tuple[list[dict[str, Any]], bool]:
    """All columns; of what is another one each time, whether it is there."""
    found = [User.objects.get(pk=user.pk), *EmailAddress.objects.filter(user=user, email=user.email)]
    columns = [{field.attname: getattr(one, field.attname) for field in one._meta.concrete_fields} for one in found]
    told = [
        {name: bool(value) if name.removesuffix("_id") in ACCIDENTAL else value for name, value in one.items()}
        for one in columns
    ]
    return told, is_password_usable(columns[0]["password"])


def test_it_leaves_what_create_user_leaves(db):
    assert picture(new_user("ala.nowa@example.org")) == picture(User.objects.create_user("ola.nowa@example.org"))

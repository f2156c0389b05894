"""The first administrator of a portal in real use."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from audit.models import AuditEntry
from centres.models import RoleAssignment

pytestmark = pytest.mark.django_db
GOOD = "czternascie-zielonych-krzesel"


@pytest.fixture
def typed(monkeypatch):
    """What somebody sends to standard input."""

    def send(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))

    return send


def create(email: str = "Ada.Admin@Example.org", first_name: str = "Ada", last_name: str = "Pierwsza") -> None:
    call_command("create_admin", email, first_name=first_name, last_name=last_name, stdout=io.StringIO())


def test_a_person_is_added_who_may_open_the_administration(typed):
    typed(f"{GOOD}\n")
    create()
    user = User.objects.get(email="ada.admin@example.org")
    assert user.check_password(GOOD)
    assert user.has_perm("accounts.use_admin")
    assert str(user.staff) == "Ada Pierwsza"
    assert AuditEntry.objects.get(action="centres.create_administrator").object_uuid == user.uuid


@pytest.mark.parametrize("password", ["krakow-demo", "krotkie", "", "123456789012345", "ada.admin@example.org"])
def test_a_weak_or_published_password_is_refused(typed, password):
    typed(f"{password}\n")
    with pytest.raises(CommandError):
        create()
    assert not User.objects.exists()


@pytest.mark.parametrize(("email", "first_name"), [("to nie adres", "Ada"), ("ada@example.org", "")])
def test_a_broken_address_or_no_name_adds_nobody(typed, email, first_name):
    typed(f"{GOOD}\n")
    with pytest.raises(CommandError):
        create(email, first_name)
    assert not User.objects.exists()


def test_an_address_that_is_in_use_stays_its_owners(typed):
    User.objects.create_user("ada.admin@example.org")
    typed(f"{GOOD}\n")
    with pytest.raises(CommandError, match="już zajęty"):
        create()
    assert not RoleAssignment.objects.exists()
    assert not User.objects.get().has_usable_password()


def test_two_different_passwords_at_the_prompt_add_nobody(monkeypatch):
    answers = iter([GOOD, f"{GOOD}!"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("centres.management.commands.create_admin.getpass", lambda _: next(answers))
    with pytest.raises(CommandError):
        create()
    assert not User.objects.exists()

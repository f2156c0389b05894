from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts.demo import forget_demo_mode
from accounts.models import DemoMode, User
from centres.models import StaffMember

PORTALS_HASHERS = list(settings.PASSWORD_HASHERS)
PASSWORD = "zielony-kajak-na-wisle"


@pytest.fixture(autouse=True)
def _quick_hashes(settings: Any) -> None:
    """Argon2 is slow on purpose; one test looks at it."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PORTALS_HASHERS]


@pytest.fixture
def password() -> str:
    return PASSWORD


@pytest.fixture
def annas_user(anna: StaffMember) -> User:
    """Anna's account, with a password that she knows."""
    anna.user.set_password(PASSWORD)
    anna.user.save()
    return anna.user


@pytest.fixture
def browser() -> Client:
    return Client()


@pytest.fixture
def demo(db: None) -> None:
    """The marker row of a demonstration."""
    DemoMode.objects.create()
    forget_demo_mode()

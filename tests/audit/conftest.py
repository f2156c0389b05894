from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEntry
from audit.services import record

Recorder = Callable[..., list[AuditEntry]]


@pytest.fixture
def recorded(anna: Any) -> Recorder:
    """`recorded(3)`: so many entries of Anna's."""

    def make(count: int = 1, action: str = "cases.read_case", **details: Any) -> list[AuditEntry]:
        return [record(anna.user, action, None, number=number, **details) for number in range(count)]

    return make


@pytest.fixture
def igas(sign_in: Any, iga: Any) -> Client:
    """The browser of Iga, the data protection officer."""
    browser: Client = sign_in(iga)
    return browser

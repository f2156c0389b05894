"""Sunday 22 November 2026, noon. Maria of Anna's case has a safe address and is expected tomorrow at 16:00."""

from __future__ import annotations

from typing import Any

import pytest

from cases.casefile.models import Case
from cases.people.models import FamilyMember
from cases.reminders.models import SafeContact
from cases.reminders.services import mark_safe_contact
from centres.models import StaffMember
from tests.cases.desk.conftest import own_queries  # noqa: F401 - a fixture
from tests.cases.groups.conftest import basia, enrol, ewas_case, group, make_group, tus  # noqa: F401 - fixtures
from tests.cases.sessions.conftest import (  # noqa: F401 - fixtures
    _now,
    annas_case,
    book,
    planned,
)

ADDRESS = "m.tylko.moja@poczta.example"
SENDER = "terminy@wiadomosci.example"


@pytest.fixture
def switched_on(settings: Any) -> None:
    """The portal sends reminders; of itself it does not."""
    settings.SESSION_REMINDERS = True
    settings.SESSION_REMINDERS_FROM = SENDER


@pytest.fixture
def maria(annas_case: Case) -> FamilyMember:  # noqa: F811
    """The mother of Anna's family, 38."""
    return annas_case.family.members.get(person__first_name="Maria")


@pytest.fixture
def zofia(annas_case: Case) -> FamilyMember:  # noqa: F811
    """Her daughter, 9."""
    return annas_case.family.members.get(person__first_name="Zofia")


@pytest.fixture
def safe(annas_case: Case, maria: FamilyMember, anna: StaffMember) -> SafeContact:  # noqa: F811
    """Anna has asked Maria alone."""
    return mark_safe_contact(annas_case, maria, address=ADDRESS, by=anna.user)

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from cases.intake.models import Referral
from cases.intake.services import enter_referral


@pytest.fixture
def referral(wodna, anna) -> Referral:
    """New at Wodna, received three days ago."""
    return enter_referral(
        by=anna.user,
        centre=wodna,
        source="school",
        received_on=timezone.localdate() - dt.timedelta(days=3),
        family_label="Rodzina Świątek",
        contact_first_name="Łucja",
        contact_last_name="Świątek",
        contact_role="mother",
        contact_phone="+48100000001",
        adults=1,
        children=1,
    )

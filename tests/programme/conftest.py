"""The programme as shipped, and meetings to count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from cases.casefile.models import Case
from cases.sessions.models import Session
from centres.models import Service, StaffMember
from programme.plan.models import Programme
from programme.plan.source import SHIPPED

WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.fixture
def programme(reference: None) -> Programme:
    """The programme 2025–2027 with its 78 indicators."""
    call_command("load_programme", verbosity=0)
    return Programme.objects.get()


HoldSession = Callable[..., Session]


@pytest.fixture
def hold(piotr: StaffMember, family_therapy: Service) -> HoldSession:
    """A meeting that took place: `hold(annas_case, dt.date(2026, 3, 5))`, or with an exact moment, service, status."""

    def make(
        case: Case,
        when: dt.date | dt.datetime,
        *,
        service: Service | str | None = None,
        status: str = Session.Status.HELD,
    ) -> Session:
        starts_at = when if isinstance(when, dt.datetime) else dt.datetime.combine(when, dt.time(10), tzinfo=WARSAW)
        if isinstance(service, str):
            service = Service.objects.get(slug=service)
        return Session.objects.create(
            case=case,
            centre=case.centre,
            service=service or family_therapy,
            therapist=piotr,
            starts_at=starts_at,
            ends_at=starts_at + dt.timedelta(minutes=50),
            status=status,
        )

    return make


EditPlan = Callable[..., Path]


@pytest.fixture
def edited(tmp_path: Path) -> EditPlan:
    """The shipped table with changes: `edited(("…;9910;", "…;10000;"))`, or `edited(drop=(5,))` without a line."""

    def make(*changes: tuple[str, str], drop: tuple[int, ...] = (), add: str = "") -> Path:
        text = SHIPPED.read_text(encoding="utf-8")
        for before, after in changes:
            assert before in text
            text = text.replace(before, after, 1)
        kept = [line for number, line in enumerate(text.splitlines(), start=1) if number not in drop]
        path = tmp_path / "changed.csv"
        path.write_text("\n".join(kept) + "\n" + add, encoding="utf-8")
        return path

    return make

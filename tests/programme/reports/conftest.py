"""November 2026: October is the newest month that can be reported. No broker, and a PDF that costs nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection
from time_machine import TimeMachineFixture

from cases.casefile.models import Case
from cases.people.models import Person
from cases.sessions.models import Attendance, Session
from centres.models import Centre
from programme.reports import rendering, services, tasks
from programme.reports.models import Report
from tests.conftest import CaseMaker
from tests.programme.conftest import HoldSession

OCTOBER = dt.date(2026, 10, 1)
NOW = dt.datetime(2026, 11, 22, 11, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _in_november(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(NOW)


@pytest.fixture(autouse=True)
def reports_dir(settings: Any, tmp_path: Path) -> Path:
    settings.REPORTS_DIR = tmp_path / "reports"
    return tmp_path / "reports"


@pytest.fixture(autouse=True)
def handed_on(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The uuids of reports that a worker would have been told about."""
    told: list[str] = []
    monkeypatch.setattr(tasks, "_impatient_broker", lambda: Connection("memory://"))
    monkeypatch.setattr(tasks.build_report, "apply_async", lambda *, args, **_options: told.append(args[0]))
    return told


@pytest.fixture
def quick_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that depends on the document alone, as the real one does, but is made at once."""
    monkeypatch.setattr(rendering, "render_pdf", lambda html: b"%PDF-" + html.encode())


@pytest.fixture
def octobers_case(make_case: CaseMaker, wodna: Centre) -> Case:
    """Something to report: a family that came to Wodna in October."""
    return make_case(wodna, "Rodzina Sekretnych", received_on=dt.date(2026, 10, 5))


@pytest.fixture
def report(octobers_case: Case, wodna: Centre) -> Report:
    """Wodna's October, waiting for a worker."""
    return services.request_report(OCTOBER, Report.Scope.CENTRE, centre=wodna, by=None).report


@pytest.fixture
def ready(report: Report, quick_pdf: None) -> Report:
    """Wodna's October, made."""
    tasks.build_report(str(report.uuid))
    report.refresh_from_db()
    assert report.status == Report.Status.READY
    return report


Meet = Callable[..., Session]


@pytest.fixture
def meet(hold: HoldSession) -> Meet:
    """A held meeting to which the whole family came: `meet(case, dt.date(2026, 10, 5))`; absent ones by name."""

    def make(case: Case, when: dt.date | dt.datetime, *, absent: tuple[Person, ...] = (), **options: Any) -> Session:
        session = hold(case, when, **options)
        came = session.status == Session.Status.HELD
        for member in case.family.members.select_related("person"):
            present = came and member.person not in absent
            Attendance.objects.create(
                session=session,
                person=member.person,
                case=case,
                presence=Attendance.Presence.PRESENT if present else Attendance.Presence.UNEXCUSED,
            )
        return session

    return make

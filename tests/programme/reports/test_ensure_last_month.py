"""On the 1st at 5:00, and every hour after a night without power: last month's reports."""

from __future__ import annotations

import datetime as dt

from programme.reports import tasks
from programme.reports.models import Report
from tests.programme.reports.conftest import OCTOBER


def test_all_scopes_of_last_month_are_asked_for(octobers_case, programme, handed_on):
    tasks.ensure_last_month()
    assert set(Report.objects.values_list("number", flat=True)) == {
        "S/2026/10/PROGRAM/1",
        "S/2026/10/CENTRA/1",
        "S/2026/10/WODNA/1",
        "S/2026/10/KRAKOWIAKOW/1",
        "S/2026/10/WADOWICKA/1",
    }
    assert len(handed_on) == 5
    assert {(report.month, report.requested_by) for report in Report.objects.all()} == {(OCTOBER, None)}


def test_a_second_run_finds_nothing_to_do(octobers_case, programme, handed_on):
    tasks.ensure_last_month()
    tasks.ensure_last_month()
    assert Report.objects.count() == len(handed_on) == 5


def test_a_failed_report_stays_failed_until_somebody_looks(octobers_case, programme):
    tasks.ensure_last_month()
    Report.objects.update(status=Report.Status.FAILED, error="Nie udało się.")
    tasks.ensure_last_month()
    assert set(Report.objects.values_list("status", flat=True)) == {Report.Status.FAILED}


def test_a_portal_without_data_is_left_in_peace(reference):
    tasks.ensure_last_month()
    assert not Report.objects.exists()


def test_the_month_turns_with_krakows_clock(octobers_case, time_machine):
    time_machine.move_to(dt.datetime(2026, 11, 30, 23, 30, tzinfo=dt.UTC))  # 0:30 on 1 December in Kraków
    tasks.ensure_last_month()
    assert set(Report.objects.values_list("month", flat=True)) == {dt.date(2026, 11, 1)}

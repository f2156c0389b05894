"""The sweep: what waits is handed on, again if need be, and nothing else is."""

from __future__ import annotations

import datetime as dt

from programme.reports import tasks
from programme.reports.models import HAND_ON_AFTER, LEASE, Report


def test_a_waiting_report_is_handed_on(report, handed_on):
    tasks.hand_on_reports()
    assert handed_on == [str(report.uuid)]


def test_not_again_within_a_minute(report, handed_on):
    tasks.hand_on_reports()
    tasks.hand_on_reports()
    assert len(handed_on) == 1


def test_again_when_the_message_has_led_to_nothing(report, handed_on, time_machine):
    tasks.hand_on_reports()
    time_machine.shift(HAND_ON_AFTER + dt.timedelta(seconds=1))
    tasks.hand_on_reports()
    assert len(handed_on) == 2


def test_what_a_dead_worker_left_behind_is_handed_on(report, handed_on, time_machine):
    Report.objects.claim(report.uuid)
    tasks.hand_on_reports()
    assert handed_on == []
    time_machine.shift(LEASE + dt.timedelta(seconds=1))
    tasks.hand_on_reports()
    assert handed_on == [str(report.uuid)]


def test_what_is_finished_is_left_alone(ready, handed_on):
    tasks.hand_on_reports()
    assert handed_on == []


def test_a_broker_that_is_away_ends_the_sweep_quietly(report, monkeypatch):
    def away(**_options):
        raise OSError("connection refused")

    monkeypatch.setattr(tasks.build_report, "apply_async", away)
    tasks.hand_on_reports()
    assert Report.objects.get().handed_on_at is None

"""`purge_audit` deletes whole sealed months after their retention and leaves a chain that still holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection

from audit.models import AuditEntry, AuditSeal
from audit.purging import oldest_kept, plan_purge, purge_log
from audit.services import record, seal_entries
from audit.verifying import verify_log

NOW = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as travelling:
        yield travelling


def days(clock: Any, user: Any, *moments: str) -> None:
    """Two entries and a seal at each moment, and back to now."""
    for moment in moments:
        clock.move_to(dt.datetime.fromisoformat(moment))
        for number in range(2):
            record(user, "cases.read_case", None, number=number)
        seal_entries()
    clock.move_to(NOW)


def run(*args: str) -> str:
    out = StringIO()
    call_command("purge_audit", *args, stdout=out, no_color=True)
    return out.getvalue()


@pytest.mark.parametrize(
    ("today", "kept"),
    [("2026-11-22", "2024-11-01"), ("2026-11-01", "2024-11-01"), ("2027-01-31", "2025-01-01")],
)
def test_the_months_of_the_retention_are_whole_and_by_warsaws_clock(today, kept):
    assert oldest_kept(dt.date.fromisoformat(today)).isoformat() == f"{kept}T00:00:00+01:00"


def test_older_entries_go_and_younger_stay(clock, anna):
    days(
        clock,
        anna.user,
        "2024-09-10T10:00+00:00",
        "2024-10-31T22:00+00:00",
        "2024-10-31T23:00+00:00",
        "2025-05-05T10:00+00:00",
    )
    assert "Deleted 4 entries in 2 seals, all from before 2024-11-01." in run()
    assert AuditEntry.objects.filter(action="cases.read_case").count() == 4
    assert list(AuditSeal.objects.values_list("purged", flat=True)) == [True, True, False, False]


def test_the_chain_still_holds(clock, anna):
    days(clock, anna.user, "2024-09-10T10:00+00:00", "2024-10-10T10:00+00:00", "2025-05-05T10:00+00:00")
    run()
    seal_entries()
    result = verify_log()
    assert (result.problem_count, result.purged_seals, result.seals) == (0, 2, 4)


def test_a_later_purge_takes_the_record_of_the_earlier_one_along(clock, anna):
    days(clock, anna.user, "2024-09-10T10:00+00:00")
    run()
    seal_entries()
    clock.move_to(NOW + dt.timedelta(days=2 * 366))
    record(anna.user, "cases.read_case")
    seal_entries()
    clock.shift(dt.timedelta(days=70))
    run()
    seal_entries()
    assert verify_log().problem_count == 0
    assert AuditEntry.objects.filter(action="audit.purge_log").count() == 1


def test_a_dry_run_only_says_it(clock, anna):
    days(clock, anna.user, "2024-09-10T10:00+00:00")
    assert "Would delete 2 entries in 1 seals, all from before 2024-11-01." in run("--dry-run")
    assert AuditEntry.objects.count() == 2
    assert not AuditSeal.objects.filter(purged=True).exists()


def test_a_seal_with_one_younger_entry_stays_with_all_that_follow(clock, anna):
    days(clock, anna.user, "2024-09-10T10:00+00:00")
    clock.move_to(dt.datetime(2024, 11, 2, tzinfo=dt.UTC))
    record(anna.user, "cases.read_case")
    clock.move_to(dt.datetime(2024, 10, 31, tzinfo=dt.UTC))  # the sealer's clock is late
    seal_entries()
    days(clock, anna.user, "2024-10-31T10:00+00:00")
    assert plan_purge().up_to_seal == 1


def test_entries_without_a_seal_never_go(clock, anna):
    clock.move_to(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    record(anna.user, "cases.read_case")
    clock.move_to(NOW)
    assert purge_log().entries == 0
    assert AuditEntry.objects.count() == 1


def test_where_nothing_is_old_enough_nothing_is_recorded(clock, anna):
    days(clock, anna.user, "2025-05-05T10:00+00:00")
    assert "Deleted 0 entries" in run()
    assert not AuditEntry.objects.filter(action="audit.purge_log").exists()


def test_an_interrupted_purge_is_finished_by_the_next(clock, anna, monkeypatch):
    days(clock, anna.user, "2024-08-10T10:00+00:00", "2024-09-10T10:00+00:00")
    monkeypatch.setattr("audit.purging.SEALS_AT_ONCE", 1)
    with monkeypatch.context() as broken:
        broken.setattr("audit.purging._delete_some", lambda: False)
        run()
    assert AuditEntry.objects.filter(action="cases.read_case").count() == 4
    assert verify_log().problem_count == 0
    run()
    assert AuditEntry.objects.filter(action="cases.read_case").count() == 0
    assert verify_log().problem_count == 0


def test_a_log_that_is_not_whole_is_not_purged(clock, anna):
    days(clock, anna.user, "2024-09-10T10:00+00:00", "2025-05-05T10:00+00:00")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = 'replica'")
        cursor.execute("UPDATE audit_auditseal SET entry_count = 9 WHERE number = 2")
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = 'origin'")
    with pytest.raises(CommandError, match="nothing is deleted"):
        run()
    assert AuditEntry.objects.count() == 4

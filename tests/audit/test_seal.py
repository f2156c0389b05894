"""Seals: links of a chain, each vouching for the entries that were committed since the one before."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from audit.models import AuditEntry, AuditSeal, SealedEntry
from audit.services import record, seal_entries
from audit.tasks import seal
from audit.verifying import verify_log

START = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)


def test_a_seal_vouches_for_all_that_waited(recorded):
    recorded(3)
    made = seal_entries()
    assert made is not None
    assert (made.number, made.entry_count) == (1, 3)
    assert SealedEntry.objects.filter(seal=made).count() == 3


def test_where_nothing_waits_there_is_no_seal(db):
    assert seal_entries() is None


def test_seals_are_numbered_without_gaps(recorded):
    for _ in range(3):
        recorded()
        seal_entries()
    assert list(AuditSeal.objects.values_list("number", flat=True)) == [1, 2, 3]
    assert verify_log().problem_count == 0


def test_the_task_seals_everything_and_tells_the_process_log_the_head(recorded, caplog, monkeypatch):
    monkeypatch.setattr("audit.services.SEAL_AT_MOST", 2)
    monkeypatch.setattr("audit.tasks.SEAL_AT_MOST", 2)
    recorded(5)
    with caplog.at_level("INFO"):
        seal()
    assert list(AuditSeal.objects.values_list("entry_count", flat=True)) == [2, 2, 1]
    head = AuditSeal.objects.get(number=3)
    assert head.mac in caplog.text


def test_an_hour_later_the_search_starts_where_the_settled_seals_end(recorded, django_assert_num_queries):
    with time_machine.travel(START, tick=False) as clock:
        recorded(3)
        seal_entries()
        clock.shift(dt.timedelta(minutes=61))
        recorded(2)
        made = seal_entries()
        assert made is not None
        assert made.entry_count == 2


def test_a_late_entry_is_found_within_the_hour_and_at_the_latest_the_next_day(anna):
    with time_machine.travel(START, tick=False) as clock:
        late, very_late, *_others = [record(anna.user, "cases.read_case", None, number=n) for n in range(5)]
        for one in (late, very_late):  # not yet committed, for everybody else
            with connection.cursor() as cursor:
                if connection.vendor == "postgresql":
                    cursor.execute("SET LOCAL portal.purging_audit = 'on'")
                cursor.execute("DELETE FROM audit_auditentry WHERE id = %s", [one.pk])
            one._state.adding = True
        seal_entries()
        clock.shift(dt.timedelta(minutes=30))
        late.save(force_insert=True)
        record(anna.user, "cases.read_case")
        assert seal_entries() is not None
        clock.shift(dt.timedelta(minutes=90))
        very_late.save(force_insert=True)
        record(anna.user, "cases.read_case")
        assert seal_entries() is not None
        assert list(AuditEntry.objects.unsealed()) == [very_late]
        clock.shift(dt.timedelta(days=1))
        assert seal_entries() is not None
        assert not AuditEntry.objects.unsealed().exists()
    assert verify_log().problem_count == 0


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_entries_that_commit_late_with_lower_ids_join_the_next_seal(anna):
    """A real transaction stays open while a later entry is committed and sealed."""
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL")
    recorded, may_commit = threading.Event(), threading.Event()

    def slowly() -> None:
        try:
            with transaction.atomic():
                record(anna.user, "cases.read_case", None, which="late")
                recorded.set()
                may_commit.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=slowly)
    thread.start()
    recorded.wait(10)
    early = record(anna.user, "cases.read_case", None, which="early")
    first = seal_entries()
    may_commit.set()
    thread.join()
    second = seal_entries()
    assert first is not None
    assert second is not None
    late = AuditEntry.objects.get(details__which="late")
    assert late.pk < early.pk
    assert list(second.sealed_entries.values_list("entry", flat=True)) == [late.pk]
    assert verify_log().problem_count == 0


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_many_sealers_and_writers_at_once_leave_no_gap_and_no_duplicate(anna):
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL")
    failures: list[BaseException] = []
    together = threading.Barrier(6)

    def work(step: Any) -> None:
        try:
            together.wait()
            for _ in range(15):
                step()
        except BaseException as error:  # shown by the assertion below
            failures.append(error)
        finally:
            connection.close()

    def write() -> None:
        with transaction.atomic():
            for _ in range(3):
                record(anna.user, "cases.read_case")

    threads = [threading.Thread(target=work, args=[step]) for step in (write, write, write, *[seal_entries] * 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seal()
    assert failures == []
    assert AuditEntry.objects.count() == 3 * 15 * 3 == SealedEntry.objects.count()
    numbers = list(AuditSeal.objects.values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert verify_log().problem_count == 0


def test_sealing_asks_few_questions_however_long_the_log_is(recorded, django_assert_max_num_queries):
    recorded(30)
    seal_entries()
    recorded()
    with django_assert_max_num_queries(9):
        seal_entries()
    assert timezone.now() - AuditSeal.objects.latest("number").sealed_at < dt.timedelta(minutes=1)

"""`verify_audit` names what was changed, deleted, slipped in or cut off behind the portal's back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection

from audit.models import AuditEntry, AuditSeal
from audit.services import record, seal_entries
from audit.tasks import verify
from audit.verifying import verify_log


def behind_the_back(sql: str, *params: Any) -> None:
    """What somebody with the database's password could do, after switching the triggers off."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = 'replica'")
        cursor.execute(sql, params)
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = 'origin'")


@pytest.fixture
def three_seals(recorded: Callable[..., list[AuditEntry]]) -> list[list[AuditEntry]]:
    """Three seals over two entries each."""
    batches = []
    for _ in range(3):
        batches.append(recorded(2))
        seal_entries()
    return batches


def run(*args: str) -> tuple[str, str, bool]:
    """Output, complaints, and whether the command was content."""
    out, err = StringIO(), StringIO()
    try:
        call_command("verify_audit", *args, stdout=out, stderr=err, no_color=True)
    except CommandError as error:
        return out.getvalue(), f"{err.getvalue()}{error}", False
    return out.getvalue(), err.getvalue(), True


def test_a_whole_log_is_called_whole(three_seals, recorded):
    recorded(1)
    out, err, content = run()
    assert content
    assert "Checked 7 entries and 3 seals." in out
    assert "1 entries wait for a seal, the oldest for 0 minutes." in out
    assert err == ""


def test_an_empty_log_is_whole(db):
    assert run()[2]


def test_a_changed_entry_is_named(three_seals):
    entry = three_seals[1][0]
    behind_the_back("UPDATE audit_auditentry SET action = 'cases.read_note' WHERE id = %s", entry.pk)
    _, err, content = run()
    assert not content
    assert str(entry.uuid) in err
    assert "1 problems" in err


def test_a_changed_entry_that_waits_for_its_seal_is_named(recorded, iga):
    (entry,) = recorded()
    behind_the_back("UPDATE audit_auditentry SET actor_id = %s WHERE id = %s", iga.user.pk, entry.pk)
    assert str(entry.uuid) in run()[1]


def test_a_deleted_entry_leaves_its_seal_broken(three_seals):
    behind_the_back("DELETE FROM audit_sealedentry WHERE entry_id = %s", three_seals[0][1].pk)
    behind_the_back("DELETE FROM audit_auditentry WHERE id = %s", three_seals[0][1].pk)
    assert "Seal 1 vouches for 2 entries; 1 are there" in run()[1]


def test_an_entry_slipped_into_a_seal_is_found(three_seals, recorded):
    (entry,) = recorded()
    seal = AuditSeal.objects.get(number=2)
    behind_the_back("INSERT INTO audit_sealedentry (entry_id, seal_id) VALUES (%s, %s)", entry.pk, seal.pk)
    assert "Seal 2 vouches for 2 entries; 3 are there" in run()[1]


def test_a_seal_made_to_fit_breaks_the_chain(three_seals):
    behind_the_back("UPDATE audit_auditseal SET entry_count = 1 WHERE number = 2")
    assert "Seal 2: its signature is wrong" in run()[1]


def test_a_deleted_seal_leaves_a_gap(three_seals):
    seal = AuditSeal.objects.get(number=2)
    behind_the_back("DELETE FROM audit_sealedentry WHERE seal_id = %s", seal.pk)
    behind_the_back("DELETE FROM audit_auditseal WHERE id = %s", seal.pk)
    err = run()[1]
    assert "Seals are missing from number 2 to 2." in err
    assert "Seal 3: its signature is wrong" in err


def test_a_chain_that_was_cut_shows_against_a_head_kept_elsewhere(three_seals):
    head = run()[0].split("Head of the chain: ")[1].split()[0]
    seal = AuditSeal.objects.get(number=3)
    behind_the_back("DELETE FROM audit_sealedentry WHERE seal_id = %s", seal.pk)
    behind_the_back("DELETE FROM audit_auditseal WHERE id = %s", seal.pk)
    for entry in three_seals[2]:
        behind_the_back("DELETE FROM audit_auditentry WHERE id = %s", entry.pk)
    assert run()[2]  # what is left holds together …
    _, err, content = run("--head", head)
    assert not content  # … but something is missing at its end
    assert "Seal 3 is not the one that was kept elsewhere" in err


def test_the_head_of_a_chain_that_has_grown_is_still_in_it(three_seals, recorded):
    head = verify_log().head
    recorded()
    seal_entries()
    assert run("--head", head)[2]


@pytest.mark.parametrize("head", ["3", "x:y", ":abc", "3:"])
def test_a_malformed_head_is_explained(db, head):
    assert "--head is a seal's number" in run("--head", head)[1]


def test_marking_a_seal_as_purged_hides_nothing(three_seals):
    behind_the_back("UPDATE audit_auditseal SET purged = %s WHERE number = 1", True)
    assert "Seal 1 is marked as purged, but no purge of it is on record." in run()[1]


def test_another_key_opens_nothing(three_seals, settings):
    settings.AUDIT_KEY = "another-key"
    assert verify_log().problem_count == 6 + 3


def test_a_backlog_is_a_warning(anna):
    with time_machine.travel(dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC), tick=False) as clock:
        record(anna.user, "cases.read_case")
        clock.shift(dt.timedelta(minutes=75))
        out, err, content = run()
    assert content
    assert "the oldest for 75 minutes" in out
    assert "do beat and the worker run?" in err


def test_many_problems_are_counted_and_the_first_are_named(recorded, monkeypatch):
    monkeypatch.setattr("audit.verifying.PROBLEMS_TO_NAME", 3)
    recorded(10)
    behind_the_back("UPDATE audit_auditentry SET action = 'x'")
    _, err, _ = run()
    assert err.count("its signature is wrong") == 3
    assert "10 problems" in err


def test_it_reads_a_part_at_a_time(three_seals, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr("audit.verifying.SEALS_AT_ONCE", 2)
    with django_assert_max_num_queries(12):
        assert verify_log().problem_count == 0


def test_the_nightly_check_puts_its_result_on_record(three_seals, caplog):
    verify()
    behind_the_back("UPDATE audit_auditentry SET action = 'x' WHERE id = %s", three_seals[0][0].pk)
    verify()
    results = AuditEntry.objects.filter(action="audit.verify_log").order_by("id").values_list("details", flat=True)
    assert [result["problems"] for result in results] == [0, 1]
    assert str(three_seals[0][0].uuid) in caplog.text

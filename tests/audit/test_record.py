"""`record()`: one entry, in the transaction of what it records, signed, never changed."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from audit.models import AppendOnlyError, AuditEntry
from audit.services import record, record_about
from audit.signing import mac_of_entry


def test_an_entry_says_who_what_and_which_record(anna, wodna):
    entry = record(anna.user, "cases.assign_coordinator", wodna, after=anna.uuid)
    entry.refresh_from_db()
    assert (entry.actor, entry.action) == (anna.user, "cases.assign_coordinator")
    assert (entry.object_type, entry.object_uuid) == ("centres.centre", wodna.uuid)
    assert entry.details == {"after": str(anna.uuid)}


def test_its_signature_holds_after_the_database_has_kept_it(anna):
    entry = record(
        anna.user,
        "cases.read_case",
        None,
        day=dt.date(2026, 11, 22),
        at=dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC),
        nothing=None,
        count=10**15,
        share=Decimal("0.50"),
        measured=1e22,
        nested={"ids": [uuid.uuid4(), 1], "ok": True},
        words="zażółć „gęślą” jaźń",
        from_a_url="a\x00b\ud800c",
    )
    again = AuditEntry.objects.get(pk=entry.pk)
    assert mac_of_entry(again) == again.mac
    assert again.details["from_a_url"] == "a\ufffdb?c"


def test_it_vanishes_with_what_it_records(anna):
    with transaction.atomic():
        record(anna.user, "cases.read_case")
        transaction.set_rollback(True)
    assert not AuditEntry.objects.exists()


def test_a_record_that_is_not_at_hand_is_named_all_the_same(anna):
    wanted = uuid.uuid4()
    assert record_about(anna.user, "accounts.denied", "cases.case", wanted).object_uuid == wanted


def test_nobody_changes_or_deletes_an_entry(recorded):
    (entry,) = recorded()
    entry.action = "cases.something_else"
    for attempt in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(action="x"),
    ):
        with pytest.raises(AppendOnlyError):
            attempt()


@pytest.mark.postgresql
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_auditentry SET action = 'x'",
        "DELETE FROM audit_auditentry",
        "DELETE FROM audit_sealedentry",
        "UPDATE audit_auditseal SET purged = true",
        "DELETE FROM audit_auditseal",
    ],
)
def test_postgresql_refuses_it_too(recorded, sql):
    from audit.services import seal_entries

    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL")
    recorded()
    seal_entries()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)

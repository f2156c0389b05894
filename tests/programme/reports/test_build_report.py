"""The worker: what happens to a report once a message about it arrives, however often and wherever it breaks off."""

from __future__ import annotations

import datetime as dt
import threading
import uuid

import pytest
from django.db import connection
from django.utils import timezone

from audit.models import AuditEntry
from foundation.pdf import PdfError
from programme.reports import files, rendering, services, tasks
from programme.reports.models import LEASE, Report
from programme.reports.services import LostLeaseError, ReportError
from programme.reports.snapshots import hash_of
from tests.programme.reports.conftest import OCTOBER


class Killed(BaseException):
    """The end of a process: no code of ours runs after it."""


def build(report):
    tasks.build_report(str(report.uuid))
    report.refresh_from_db()
    return report


def test_a_report_is_counted_printed_and_filed(report, quick_pdf, reports_dir):
    build(report)
    assert report.status == Report.Status.READY
    assert report.attempts == 1
    assert report.lease_until is None
    assert report.snapshot_hash == hash_of(report.snapshot)
    assert files.read(report).startswith(b"%PDF-")
    assert report.size == report.file.stat().st_size
    assert report.file.stat().st_mode & 0o777 == 0o600
    assert report.file.is_relative_to(reports_dir)


def test_it_is_on_record_with_the_hashes_of_numbers_and_file(ready):
    entry = AuditEntry.objects.get(action="programme.build_report")
    assert (entry.actor, entry.object_uuid) == (None, ready.uuid)
    assert entry.details == {
        "number": ready.number,
        "attempt": 1,
        "snapshot": ready.snapshot_hash,
        "sha256": ready.sha256,
    }


def test_a_repeated_message_changes_nothing(ready):
    before = Report.objects.values().get()
    build(ready)
    assert Report.objects.values().get() == before


def test_a_message_about_nothing_does_nothing(db):
    tasks.build_report(str(uuid.uuid4()))


def test_a_report_in_somebody_elses_hands_is_left_alone(report):
    assert Report.objects.claim(report.uuid)
    assert Report.objects.claim(report.uuid) is None


def test_when_the_lease_is_over_another_worker_takes_it(report, time_machine):
    assert Report.objects.claim(report.uuid)
    time_machine.shift(LEASE + dt.timedelta(seconds=1))
    second = Report.objects.claim(report.uuid)
    assert second is not None
    assert second.attempts == 2


def test_a_worker_that_has_lost_its_lease_cannot_finish(report, quick_pdf, time_machine):
    slow = Report.objects.claim(report.uuid)
    assert slow
    services.freeze_numbers(slow)
    time_machine.shift(LEASE + dt.timedelta(seconds=1))
    assert Report.objects.claim(report.uuid)
    with pytest.raises(LostLeaseError):
        services.finish_report(slow, b"%PDF-slow")
    report.refresh_from_db()
    assert (report.status, report.attempts) == (Report.Status.RUNNING, 2)


def test_a_kill_between_printing_and_filing_leads_to_one_file_with_the_same_numbers(
    report, make_case, wodna, quick_pdf, monkeypatch, time_machine, reports_dir
):
    def kill(*_args):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(services, "finish_report", kill)
        with pytest.raises(Killed):
            tasks.build_report(str(report.uuid))
    report.refresh_from_db()
    counted = report.snapshot_hash
    assert (report.status, bool(counted)) == (Report.Status.RUNNING, True)

    make_case(wodna, received_on=dt.date(2026, 10, 20))  # the data go on, the frozen numbers do not
    time_machine.shift(LEASE + dt.timedelta(seconds=1))
    build(report)
    assert (report.status, report.attempts, report.snapshot_hash) == (Report.Status.READY, 2, counted)
    assert [path.name for path in reports_dir.rglob("*") if path.is_file()] == [report.file.name]


def test_a_kill_while_the_file_is_written_leaves_no_litter(report, quick_pdf, reports_dir):
    folder = reports_dir / "2026-10"
    folder.mkdir(parents=True)
    (folder / f".{report.uuid}.0.part").write_bytes(b"%PDF-half")
    build(report)
    assert [path.name for path in folder.iterdir()] == [report.file.name]


def test_a_worker_that_dies_three_times_is_a_visible_failure(report, time_machine):
    for _ in range(3):
        assert Report.objects.claim(report.uuid)
        time_machine.shift(LEASE + dt.timedelta(seconds=1))
    assert Report.objects.claim(report.uuid) is None
    tasks.hand_on_reports()
    report.refresh_from_db()
    assert report.status == Report.Status.FAILED
    assert "urwała się trzy razy" in report.error
    assert AuditEntry.objects.filter(action="programme.fail_report", object_uuid=report.uuid).count() == 1


def test_a_document_that_cannot_be_printed_fails_after_three_attempts_with_its_reason(report, monkeypatch):
    def poisoned(_html):
        raise PdfError("PDF-a nie da się zrobić w takim kształcie.")

    monkeypatch.setattr(rendering, "render_pdf", poisoned)
    build(report)
    assert (report.status, report.attempts) == (Report.Status.WAITING, 1)
    assert report.handed_on_at is None
    build(report)
    build(report)
    assert (report.status, report.attempts) == (Report.Status.FAILED, 3)
    assert report.error == "PDF-a nie da się zrobić w takim kształcie."


def test_a_full_disk_says_so(report, quick_pdf, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write", full)
    assert "Nie udało się zapisać pliku na dysku" in build(report).error


def test_an_unforeseen_error_is_a_sentence_without_its_innards(report, monkeypatch):
    def surprise(_html):
        raise RuntimeError("table cases_person, row 17")

    monkeypatch.setattr(rendering, "render_pdf", surprise)
    error = build(report).error
    assert "z powodu błędu w portalu" in error
    assert "cases_person" not in error


def test_forged_numbers_are_not_printed(report, quick_pdf):
    claimed = Report.objects.claim(report.uuid)
    assert claimed
    services.freeze_numbers(claimed)
    assert claimed.snapshot
    claimed.snapshot["referrals"]["count"] = 99
    with pytest.raises(rendering.ForgedSnapshotError):
        rendering.html_of(claimed)


def test_numbers_that_turn_out_the_same_make_no_new_version(ready, wodna):
    again = Report.objects.create(
        month=OCTOBER, scope=Report.Scope.CENTRE, centre=wodna, revision=2, number="S/2026/10/WODNA/2"
    )
    build(again)
    assert (again.status, again.attempts) == (Report.Status.FAILED, 1)
    assert "nadal obowiązuje tamto" in again.error
    answer = services.request_report(OCTOBER, Report.Scope.CENTRE, centre=wodna, by=None)
    assert answer.report == ready


def test_a_report_that_is_there_is_not_made_anew_without_need(ready):
    with pytest.raises(ReportError) as error:
        services.retry_report(ready, by=None)
    assert error.value.code == "in_order"


@pytest.mark.postgresql
@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has real concurrency")
@pytest.mark.django_db(transaction=True)
def test_ten_deliveries_at_the_same_moment_make_one_report(report, quick_pdf):
    start = threading.Barrier(10)

    def work() -> None:
        start.wait()
        try:
            tasks.build_report(str(report.uuid))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report.refresh_from_db()
    assert (report.status, report.attempts) == (Report.Status.READY, 1)
    assert AuditEntry.objects.filter(action="programme.build_report").count() == 1


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_pdf_is_made(report, monkeypatch):
    open_then = []

    def watch(html):
        open_then.append(connection.in_atomic_block)
        return b"%PDF-"

    monkeypatch.setattr(rendering, "render_pdf", watch)
    build(report)
    assert open_then == [False]


@pytest.mark.django_db(transaction=True)
def test_the_numbers_are_read_as_of_one_moment(report, quick_pdf):
    build(report)
    assert report.status == Report.Status.READY
    assert report.data_at <= timezone.now()

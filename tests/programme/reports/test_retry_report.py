"""Once more: after a failure from fresh numbers, after the loss of a file from the frozen ones."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from audit.models import AuditEntry
from programme.reports import services, tasks
from programme.reports.models import Report
from programme.reports.services import ReportError


def url(report):
    return f"/reports/{report.uuid}/retry/"


def once():
    return {"once": str(uuid.uuid4())}


@pytest.fixture
def failed(report):
    Report.objects.update(status=Report.Status.FAILED, error="Dysk był pełny.", attempts=3)
    report.refresh_from_db()
    return report


def test_the_analyst_tries_a_failed_report_again(failed, sign_in, jan, handed_on, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        answer = sign_in(jan).post(url(failed), once())
    failed.refresh_from_db()
    assert answer.url == failed.get_absolute_url()
    assert (failed.status, failed.attempts, failed.error) == (Report.Status.WAITING, 0, "")
    assert handed_on == [str(failed.uuid)]
    assert AuditEntry.objects.get(action="programme.retry_report").details["before"] == "failed"


def test_a_lost_file_comes_back_with_the_same_bytes(ready, make_case, wodna, sign_in, jan):
    before = ready.file.read_bytes()
    ready.file.unlink()
    make_case(wodna, received_on=dt.date(2026, 10, 30))  # the data have gone on meanwhile
    sign_in(jan).post(url(ready), once())
    tasks.build_report(str(ready.uuid))
    ready.refresh_from_db()
    assert (ready.status, ready.file.read_bytes()) == (Report.Status.READY, before)


def test_a_failed_report_is_counted_afresh(report, make_case, wodna, quick_pdf):
    claimed = Report.objects.claim(report.uuid)
    assert claimed
    services.freeze_numbers(claimed)
    services.fail_report(claimed, "Dysk był pełny.", for_good=True)
    make_case(wodna, received_on=dt.date(2026, 10, 30))
    services.retry_report(report, by=None)
    tasks.build_report(str(report.uuid))
    report.refresh_from_db()
    assert report.snapshot["referrals"]["count"] == 2


def test_a_form_that_did_not_arrive_whole_changes_nothing(failed, sign_in, jan):
    page = sign_in(jan).post(url(failed), {}, follow=True)
    failed.refresh_from_db()
    assert failed.status == Report.Status.FAILED
    assert page.status_code == 200


def test_nobody_makes_an_old_version_while_a_newer_one_is_made(failed, wodna):
    Report.objects.create(month=failed.month, scope="centre", centre=wodna, revision=2, number="S/2026/10/WODNA/2")
    with pytest.raises(ReportError) as error:
        services.retry_report(failed, by=None)
    assert error.value.code == "in_the_making"


def test_a_head_of_centre_does_not_order(failed, sign_in, marek):
    assert sign_in(marek).post(url(failed), once()).status_code == 403


def test_it_is_never_a_link(failed, sign_in, jan):
    assert sign_in(jan).get(url(failed)).status_code == 405

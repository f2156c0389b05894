"""Asking for a report, and what its worker does with the row. Nothing here waits for a broker or a renderer."""

from __future__ import annotations

import datetime as dt
import enum
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.services import record
from centres.models import Centre
from foundation.formats import format_month
from programme.plan.models import Programme
from programme.reports import counting, files, snapshots
from programme.reports.models import ATTEMPTS_AT_MOST, LEASE, Report, number_of
from programme.reports.months import last_completed, month_of

logger = logging.getLogger(__name__)


class ReportError(ValidationError):
    """A rule of reporting forbids this. ``code`` says which rule."""


class LostLeaseError(Exception):
    """Another worker has taken the report over, or it is finished: this one has nothing more to say about it."""


class Outcome(enum.Enum):
    """What asking for a report led to."""

    NEW = "new"
    IN_THE_MAKING = "in_the_making"
    UNCHANGED = "unchanged"
    AGAIN = "again"


@dataclass(frozen=True)
class Asked:
    """The report that answers, and why this one."""

    report: Report
    outcome: Outcome


# --- asking ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def request_report(month: dt.date, scope: str, *, centre: Centre | None = None, by: User | None) -> Asked:
    """Ask for the report of a completed month: a new one only if there is none, or if its numbers have changed.

    Whoever asks twice, or at the same moment as somebody else, gets the same report. ``by`` is None for the timetable.
    Raises ReportError.
    """
    month = month_of(month)
    check_month(month, scope)
    if scope == Report.Scope.PROGRAMME and not Programme.objects.exists():
        raise ReportError(_("The Programme has not been loaded yet."), code="no_programme")
    newest = Report.objects.of(month, scope, centre).defer("snapshot").first()
    if newest and newest.is_unfinished:
        return Asked(newest, Outcome.IN_THE_MAKING)
    ready = newest and Report.objects.of(month, scope, centre).ready().defer("snapshot").first()
    if ready and snapshots.take(month, scope, centre).hash == ready.snapshot_hash:
        return Asked(ready, Outcome.UNCHANGED)
    if newest and newest.status == Report.Status.FAILED:
        return Asked(retry_report(newest, by=by), Outcome.AGAIN)
    revision = newest.revision + 1 if newest else 1
    try:
        with transaction.atomic():
            report = Report.objects.create(
                kind=Report.Kind.MONTH,
                month=month,
                scope=scope,
                centre=centre,
                revision=revision,
                number=number_of(month, scope, centre, revision),
                requested_by=by,
            )
    except IntegrityError:  # somebody asked at the same moment: their report is ours
        asked_by_another = Report.objects.of(month, scope, centre).first()
        if asked_by_another is None:
            raise
        return Asked(asked_by_another, Outcome.IN_THE_MAKING)
    record(by, "programme.request_report", report, number=report.number)
    return Asked(report, Outcome.NEW)


def check_month(month: dt.date, scope: str) -> None:
    """Only months that are over and that have data can be reported."""
    if month > last_completed():
        raise ReportError(
            _("This month is not over yet: the newest one that can be reported is %(month)s."),
            code="not_completed",
            params={"month": format_month(last_completed())},
        )
    first = first_month(scope)
    if first is None:
        raise ReportError(_("There is no data to report yet."), code="no_data")
    if month < first:
        raise ReportError(
            _("The data of the portal begin in %(month)s: there is nothing to report before."),
            code="before_data",
            params={"month": format_month(first)},
        )


def first_month(scope: str) -> dt.date | None:
    """The oldest month that can be reported: the first referral's, for the Programme the first result's too."""
    found = [counting.first_month()]
    if scope == Report.Scope.PROGRAMME:
        found.append(counting.first_result_month())
    return min((month for month in found if month), default=None)


def subjects() -> Iterator[tuple[str, Centre | None]]:
    """Everything that a month is reported for: the Programme, the three centres together, each of them."""
    yield Report.Scope.PROGRAMME, None
    yield Report.Scope.CENTRES, None
    for centre in Centre.objects.all():
        yield Report.Scope.CENTRE, centre


def ensure_last_month() -> list[Report]:
    """Ask for last month's reports that nobody has asked for yet. Returns them; a second run finds nothing to do."""
    month = last_completed()
    asked = []
    for scope, centre in subjects():
        if Report.objects.of(month, scope, centre).exists():
            continue
        try:
            answer = request_report(month, scope, centre=centre, by=None)
        except ReportError:  # a portal without data has nothing to report
            continue
        if answer.outcome is Outcome.NEW:
            asked.append(answer.report)
    return asked


@transaction.atomic
def retry_report(report: Report, *, by: User | None) -> Report:
    """Make a failed report anew, or a lost file again from its frozen numbers. Raises ReportError.

    What has failed was never published, so its numbers are counted afresh; a report that was ready keeps its own.
    """
    report = Report.objects.select_for_update(of=("self",), no_key=True).select_related("centre").get(pk=report.pk)
    if report.is_unfinished:
        return report
    before = report.status
    if before == Report.Status.READY and files.is_intact(report):
        raise ReportError(_("This report is ready, and its file is in order."), code="in_order")
    if before == Report.Status.FAILED:
        report.snapshot, report.snapshot_hash, report.data_at = None, "", None
    report.status = Report.Status.WAITING
    report.attempts = 0
    report.error = ""
    report.requested_at = timezone.now()
    report.lease_until = report.handed_on_at = report.finished_at = None
    try:
        with transaction.atomic():
            report.save()
    except IntegrityError:
        raise ReportError(_("A newer version of this report is being made already."), code="in_the_making") from None
    record(by, "programme.retry_report", report, number=report.number, before=before)
    return report


# --- what the worker does --------------------------------------------------------------------------------------------


def freeze_numbers(report: Report) -> None:
    """Count, and keep what was counted as evidence. An attempt that goes on after another one finds it counted.

    Raises ReportError where nothing has changed since the version before, and LostLeaseError.
    """
    if report.snapshot is None:
        snapshot = snapshots.take(report.month, report.scope, report.centre)
        before = Report.objects.of(report.month, report.scope, report.centre).ready().defer("snapshot").first()
        if before and before.snapshot_hash == snapshot.hash:
            raise ReportError(
                _("The data have not changed since %(number)s: that report stays the valid one."),
                code="unchanged",
                params={"number": before.number},
            )
        report.snapshot, report.snapshot_hash, report.data_at = snapshot.numbers, snapshot.hash, snapshot.data_at
    _update(
        report,
        snapshot=report.snapshot,
        snapshot_hash=report.snapshot_hash,
        data_at=report.data_at,
        lease_until=timezone.now() + LEASE,
    )


def finish_report(report: Report, pdf: bytes) -> None:
    """Put the file in its place and say that the report is ready, in one transaction with its audit entry."""
    before = report.sha256
    written = files.write(report, pdf)
    with transaction.atomic():
        _update(
            report,
            status=Report.Status.READY,
            path=written.path,
            sha256=written.sha256,
            size=written.size,
            error="",
            lease_until=None,
            finished_at=timezone.now(),
        )
        record(
            None,
            "programme.build_report",
            report,
            number=report.number,
            attempt=report.attempts,
            snapshot=report.snapshot_hash,
            sha256=written.sha256,
            **({"sha256_before": before} if before and before != written.sha256 else {}),
        )


@transaction.atomic
def fail_report(report: Report, reason: str, *, for_good: bool = False) -> None:
    """An attempt has failed: say why, and let another one try, unless this was the last (or trying is of no use)."""
    last = for_good or report.attempts >= ATTEMPTS_AT_MOST
    _update(
        report,
        status=Report.Status.FAILED if last else Report.Status.WAITING,
        error=reason[:500],
        lease_until=None,
        handed_on_at=None,
        finished_at=timezone.now() if last else None,
    )
    if last:
        record(None, "programme.fail_report", report, number=report.number, attempts=report.attempts)


def give_up_exhausted() -> int:
    """Say so where the last attempt died without a word. Returns how many reports that were."""
    given_up = 0
    for report in Report.objects.exhausted().defer("snapshot"):
        try:
            fail_report(
                report,
                str(_("The work on this report broke off three times without a word; the server's log says more.")),
            )
        except LostLeaseError:
            continue
        given_up += 1
    return given_up


def _update(report: Report, **values: Any) -> None:
    """Write into the row, if this attempt still holds it. Raises LostLeaseError."""
    held = Report.objects.filter(pk=report.pk, status=Report.Status.RUNNING, attempts=report.attempts)
    if not held.update(**values):
        raise LostLeaseError(report.number)
    for name, value in values.items():
        setattr(report, name, value)

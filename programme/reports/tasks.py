"""The background work. Each task may run twice, at once or never: the rows say what is to be done."""

from __future__ import annotations

import logging
import uuid
from typing import Any

from celery import current_app, shared_task
from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from kombu import Connection

from foundation.pdf import PdfError
from programme.reports import rendering, services
from programme.reports.models import Report

logger = logging.getLogger(__name__)

MESSAGE_EXPIRES_S = 10 * 60
"""A message older than that is dropped unread: the row has been handed on again meanwhile."""


BROKER_TIMEOUT_S = 1


@shared_task
def build_report(report_uuid: str) -> None:
    """Build one report. A second run, a repeated delivery or a second worker finds nothing to claim."""
    report = Report.objects.claim(report_uuid)
    if report is None:
        return
    with translation.override("pl"):
        try:
            services.freeze_numbers(report)
            services.finish_report(report, rendering.render(report))
        except services.LostLeaseError:
            logger.warning("Another worker has taken over %s.", report.number)
        except Exception as error:  # whatever it is, it becomes one visible failure
            logger.exception("Report %s, attempt %s", report.number, report.attempts)
            _fail(report, error)


def _fail(report: Report, error: Exception) -> None:
    try:
        services.fail_report(report, _sentence(error), for_good=isinstance(error, services.ReportError))
    except services.LostLeaseError:
        logger.warning("Another worker has taken over %s.", report.number)


def _sentence(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, PdfError):
        return str(error)
    if isinstance(error, OSError):
        return _("The file could not be written to the disk: %(reason)s.") % {"reason": error.strerror or error}
    return _("The report could not be made because of an error in the portal; the server's log says more.")


def hand_on(report_uuid: uuid.UUID) -> bool:
    """Tell a worker about a report. Where the broker is away, the timetable does it again; nobody waits for it."""
    try:
        with _impatient_broker() as broker, current_app.amqp.Producer(broker) as producer:
            build_report.apply_async(
                args=(str(report_uuid),), retry=False, expires=MESSAGE_EXPIRES_S, producer=producer
            )
    except Exception as error:  # kombu wraps some of a broker's errors and lets others through
        logger.warning("Report %s waits for the broker: %s", report_uuid, error)
        return False
    Report.objects.filter(uuid=report_uuid).update(handed_on_at=timezone.now())
    return True


def _impatient_broker() -> Connection:
    """A connection that gives up after a second instead of trying again for six, as the library's own would."""
    once: dict[str, Any] = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}
    if str(current_app.conf.broker_url).startswith("redis"):
        once["socket_timeout"] = BROKER_TIMEOUT_S
    return current_app.connection_for_write(connect_timeout=BROKER_TIMEOUT_S, transport_options=once)


@shared_task
def hand_on_reports() -> None:
    """Hand on what waits, and what a dead worker has left behind; give up what died in its last attempt."""
    with translation.override("pl"):
        services.give_up_exhausted()
    for report_uuid in Report.objects.handable().order_by("requested_at").values_list("uuid", flat=True):
        if not hand_on(report_uuid):
            return


@shared_task
def ensure_last_month() -> None:
    """On the 1st at 5:00, and every hour for a machine that was off then: last month's reports of all scopes."""
    for report in services.ensure_last_month():
        hand_on(report.uuid)

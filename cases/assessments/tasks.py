"""The background work. It may run twice, at once or never: the rows say what is to be done."""

from __future__ import annotations

from celery import shared_task
from django.utils import translation

from cases.assessments import alerts


@shared_task
def mail_alerts() -> None:
    """Tell coordinators and clinical leads that something urgent waits (N7)."""
    with translation.override("pl"):
        alerts.send_mails()

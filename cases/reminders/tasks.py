"""The background work. It may run twice, at once or never: the rows say what is to be done."""

from __future__ import annotations

from celery import shared_task

from cases.reminders import mailing


@shared_task
def mail_reminders() -> None:
    """Remind of tomorrow's meetings whoever has asked for it and has a safe address."""
    mailing.send_reminders()

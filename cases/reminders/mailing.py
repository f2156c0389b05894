"""Sending what is due. Twice is worse than never: a reminder is taken by one worker, and where nobody can tell whether
it went out, it is not sent again. Who manages the case is told instead, and calls.
"""

from __future__ import annotations

import datetime as dt
import logging
from contextlib import suppress
from smtplib import SMTPRecipientsRefused, SMTPResponseException

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from audit.services import record
from cases.reminders.message import reminder_mail
from cases.reminders.models import ATTEMPTS_AT_MOST, Reminder, ReminderQuerySet, SafeContact
from cases.reminders.services import switched_on

logger = logging.getLogger(__name__)

FROM_HOUR, TO_HOUR = 9, 20
"""On the clock of Kraków. A telephone that lights up at night is read by whoever lies beside it."""
MAIL_TIMEOUT_S = 15

NOT_ACCEPTED = (SMTPResponseException, SMTPRecipientsRefused)
"""The mail server has said no, so the mail has surely not gone out."""

Status, Failure = Reminder.Status, Reminder.Failure


def may_send_at(now: dt.datetime) -> bool:
    return FROM_HOUR <= timezone.localtime(now).hour < TO_HOUR


def send_reminders() -> int:
    """Send what is due now. Returns how many went out; at night, and where reminders are switched off, none."""
    now = timezone.now()
    give_up_left_behind(now)
    if not switched_on() or not may_send_at(now):
        return 0
    Reminder.objects.plan(now)
    due = Reminder.objects.due(now).order_by("starts_at", "id").values_list("pk", flat=True)
    return sum(send_reminder(pk) for pk in list(due))


def send_reminder(pk: int) -> bool:
    """Claim one reminder and send it, with no transaction open meanwhile. Whether it went out."""
    now = timezone.now()
    mark = Reminder.objects.claim(pk, now) if may_send_at(now) else None
    if mark is None:
        return False
    claimed = Reminder.objects.filter(claim=mark)
    connection = get_connection(timeout=MAIL_TIMEOUT_S)
    try:
        connection.open()
    except Exception as error:  # whatever a mail server comes up with; the others still get their turn
        _log(claimed, error)
        _try_later(claimed)
        return False
    try:
        return _send(claimed, connection)
    finally:
        with suppress(Exception):  # it has gone out by now, or not
            connection.close()


def _send(claimed: ReminderQuerySet, connection: BaseEmailBackend) -> bool:
    """The last look, whether it is still wanted, comes after the slow greeting of the mail server."""
    now = timezone.now()
    reminder = claimed.still_wanted(now).first()
    holding = SafeContact.objects.holding(now)
    contact = holding.filter(person=reminder.person_id, case=reminder.case_id).first() if reminder else None
    if reminder is None or contact is None:
        claimed.update(status=Status.WAITING, attempts=F("attempts") - 1, claimed_at=None)
        return False
    try:
        reminder_mail(contact.address, reminder.starts_at, connection).send()
    except NOT_ACCEPTED as error:
        _log(claimed, error)
        _try_later(claimed)
        return False
    except Exception as error:  # the line broke off: it may have gone out
        _log(claimed, error)
        _give_up(claimed, Failure.UNKNOWN)
        return False
    with transaction.atomic():
        claimed.update(status=Status.SENT, sent_at=timezone.now(), contact=contact, failure="")
        record(None, "cases.send_reminder", reminder, **_facts(reminder), contact=contact.uuid)
    return True


def _try_later(claimed: ReminderQuerySet) -> None:
    if not claimed.filter(status=Status.SENDING, attempts__lt=ATTEMPTS_AT_MOST).update(status=Status.WAITING):
        _give_up(claimed, Failure.REFUSED)


def _give_up(reminders: ReminderQuerySet, failure: str) -> None:
    """Nobody sends these any more; their meetings stand on „Dziś” and say so."""
    for reminder in list(reminders.filter(status=Status.SENDING).select_related("session", "person", "case")):
        in_hand = Reminder.objects.filter(pk=reminder.pk, status=Status.SENDING, claim=reminder.claim)
        with transaction.atomic():
            if in_hand.update(status=Status.FAILED, failure=failure):
                record(None, "cases.fail_reminder", reminder, **_facts(reminder), failure=failure)


def give_up_left_behind(now: dt.datetime) -> None:
    """A worker that was killed while it had a reminder in hand may have sent it."""
    _give_up(Reminder.objects.left_behind(now), Failure.UNKNOWN)


def _facts(reminder: Reminder) -> dict[str, object]:
    return {
        "session": reminder.session.uuid,
        "person": reminder.person.uuid,
        "case": reminder.case.uuid,
        "starts_at": reminder.starts_at,
    }


def _log(claimed: ReminderQuerySet, error: Exception) -> None:
    """Only the kind of the error: what a mail server says often repeats the address."""
    logger.error("Reminder %s: %s", claimed.values_list("uuid", flat=True).first(), type(error).__name__)

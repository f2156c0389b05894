"""What a reminder says: a day and an hour. Not who writes, to whom, about what or from where (D8).

The first lines of a mail stand on a locked telephone for everybody to read. So this is the same sentence as a
dentist's, and the envelope tells no more than the letter.
"""

from __future__ import annotations

import datetime as dt
from email.utils import formataddr, make_msgid, parseaddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from foundation.formats import MONTHS_GENITIVE, WEEKDAYS, format_time


def subject() -> str:
    return _("Reminder")


def body(starts_at: dt.datetime) -> str:
    local = timezone.localtime(starts_at)
    when = {
        "weekday": WEEKDAYS[local.weekday()],
        "day": f"{local.day} {MONTHS_GENITIVE[local.month - 1]}",
        "time": format_time(local),
    }
    return (
        _(
            "Good morning,\n\n"
            "this is a reminder of the agreed time: %(weekday)s, %(day)s, %(time)s.\n\n"
            "If it does not suit you, please call the number that you know.\n"
            "Please do not answer this message."
        )
        % when
        + "\n"
    )


def reminder_mail(address: str, starts_at: dt.datetime, connection: BaseEmailBackend) -> EmailMessage:
    """The mail, for one person. Django would name this machine in the Message-ID: it takes the sender's domain."""
    sender = parseaddr(settings.SESSION_REMINDERS_FROM)[1]
    with translation.override("pl"):
        return EmailMessage(
            subject=subject(),
            body=body(starts_at),
            from_email=formataddr((subject(), sender)),
            to=[address],
            headers={
                "Message-ID": make_msgid(domain=sender.rpartition("@")[2]),
                "Auto-Submitted": "auto-generated",  # an absence notice must not come back
            },
            connection=connection,
        )

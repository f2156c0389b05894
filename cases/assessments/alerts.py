"""Critical answers (N7): an alert from the moment one is saved, a mail the same day, and no couple work until a second
signature.

Whoever raises an alert and whoever plans couple work lock the family first, so that neither overlooks the other.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import defaultdict

from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import F, Q, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from cases.assessments import answers
from cases.assessments.models import AlertMail, AlertReading, CriticalAlert, Interview, Sheet
from cases.casefile.models import Case
from cases.instruments.questions import Answer
from cases.instruments.scoring import CriticalAnswer, critical_answers
from cases.people.models import Family
from centres.duties import duties_of
from centres.models import Role, StaffMember

logger = logging.getLogger(__name__)

MAIL_TIMEOUT_S = 15


# --- raising and taking back ---


def sync_alerts(sheet: Sheet, by: User) -> None:
    """Bring the alerts of a sheet's interview in line with its answers, in the transaction that has saved the sheet.

    The whole interview is looked at: an answer on one sheet may show or hide a critical question on another.
    """
    interview = sheet.interview
    definition = interview.assessment.instrument_version.definition
    if not any(item.critical for item in definition.items()):
        return
    wanted = _critical_answers(interview)
    standing = {alert.question: alert for alert in interview.alerts.standing()}
    fresh = [answer for key, answer in wanted.items() if key not in standing]
    gone = [alert for key, alert in standing.items() if key not in wanted]
    if not fresh and not gone:
        return
    assessment = interview.assessment
    lock_couple_work(assessment.case)
    # Who is about to countersign must see the new state first: their form is of an older version now.
    assessment.overrides.waiting().update(version=F("version") + 1)
    for alert in gone:
        alert.withdrawn_at = timezone.now()
        alert.save(update_fields=["withdrawn_at"])
        record(by, "cases.withdraw_alert", alert, assessment=assessment.uuid, area=alert.area)
    recipients = recipients_of(assessment.case) if fresh else []
    for answer in fresh:
        alert = CriticalAlert.objects.create(
            assessment=assessment,
            interview=interview,
            question=key_of(answer),
            area=definition.area_of[answer.item].id,
            raised_by_id=duties_of(by).staff_id,
        )
        AlertMail.objects.bulk_create(AlertMail(alert=alert, staff=staff) for staff in recipients)
        record(by, "cases.raise_alert", alert, assessment=assessment.uuid, area=alert.area)


def key_of(answer: CriticalAnswer) -> str:
    """`Question.key` of a critical answer."""
    return f"{answer.item}@{answer.about}"


def _critical_answers(interview: Interview) -> dict[str, CriticalAnswer]:
    """The critical answers of an interview, by the question's key."""
    assessment = interview.assessment
    prefetch_related_objects([assessment], "participants__person")
    given: dict[str, Answer] = {}
    for sheet in interview.sheets.all():
        given.update(answers.from_text(sheet.answers))
    definition, participants = assessment.instrument_version.definition, assessment.participants_for_scoring()
    return {key_of(one): one for one in critical_answers(definition, participants, interview.talk, given)}


def recipients_of(case: Case) -> list[StaffMember]:
    """Whom an alert reaches: the case's coordinator, all clinical leads; without a coordinator the head of centre."""
    clinical = StaffMember.objects.with_role(Role.CLINICAL_LEAD)
    coordinator = StaffMember.objects.coordinating(case.centre).filter(
        assignments__case=case, assignments__ended_on=None
    )
    near = coordinator if coordinator.exists() else StaffMember.objects.with_role(Role.LEAD, case.centre)
    return list(StaffMember.objects.filter(Q(pk__in=near.values("pk")) | Q(pk__in=clinical.values("pk"))))


# --- couple work ---


def lock_couple_work(case: Case) -> None:
    """Until the end of the transaction nobody raises an alert about this family, and nobody plans couple work."""
    Family.objects.select_for_update(no_key=True).get(pk=case.family_id)


def couple_work_stopped(family: Family | int) -> bool:
    """Whether a critical answer stops couple work with this family, in whichever of its cases it was given (N7)."""
    return CriticalAlert.objects.blocking().filter(assessment__case__family=family).exists()


# --- taking note ---


@transaction.atomic
def acknowledge_alert(alert: CriticalAlert, *, by: User) -> AlertReading:
    """Somebody has seen an alert and takes it on. A second time changes nothing."""
    reading, fresh = AlertReading.objects.get_or_create(alert=alert, staff_id=duties_of(by).staff_id)
    if fresh:
        record(by, "cases.acknowledge_alert", alert, assessment=alert.assessment.uuid)
    return reading


# --- the mail of the same day ---


def send_mails(now: dt.datetime | None = None) -> int:
    """Send what is due, one mail to a person however many alerts wait. Returns how many were sent.

    The mail names nobody (D8). A worker that dies between sending and noting it down leads to a second mail, never to
    none.
    """
    waiting: dict[StaffMember, list[int]] = defaultdict(list)
    for mail in AlertMail.objects.claim(now or timezone.now()):
        waiting[mail.staff].append(mail.pk)
    sent = 0
    for staff, mails in waiting.items():
        try:
            _mail(staff.user.email)
        except Exception:  # whatever a mail server comes up with; others still get theirs
            logger.exception("The mail about a critical answer could not be sent to %s", staff.uuid)
            continue
        AlertMail.objects.filter(pk__in=mails).update(mailed_at=timezone.now())
        sent += 1
    return sent


def _mail(address: str) -> None:
    EmailMessage(
        subject=_("Urgent information in the portal"),
        body=_("Urgent information is waiting in the portal. Sign in."),
        to=[address],
        connection=get_connection(timeout=MAIL_TIMEOUT_S),
    ).send()

"""The mail of the same day: to the coordinator and the clinical leads, without a name, once (N7, D8)."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from smtplib import SMTPException
from unittest.mock import patch

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.utils import timezone

from cases.assessments.alerts import acknowledge_alert, send_mails
from cases.assessments.models import AlertMail, CriticalAlert
from cases.assessments.tasks import mail_alerts
from krakow_family.celery import app
from tests.cases.assessments.conftest import interview_of, put

LATER = dt.timedelta(minutes=11)


@pytest.fixture
def feared(draft, anna):
    """Anna has saved a critical answer."""
    put(interview_of(draft, "Maria"), {"bez_lek": 1}, anna)
    return CriticalAlert.objects.get()


def addressees() -> list[str]:
    return sorted(message.to[0] for message in mail.outbox)


def test_everybody_concerned_gets_one_and_a_second_run_sends_nothing(feared, anna, clara, clara2, marek, piotr):
    mail_alerts()
    mail_alerts()

    assert addressees() == sorted(one.user.email for one in (anna, clara, clara2))
    assert not AlertMail.objects.filter(mailed_at=None).exists()


def test_it_says_nothing_but_that_something_waits(feared):
    mail_alerts()

    for message in mail.outbox:
        assert message.subject == "Pilna informacja w portalu"
        assert message.body == "W portalu czeka pilna informacja. Zaloguj się."
        assert len(message.recipients()) == 1


def test_several_alerts_of_one_minute_are_one_mail(feared, draft, anna, clara):
    put(interview_of(draft, "Jan"), {"bez_lek": 1}, anna)

    assert send_mails() == 3
    assert addressees().count(anna.user.email) == 1
    assert AlertMail.objects.filter(mailed_at=None).count() == 0


def test_another_alert_within_the_hour_waits_for_its_end(feared, draft, anna):
    send_mails()
    put(interview_of(draft, "Jan"), {"bez_lek": 1}, anna)

    assert send_mails() == 0
    assert send_mails(timezone.now() + dt.timedelta(hours=1, minutes=1)) == 3


def test_an_answer_taken_back_before_the_mail_is_not_mailed(feared, draft, anna):
    put(interview_of(draft, "Maria"), {"bez_lek": 0}, anna)

    assert send_mails() == 0


def test_who_has_seen_it_meanwhile_gets_no_mail(feared, anna, clara):
    acknowledge_alert(feared, by=anna.user)

    send_mails()

    assert anna.user.email not in addressees()
    assert clara.user.email in addressees()


def test_who_no_longer_works_here_gets_no_mail(feared, clara):
    clara.user.is_active = False
    clara.user.save()

    send_mails()

    assert clara.user.email not in addressees()


def test_a_mail_server_that_is_away_is_tried_again_later(feared, caplog):
    with patch("django.core.mail.EmailMessage.send", side_effect=SMTPException("away")):
        assert send_mails() == 0
    assert "could not be sent" in caplog.text

    assert send_mails() == 0  # not at once
    assert send_mails(timezone.now() + LATER) == 3


def test_one_bad_address_keeps_nobody_else_from_theirs(feared, anna, clara, clara2):
    def refuse_annas(message):
        if message.to == [anna.user.email]:
            raise SMTPException("no such mailbox")
        mail.outbox.append(message)

    with patch("django.core.mail.EmailMessage.send", autospec=True, side_effect=refuse_annas):
        assert send_mails() == 2
    assert addressees() == sorted([clara.user.email, clara2.user.email])
    assert send_mails(timezone.now() + LATER) == 1  # Anna's alone
    assert addressees().count(clara.user.email) == 1


def test_a_worker_killed_between_claim_and_mail_leaves_it_to_the_next(feared):
    AlertMail.objects.claim(timezone.now())

    assert send_mails() == 0  # it may still be working
    assert send_mails(timezone.now() + LATER) == 3


def test_after_six_hours_it_is_given_up_and_says_so_on_the_page(feared, draft, anna, marek, sign_in, caplog):
    from tests.cases.assessments.conftest import fill, finalise

    with (
        time_machine.travel(timezone.now(), tick=False) as clock,
        patch("django.core.mail.EmailMessage.send", side_effect=OSError("away")),
    ):
        for _attempt in range(40):
            send_mails()
            clock.shift(LATER)
    assert set(AlertMail.objects.values_list("attempts", flat=True)) == {36}
    assert all(one.has_failed for one in AlertMail.objects.all())

    AlertMail.objects.exclude(staff=anna).delete()
    fill(draft, anna)
    put(interview_of(draft, "Maria"), {"bez_lek": 1}, anna)
    AlertMail.objects.filter(staff=anna).update(attempts=36)
    page = sign_in(marek).get(finalise(draft, anna).get_absolute_url())
    assert "wiadomość e-mail nie dotarła: Anna Przykład" in page.content.decode()


def test_beat_runs_it_every_minute():
    entry = next(
        one for one in app.conf.beat_schedule.values() if one["task"] == "cases.assessments.tasks.mail_alerts"
    )
    assert entry["schedule"] == 60.0
    assert mail_alerts.name == entry["task"]
    assert "cases.assessments.tasks.mail_alerts" in app.tasks


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_send_each_mail_once(feared):
    if connection.vendor != "postgresql":
        pytest.skip("real concurrency needs PostgreSQL")

    def run(_worker: int) -> int:
        try:
            return send_mails()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        sent = list(pool.map(run, range(8)))

    assert sum(sent) == 3
    assert len(mail.outbox) == 3
    assert set(AlertMail.objects.values_list("attempts", flat=True)) == {1}

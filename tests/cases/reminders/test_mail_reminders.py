"""Who is reminded, when, and how often: the day before, by day, once, and only as long as everything still holds."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPServerDisconnected
from unittest.mock import patch

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.utils import timezone

from audit.models import AuditEntry
from cases.casefile.services import close_case
from cases.people.services import end_membership
from cases.reminders import mailing
from cases.reminders.mailing import send_reminder, send_reminders
from cases.reminders.models import Reminder
from cases.reminders.services import withdraw_safe_contact
from cases.reminders.tasks import mail_reminders
from cases.sessions.group_models import Group
from cases.sessions.models import Attendance
from cases.sessions.services import edit_session, resolve_session
from krakow_family.celery import app
from tests.cases.reminders.conftest import ADDRESS
from tests.cases.sessions.conftest import NOW, at

pytestmark = pytest.mark.usefixtures("switched_on")

SEND = "django.core.mail.EmailMessage.send"
OPEN = "django.core.mail.backends.locmem.EmailBackend.open"


def sent_at(moment: dt.datetime) -> int:
    with time_machine.travel(moment, tick=False):
        return send_reminders()


def move(session, starts_at, by):
    return edit_session(
        session,
        service=session.service,
        therapist=session.therapist,
        room=session.room,
        starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(hours=1),
        version=session.version,
        by=by.user,
    )


def call_off(session, by):
    return resolve_session(
        session,
        status="by_family",
        presences={row.person: row.presence for row in session.attendances.all()},
        reason="Choroba",
        version=session.version,
        by=by.user,
    )


# --- who and when ---------------------------------------------------------------------------------------------------


def test_the_adult_with_a_safe_address_is_reminded_once(safe, planned):
    mail_reminders()
    mail_reminders()

    assert [message.to for message in mail.outbox] == [[ADDRESS]]  # the daughter is expected too
    reminder = Reminder.objects.get()
    assert (reminder.status, reminder.sent_at, reminder.contact) == ("sent", NOW, safe)


def test_without_a_marked_address_nobody_is_planned(planned):
    assert send_reminders() == 0
    assert not Reminder.objects.exists()


@pytest.mark.parametrize("missing", ["SESSION_REMINDERS", "SESSION_REMINDERS_FROM"])
def test_where_the_portal_has_them_switched_off_nothing_happens(safe, planned, settings, missing):
    setattr(settings, missing, "")

    assert send_reminders() == 0
    assert not Reminder.objects.exists()


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        (at("2026-11-21", "19:59"), 0),  # two days before
        (at("2026-11-22", "00:01"), 0),
        (at("2026-11-22", "08:59"), 0),
        (at("2026-11-22", "09:00"), 1),
        (at("2026-11-22", "19:59"), 1),
        (at("2026-11-22", "20:00"), 0),
        (at("2026-11-22", "23:59"), 0),
        (at("2026-11-23", "09:00"), 1),  # a worker that was off the day before
        (at("2026-11-23", "13:59"), 1),
        (at("2026-11-23", "14:00"), 0),  # two hours before it is too late
        (at("2026-11-23", "17:30"), 0),
    ],
)
def test_it_goes_out_by_day_from_the_day_before(safe, planned, moment, number):
    assert sent_at(moment) == number


@pytest.mark.parametrize(
    ("meeting", "early", "on_time"),
    [
        # The clocks go back on 25 October 2026 and forward on 28 March 2027.
        (("2026-10-26", "10:00"), ("2026-10-25", "08:59"), ("2026-10-25", "09:00")),
        (("2026-10-25", "18:00"), ("2026-10-24", "08:59"), ("2026-10-24", "09:00")),
        (("2027-03-29", "10:00"), ("2027-03-28", "08:59"), ("2027-03-28", "09:00")),
        (("2027-03-28", "12:00"), ("2027-03-26", "19:59"), ("2027-03-27", "09:00")),
    ],
)
def test_nine_is_nine_and_the_day_before_is_the_day_before_when_the_clocks_change(
    make_case, wodna, anna, piotr, room, family_therapy, meeting, early, on_time
):
    from cases.reminders.services import mark_safe_contact
    from cases.sessions.services import log_session

    with time_machine.travel(at("2026-10-01") if meeting < ("2027",) else at("2027-03-01"), tick=False):
        case = make_case(wodna, coordinator=anna)
        member = case.family.members.earliest("id")
        mark_safe_contact(case, member, address=ADDRESS, by=anna.user)
        log_session(
            case,
            service=family_therapy,
            therapist=piotr,
            room=room,
            starts_at=at(*meeting),
            ends_at=at(*meeting) + dt.timedelta(hours=1),
            present={member.person: "present"},
            status="planned",
            by=anna.user,
        )

    assert sent_at(at(*early)) == 0
    assert sent_at(at(*on_time)) == 1


def test_a_message_that_waited_in_the_queue_until_night_sends_nothing(safe, planned):
    with time_machine.travel(at("2026-11-22", "19:59"), tick=False):
        Reminder.objects.plan(timezone.now())
    with time_machine.travel(at("2026-11-22", "20:00"), tick=False):
        assert send_reminder(Reminder.objects.get().pk) is False
    assert mail.outbox == []


# --- what may have changed ------------------------------------------------------------------------------------------


def leave(planned, maria, annas_case, anna):
    end_membership(maria, to_on=timezone.localdate(), by=anna.user)


def be_excused(planned, maria, annas_case, anna):
    planned.attendances.filter(person=maria.person).update(presence=Attendance.Presence.EXCUSED)


def be_uninvited(planned, maria, annas_case, anna):
    planned.attendances.filter(person=maria.person).delete()


def close(planned, maria, annas_case, anna):
    close_case(annas_case, on=timezone.localdate(), note="Koniec", version=1, by=anna.user)


def withdraw(planned, maria, annas_case, anna):
    withdraw_safe_contact(annas_case, maria, by=anna.user)


def cancel(planned, maria, annas_case, anna):
    call_off(planned, anna)


def postpone(planned, maria, annas_case, anna):
    move(planned, at("2026-11-30", "16:00"), anna)


def turn_out_to_be_a_child(planned, maria, annas_case, anna):
    maria.person.birth_date = dt.date(2009, 1, 1)
    maria.person.save()


def grow_old(planned, maria, annas_case, anna):
    maria.person.safe_contacts.update(marked_at=timezone.now() - dt.timedelta(days=183))


CHANGES = [leave, be_excused, be_uninvited, close, withdraw, cancel, postpone, turn_out_to_be_a_child, grow_old]


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_goes_out_when_it_no_longer_holds(safe, planned, maria, annas_case, anna, change):
    Reminder.objects.plan(timezone.now())
    assert Reminder.objects.count() == 1

    change(planned, maria, annas_case, anna)

    assert send_reminders() == 0
    assert mail.outbox == []
    assert Reminder.objects.get().attempts == 0


@pytest.mark.parametrize("change", CHANGES)
def test_nor_when_it_changes_between_the_claim_and_the_mail(safe, planned, maria, annas_case, anna, change):
    """While the mail server is slow to answer, somebody else does something."""
    with patch(OPEN, side_effect=lambda: change(planned, maria, annas_case, anna)):
        assert send_reminders() == 0

    assert mail.outbox == []
    reminder = Reminder.objects.get()
    assert (reminder.status, reminder.attempts) == ("waiting", 0)
    assert not Reminder.objects.troubled().exists()


def test_an_address_withdrawn_and_another_marked_meanwhile_gets_the_mail(safe, planned, maria, annas_case, anna):
    from cases.reminders.services import mark_safe_contact

    def change():
        withdraw_safe_contact(annas_case, maria, by=anna.user)
        mark_safe_contact(annas_case, maria, address="nowa@poczta.example", by=anna.user)

    with patch(OPEN, side_effect=change):
        assert send_reminders() == 1

    assert mail.outbox[0].to == ["nowa@poczta.example"]


def test_an_address_of_another_case_is_not_used(safe, planned, maria, make_case, krakowiakow, ewa, anna):
    """That Maria wants mail about Wodna's meetings says nothing about another centre's."""
    from cases.people.models import FamilyMember

    other = make_case(krakowiakow, "Rodzina Druga", coordinator=ewa)
    FamilyMember.objects.create(family=other.family, person=maria.person, role="mother")
    planned.attendances.filter(person=maria.person).update(case=other)

    assert send_reminders() == 0


def test_a_groups_meeting_is_reminded_of_through_the_case_on_whose_behalf_one_comes(
    safe, maria, annas_case, wodna, piotr, make_case, make_staff, anna
):
    from cases.reminders.services import mark_safe_contact
    from cases.sessions.models import Session
    from centres.models import Role, Service

    olga = make_staff("Olga", "Druga", Role.COORDINATOR, centre=wodna)
    others = make_case(wodna, "Rodzina Druga", coordinator=olga)
    other = others.family.members.earliest("id")
    mark_safe_contact(others, other, address="inna@poczta.example", by=olga.user)
    service = Service.objects.filter(form=Service.Form.GROUP, centres=wodna).earliest("id")
    session = Session.objects.create(
        group=Group.objects.create(centre=wodna, service=service, name="Grupa", seats=8),
        centre=wodna,
        service=service,
        therapist=piotr,
        starts_at=at("2026-11-23", "17:00"),
        ends_at=at("2026-11-23", "18:00"),
    )
    for case, member in ((annas_case, maria), (others, other)):
        Attendance.objects.create(session=session, person=member.person, case=case)

    assert send_reminders() == 2
    told = Reminder.objects.told().filter(session=session)
    assert [one.person for one in told.readable_by(anna.user)] == [maria.person]
    assert [one.person for one in told.readable_by(olga.user)] == [other.person]


def test_a_meeting_moved_after_its_reminder_gets_another_for_the_new_time(safe, planned, anna):
    assert send_reminders() == 1
    moved = move(planned, at("2026-11-23", "18:00"), anna)

    assert send_reminders() == 1
    assert "godz. 18:00" in mail.outbox[1].body
    move(moved, at("2026-11-23", "16:00"), anna)
    assert send_reminders() == 0  # of that time they have been told


def test_a_meeting_called_off_and_taken_up_again_is_reminded_of_once(safe, planned, anna):
    send_reminders()
    off = call_off(planned, anna)
    resolve_session(
        off,
        status="planned",
        presences={row.person: "expected" for row in off.attendances.all()},
        version=off.version,
        by=anna.user,
    )

    assert send_reminders() == 0


# --- a mail server, a worker ----------------------------------------------------------------------------------------


def test_what_the_server_has_refused_is_tried_three_times_an_hour_apart(safe, planned, caplog):
    refusal = SMTPRecipientsRefused({ADDRESS: (451, f"<{ADDRESS}> later".encode())})
    with patch(SEND, side_effect=refusal) as send, time_machine.travel(NOW, tick=False) as clock:
        for minutes, attempts in ((0, 1), (59, 1), (2, 2), (61, 3), (61, 3)):
            clock.shift(dt.timedelta(minutes=minutes))
            assert send_reminders() == 0
            assert send.call_count == attempts

    reminder = Reminder.objects.get()
    assert (reminder.status, reminder.failure, reminder.attempts) == ("failed", "refused", 3)
    assert "SMTPRecipientsRefused" in caplog.text
    assert ADDRESS not in caplog.text


def test_a_server_that_is_away_for_an_hour_delays_it(safe, planned):
    with patch(OPEN, side_effect=ConnectionRefusedError):
        assert send_reminders() == 0
    assert Reminder.objects.troubled().count() == 1

    assert send_reminders() == 0
    assert sent_at(NOW + dt.timedelta(minutes=61)) == 1
    assert not Reminder.objects.troubled().exists()


def test_a_refusal_in_the_evening_is_tried_again_in_the_morning_and_not_at_night(safe, planned):
    with patch(SEND, side_effect=SMTPDataError(451, b"later")):
        assert sent_at(at("2026-11-22", "19:30")) == 0
    assert sent_at(at("2026-11-22", "20:31")) == 0
    assert sent_at(at("2026-11-23", "09:00")) == 1


@pytest.mark.parametrize("error", [SMTPServerDisconnected("gone"), TimeoutError("slow"), OSError("?")])
def test_where_the_line_broke_off_it_is_not_sent_again(safe, planned, error):
    with patch(SEND, side_effect=error):
        assert send_reminders() == 0

    assert sent_at(NOW + dt.timedelta(hours=2)) == 0
    reminder = Reminder.objects.get()
    assert (reminder.status, reminder.failure, reminder.attempts) == ("failed", "unknown", 1)


def test_a_worker_killed_with_a_reminder_in_hand_leads_to_no_second_mail(safe, planned):
    """It may have died a moment after sending; nobody can tell."""
    Reminder.objects.plan(NOW)
    Reminder.objects.claim(Reminder.objects.get().pk, NOW)

    assert send_reminders() == 0  # it may still be working
    assert Reminder.objects.get().status == "sending"
    assert sent_at(NOW + dt.timedelta(minutes=6)) == 0
    assert mail.outbox == []
    reminder = Reminder.objects.get()
    assert (reminder.status, reminder.failure) == ("failed", "unknown")


def test_a_worker_that_was_only_slow_has_the_last_word(safe, planned):
    def slowly(*args, **kwargs):
        mailing.give_up_left_behind(NOW + dt.timedelta(minutes=6))

    with patch(SEND, side_effect=slowly):
        assert send_reminders() == 1

    reminder = Reminder.objects.get()
    assert (reminder.status, reminder.failure) == ("sent", "")


def test_one_bad_address_keeps_nobody_else_from_theirs(safe, planned, annas_case, zofia, anna):
    from cases.reminders.services import mark_safe_contact

    zofia.person.birth_date = dt.date(2000, 1, 1)
    zofia.person.save()
    mark_safe_contact(annas_case, zofia, address="z@poczta.example", by=anna.user)

    def refuse_marias(message):
        if message.to == [ADDRESS]:
            raise SMTPRecipientsRefused({})
        mail.outbox.append(message)

    with patch(SEND, autospec=True, side_effect=refuse_marias):
        assert send_reminders() == 1
    assert [message.to for message in mail.outbox] == [["z@poczta.example"]]


# --- what is on record ----------------------------------------------------------------------------------------------


def test_each_reminder_sent_is_on_record_without_the_address(safe, planned, maria, annas_case):
    send_reminders()

    entry = AuditEntry.objects.get(action="cases.send_reminder")
    assert (entry.actor, entry.object_uuid) == (None, Reminder.objects.get().uuid)
    assert entry.details == {
        "session": str(planned.uuid),
        "person": str(maria.person.uuid),
        "case": str(annas_case.uuid),
        "starts_at": "2026-11-23T15:00:00Z",
        "contact": str(safe.uuid),
    }


def test_so_is_one_that_was_given_up(safe, planned):
    with patch(SEND, side_effect=TimeoutError):
        send_reminders()
    send_reminders()

    assert AuditEntry.objects.get(action="cases.fail_reminder").details["failure"] == "unknown"
    assert not AuditEntry.objects.filter(action="cases.send_reminder").exists()


# --- beat, and many workers -----------------------------------------------------------------------------------------


def test_beat_asks_every_five_minutes_by_day():
    entry = next(one for one in app.conf.beat_schedule.values() if one["task"] == mail_reminders.name)
    assert entry["schedule"].hour == set(range(9, 20))
    assert entry["schedule"].minute == set(range(0, 60, 5))
    assert mail_reminders.name in app.tasks


def test_a_run_with_nothing_to_send_costs_the_same_however_many_meetings(
    safe, book, annas_case, django_assert_num_queries
):
    for hour in range(8, 18):
        book(starts_at=at("2026-11-24", f"{hour:02}:00"))
    with django_assert_num_queries(3):  # left behind, to plan, due
        assert send_reminders() == 0


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_send_one_mail(safe, book):
    if connection.vendor != "postgresql":
        pytest.skip("real concurrency needs PostgreSQL")
    for hour in (9, 11, 13):
        book(starts_at=at("2026-11-23", f"{hour:02}:00"))

    def run(_worker: int) -> int:
        try:
            return send_reminders()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        sent = list(pool.map(run, range(8)))

    assert sum(sent) == len(mail.outbox) == 3
    assert set(Reminder.objects.values_list("status", "attempts")) == {("sent", 1)}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_workers_that_have_read_the_same_list_send_one_mail(safe, planned):
    if connection.vendor != "postgresql":
        pytest.skip("real concurrency needs PostgreSQL")
    Reminder.objects.plan(NOW)
    pk = Reminder.objects.get().pk

    def run(_worker: int) -> bool:
        try:
            return send_reminder(pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(run, range(8))) == [False] * 7 + [True]
    assert len(mail.outbox) == 1

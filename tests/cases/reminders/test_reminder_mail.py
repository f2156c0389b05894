"""What a stranger who opens the mail, or only sees it on a locked telephone, learns: a day and an hour (D8)."""

from __future__ import annotations

import datetime as dt
import socket
from email import message_from_bytes
from email.policy import default

import pytest
from django.core import mail

from cases.reminders.mailing import send_reminders
from cases.reminders.message import body
from tests.cases.reminders.conftest import ADDRESS, SENDER
from tests.cases.sessions.conftest import WARSAW, at


@pytest.fixture
def sent(switched_on, safe, planned):
    assert send_reminders() == 1
    return mail.outbox[0]


def test_it_says_when_and_nothing_else(sent):
    assert sent.subject == "Przypomnienie"
    assert sent.body == (
        "Dzień dobry,\n\n"
        "przypominamy o umówionym terminie: poniedziałek, 23 listopada, godz. 16:00.\n\n"
        "Jeśli termin nie pasuje, prosimy zadzwonić pod numer podany wcześniej.\n"
        "Prosimy nie odpowiadać na tę wiadomość.\n"
    )


def test_neither_text_nor_headers_name_anybody_or_anything(sent, planned, annas_case, settings):
    settings.DEFAULT_FROM_EMAIL = "Portal Centrów dla Rodzin <portal@centra.example>"
    on_the_wire = message_from_bytes(sent.message().as_bytes(), policy=default)
    texts = [*(f"{name}: {value}" for name, value in on_the_wire.items()), on_the_wire.get_content()]
    everything = "\n".join(texts).casefold()
    telling = [
        *(name for one in planned.attendances.all() for name in (one.person.first_name, one.person.last_name)),
        *annas_case.family.label.split(),
        annas_case.number,
        annas_case.centre.name,
        annas_case.centre.slug,
        str(planned.service),
        *("terapi", "rodzin", "centr", "mops", "spotkani", "porad", "psycholog", "krak", "portal"),
        *(planned.therapist.first_name, planned.therapist.last_name, "anna", planned.room.name),
        *(str(planned.uuid), str(annas_case.uuid)),
        "http",
        socket.gethostname(),
        socket.getfqdn(),
    ]
    assert [word for word in telling if word.casefold() in everything] == []


def test_the_headers_are_those_that_a_mail_must_have(sent):
    headers = dict(sent.message().items())

    assert set(headers) == {
        "Content-Type",
        "MIME-Version",
        "Content-Transfer-Encoding",
        "Subject",
        "From",
        "To",
        "Date",
        "Message-ID",
        "Auto-Submitted",
    }
    assert headers["From"] == f"Przypomnienie <{SENDER}>"
    assert headers["To"] == ADDRESS
    assert headers["Message-ID"].endswith("@wiadomosci.example>")
    assert headers["Auto-Submitted"] == "auto-generated"


def test_a_name_in_the_setting_is_left_out(settings, safe, planned):
    settings.SESSION_REMINDERS = True
    settings.SESSION_REMINDERS_FROM = f"Centrum dla Rodzin <{SENDER}>"

    send_reminders()

    assert mail.outbox[0].from_email == f"Przypomnienie <{SENDER}>"


def test_it_is_plain_text_to_one_person(sent):
    assert sent.message().get_content_type() == "text/plain"
    assert sent.recipients() == [ADDRESS]
    assert (sent.cc, sent.bcc, sent.reply_to, sent.attachments) == ([], [], [], [])


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (dt.datetime(2026, 10, 24, 16, tzinfo=WARSAW), "sobota, 24 października, godz. 16:00."),
        (dt.datetime(2026, 10, 25, 9, 30, tzinfo=WARSAW), "niedziela, 25 października, godz. 9:30."),
        (dt.datetime(2027, 3, 28, 8, 0, tzinfo=WARSAW), "niedziela, 28 marca, godz. 8:00."),
        (dt.datetime(2026, 7, 1, 14, 0, tzinfo=dt.UTC), "środa, 1 lipca, godz. 16:00."),
    ],
)
def test_the_hour_is_the_one_on_the_clocks_of_krakow(moment, words):
    assert words in body(moment)


def test_two_people_of_one_meeting_get_two_mails(switched_on, safe, annas_case, anna, book):
    from cases.people.services import add_person
    from cases.reminders.services import mark_safe_contact

    father = add_person(
        annas_case.family,
        role="father",
        by=anna.user,
        first_name="Jan",
        last_name="P",
        birth_date=dt.date(1980, 1, 1),
        no_pesel_reason="?",
    )
    mark_safe_contact(annas_case, father, address="jan@poczta.example", by=anna.user)
    book(starts_at=at("2026-11-23", "10:00"))

    assert send_reminders() == 2
    assert sorted(message.to for message in mail.outbox) == [["jan@poczta.example"], [ADDRESS]]

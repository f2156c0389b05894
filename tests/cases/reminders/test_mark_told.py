"""Whoever was reminded of a date that then changes is called; „Dziś” says so until somebody says that they know."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.urls import reverse

from audit.models import AuditEntry
from cases.groups.services import leave_group
from cases.reminders.mailing import send_reminders
from cases.reminders.models import Reminder
from cases.reminders.services import mark_safe_contact
from cases.sessions.models import Session
from cases.sessions.services import resolve_session
from tests.cases.reminders.test_mail_reminders import move
from tests.cases.sessions.conftest import at, fields_of, people_of
from tests.cases.sessions.series_world import dates_of, series_of
from tests.cases.sessions.test_resolve_session import settle

pytestmark = pytest.mark.usefixtures("switched_on")

TELL = "Rodzina dostała już przypomnienie o spotkaniu 23.11.2026, 16:00 – zawiadom ją o zmianie."


@pytest.fixture
def reminded(safe, planned):
    """Maria has been reminded of tomorrow, 16:00."""
    send_reminders()
    return planned


def to_tell(browser):
    return browser.get("/today/").context["page"].to_tell


def mark_told(browser, session, case=None, changes=None):
    data = {"case": str((case or session.case).uuid), "version": session.version} | (changes or {})
    return browser.post(reverse("cases:mark_told", args=[session.uuid]), data, follow=True)


def test_moving_says_that_the_family_must_be_told(reminded, anna, sign_in):
    browser, url = sign_in(anna), reverse("cases:edit_session", args=[reminded.uuid])
    data = fields_of(browser.get(url).context["form"]) | {"day": "2026-11-24"}
    assert TELL in browser.post(url, data, follow=True).content.decode()


def test_calling_off_says_so_too(reminded, piotr, sign_in):
    browser, url = sign_in(piotr), reverse("cases:resolve_session", args=[reminded.uuid])
    data = fields_of(browser.get(url).context["form"]) | {"status": "by_therapist", "reason": "Choroba."}
    assert TELL in browser.post(url, data, follow=True).content.decode()


@pytest.mark.parametrize("action", ["edit_series", "end_series"])
def test_so_does_a_change_or_the_end_of_a_series(safe, annas_case, piotr, anna, family_therapy, sign_in, action):
    series = series_of(annas_case, piotr, family_therapy)
    send_reminders()
    browser, url = sign_in(anna), reverse(f"cases:{action}", args=[series.uuid])
    first = str(series.sessions.earliest("starts_at").uuid)
    data = fields_of(browser.get(url).context["form"]) | {"since": first, "step": "preview"}
    more = {"time": "18:00"} if action == "edit_series" else {"status": "by_centre", "reason": "Remont."}
    answer = browser.post(url, data | more)
    sent = dates_of(answer) if action == "edit_series" else data | more
    assert TELL in browser.post(url, sent | {"step": "save"}, follow=True).content.decode()


def test_a_meeting_of_which_nobody_was_reminded_says_nothing(safe, planned, anna, sign_in):
    browser, url = sign_in(anna), reverse("cases:edit_session", args=[planned.uuid])
    data = fields_of(browser.get(url).context["form"]) | {"day": "2026-11-24"}
    assert "przypomnienie" not in browser.post(url, data, follow=True).content.decode()


def test_who_was_reminded_must_be_told_even_if_reminders_were_switched_off_since(reminded, anna, sign_in, settings):
    settings.SESSION_REMINDERS = False
    move(reminded, at("2026-11-24", "16:00"), anna)
    assert [one.case for one in to_tell(sign_in(anna))] == [reminded.case]


def test_another_room_alone_changes_nothing_for_the_family(reminded, anna, sign_in):
    browser, url = sign_in(anna), reverse("cases:edit_session", args=[reminded.uuid])
    data = fields_of(browser.get(url).context["form"]) | {"room": ""}
    assert "zawiadom" not in browser.post(url, data, follow=True).content.decode()
    assert to_tell(browser) == []


def test_it_stands_on_today_of_coordinator_head_and_therapist_and_of_nobody_else(
    reminded, anna, marek, piotr, ewa, jan, clara, sign_in
):
    move(reminded, at("2026-11-24", "10:00"), anna)
    for person in (anna, marek, piotr):
        (one,) = to_tell(sign_in(person))
        assert (one.session, one.starts_at, one.may_read) == (reminded, at("2026-11-23", "16:00"), True)
        page = sign_in(person).get("/today/").content.decode()
        assert "Do zawiadomienia o zmianie" in page
        assert reverse("cases:mark_told", args=[reminded.uuid]) in page
    for person in (ewa, jan, clara):
        assert to_tell(sign_in(person)) == []


def test_who_says_it_is_done_takes_it_from_everybodys_list(reminded, anna, piotr, sign_in):
    called_off = settle(reminded, "by_therapist", piotr.user, reason="Choroba.")
    page = mark_told(sign_in(piotr), called_off).content.decode()
    assert "Zapisano, że rodzina wie o zmianie." in page
    assert to_tell(sign_in(anna)) == []
    told = Reminder.objects.get()
    assert (told.told_by, told.told_at) == (piotr, at("2026-11-22", "12:00"))
    assert AuditEntry.objects.filter(action="cases.mark_told", object_uuid=reminded.uuid).count() == 1
    assert "zawiadomiono o zmianie 22.11.2026" in sign_in(anna).get(reminded.get_absolute_url()).content.decode()


def test_said_twice_it_is_on_record_once(reminded, anna, sign_in):
    moved = move(reminded, at("2026-11-24", "10:00"), anna)
    mark_told(sign_in(anna), moved)
    assert "Nie ma już kogo zawiadomić." in mark_told(sign_in(anna), moved).content.decode()
    assert AuditEntry.objects.filter(action="cases.mark_told").count() == 1


def test_it_goes_by_itself_when_the_old_time_has_passed(reminded, anna, sign_in):
    move(reminded, at("2026-11-24", "10:00"), anna)
    with time_machine.travel(at("2026-11-23", "15:59"), tick=False):
        assert len(to_tell(sign_in(anna))) == 1
    with time_machine.travel(at("2026-11-23", "16:00"), tick=False):
        assert to_tell(sign_in(anna)) == []


def test_a_meeting_brought_back_to_its_old_time_needs_no_call(reminded, anna, sign_in):
    moved = move(reminded, at("2026-11-24", "10:00"), anna)
    move(moved, at("2026-11-23", "16:00"), anna)
    assert to_tell(sign_in(anna)) == []


def test_a_meeting_planned_again_needs_none_either(reminded, anna, piotr, maria, sign_in):
    settle(reminded, "by_family", piotr.user, reason="Choroba.")
    reminded.refresh_from_db()
    resolve_session(
        reminded, status="planned", presences={maria.person: "expected"}, version=reminded.version, by=piotr.user
    )
    assert to_tell(sign_in(anna)) == []


def test_what_the_family_called_off_itself_it_need_not_be_told(reminded, piotr, anna, sign_in):
    browser, url = sign_in(piotr), reverse("cases:resolve_session", args=[reminded.uuid])
    data = fields_of(browser.get(url).context["form"]) | {"status": "by_family", "reason": "Choroba."}
    assert "zawiadom" not in browser.post(url, data, follow=True).content.decode()
    assert to_tell(sign_in(anna)) == []


def test_nor_is_who_has_been_to_the_meeting_at_its_new_time(reminded, piotr, anna, sign_in):
    moved = move(reminded, at("2026-11-22", "13:00"), anna)
    with time_machine.travel(at("2026-11-22", "14:30"), tick=False):
        assert len(to_tell(sign_in(anna))) == 1
        settle(moved, "held", piotr.user)
        assert to_tell(sign_in(anna)) == []


def test_who_looked_before_the_meeting_was_moved_again_has_told_the_wrong_time(reminded, anna, sign_in):
    moved = move(reminded, at("2026-11-24", "10:00"), anna)
    seen = moved.version
    again = move(moved, at("2026-11-25", "10:00"), anna)
    page = mark_told(sign_in(anna), again, changes={"version": seen}).content.decode()
    assert "Spotkanie znów się zmieniło" in page
    assert len(to_tell(sign_in(anna))) == 1


@pytest.mark.parametrize("nonsense", [{"case": ""}, {"case": "x"}, {"version": ""}, {"version": "-1"}])
def test_nonsense_changes_nothing(reminded, anna, sign_in, nonsense):
    moved = move(reminded, at("2026-11-24", "10:00"), anna)
    assert mark_told(sign_in(anna), moved, changes=nonsense).status_code == 200
    assert len(to_tell(sign_in(anna))) == 1


def test_strangers_can_say_nothing(reminded, anna, ewa, jan, clara, sign_in):
    move(reminded, at("2026-11-24", "10:00"), anna)
    for person in (ewa, jan, clara):
        assert mark_told(sign_in(person), reminded).status_code == 404
    assert len(to_tell(sign_in(anna))) == 1


def test_today_costs_the_same_however_many_are_to_be_told(
    safe, book, annas_case, anna, piotr, family_therapy, sign_in, own_queries
):
    browser, counts = sign_in(anna), []
    browser.get("/today/")
    for hour in (8, 10):
        meeting = book(status="planned", starts_at=at("2026-11-23", f"{hour:02}:00"))
        send_reminders()
        move(meeting, meeting.starts_at + dt.timedelta(days=9), anna)
        with own_queries() as made:
            assert to_tell(browser)
        counts.append(len(made))
    assert counts[0] == counts[1], "\n".join(made)


@pytest.fixture
def group_moved(safe, group, annas_case, maria, ewas_case, ewa, enrol, anna):
    """Maria, and a father of a family elsewhere, were reminded of Tuesday, 16:00; the group now meets at 18:00."""
    father = ewas_case.family.members.get(person=people_of(ewas_case)[0])
    mark_safe_contact(ewas_case, father, address="ojciec@poczta.example", by=ewa.user)
    enrol(persons=[maria.person])
    enrol(case=ewas_case, persons=[father.person], by=ewa.user)
    with time_machine.travel(at("2026-11-23", "12:00"), tick=False):
        send_reminders()
        yield move(group.sessions.earliest("starts_at"), at("2026-11-24", "18:00"), anna)


def test_moving_a_group_says_that_some_of_its_people_must_be_told(group_moved, anna, sign_in):
    browser, url = sign_in(anna), reverse("cases:edit_session", args=[group_moved.uuid])
    data = fields_of(browser.get(url).context["form"]) | {"time": "18:30"}
    told = "Niektóre osoby dostały już przypomnienie o spotkaniu 24.11.2026, 16:00 – zawiadom je o zmianie."
    assert told in browser.post(url, data, follow=True).content.decode()


def test_of_a_group_each_family_is_told_by_itself(group_moved, annas_case, ewas_case, piotr, ewa, sign_in):
    assert [one.case for one in to_tell(sign_in(piotr))] == [annas_case, ewas_case]
    mark_told(sign_in(piotr), group_moved, annas_case)
    assert [one.case for one in to_tell(sign_in(piotr))] == [ewas_case]
    assert [one.case for one in to_tell(sign_in(ewa))] == [ewas_case]


def test_who_leads_the_group_reads_the_people_it_knows_and_not_the_number_of_their_case(
    group_moved, ewas_case, basia, sign_in
):
    page = sign_in(basia).get("/today/").content.decode()
    assert str(people_of(ewas_case)[0]) in page
    assert ewas_case.number not in page
    assert "nazwa ukryta" not in page


def test_who_has_left_the_group_since_is_told_by_their_coordinator(group_moved, ewas_case, ewa, sign_in):
    enrolment = ewas_case.enrolments.get()
    leave_group(enrolment, to_on=dt.date(2026, 11, 23), reason="Wyjazd.", version=enrolment.version, by=ewa.user)
    group_moved.refresh_from_db()
    assert "Zapisano, że rodzina wie" in mark_told(sign_in(ewa), group_moved, ewas_case).content.decode()


def test_today_names_all_who_must_be_told(safe, book, anna, sign_in):
    for hour in range(7, 19):
        book(status="planned", starts_at=at("2026-11-23", f"{hour:02}:00"))
    send_reminders()
    for meeting in Session.objects.all():
        move(meeting, meeting.starts_at + dt.timedelta(days=9), anna)
    assert len(to_tell(sign_in(anna))) == 12

"""What a co-therapist sees as their own, logs and writes; and how somebody is chosen."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.urls import reverse

from cases.calendar.availability import Wish, find
from cases.calendar.feeds import create_calendar_feed
from cases.casefile.models import CareTeamMember
from cases.sessions.list_views import led
from cases.sessions.models import Session
from cases.sessions.note_models import TherapyNote
from cases.sessions.notes import write_note
from centres.models import Absence, OpeningHours, RoleAssignment
from foundation.pages import keyset_page
from tests.cases.calendar.test_calendar_feed import events_in, read
from tests.cases.sessions.conftest import at, fields_of
from tests.cases.sessions.test_edit_session import edit
from tests.cases.sessions.test_lists import sessions_in
from tests.cases.sessions.test_resolve_session import settle


def away(staff, day="2026-11-23"):
    start = at(day, "00:00")
    return Absence.objects.create(
        staff=staff, kind="leave", from_at=start, to_at=start + dt.timedelta(days=1), entered_by=staff.user
    )


def others_of(session):
    return {one.first_name for one in session.co_therapists.all()}


# --- what a co-therapist sees ---------------------------------------------------------------------------------------


def test_a_co_therapist_finds_the_meeting_among_their_own(sign_in, olga, book, together_with_olga):
    book(starts_at=at("2026-11-24"))  # Piotr's alone
    own = book(therapist=olga, by=olga.user, room=None, starts_at=at("2026-11-25"))
    browser = sign_in(olga)
    assert sessions_in(browser.get(reverse("cases:my_sessions"))) == [together_with_olga, own]
    page = browser.get(reverse("cases:calendar"), {"tydzien": "2026-W48"})
    events = [event for day in page.context["days"] for event in day.events]
    assert [(event.url, event.co_led) for event in events] == [
        (together_with_olga.get_absolute_url(), True),
        (own.get_absolute_url(), False),
    ]
    assert "Piotr Próbny · współprowadzenie · Pokój 1" in page.content.decode()
    assert browser.get(reverse("cases:today")).context["page"].coming == [together_with_olga, own]


def test_the_lists_of_one_s_own_go_page_by_page_over_both_kinds(olga, book, together_with_olga):
    """Led and co-led turn by turn, two a page, forward and back."""
    for n in range(6):
        changes = {"therapist": olga, "by": olga.user} if n % 2 else {"co_therapists": [olga]}
        book(starts_at=at("2026-11-24", "08:00") + dt.timedelta(days=n), room=None, **changes)
    whole = list(Session.objects.run_by(olga.user).order_by("starts_at", "id"))
    assert len(whole) == 7
    pages, cursor = [], None
    while True:
        page = keyset_page(*led(olga.user), order=("starts_at", "id"), cursor=cursor, size=2)
        pages.append(page)
        if not (cursor := page.next_cursor):
            break
    assert [session for page in pages for session in page.items] == whole
    before = keyset_page(*led(olga.user), order=("starts_at", "id"), cursor=pages[-1].previous_cursor, size=2)
    assert before.items == pages[-2].items
    newest_first = keyset_page(*led(olga.user), order=("-starts_at", "-id"), size=3)
    assert newest_first.items == whole[:-4:-1]


def test_the_week_of_a_chosen_therapist_shows_what_they_co_lead(sign_in, marek, olga, together_with_olga):
    answer = sign_in(marek).get(reverse("cases:calendar"), {"tydzien": "2026-W48", "therapist": str(olga.uuid)})
    (event,) = [event for day in answer.context["days"] for event in day.events]
    assert (event.therapist, event.co_led) == ("Piotr Próbny", True)
    of_all = sign_in(marek).get(reverse("cases:calendar"), {"tydzien": "2026-W48"})
    (event,) = [event for day in of_all.context["days"] for event in day.events]
    assert not event.co_led


def test_an_unsettled_meeting_waits_for_its_co_therapist_too(sign_in, olga_in_team, book, piotr):
    with time_machine.travel(at("2026-11-18"), tick=False):
        session = book(starts_at=at("2026-11-19", "16:00"), co_therapists=[olga_in_team])
    browser = sign_in(olga_in_team)
    assert sessions_in(browser.get(reverse("cases:unresolved_sessions"))) == [session]
    assert browser.get(reverse("cases:today")).context["page"].unresolved == [session]
    settle(session, "held", olga_in_team.user)
    assert sessions_in(browser.get(reverse("cases:unresolved_sessions"))) == []


def test_the_feed_of_a_co_therapist_has_the_meeting_in_its_place(olga, book, together_with_olga):
    token = create_calendar_feed(olga, by=olga.user)
    own = [book(therapist=olga, by=olga.user, room=None, starts_at=at(day)) for day in ("2026-11-23", "2026-11-24")]
    starts = [event["DTSTART"].dt for event in events_in(read(token))]
    assert starts == [own[0].starts_at, together_with_olga.starts_at, own[1].starts_at]


def test_a_co_therapist_is_not_free_then(wodna, olga, together_with_olga):
    OpeningHours.objects.filter(centre=wodna).delete()
    OpeningHours.objects.create(
        centre=wodna, weekday=1, opens_at=dt.time(16), closes_at=dt.time(18), from_on=dt.date(2026, 1, 1)
    )
    found = find(Wish(wodna, 60, 0, dt.date(2026, 11, 23), [olga]))
    assert [one.start for one in found.days[dt.date(2026, 11, 23)]] == [at("2026-11-23", "17:00")]


def test_an_absence_leaves_what_one_co_leads_to_be_moved(sign_in, olga, book, together_with_olga):
    book(therapist=olga, by=olga.user, room=None, starts_at=at("2026-11-23", "09:00"))
    absence = away(olga)
    browser = sign_in(olga)
    listed = browser.get(reverse("cases:absences")).context["rows"]
    assert [one.to_move for one, _words, _now in listed] == [2]
    answer = browser.get(reverse("cases:absence", args=[absence.uuid]))
    assert together_with_olga in sessions_in(answer)
    assert together_with_olga.pk in answer.context["movable"]


def test_who_no_longer_works_there_sees_none_of_it(sign_in, olga, ewa, together_with_olga):
    RoleAssignment.objects.filter(user=olga.user).update(to_on="2026-11-21")
    for stranger in (olga, ewa):
        assert sign_in(stranger).get(together_with_olga.get_absolute_url()).status_code in {403, 404}


# --- what a co-therapist writes -------------------------------------------------------------------------------------


def test_each_writes_a_note_of_their_own_and_reads_no_other(together_with_olga, piotr, olga):
    for author in (piotr, olga):
        write_note(together_with_olga, text=f"Widzi {author}.", summary=None, version=1, by=author.user)
    for author in (piotr, olga):
        (note,) = TherapyNote.objects.readable_by(author.user)
        assert (note.author, note.text) == (author, f"Widzi {author}.")


def test_a_co_therapist_settles_the_meeting_with_a_note(sign_in, olga_in_team, book, piotr):
    with time_machine.travel(at("2026-11-18"), tick=False):
        session = book(starts_at=at("2026-11-19", "16:00"), co_therapists=[olga_in_team])
    browser = sign_in(olga_in_team)
    url = f"{reverse('cases:resolve_session', args=[session.uuid])}?status=held"
    data = fields_of(browser.get(url).context["form"]) | {"note": "Moje zdanie."}
    assert browser.post(url, data).status_code == 302
    assert TherapyNote.objects.get().author == olga_in_team
    assert "Moje zdanie." not in sign_in(piotr).get(session.get_absolute_url()).content.decode()


# --- the pages ------------------------------------------------------------------------------------------------------


@pytest.fixture
def url(annas_case):
    return reverse("cases:log_session", args=[annas_case.uuid])


def test_the_boxes_are_folded_up_while_nobody_is_chosen(sign_in, anna, url, olga, together_with_olga):
    browser = sign_in(anna)
    assert '<details class="mb-3">' in browser.get(url).content.decode()
    edit_url = reverse("cases:edit_session", args=[together_with_olga.uuid])
    assert '<details class="mb-3" open>' in browser.get(edit_url).content.decode()


def test_boxes_with_an_error_are_unfolded(sign_in, anna, url, family_therapy):
    browser = sign_in(anna)
    data = fields_of(browser.get(url).context["form"]) | {"service": str(family_therapy.uuid)}
    for wrong in ("x", "00000000-0000-0000-0000-000000000000", "\x00"):
        answer = browser.post(url, data | {"co_therapists": [wrong]})
        assert answer.context["form"].has_error("co_therapists")
        assert '<details class="mb-3" open>' in answer.content.decode()


def test_without_anybody_to_choose_there_are_no_boxes(sign_in, piotr, url, anna, annas_case):
    browser = sign_in(piotr)
    names = [str(one) for one in browser.get(url).context["form"].fields["co_therapists"].offer]
    assert names == ["Anna Przykład"]  # who coordinates knows the family
    annas_case.assignments.all().delete()
    assert "<details class" not in browser.get(url).content.decode()


def test_a_coordinator_chooses_who_leads_and_who_helps_in_one_form(sign_in, anna, piotr, olga, url, family_therapy):
    browser = sign_in(anna)
    data = fields_of(browser.get(url).context["form"]) | {
        "service": str(family_therapy.uuid),
        "therapist": str(piotr.uuid),
        "co_therapists": [str(olga.uuid)],
    }
    assert browser.post(url, data).status_code == 302
    session = Session.objects.get()
    assert others_of(session) == {"Olga"}
    page = browser.get(session.get_absolute_url()).content.decode()
    assert "Współprowadzący" in page
    assert "Olga Druga" in page


def test_a_therapist_chooses_from_the_care_team_only(sign_in, piotr, olga, url, annas_case, family_therapy):
    browser = sign_in(piotr)
    data = fields_of(browser.get(url).context["form"]) | {"service": str(family_therapy.uuid)}
    answer = browser.post(url, data | {"co_therapists": [str(olga.uuid)]})
    assert answer.context["form"].has_error("co_therapists", "invalid_choice")
    CareTeamMember.objects.create(case=annas_case, staff=olga, from_on=dt.date(2026, 11, 1))
    assert browser.post(url, data | {"co_therapists": [str(olga.uuid)]}).status_code == 302


def test_a_lost_race_says_who_helps_now(sign_in, anna, piotr, olga, planned):
    browser = sign_in(piotr)
    url = reverse("cases:edit_session", args=[planned.uuid])
    data = fields_of(browser.get(url).context["form"])
    edit(planned, anna.user, co_therapists=[olga])
    answer = browser.post(url, data)
    assert answer.context["form"].errors["co_therapists"] == ["W międzyczasie zapisano: Olga Druga"]
    assert '<details class="mb-3" open>' in answer.content.decode()

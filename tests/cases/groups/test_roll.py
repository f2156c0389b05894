"""The whole group's attendance on one page."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import transaction
from django.urls import reverse

from cases.groups.services import leave_group
from cases.sessions import whole
from cases.sessions.models import Attendance, Occupancy, Session
from cases.sessions.notes import note_of_group, sign_note, version_of_words, write_note
from cases.sessions.rules import SessionError
from cases.sessions.services import edit_session, log_session, resolve_session
from tests.cases.groups.conftest import meetings_of
from tests.cases.sessions.conftest import at, fields_of, people_of

pytestmark = pytest.mark.django_db
AFTER = at("2026-11-24", "18:00")


@pytest.fixture
def meeting(group, enrol, annas_case, ewas_case, ewa):
    """Maria and Zofia of Anna's case and the daughter of Ewa's family have a seat; the meeting is over."""
    enrol(persons=people_of(annas_case))
    enrol(case=ewas_case, by=ewa.user)
    return meetings_of(group)[0]


def url_of(meeting):
    return reverse("cases:resolve_session", args=[meeting.uuid])


def test_the_roll_names_everybody_and_proposes_that_all_were_there(sign_in, piotr, meeting):
    with time_machine.travel(AFTER, tick=False):
        form = sign_in(piotr).get(url_of(meeting)).context["form"]
    assert len(form.people) == 3
    assert {form[name].value() for name in form.people} == {"present"}


def test_one_page_settles_the_meeting_for_the_whole_group(sign_in, basia, meeting, annas_case):
    mother, daughter = people_of(annas_case)
    with time_machine.travel(AFTER, tick=False):
        browser = sign_in(basia)
        data = fields_of(browser.get(url_of(meeting)).context["form"]) | {"status": "held"}
        data |= {f"presence_{mother.uuid.hex}": "unexcused", f"presence_{daughter.uuid.hex}": "present"}
        assert browser.post(url_of(meeting), data).status_code == 302
    assert Session.objects.get(pk=meeting.pk).status == "held"
    assert Attendance.objects.get(session=meeting, person=daughter).presence == "present"
    assert Attendance.objects.get(session=meeting, person=mother).presence == "unexcused"
    assert not Occupancy.objects.filter(session=meeting, person=mother).exists()  # who did not come is free


def test_who_was_not_on_the_list_but_has_a_seat_can_be_put_on_it(group, meeting, sign_in, piotr, ewas_case):
    other = people_of(ewas_case)[1]
    Attendance.objects.filter(session=meeting, person=other).delete()
    Occupancy.objects.filter(session=meeting, person=other).delete()
    with time_machine.travel(AFTER, tick=False):
        browser = sign_in(piotr)
        form = browser.get(url_of(meeting)).context["form"]
        name = f"presence_{other.uuid.hex}"
        assert form[name].value() == ""
        browser.post(url_of(meeting), fields_of(form) | {"status": "held", name: "present"})
    row = Attendance.objects.get(session=meeting, person=other)
    assert (row.presence, row.case) == ("present", ewas_case)


def test_who_joined_while_the_roll_was_being_sent_is_on_the_list_that_is_settled(meeting, piotr, ewas_case):
    """A group's list changes without a new version of its meetings, so it is read again under the lock."""
    joined = Attendance.objects.get(session=meeting, case=ewas_case)
    joined.delete()
    found = whole.changed_by(piotr.user).get(uuid=meeting.uuid)
    joined.save(force_insert=True)
    with transaction.atomic():
        locked = whole.lock(found, meeting.version)
        assert joined.person_id in {person for person, _presence, _late in whole.marks_of(locked)}


def test_who_got_a_seat_while_the_roll_was_open_is_asked_about_and_stays_on_it(
    sign_in, piotr, anna, group, meeting, enrol, annas_case
):
    daughter = people_of(annas_case)[1]
    Attendance.objects.filter(person=daughter).delete()
    Occupancy.objects.filter(person=daughter).delete()
    group.enrolments.filter(person=daughter).delete()
    with time_machine.travel(AFTER, tick=False):
        browser = sign_in(piotr)
        data = fields_of(browser.get(url_of(meeting)).context["form"]) | {"status": "held"}
        enrol(persons=[daughter], from_on=meeting.day)
        Session.objects.filter(pk=meeting.pk).update(version=2)
        form = browser.post(url_of(meeting), data).context["form"]
        name = f"presence_{daughter.uuid.hex}"
        assert form.errors[name] == ["W międzyczasie zapisano: ma przyjść"]
        assert form[name].value() == "present"
        assert browser.post(url_of(meeting), fields_of(form)).status_code == 302
    assert Attendance.objects.get(session=meeting, person=daughter).presence == "present"


def test_who_left_the_group_while_the_roll_was_open_is_named(sign_in, piotr, anna, meeting, annas_case):
    mother = people_of(annas_case)[0]
    with time_machine.travel(AFTER, tick=False):
        browser = sign_in(piotr)
        data = fields_of(browser.get(url_of(meeting)).context["form"]) | {"status": "held"}
        Attendance.objects.filter(session=meeting, person=mother).delete()
        annas_case.enrolments.filter(person=mother).update(to_on=meeting.day - dt.timedelta(days=1))
        Session.objects.filter(pk=meeting.pk).update(version=2)
        form = browser.post(url_of(meeting), data).context["form"]
    assert f"Na liście nie ma już: {mother}." in form.non_field_errors()


def test_the_note_about_the_group_is_written_along_with_the_roll(sign_in, basia, piotr, meeting):
    with time_machine.travel(AFTER, tick=False):
        browser = sign_in(basia)
        form = browser.get(url_of(meeting)).context["form"]
        assert "note" not in form.fields
        browser.post(url_of(meeting), fields_of(form) | {"status": "held", "group_note": "Spokojne spotkanie."})
        note = note_of_group(meeting)
        assert note is not None
        assert (note.text, note.author) == ("Spokojne spotkanie.", basia)
        form = sign_in(piotr).get(url_of(meeting)).context["form"]
        assert form["group_note"].value() == "Spokojne spotkanie."  # they write it together


def test_a_note_about_the_group_that_somebody_else_began_is_shown_and_replaced_only_knowingly(
    sign_in, basia, piotr, meeting
):
    with time_machine.travel(AFTER, tick=False):
        browser = sign_in(basia)
        form = browser.get(url_of(meeting)).context["form"]
        write_note(meeting, text="Piotra.", summary=None, version=1, by=piotr.user, of_group=True)
        answer = browser.post(url_of(meeting), fields_of(form) | {"status": "held", "group_note": "Basi."})
        form = answer.context["form"]
        assert form.has_error("group_note", "stale")
        assert "W międzyczasie zapisano: Piotra." in answer.content.decode()
        assert form["group_note"].value() == "Basi."
        assert Session.objects.get(pk=meeting.pk).status == "planned"
        again = fields_of(form) | {"group_note": "Piotra. Basi."}
        assert browser.post(url_of(meeting), again).status_code == 302
    note = note_of_group(meeting)
    assert note is not None
    assert note.text == "Piotra. Basi."


def test_who_has_not_touched_the_note_settles_the_meeting_over_nobody_s_words(sign_in, basia, piotr, meeting):
    with time_machine.travel(AFTER, tick=False):
        for before, after in (("", "Piotra."), ("Piotra.", "Piotra, więcej.")):
            browser = sign_in(basia)
            form = browser.get(url_of(meeting)).context["form"]
            assert form["group_note"].value() == before
            version = version_of_words(meeting, note_of_group(meeting))
            write_note(meeting, text=after, summary=None, version=version, by=piotr.user, of_group=True)
            assert browser.post(url_of(meeting), fields_of(form) | {"status": "held"}).status_code == 302
            note = note_of_group(meeting)
            assert note is not None
            assert note.text == after


def test_a_meeting_settled_meanwhile_shows_the_newer_note_where_nobody_typed_another(
    sign_in, basia, piotr, meeting, annas_case
):
    came = dict.fromkeys(people_of(annas_case), "present")
    with time_machine.travel(AFTER, tick=False):
        browser = sign_in(basia)
        form = browser.get(url_of(meeting)).context["form"]
        resolve_session(
            meeting, status="held", presences=came, group_note="Piotra.", version=meeting.version, by=piotr.user
        )
        answer = browser.post(url_of(meeting), fields_of(form) | {"status": "no_show"})
    form = answer.context["form"]
    assert form.has_error("__all__", "stale")
    assert not form.has_error("group_note")
    assert form["group_note"].value() == "Piotra."


def test_a_note_signed_meanwhile_is_said_beside_it_and_what_was_typed_stays(sign_in, basia, piotr, meeting):
    with time_machine.travel(AFTER, tick=False):
        browser = sign_in(basia)
        form = browser.get(url_of(meeting)).context["form"]
        write_note(meeting, text="Piotra.", summary=None, version=1, by=piotr.user, of_group=True)
        note = note_of_group(meeting)
        assert note is not None
        sign_note(note, version=1, by=piotr.user)
        answer = browser.post(url_of(meeting), fields_of(form) | {"status": "held", "group_note": "Basi."})
        form = answer.context["form"]
        assert form.has_error("group_note", "signed")
        assert form["group_note"].value() == "Basi."
        assert browser.post(url_of(meeting), fields_of(form) | {"group_note": ""}).status_code == 302
        assert "group_note" not in browser.get(url_of(meeting)).context["form"].fields


def test_nobody_outside_the_group_gets_onto_the_roll(meeting, piotr, make_case, wodna, anna):
    stranger = people_of(make_case(wodna, "Rodzina Obcych", coordinator=anna))[0]
    came = {stranger: "present"}
    with time_machine.travel(AFTER, tick=False), pytest.raises(SessionError) as error:
        resolve_session(meeting, status="held", presences=came, version=meeting.version, by=piotr.user)
    assert error.value.code == "not_enrolled"


def test_a_meeting_nobody_was_enrolled_for_is_called_off_with_a_reason(group, sign_in, piotr):
    meeting = meetings_of(group)[0]
    browser = sign_in(piotr)
    data = fields_of(browser.get(url_of(meeting)).context["form"])
    answer = browser.post(url_of(meeting), data | {"status": "by_centre", "reason": "Za mało zgłoszeń"})
    assert answer.status_code == 302
    assert not Occupancy.objects.filter(session=meeting).exists()


def test_a_meeting_without_anybody_can_t_have_been_held(group, piotr):
    meeting = meetings_of(group)[0]
    with time_machine.travel(AFTER, tick=False), pytest.raises(SessionError) as error:
        resolve_session(meeting, status="held", presences={}, version=1, by=piotr.user)
    assert error.value.code == "nobody"


def test_a_meeting_called_off_and_taken_back_expects_who_has_a_seat_now(group, enrol, annas_case, anna):
    (left,) = enrol(persons=people_of(annas_case)[1:])
    meeting = meetings_of(group)[2]
    arguments = {"presences": {left.person: "expected"}, "by": anna.user}
    meeting = resolve_session(meeting, status="by_centre", reason="Remont", version=meeting.version, **arguments)
    leave_group(left, to_on=dt.date(2026, 12, 1), reason="Nowa praca", version=1, by=anna.user)
    (joined,) = enrol(persons=people_of(annas_case)[:1])
    resolve_session(meeting, status="planned", version=meeting.version, **arguments)
    assert [row.person for row in meeting.attendances.all()] == [joined.person]
    assert Occupancy.objects.filter(session=meeting, person=joined.person).exists()
    assert not Occupancy.objects.filter(session=meeting, person=left.person).exists()


def test_a_coordinator_of_the_centre_moves_and_calls_off_what_is_to_come(sign_in, group, anna, ewa, enrol):
    enrol()
    meeting = meetings_of(group)[1]
    for name in ("edit_session", "resolve_session"):
        url = reverse(f"cases:{name}", args=[meeting.uuid])
        assert sign_in(ewa).get(url).status_code == 404
        page = sign_in(anna).get(url)
        assert page.status_code == 200
        assert "Przykładowa" not in page.content.decode()
    browser = sign_in(anna)
    data = fields_of(browser.get(url).context["form"])
    assert "by_family" not in dict(page.context["form"].fields["status"].choices)
    assert browser.post(url, data | {"status": "by_centre", "reason": "Choroba"}).status_code == 302


def test_moving_a_meeting_onto_somebody_s_other_one_names_nobody(
    group, enrol, anna, annas_case, marek, family_therapy
):
    enrol()
    start = at("2026-12-09", "16:30")
    log_session(
        annas_case, service=family_therapy, therapist=marek, starts_at=start,
        ends_at=start + dt.timedelta(hours=1), present=dict.fromkeys(people_of(annas_case)[1:], "expected"),
        status="planned", by=marek.user,
    )  # fmt: skip
    meeting = meetings_of(group)[1]
    with pytest.raises(SessionError) as error:
        edit_session(
            meeting, service=meeting.service, therapist=meeting.therapist, room=None,
            starts_at=at("2026-12-09", "16:00"), ends_at=at("2026-12-09", "17:30"), version=meeting.version,
            by=anna.user,
        )  # fmt: skip
    assert error.value.code == "person_taken"
    assert "Zofia" not in str(error.value)


def test_who_leads_it_and_the_head_take_the_roll_and_nobody_else(sign_in, meeting, piotr, basia, marek, anna, ewa):
    with time_machine.travel(AFTER, tick=False):
        for staff, status in ((piotr, 200), (basia, 200), (marek, 200), (anna, 404), (ewa, 404)):
            assert sign_in(staff).get(url_of(meeting)).status_code == status


def test_the_meeting_shows_a_coordinator_their_own_families_only(sign_in, meeting, ewa, anna, marek, ewas_case):
    def named(staff):
        return len(sign_in(staff).get(meeting.get_absolute_url()).context["attendances"])

    assert (named(ewa), named(anna), named(marek)) == (1, 2, 3)


def test_the_roll_costs_the_same_for_three_people_and_for_twelve(
    sign_in, piotr, meeting, make_case, wodna, anna, group, enrol, django_assert_max_num_queries
):
    group.seats = 20
    group.save()
    for n in range(9):
        enrol(case=make_case(wodna, f"Rodzina {n}", coordinator=anna, received_on=dt.date(2026, 11, 1)))
    with time_machine.travel(AFTER, tick=False):
        browser = sign_in(piotr)
        with django_assert_max_num_queries(22):
            assert len(browser.get(url_of(meeting)).context["form"].people) == 12


def test_the_co_therapist_finds_the_meeting_among_the_unsettled_ones(sign_in, basia, meeting):
    with time_machine.travel(AFTER, tick=False):
        page = sign_in(basia).get(reverse("cases:unresolved_sessions")).content.decode()
    assert meeting.get_absolute_url() in page


def test_the_people_of_a_meeting_stand_in_polish_order(group, enrol, make_case, wodna, anna, piotr, sign_in):
    members = tuple(("Jan", name, "other", None) for name in ("Makowski", "Łach", "Lis"))
    case = make_case(wodna, "Rodzina Mieszanych", coordinator=anna, received_on=dt.date(2026, 11, 1), members=members)
    enrol(case=case, persons=people_of(case))
    rows = sign_in(piotr).get(meetings_of(group)[0].get_absolute_url()).context["attendances"]
    assert [row.person.last_name for row, _tag in rows] == ["Lis", "Łach", "Makowski"]

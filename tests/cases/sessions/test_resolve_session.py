from __future__ import annotations

import datetime as dt
import re
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import AuditEntry
from cases.sessions.note_models import TherapyNote
from cases.sessions.services import SessionError, edit_session, resolve_session
from centres.models import Role
from foundation.forms import Stale
from tests.cases.sessions.conftest import at, fields_of, people_of


def settle(session, status, by, presence="present", **more):
    presences = {row.person: presence for row in session.attendances.select_related("person")}
    session.refresh_from_db()
    arguments = {"presences": presences, "version": session.version} | more
    return resolve_session(session, status=status, by=by, **arguments)


def test_a_held_meeting_says_who_was_there(unresolved, piotr, annas_case):
    mother, daughter = people_of(annas_case)
    settle(unresolved, "held", piotr.user, presences={mother: "present", daughter: "unexcused"})
    assert dict(unresolved.attendances.values_list("person__first_name", "presence")) == {
        "Maria": "present",
        "Zofia": "unexcused",
    }


@pytest.mark.parametrize("status", ["by_family", "by_centre", "by_therapist"])
def test_a_cancelled_meeting_frees_its_slot(planned, piotr, book, status):
    settle(planned, status, piotr.user)
    assert not planned.occupancies.exists()
    assert set(planned.attendances.values_list("presence", flat=True)) == {"expected"}
    assert book()


def test_a_cancellation_is_taken_back_while_the_slot_is_free(planned, piotr):
    settle(planned, "by_family", piotr.user)
    again = settle(planned, "planned", piotr.user)
    assert (again.status, again.version) == ("planned", 3)
    assert planned.occupancies.count() == 4


def test_a_cancellation_is_not_taken_back_once_the_slot_is_taken(planned, piotr, book):
    settle(planned, "by_family", piotr.user)
    book()
    with pytest.raises(SessionError) as error:
        settle(planned, "planned", piotr.user)
    assert error.value.code == "staff_taken"


def test_a_meeting_to_come_is_not_held_yet(planned, piotr):
    for status in ("held", "no_show"):
        with pytest.raises(SessionError) as error:
            settle(planned, status, piotr.user, presence="unexcused")
        assert error.value.code in {"held_in_the_future"}


def test_a_meeting_that_is_over_is_not_planned_again(held, piotr):
    with pytest.raises(SessionError) as error:
        settle(held, "planned", piotr.user)
    assert error.value.code == "planned_in_the_past"


def test_a_correction_is_on_record_with_what_was_before(unresolved, piotr):
    settle(unresolved, "held", piotr.user)
    settle(unresolved, "no_show", piotr.user, presence="excused")
    entry = AuditEntry.objects.filter(action="cases.resolve_session").latest("id")
    assert entry.details == {"before": "held", "after": "no_show", "presences": {"excused": 2}}


def test_somebody_who_came_along_is_added_and_somebody_invited_by_mistake_is_taken_out(book, piotr, annas_case):
    mother, daughter = people_of(annas_case)
    session = book(starts_at=at("2026-11-20"), status="held", present={mother: "present"})
    settle(session, "held", piotr.user, presences={daughter: "present"})
    assert list(session.attendances.values_list("person__first_name", flat=True)) == ["Zofia"]
    assert list(session.occupancies.filter(person__isnull=False).values_list("person", flat=True)) == [daughter.pk]


def test_who_came_late_is_said_corrected_and_taken_back(unresolved, piotr, annas_case):
    mother, daughter = people_of(annas_case)
    late = unresolved.attendances.filter(is_late=True).values_list("person", flat=True)
    settle(unresolved, "held", piotr.user, late=[mother])
    assert list(late.all()) == [mother.pk]
    assert AuditEntry.objects.latest("id").details["presences"] == {"late": 1, "present": 2}
    settle(unresolved, "held", piotr.user, late=[daughter])
    assert list(late.all()) == [daughter.pk]
    settle(unresolved, "no_show", piotr.user, presence="unexcused", late=[daughter])
    assert list(late.all()) == []


def test_a_meeting_that_is_moved_keeps_who_came_late(held, piotr, annas_case):
    mother = people_of(annas_case)[0]
    settle(held, "held", piotr.user, late=[mother])
    edit_session(
        held,
        service=held.service,
        therapist=held.therapist,
        room=None,
        starts_at=held.starts_at,
        ends_at=held.ends_at,
        version=2,
        by=piotr.user,
    )
    assert held.attendances.get(is_late=True).person == mother


def test_who_did_not_come_and_the_minutes_that_were_not_needed_are_free_again(unresolved, piotr, annas_case):
    mother, daughter = people_of(annas_case)
    settle(unresolved, "held", piotr.user, presences={mother: "present", daughter: "excused"}, minutes=30)
    taken = list(unresolved.occupancies.values_list("person__first_name", "to_at").order_by("id"))
    assert [name for name, _end in taken] == [None, None, "Maria"]
    assert {end for _name, end in taken} == {at("2026-11-19", "16:30")}


def test_who_came_after_all_is_taken_up_again_if_free(unresolved, piotr, anna, annas_case, book):
    mother, daughter = people_of(annas_case)
    came_alone = {mother: "present", daughter: "excused"}
    settle(unresolved, "held", piotr.user, presences=came_alone)
    elsewhere = {"therapist": anna, "room": None, "by": anna.user}
    other = book(starts_at=at("2026-11-19", "16:00"), status="held", present={daughter: "present"}, **elsewhere)
    with pytest.raises(SessionError) as error:
        settle(unresolved, "held", piotr.user, presences={mother: "present", daughter: "present"})
    assert error.value.code == "person_taken"
    settle(other, "no_show", elsewhere["by"], presences={daughter: "unexcused"})
    settle(unresolved, "held", piotr.user, presences={mother: "present", daughter: "present"})
    assert unresolved.occupancies.filter(person=daughter).exists()


def test_what_took_place_as_planned_is_settled_by_a_few_statements(sign_in, piotr, book, annas_case):
    """Session, person, meeting, people; own note, once, family; case, meeting; three writes and the audit."""
    browser, counts = sign_in(piotr), []
    for day in ("2026-11-16", "2026-11-17", "2026-11-18"):
        with time_machine.travel(at("2026-11-13"), tick=False):
            session = book(starts_at=at(day))
        url = reverse("cases:resolve_session", args=[session.uuid])
        fields = fields_of(browser.get(url).context["form"]) | {"status": "held"}
        with CaptureQueriesContext(connection) as queries:
            assert browser.post(url, fields).status_code == 302
        counts.append(len(queries))
    assert counts[1:] == [17, 17]


def test_who_saw_an_older_state_changes_nothing(unresolved, piotr, anna):
    settle(unresolved, "held", piotr.user)
    with pytest.raises(Stale):
        settle(unresolved, "no_show", anna.user, version=1)


def test_only_who_may_log_it_settles_it(unresolved, clara, ewa):
    for stranger in (clara, ewa):
        with pytest.raises(SessionError) as error:
            settle(unresolved, "held", stranger.user)
        assert error.value.code == "not_yours"


# --- the page -------------------------------------------------------------------------------------------------------


def page_of(session):
    return reverse("cases:resolve_session", args=[session.uuid])


def test_two_taps_settle_a_meeting_from_the_worklist(sign_in, piotr, unresolved):
    browser = sign_in(piotr)
    listed = browser.get(reverse("cases:unresolved_sessions"), {"scope": "mine"}).content.decode()
    (url,) = {unescape(one) for one in re.findall(r'href="([^"]+status=held[^"]+)"', listed)}
    data = fields_of(browser.get(url).context["form"])
    assert data["status"] == "held"
    answer = browser.post(url, data | {"note": "Krótko."})
    assert (answer.status_code, answer.url) == (302, f"{reverse('cases:unresolved_sessions')}?scope=mine")
    unresolved.refresh_from_db()
    assert unresolved.status == "held"
    assert TherapyNote.objects.get(session=unresolved).text == "Krótko."


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("not_held", "Zaznacz, kto odwołał spotkanie, albo „nikt nie przyszedł”."),
        ("no_show", "Wybierz jeden ze stanów."),  # links that were made before
    ],
)
def test_that_it_did_not_take_place_is_nobody_s_fault_until_somebody_says_so(
    sign_in, piotr, unresolved, status, sentence
):
    browser, url = sign_in(piotr), f"{page_of(unresolved)}?status={status}"
    page = browser.get(url)
    form = page.context["form"]
    assert form["status"].value() == "planned"
    assert 'value="no_show"' in page.content.decode()
    assert "checked" not in page.content.decode().partition('id="div_id_status"')[2].partition("</fieldset>")[0]
    answer = browser.post(url, fields_of(form) | {"status": ""})
    assert answer.context["form"].errors == {"status": [sentence]}
    unresolved.refresh_from_db()
    assert unresolved.status == "planned"


def test_why_it_did_not_take_place_has_four_answers_and_no_roll_of_who_was_there(sign_in, piotr, unresolved):
    form = sign_in(piotr).get(page_of(unresolved), {"status": "not_held"}).context["form"]
    offered = [value for value, _label in form.fields["status"].choices]
    assert offered == ["by_family", "by_centre", "by_therapist", "no_show"]
    assert not form.presence_fields()
    assert "minutes" not in form.fields
    assert {field.value() for field in form.absence_fields()} == {"unexcused"}


def test_what_the_page_shows_of_who_was_excused_is_what_is_saved(sign_in, piotr, unresolved, annas_case):
    mother = people_of(annas_case)[0]
    browser, url = sign_in(piotr), f"{page_of(unresolved)}?status=not_held"
    data = fields_of(browser.get(url).context["form"]) | {"status": "no_show"}
    assert browser.post(url, data | {f"absence_{mother.uuid.hex}": "excused"}).status_code == 302
    saved = {"Maria": "excused", "Zofia": "unexcused"}
    assert dict(unresolved.attendances.values_list("person__first_name", "presence")) == saved
    again = browser.get(page_of(unresolved)).context["form"]
    shown = {
        again.people[name].first_name: again[name.replace("presence", "absence")].value() for name in again.people
    }
    assert shown == saved


def test_called_off_by_the_family_a_past_meeting_counts_nobody_as_absent(sign_in, piotr, unresolved):
    browser, url = sign_in(piotr), f"{page_of(unresolved)}?status=not_held"
    data = fields_of(browser.get(url).context["form"]) | {"status": "by_family"}
    assert browser.post(url, data).status_code == 302
    assert set(unresolved.attendances.values_list("presence", flat=True)) == {"expected"}


def test_who_is_somewhere_else_is_said_beside_their_own_name(sign_in, piotr, anna, unresolved, annas_case, book):
    mother, daughter = people_of(annas_case)
    settle(unresolved, "held", piotr.user, presences={mother: "present", daughter: "excused"})
    start = at("2026-11-19", "16:00")
    alone = {"therapist": anna, "room": None, "by": anna.user, "present": {daughter: "present"}}
    book(starts_at=start, status="held", **alone)
    browser = sign_in(piotr)
    data = fields_of(browser.get(page_of(unresolved)).context["form"]) | {f"presence_{daughter.uuid.hex}": "present"}
    answer = browser.post(page_of(unresolved), data)
    ((field, (said,)),) = answer.context["form"].errors.items()
    assert field == f"presence_{daughter.uuid.hex}"
    assert said.startswith(f"{daughter} ma w tym czasie inne spotkanie")


def test_that_nobody_was_there_is_said_of_the_whole_list(sign_in, piotr, unresolved, annas_case):
    browser = sign_in(piotr)
    data = fields_of(browser.get(page_of(unresolved)).context["form"]) | {"status": "held"}
    data |= {f"presence_{person.uuid.hex}": "excused" for person in people_of(annas_case)}
    answer = browser.post(page_of(unresolved), data)
    assert set(answer.context["form"].errors) == {"presences"}
    page = answer.content.decode()
    assert '<a href="#id_presences">Kto był</a>' in page
    assert page.count('id="id_presences"') == 1


@pytest.mark.parametrize("first", ["held", "by_centre"])
def test_a_correction_says_that_it_is_one(sign_in, piotr, unresolved, first):
    presence = "present" if first == "held" else "expected"
    settle(unresolved, first, piotr.user, presence=presence)
    browser = sign_in(piotr)
    data = fields_of(browser.get(page_of(unresolved)).context["form"]) | {"status": "no_show"}
    page = browser.post(page_of(unresolved), data, follow=True).content.decode()
    assert "Poprawiono rozliczenie spotkania: 19.11.2026" in page
    assert "Rozliczono spotkanie" not in page


def test_the_same_said_again_is_no_correction(sign_in, piotr, unresolved):
    settle(unresolved, "held", piotr.user)
    browser = sign_in(piotr)
    page = browser.post(page_of(unresolved), fields_of(browser.get(page_of(unresolved)).context["form"]), follow=True)
    assert "Zapisano spotkanie: 19.11.2026" in page.content.decode()
    assert "Poprawiono" not in page.content.decode()


def test_the_link_to_this_page_says_what_can_be_done_there(sign_in, piotr, anna, unresolved, planned):
    def offered(session):
        page = sign_in(piotr).get(session.get_absolute_url()).content.decode()
        (words,) = re.findall(rf'href="{page_of(session)}">([^<]+)</a>', page)
        return words

    assert offered(planned) == "Odwołaj"
    settle(planned, "by_family", piotr.user)
    assert offered(planned) == "Zmień lub cofnij odwołanie"
    assert "<h1>Zmień lub cofnij odwołanie" in sign_in(piotr).get(page_of(planned)).content.decode()
    with time_machine.travel(at("2026-11-19", "16:30"), tick=False):
        assert offered(unresolved) == "Rozlicz"
    settle(unresolved, "held", piotr.user)
    assert offered(unresolved) == "Popraw rozliczenie"


def test_a_changed_cancellation_says_so(sign_in, piotr, planned):
    settle(planned, "by_family", piotr.user, reason="Choroba")
    browser = sign_in(piotr)
    data = fields_of(browser.get(page_of(planned)).context["form"]) | {"status": "by_centre"}
    assert "Zmieniono odwołanie spotkania" in browser.post(page_of(planned), data, follow=True).content.decode()


def test_from_the_calendar_it_is_two_taps_too_and_back_to_the_same_day(sign_in, piotr, unresolved):
    browser = sign_in(piotr)
    week = f"{reverse('cases:calendar')}?tydzien=2026-W47&dzien=2026-11-19"
    page = browser.get(week).content.decode()
    (url,) = {unescape(one) for one in re.findall(r'href="([^"]+status=held[^"]+)"', page)}
    assert "Rozlicz<span" in page
    data = fields_of(browser.get(url).context["form"])
    answer = browser.post(url, data)
    assert (answer.status_code, answer.url) == (302, week)
    assert "Rozlicz<span" not in browser.get(week).content.decode()
    unresolved.refresh_from_db()
    assert unresolved.status == "held"


def test_the_calendar_offers_settling_to_who_may_settle(sign_in, clara, anna, marek, make_staff, wodna, unresolved):
    colleague = make_staff("Beata", "Nowa", Role.COORDINATOR, centre=wodna)
    for person, offered in {clara: False, colleague: False, anna: True, marek: True}.items():
        page = sign_in(person).get(reverse("cases:calendar"), {"tydzien": "2026-W47"}).content.decode()
        assert ("Rozlicz<span" in page) == offered, person
        assert ("nierozliczone</span>" in page) != offered


@pytest.mark.parametrize(
    "wrong",
    [
        "https://example.org/",
        "//example.org/sessions/unresolved/",
        "/sessions/unresolved/../../admin/",
        "/cases/",
        "javascript:alert(1)",
        "unresolved",
        "\x00",
    ],
)
def test_a_link_that_somebody_else_has_made_leads_nowhere_else(sign_in, piotr, unresolved, wrong):
    browser = sign_in(piotr)
    answer = browser.get(page_of(unresolved), {"status": "held", "back": wrong})
    assert answer.context["back"] == ""
    answer = browser.post(page_of(unresolved), fields_of(answer.context["form"]) | {"back": wrong})
    assert (answer.status_code, answer.url) == (302, unresolved.get_absolute_url())


def test_a_line_break_in_the_way_back_is_no_header(sign_in, piotr, unresolved):
    browser = sign_in(piotr)
    answer = browser.get(page_of(unresolved), {"status": "held", "back": "/calendar/?a=1\r\nSet-Cookie: x=1"})
    assert answer.context["back"] == "/calendar/?a=1%0D%0ASet-Cookie%3A+x%3D1"


def test_a_lost_race_shows_what_is_stored_and_keeps_what_was_typed(sign_in, anna, piotr, unresolved):
    browser = sign_in(piotr)
    url = page_of(unresolved)
    data = fields_of(browser.get(url).context["form"]) | {"status": "no_show", "note": "Moja długa notatka."}
    settle(unresolved, "held", anna.user)
    answer = browser.post(url, data)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Moja długa notatka." in page
    assert "odbyło się" in page
    again = fields_of(answer.context["form"])
    assert again["version"] == "2"
    assert browser.post(url, again).status_code == 302
    unresolved.refresh_from_db()
    assert unresolved.status == "no_show"


def test_the_page_asks_who_came_late_and_the_meeting_says_it_in_words(sign_in, piotr, unresolved, annas_case):
    browser = sign_in(piotr)
    mother, daughter = people_of(annas_case)
    data = fields_of(browser.get(page_of(unresolved)).context["form"])
    data |= {"status": "held", f"late_{mother.uuid.hex}": "on"}
    assert browser.post(page_of(unresolved), data).status_code == 302
    assert browser.get(unresolved.get_absolute_url()).content.decode().count("spóźnienie") == 1
    listed = browser.get(reverse("cases:case_sessions", args=[annas_case.uuid])).content.decode()
    assert "Maria (spóźnienie), Zofia" in listed
    again = browser.get(page_of(unresolved)).context["form"]
    assert (again[f"late_{mother.uuid.hex}"].value(), again[f"late_{daughter.uuid.hex}"].value()) == (True, False)


def test_a_lost_race_says_who_came_late_by_what_is_stored(sign_in, anna, piotr, unresolved, annas_case):
    browser = sign_in(piotr)
    mother = people_of(annas_case)[0]
    data = fields_of(browser.get(page_of(unresolved)).context["form"]) | {"status": "held"}
    settle(unresolved, "held", anna.user, late=[mother])
    answer = browser.post(page_of(unresolved), data)
    assert answer.context["form"].errors[f"late_{mother.uuid.hex}"] == ["W międzyczasie zapisano: spóźnienie"]


def test_a_lost_race_shows_the_other_reason(sign_in, anna, piotr, unresolved):
    browser, page = sign_in(piotr), f"{page_of(unresolved)}?status=not_held"
    data = fields_of(browser.get(page).context["form"]) | {"status": "by_family", "reason": "Dziecko zachorowało."}
    settle(unresolved, "by_family", anna.user, reason="Rodzina była u lekarza.")
    answer = browser.post(page, data)
    assert answer.context["form"].errors["reason"] == ["W międzyczasie zapisano: Rodzina była u lekarza."]
    assert answer.context["form"]["reason"].value() == "Dziecko zachorowało."


def expect(session, persons, by):
    session.refresh_from_db()
    same = {
        name: getattr(session, name) for name in ("service", "therapist", "room", "starts_at", "ends_at", "version")
    }
    return edit_session(session, **same, persons=persons, by=by.user)


def test_who_was_put_on_the_list_meanwhile_is_named_beside_their_question(
    sign_in, anna, piotr, unresolved, annas_case
):
    mother, daughter = people_of(annas_case)
    expect(unresolved, [mother], anna)
    browser = sign_in(piotr)
    data = fields_of(browser.get(page_of(unresolved)).context["form"]) | {"status": "held"}
    expect(unresolved, [mother, daughter], anna)
    form = browser.post(page_of(unresolved), data).context["form"]
    assert form.errors[f"presence_{daughter.uuid.hex}"] == ["W międzyczasie zapisano: ma przyjść"]
    assert f"presence_{mother.uuid.hex}" not in form.errors
    assert "status" not in form.errors  # it is planned, as it was
    assert browser.post(page_of(unresolved), fields_of(form)).status_code == 302
    assert dict(unresolved.attendances.values_list("person", "presence")) == {
        mother.pk: "present",
        daughter.pk: "present",
    }


def test_who_was_taken_off_the_list_by_hand_stays_off_after_a_lost_race(sign_in, anna, piotr, unresolved, annas_case):
    mother, daughter = people_of(annas_case)
    browser = sign_in(piotr)
    data = fields_of(browser.get(page_of(unresolved)).context["form"]) | {"status": "held"}
    expect(unresolved, [mother, daughter], anna)  # the same people; something else may have changed
    form = browser.post(page_of(unresolved), data | {f"presence_{daughter.uuid.hex}": ""}).context["form"]
    assert form[f"presence_{daughter.uuid.hex}"].value() == ""
    assert browser.post(page_of(unresolved), fields_of(form)).status_code == 302
    assert list(unresolved.attendances.values_list("person", flat=True)) == [mother.pk]


def test_who_left_the_family_meanwhile_is_named(sign_in, anna, piotr, unresolved, annas_case):
    mother, daughter = people_of(annas_case)
    browser = sign_in(piotr)
    stranger = f"presence_{'0' * 32}"
    data = fields_of(browser.get(page_of(unresolved)).context["form"]) | {"status": "held", stranger: "present"}
    expect(unresolved, [mother], anna)
    annas_case.family.members.filter(person=daughter).update(to_on=dt.date(2026, 11, 21))
    form = browser.post(page_of(unresolved), data).context["form"]
    assert f"Na liście nie ma już: {daughter}." in form.non_field_errors()


def test_before_it_begins_a_meeting_is_only_called_off(sign_in, piotr, planned):
    browser = sign_in(piotr)
    form = browser.get(page_of(planned)).context["form"]
    assert [value for value, _label in form.fields["status"].choices] == ["by_family", "by_centre", "by_therapist"]
    untouched = browser.post(page_of(planned), fields_of(form) | {"reason": "Rodzina wyjechała"})
    assert "status" in untouched.context["form"].errors  # nothing is proposed that would leave the meeting as it is
    done = browser.post(page_of(planned), fields_of(form) | {"status": "by_family", "reason": "Choroba"}, follow=True)
    assert "Odwołano spotkanie" in done.content.decode()
    back = browser.get(page_of(planned)).context["form"]
    assert "planned" in dict(back.fields["status"].choices)
    done = browser.post(page_of(planned), fields_of(back) | {"status": "planned"}, follow=True)
    assert "Przywrócono spotkanie" in done.content.decode()


def test_a_form_without_its_version_saves_nothing_and_says_so(sign_in, piotr, unresolved):
    browser = sign_in(piotr)
    data = fields_of(browser.get(page_of(unresolved)).context["form"]) | {"status": "held"}
    for version in ("", "-1", "0", "x", "9" * 30):
        answer = browser.post(page_of(unresolved), data | {"version": version})
        assert answer.status_code == 200
        assert answer.context["form"].non_field_errors()
    unresolved.refresh_from_db()
    assert unresolved.status == "planned"


def test_a_coordinator_is_not_asked_for_a_note(sign_in, anna, unresolved):
    assert "note" not in sign_in(anna).get(page_of(unresolved)).context["form"].fields


def test_readers_and_strangers_do_not_settle(sign_in, clara, ewa, jan, unresolved):
    for stranger in (clara, ewa, jan):
        assert sign_in(stranger).get(page_of(unresolved)).status_code == 404


def test_what_a_longer_meeting_runs_into_is_said_beside_its_length(sign_in, piotr, unresolved, book):
    book(starts_at=unresolved.ends_at, ends_at=unresolved.ends_at + dt.timedelta(hours=1), status="held")
    browser, url = sign_in(piotr), reverse("cases:resolve_session", args=[unresolved.uuid])
    data = fields_of(browser.get(url).context["form"]) | {"status": "held", "minutes": str(unresolved.minutes + 15)}
    form = browser.post(url, data).context["form"]
    assert set(form.errors) == {"minutes"}
    assert "Terapeuta ma w tym czasie inne spotkanie" in str(form.errors["minutes"])


@pytest.mark.parametrize("status", ["held", "no_show"])
def test_the_meeting_says_who_recorded_what_became_of_it(sign_in, anna, piotr, unresolved, status):
    assert "Rozliczenie zapisane przez" not in sign_in(anna).get(unresolved.get_absolute_url()).content.decode()
    presence = "present" if status == "held" else "unexcused"
    settle(unresolved, status, piotr.user, presences=dict.fromkeys(people_of(unresolved.case), presence))
    page = sign_in(anna).get(unresolved.get_absolute_url()).content.decode()
    assert "Rozliczenie zapisane przez" in page

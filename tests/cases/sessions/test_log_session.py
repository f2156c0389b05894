from __future__ import annotations

import datetime as dt
import uuid

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import AuditEntry
from cases.casefile.models import CareTeamMember
from cases.people.models import FamilyMember, Person
from cases.sessions.models import Attendance, Occupancy, Session
from cases.sessions.note_models import TherapyNote
from cases.sessions.presets import preset_for
from cases.sessions.services import SessionError
from centres.models import Role, RoleAssignment, Room, Service
from tests.cases.sessions.conftest import at, fields_of, people_of


def refusal(error):
    return error.value.code, list(error.value.error_dict) if hasattr(error.value, "error_dict") else []


# --- the service ----------------------------------------------------------------------------------------------------


def test_a_planned_meeting_expects_its_people_and_takes_up_therapist_room_and_persons(planned, annas_case):
    assert planned.status == "planned"
    assert planned.centre == annas_case.centre
    assert set(planned.attendances.values_list("presence", flat=True)) == {"expected"}
    taken = Occupancy.objects.filter(session=planned)
    assert taken.count() == 4  # the therapist, the room, the mother, the daughter
    assert set(taken.values_list("from_at", "to_at")) == {(planned.starts_at, planned.ends_at)}


def test_a_meeting_that_is_over_is_logged_with_who_was_there_and_a_note(book, annas_case, piotr):
    mother, daughter = people_of(annas_case)
    session = book(
        starts_at=at("2026-11-20", "16:00"),
        status="held",
        present={mother: "present", daughter: "excused"},
        note="Dużo się dziś zmieniło.",
    )
    assert dict(session.attendances.values_list("person__first_name", "presence")) == {
        "Maria": "present",
        "Zofia": "excused",
    }
    note = TherapyNote.objects.get(session=session)
    assert (note.author, note.text) == (piotr, "Dużo się dziś zmieniło.")
    assert not Occupancy.objects.filter(session=session, person=daughter).exists()  # she was elsewhere


def test_the_log_says_that_it_was_done_and_nothing_of_the_note(book):
    session = book(starts_at=at("2026-11-20", "16:00"), status="held", note="tajemnica terapeutyczna")
    entries = list(AuditEntry.objects.order_by("id"))
    assert [entry.action for entry in entries][-2:] == ["cases.write_note", "cases.log_session"]
    assert entries[-1].object_uuid == session.uuid
    assert not any("tajemnica" in str(entry.details) for entry in entries)


def test_the_note_is_unreadable_in_the_database(book):
    book(starts_at=at("2026-11-20", "16:00"), status="held", note="tajemnica terapeutyczna")
    assert "tajemnica" not in str(TherapyNote.objects.values_list("text", flat=True).get())


@pytest.mark.parametrize(
    ("status", "starts_at", "minutes", "code", "field"),
    [
        ("planned", "2026-11-20 16:00", 60, "planned_in_the_past", "day"),
        ("held", "2026-11-23 16:00", 60, "held_in_the_future", "status"),
        ("no_show", "2026-11-23 16:00", 60, "held_in_the_future", "status"),
        ("held", "2026-11-20 16:00", 4, "length", "minutes"),
        ("held", "2026-11-20 16:00", 481, "length", "minutes"),
        ("held", "2026-11-20 16:00", -30, "length", "minutes"),
        ("held", "2026-10-31 16:00", 60, "before_opening", "day"),
        ("planned", "2028-01-03 16:00", 60, "too_far", "day"),
        ("soon", "2026-11-20 16:00", 60, "status", "status"),
    ],
)
def test_a_meeting_stands_where_it_can_be_in_time(book, status, starts_at, minutes, code, field):
    with pytest.raises(SessionError) as error:
        book(starts_at=at(*starts_at.split()), status=status, minutes=minutes)
    assert refusal(error) == (code, [field])


def test_a_meeting_of_eight_hours_and_one_of_five_minutes_are_fine(book):
    assert book(starts_at=at("2026-11-23", "08:00"), minutes=480).minutes == 480
    assert book(starts_at=at("2026-11-23", "16:00"), minutes=5).minutes == 5


def test_a_closed_case_takes_what_happened_before_it_was_closed(book, annas_case):
    annas_case.stage, annas_case.closed_on = "closed", dt.date(2026, 11, 20)
    annas_case.save()
    assert book(starts_at=at("2026-11-20", "16:00"), status="held")
    with pytest.raises(SessionError) as error:
        book(starts_at=at("2026-11-21", "16:00"), status="held")
    assert refusal(error) == ("after_closing", ["day"])


def test_only_services_of_the_centre_are_chosen(book, annas_case, family_therapy):
    elsewhere = Service.objects.create(
        slug="gdzie-indziej", name="Gdzie indziej", form="group", provider=family_therapy.provider
    )
    with pytest.raises(SessionError) as error:
        book(service=elsewhere)
    assert refusal(error) == ("service_elsewhere", ["service"])


def test_only_rooms_of_the_centre_that_are_in_use_are_chosen(book, krakowiakow, wodna, room):
    for wrong in (
        Room.objects.create(centre=krakowiakow, name="Pokój 7"),
        Room.objects.create(centre=wodna, name="Remont", is_active=False),
    ):
        with pytest.raises(SessionError) as error:
            book(room=wrong)
        assert refusal(error) == ("room_elsewhere", ["room"])


def test_a_meeting_needs_no_room(book):
    assert book(room=None).occupancies.filter(room__isnull=False).count() == 0


def test_only_people_who_work_at_the_centre_lead_its_meetings(book, ewa, marek):
    with pytest.raises(SessionError) as error:
        book(therapist=ewa, by=marek.user)
    assert refusal(error) == ("therapist_elsewhere", ["therapist"])


def test_only_the_family_takes_part(book, annas_case):
    stranger = Person.objects.create(first_name="Obcy")
    with pytest.raises(SessionError) as error:
        book(present={people_of(annas_case)[0]: "present", stranger: "present"})
    assert refusal(error) == ("not_family", ["presences"])


def test_somebody_who_left_the_family_takes_part_up_to_that_day(book, annas_case):
    grandfather = Person.objects.create(first_name="Jan")
    FamilyMember.objects.create(
        family=annas_case.family,
        person=grandfather,
        role="grandfather",
        from_on=dt.date(2026, 11, 1),
        to_on=dt.date(2026, 11, 15),
    )
    assert book(starts_at=at("2026-11-14"), status="held", present={grandfather: "present"})
    with pytest.raises(SessionError) as error:
        book(starts_at=at("2026-11-16"), status="held", present={grandfather: "present"})
    assert error.value.code == "not_family"


@pytest.mark.parametrize(
    ("status", "presence", "code"),
    [
        ("held", "excused", "nobody_present"),
        ("held", "expected", "nobody_present"),
        ("held", "maybe", "presence"),
        ("no_show", "present", "present_at_no_show"),
    ],
)
def test_presence_agrees_with_what_became_of_the_meeting(book, annas_case, status, presence, code):
    with pytest.raises(SessionError) as error:
        book(starts_at=at("2026-11-20"), status=status, present=dict.fromkeys(people_of(annas_case), presence))
    assert refusal(error) == (code, ["presences"])


def test_a_meeting_of_nobody_is_refused(book):
    with pytest.raises(SessionError) as error:
        book(present={})
    assert refusal(error) == ("nobody", ["presences"])


def test_nobody_comes_to_a_no_show_excused_or_not(book, annas_case):
    mother, daughter = people_of(annas_case)
    session = book(starts_at=at("2026-11-20"), status="no_show", present={mother: "unexcused", daughter: "excused"})
    assert set(session.attendances.values_list("presence", flat=True)) == {"unexcused", "excused"}
    assert not session.occupancies.filter(person__isnull=False).exists()
    assert session.occupancies.filter(staff__isnull=False).exists()  # the therapist waited


def test_a_cancelled_meeting_takes_up_nobody(book):
    session = book(status="by_family")
    assert not session.occupancies.exists()
    assert book(status="planned")  # the slot is free


def test_who_came_late_is_kept_for_those_who_came(book, annas_case):
    mother, daughter = people_of(annas_case)
    session = book(
        starts_at=at("2026-11-20"),
        status="held",
        present={mother: "present", daughter: "excused"},
        late=[mother, daughter],
    )
    assert list(session.attendances.filter(is_late=True).values_list("person", flat=True)) == [mother.pk]


@pytest.mark.parametrize("status", ["planned", "by_family", "no_show"])
def test_nobody_is_late_to_what_was_not_held(book, annas_case, status):
    start = at("2026-11-23") if status == "planned" else at("2026-11-20")
    people = dict.fromkeys(people_of(annas_case), "expected")
    session = book(starts_at=start, status=status, present=people, late=list(people))
    assert not session.attendances.filter(is_late=True).exists()


# --- who logs for whom ----------------------------------------------------------------------------------------------


def test_a_therapist_logs_for_nobody_else(book, make_staff, wodna, piotr):
    other = make_staff("Olga", "Druga", Role.THERAPIST, centre=wodna)
    with pytest.raises(SessionError) as error:
        book(therapist=other, by=piotr.user)
    assert refusal(error) == ("not_yours", ["therapist"])


def test_a_therapist_outside_the_care_team_logs_nothing(book, annas_case, piotr):
    CareTeamMember.objects.filter(case=annas_case).delete()
    with pytest.raises(SessionError) as error:
        book()
    assert error.value.code == "not_yours"


def test_a_clinical_lead_and_another_centre_s_coordinator_log_nothing(book, clara, ewa):
    for stranger in (clara, ewa):
        with pytest.raises(SessionError) as error:
            book(by=stranger.user)
        assert error.value.code == "not_yours"


def test_coordinator_and_head_plan_for_any_therapist(book, anna, marek):
    assert book(by=anna.user)
    assert book(by=marek.user, starts_at=at("2026-11-24"))


def test_a_therapist_chosen_from_outside_joins_the_care_team(book, annas_case, anna, make_staff, wodna):
    other = make_staff("Olga", "Druga", Role.THERAPIST, centre=wodna)
    book(therapist=other, by=anna.user)
    joined = CareTeamMember.objects.get(case=annas_case, staff=other)
    assert (joined.from_on, joined.to_on) == (dt.date(2026, 11, 22), None)
    assert AuditEntry.objects.filter(action="cases.add_care_team_member").count() == 1


def test_a_head_who_logs_their_own_meeting_joins_it_too(book, annas_case, marek):
    book(therapist=marek, by=marek.user)
    assert CareTeamMember.objects.filter(case=annas_case, staff=marek, to_on=None).exists()


def test_a_head_of_whom_the_staff_list_knows_nothing_logs_for_others(sign_in, marek, wodna, url):
    RoleAssignment.objects.create(user=marek.user, role=Role.THERAPIST, centre=wodna, from_on=dt.date(2026, 1, 1))
    browser = sign_in(marek)
    marek.delete()
    form = browser.get(url).context["form"]
    assert "therapist" in form.fields
    assert "note" not in form.fields


def test_a_therapist_on_their_last_day_in_the_care_team_logs_as_ever(book, annas_case, piotr):
    annas_case.care_team.filter(staff=piotr).update(to_on=dt.date(2026, 11, 22))
    book(starts_at=at("2026-11-20", "16:00"), status="held", by=piotr.user)
    assert annas_case.care_team.count() == 1


def test_who_knows_the_family_already_does_not_join_twice(book, annas_case, anna):
    book(by=anna.user)
    book(therapist=anna, by=anna.user, starts_at=at("2026-11-24"))
    assert CareTeamMember.objects.filter(case=annas_case).count() == 1


def test_only_the_therapist_writes_the_note(book, anna):
    with pytest.raises(SessionError) as error:
        book(starts_at=at("2026-11-20"), status="held", note="Nie moja.", by=anna.user)
    assert refusal(error) == ("not_the_therapist", ["note"])
    assert not Session.objects.exists()


# --- the page -------------------------------------------------------------------------------------------------------


@pytest.fixture
def url(annas_case):
    return reverse("cases:log_session", args=[annas_case.uuid])


def test_the_form_proposes_what_most_meetings_are_like(sign_in, piotr, url, book, room, family_therapy):
    book(starts_at=at("2026-11-13", "16:00"), status="held", minutes=90)
    form = sign_in(piotr).get(url).context["form"]
    shown = fields_of(form)
    assert shown["day"] == "2026-11-22"
    assert shown["time"] == "10:30"  # it is noon, and a meeting of 90 minutes has just ended
    assert (shown["service"], shown["room"]) == (str(family_therapy.uuid), str(room.uuid))
    assert shown["status"] == "held"
    assert {value for name, value in shown.items() if name.startswith("presence_")} == {"present"}


def test_planned_again_a_meeting_keeps_its_weekday_and_hour_over_the_change_of_clocks(sign_in, piotr, url, book):
    book(starts_at=at("2026-11-20", "09:00"), status="held")
    with_summer_time = at("2027-03-25", "12:00")
    with time_machine.travel(with_summer_time, tick=False):
        shown = fields_of(sign_in(piotr).get(f"{url}?status=planned").context["form"])
    assert (shown["day"], shown["time"]) == ("2027-03-26", "09:00")


def test_one_tap_logs_the_meeting_as_proposed(sign_in, piotr, url, annas_case, book):
    book(starts_at=at("2026-11-13", "16:00"), status="held")
    browser = sign_in(piotr)
    answer = browser.post(url, fields_of(browser.get(url).context["form"]))
    assert answer.status_code == 302
    assert answer.url == reverse("cases:case_sessions", args=[annas_case.uuid])
    session = Session.objects.latest("id")
    assert (session.therapist, session.status, session.starts_at) == (piotr, "held", at("2026-11-22", "11:00"))
    assert set(session.attendances.values_list("presence", flat=True)) == {"present"}


def test_planning_asks_only_who_is_expected(sign_in, piotr, url, annas_case, family_therapy):
    browser = sign_in(piotr)
    mother = people_of(annas_case)[0]
    data = fields_of(browser.get(f"{url}?status=planned").context["form"]) | {
        "time": "16:00",
        "service": str(family_therapy.uuid),
        "presences": [str(mother.uuid)],
    }
    assert data["day"] == "2026-11-23"  # the next working day
    assert "status" not in data
    assert "note" not in data
    assert browser.post(f"{url}?status=planned", data).status_code == 302
    session = Session.objects.get()
    assert (session.status, session.starts_at) == ("planned", at("2026-11-23", "16:00"))
    assert list(session.attendances.values_list("person", "presence")) == [(mother.pk, "expected")]


def test_a_future_time_typed_while_logging_is_saved_as_planned_without_typing_it_again(filled, url):
    browser, data = filled
    data |= {"day": "2026-11-23"}
    assert errors_of(browser.post(url, data)) == {"status": ["held_in_the_future"]}
    assert browser.post(url, data | {"status": "planned"}).status_code == 302
    assert set(Attendance.objects.values_list("presence", flat=True)) == {"expected"}


@pytest.fixture
def filled(url, piotr, sign_in, family_therapy, room):
    """What Piotr would send: Friday at 16:00, held."""
    browser = sign_in(piotr)
    data = fields_of(browser.get(url).context["form"]) | {
        "day": "2026-11-20",
        "time": "16:00",
        "minutes": "60",
        "service": str(family_therapy.uuid),
        "room": str(room.uuid),
    }
    return browser, data


def errors_of(answer):
    assert answer.status_code == 200
    return {name: [error.code for error in errors.as_data()] for name, errors in answer.context["form"].errors.items()}


def test_a_double_click_makes_one_meeting(filled, url):
    browser, data = filled
    first, second = browser.post(url, data), browser.post(url, data)
    assert (first.status_code, first.url) == (second.status_code, second.url) == (302, second.url)
    assert Session.objects.count() == 1


def test_what_nobody_had_planned_is_logged_by_few_statements(filled, url, sign_in, anna, piotr):
    """Session, person, case; once, family, service, room; case, right, who leads, room, people, who is taken; four
    writes and the audit. Who logs for others chooses a therapist besides.
    """
    counts = []
    for browser, hour in ((filled[0], 10), (sign_in(anna), 13)):
        for later in (0, 1, 2):
            data = filled[1] | {"time": f"{hour + later}:00", "therapist": str(piotr.uuid), "once": str(uuid.uuid4())}
            with CaptureQueriesContext(connection) as queries:
                assert browser.post(url, data).status_code == 302
            counts.append(len(queries))
    assert counts[1:3] == [22, 22]
    assert counts[4:] == [23, 23]


@pytest.mark.parametrize("key", ["", "Pokój 1", str(uuid.UUID(int=1))], ids=["nothing", "a name", "not there"])
def test_what_is_not_on_the_lists_is_said_beside_its_field(filled, url, sign_in, anna, key):
    data = filled[1] | {"service": key, "therapist": key, "room": key, "co_therapists": [key or "-"]}
    answer = sign_in(anna).post(url, data)
    code = "invalid_choice" if key else "required"
    room = {"room": [code]} if key else {}
    assert errors_of(answer) == {"service": [code], "therapist": [code], "co_therapists": ["invalid_choice"]} | room
    if key:
        said = [*answer.context["form"].errors.values()]
        assert ["Ten pokój nie jest używany w tym centrum."] in said
        assert ["Ta osoba nie pracuje w tym centrum."] in said
    assert answer.context["form"]["service"].value() == key
    assert not Session.objects.exists()


def test_without_a_length_a_meeting_takes_as_long_as_its_service(filled, url, family_therapy):
    browser, data = filled
    assert browser.post(url, data | {"minutes": ""}).status_code == 302
    assert Session.objects.get().minutes == family_therapy.minutes


def test_nobody_in_the_way_of_a_no_show_because_the_form_proposed_presence(filled, url):
    browser, data = filled
    assert browser.post(url, data | {"status": "no_show"}).status_code == 302
    assert set(Attendance.objects.values_list("presence", flat=True)) == {"unexcused"}


@pytest.mark.parametrize("status", ["by_family", "by_centre", "by_therapist"])
def test_a_meeting_that_was_called_off_keeps_why_and_who_was_expected(filled, url, annas_case, status):
    browser, data = filled
    mother = people_of(annas_case)[0]
    more = {"status": status, "reason": " Choroba córki ", "invited": [str(mother.uuid)]}
    assert browser.post(url, data | more).status_code == 302
    session = Session.objects.get()
    assert (session.status, session.cancel_reason) == (status, "Choroba córki")
    assert list(session.attendances.values_list("person", "presence")) == [(mother.pk, "expected")]


def test_a_meeting_to_come_is_not_called_off_without_a_reason(filled, url):
    browser, data = filled
    data |= {"day": "2026-11-27", "status": "by_centre"}
    assert errors_of(browser.post(url, data)) == {"reason": ["no_reason"]}
    assert browser.post(url, data | {"reason": "Awaria"}).status_code == 302


def test_a_reason_left_in_the_form_is_not_kept_of_a_meeting_that_was_held(filled, url):
    browser, data = filled
    assert browser.post(url, data | {"reason": "Choroba"}).status_code == 302
    assert Session.objects.get().cancel_reason == ""


def test_nobody_chosen_is_said_beside_the_question_of_the_state(filled, url, annas_case):
    browser, data = filled
    nobody = {
        f"{question}_{one.uuid.hex}": "" for one in people_of(annas_case) for question in ("presence", "absence")
    }
    data |= nobody | {"invited": []}
    for status, field in {"held": "presences", "no_show": "presences", "by_family": "invited"}.items():
        assert list(errors_of(browser.post(url, data | {"status": status}))) == [field]


def test_a_box_says_who_came_late(filled, url, annas_case):
    browser, data = filled
    mother, daughter = people_of(annas_case)
    late = {f"late_{mother.uuid.hex}": "on", f"late_{daughter.uuid.hex}": "on"}
    absent = {f"presence_{daughter.uuid.hex}": "unexcused"}
    assert browser.post(url, data | late | absent).status_code == 302
    assert list(Attendance.objects.order_by("person").values_list("person", "presence", "is_late")) == [
        (mother.pk, "present", True),
        (daughter.pk, "unexcused", False),
    ]


@pytest.mark.parametrize("status", ["no_show", "by_family"])
def test_a_box_ticked_by_mistake_stands_in_the_way_of_nothing(filled, url, annas_case, status):
    browser, data = filled
    late = {f"late_{person.uuid.hex}": "on" for person in people_of(annas_case)}
    assert browser.post(url, data | late | {"status": status}).status_code == 302
    assert not Attendance.objects.filter(is_late=True).exists()


def test_a_refusal_stands_beside_its_field_and_keeps_what_was_typed(filled, url):
    browser, data = filled
    answer = browser.post(url, data | {"day": "2026-10-30", "note": "Ważna notatka – nie zgub mnie."})
    assert errors_of(answer) == {"day": ["before_opening"]}
    page = answer.content.decode()
    assert "Ważna notatka – nie zgub mnie." in page
    assert "2026-10-30" in page
    assert not Session.objects.exists()


def test_a_taken_slot_says_when_and_never_who(filled, url, make_case, wodna, anna, piotr, book):
    other = make_case(wodna, "Rodzina Tajna", coordinator=anna, received_on=dt.date(2026, 11, 1))
    book(case=other, starts_at=at("2026-11-20", "16:30"), status="held", by=anna.user)
    browser, data = filled
    answer = browser.post(url, data)
    found = errors_of(answer)
    assert found == {"room": ["room_taken"], "__all__": ["staff_taken"]}  # Piotr's form has no therapist field
    page = answer.content.decode()
    assert "16:30–17:30" in page
    assert "Tajna" not in page
    assert other.number not in page


NONSENSE = ("'", "\x00", "9" * 400, "2026-13-45", "🙂", "00000000-0000-0000-0000-000000000000")


@pytest.mark.parametrize("field", ["service", "room", "day", "time", "minutes", "status"])
def test_nonsense_is_answered_beside_the_field(filled, url, field):
    browser, data = filled
    for value in NONSENSE:
        assert field in errors_of(browser.post(url, data | {field: value})), value
    assert not Session.objects.exists()


def test_another_centre_s_ids_are_no_choices(filled, url, krakowiakow):
    browser, data = filled
    elsewhere = Room.objects.create(centre=krakowiakow, name="Pokój 7")
    assert errors_of(browser.post(url, data | {"room": str(elsewhere.uuid)})) == {"room": ["invalid_choice"]}


def test_a_note_has_its_limit(filled, url):
    browser, data = filled
    assert errors_of(browser.post(url, data | {"note": "ż" * 20_001})) == {"note": ["max_length"]}
    assert browser.post(url, data | {"note": "ż" * 20_000}).status_code == 302


@pytest.mark.parametrize(("day", "code"), [("2026-10-25", "ambiguous_time"), ("2027-03-28", "no_such_time")])
def test_the_hours_in_which_the_clocks_change_are_answered_with_a_sentence(filled, url, day, code):
    browser, data = filled
    assert errors_of(browser.post(url, data | {"day": day, "time": "02:30"})) == {"time": [code]}


def test_a_coordinator_is_asked_who_leads_and_never_for_a_note(sign_in, anna, url):
    form = sign_in(anna).get(url).context["form"]
    assert "therapist" in form.fields
    assert "note" not in form.fields


def test_the_form_says_who_will_join_the_care_team(sign_in, anna, url, make_staff, wodna):
    make_staff("Olga", "Druga", Role.THERAPIST, centre=wodna)
    page = sign_in(anna).get(url).content.decode()
    assert "Olga Druga – dołączy do zespołu" in page
    assert "Piotr Próbny – dołączy" not in page


def test_a_therapist_is_not_asked_who_leads(sign_in, piotr, url):
    form = sign_in(piotr).get(url).context["form"]
    assert "therapist" not in form.fields
    assert "note" in form.fields


def test_strangers_and_readers_find_no_form(sign_in, ewa, clara, jan, url):
    for stranger in (ewa, clara, jan):
        assert sign_in(stranger).get(url).status_code == 404


def test_the_people_of_the_latest_meeting_are_proposed_and_not_the_whole_family(sign_in, piotr, annas_case, book):
    mother, daughter = people_of(annas_case)
    book(starts_at=at("2026-11-19", "16:00"), status="held", present={daughter: "present"})
    browser, url = sign_in(piotr), reverse("cases:log_session", args=[annas_case.uuid])
    form = browser.get(url).context["form"]
    assert form[f"presence_{daughter.uuid.hex}"].value() == "present"
    assert form[f"presence_{mother.uuid.hex}"].value() == ""
    planning = browser.get(url, {"status": "planned"}).context["form"]
    assert planning["presences"].value() == [str(daughter.uuid)]
    series = browser.get(reverse("cases:plan_series", args=[annas_case.uuid])).context["form"]
    assert series["presences"].value() == [str(daughter.uuid)]


def test_right_after_midnight_no_time_before_the_case_s_first_day_is_proposed(annas_case, piotr):
    proposed = preset_for(annas_case, piotr, "held", at(f"{annas_case.opened_on}", "00:40"))
    assert (proposed["day"], proposed["time"]) == (annas_case.opened_on, dt.time())


def test_after_a_meeting_planned_a_year_ahead_no_day_is_proposed_that_would_be_refused(annas_case, piotr, book):
    book(starts_at=at("2027-11-22", "10:00"), status="planned")
    day = preset_for(annas_case, piotr, "planned")["day"]
    assert day <= dt.date(2027, 11, 22)
    assert day.isoweekday() == 1

"""Meetings of a case, one's own meetings, those to be settled, and one meeting's page: who sees what."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import AuditEntry
from cases.casefile.models import CareTeamMember, CoordinatorAssignment
from cases.sessions.models import Session
from cases.sessions.services import log_session
from centres.models import Role
from tests.cases.sessions.conftest import at, people_of
from tests.cases.sessions.test_resolve_session import settle
from tests.groups import first_of, group_meeting, make_group


def sessions_in(answer):
    assert answer.status_code == 200
    return [row.session for row in answer.context["rows"]]


# --- of a case ------------------------------------------------------------------------------------------------------


def test_a_case_lists_its_meetings_the_latest_first_with_who_was_there(sign_in, anna, annas_case, held, planned):
    answer = sign_in(anna).get(reverse("cases:case_sessions", args=[annas_case.uuid]))
    assert sessions_in(answer) == [planned, held]
    page = answer.content.decode()
    assert "Maria, Zofia" in page
    assert "20.11.2026, 16:00–17:00" in page
    assert AuditEntry.objects.latest("id").action == "cases.read_sessions"


def test_an_empty_list_says_what_to_do(sign_in, anna, clara, annas_case):
    url = reverse("cases:case_sessions", args=[annas_case.uuid])
    assert "Zaplanuj spotkanie" in sign_in(anna).get(url).content.decode()
    assert "Zaplanuj spotkanie" not in sign_in(clara).get(url).content.decode()  # she reads and does not log


def test_a_long_list_goes_page_by_page(sign_in, anna, annas_case, book):
    for n in range(52):
        book(starts_at=at("2026-11-02", "08:00") + dt.timedelta(hours=8 * n), status="held", room=None)
    url = reverse("cases:case_sessions", args=[annas_case.uuid])
    browser = sign_in(anna)
    first = browser.get(url)
    assert len(sessions_in(first)) == 50
    assert len(sessions_in(browser.get(f"{url}?cursor={first.context['page'].next_cursor}"))) == 2
    assert browser.get(f"{url}?cursor=x").status_code == 400


def test_a_case_lists_its_group_s_meetings_with_its_own_people_alone(
    sign_in, anna, annas_case, make_case, wodna, piotr
):
    other = make_case(
        wodna, "Rodzina Cudza", members=(("Halina", "Cudza", "mother", dt.date(1980, 1, 1)),),
        received_on=dt.date(2026, 11, 1),
    )  # fmt: skip
    group = make_group(wodna, piotr, annas_case, other)
    meeting = group_meeting(group, dt.date(2026, 11, 19), summary="Grupa ćwiczyła słuchanie.")
    group_meeting(group, dt.date(2026, 11, 12), {other: "present"})
    answer = sign_in(anna).get(reverse("cases:case_sessions", args=[annas_case.uuid]))
    assert sessions_in(answer) == [meeting]
    page = answer.content.decode()
    assert "TUS dla dzieci" in page
    assert first_of(annas_case).first_name in page
    assert "Grupa ćwiczyła słuchanie." in page  # for the coordinators of everybody in it (decision 0100)
    assert "Halina" not in page


def test_strangers_find_no_list(sign_in, ewa, jan, annas_case):
    for stranger in (ewa, jan):
        assert sign_in(stranger).get(reverse("cases:case_sessions", args=[annas_case.uuid])).status_code == 404


# --- one meeting ----------------------------------------------------------------------------------------------------


def test_a_meeting_s_page_is_for_its_therapist_and_for_readers_of_its_case(
    sign_in, planned, piotr, anna, marek, clara, ewa, jan, iga, adam
):
    for reader in (piotr, anna, marek, clara):
        assert sign_in(reader).get(planned.get_absolute_url()).status_code == 200
        assert AuditEntry.objects.latest("id").action == "cases.read_session"
    for stranger in (ewa, jan, iga, adam):
        assert sign_in(stranger).get(planned.get_absolute_url()).status_code == 404


def test_a_therapist_who_left_the_care_team_keeps_the_meeting_and_loses_the_family_s_name(
    sign_in, planned, piotr, annas_case
):
    CareTeamMember.objects.filter(case=annas_case).update(to_on="2026-11-21")
    page = sign_in(piotr).get(planned.get_absolute_url()).content.decode()
    assert annas_case.family.label not in page
    assert annas_case.number not in page


def test_a_past_meeting_asks_whether_it_took_place(sign_in, piotr, clara, unresolved):
    question = "Czy to spotkanie się odbyło?"
    assert question in sign_in(piotr).get(unresolved.get_absolute_url()).content.decode()
    assert question not in sign_in(clara).get(unresolved.get_absolute_url()).content.decode()


# --- one's own ------------------------------------------------------------------------------------------------------


def test_my_meetings_are_those_to_come_or_those_behind_me(sign_in, piotr, anna, planned, held, unresolved, book):
    later = book(starts_at=at("2026-12-01"))
    url = reverse("cases:my_sessions")
    browser = sign_in(piotr)
    assert sessions_in(browser.get(url)) == [planned, later]
    assert sessions_in(browser.get(f"{url}?period=past")) == [held, unresolved]
    assert sessions_in(sign_in(anna).get(url)) == []


# --- to be settled --------------------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(make_case, krakowiakow, ewa, family_therapy):
    """Ewa's own unresolved meeting at Krakowiaków."""
    case = make_case(krakowiakow, "Rodzina Daleka", coordinator=ewa, received_on=dt.date(2026, 11, 1))
    family_therapy.centres.add(krakowiakow)
    with time_machine.travel(at("2026-11-18"), tick=False):
        return log_session(
            case,
            service=family_therapy,
            therapist=ewa,
            starts_at=at("2026-11-19", "09:00"),
            ends_at=at("2026-11-19", "10:00"),
            present=dict.fromkeys(people_of(case), "present"),
            status="planned",
            by=ewa.user,
        )


def test_everybody_finds_their_own_unresolved_meetings_the_oldest_first(
    sign_in, anna, marek, piotr, ewa, unresolved, planned, held, elsewhere
):
    url = reverse("cases:unresolved_sessions")
    for person, expected in {piotr: [unresolved], anna: [unresolved], marek: [unresolved], ewa: [elsewhere]}.items():
        assert sessions_in(sign_in(person).get(url)) == expected


def test_a_clinical_lead_reads_them_all_and_settles_none(sign_in, clara, unresolved, elsewhere):
    answer = sign_in(clara).get(reverse("cases:unresolved_sessions"))
    assert sessions_in(answer) == [elsewhere, unresolved]
    assert reverse("cases:resolve_session", args=[unresolved.uuid]) not in answer.content.decode()


def test_a_coordinator_who_also_leads_meetings_finds_both_in_one_list(
    sign_in, anna, make_case, wodna, unresolved, family_therapy
):
    case = make_case(wodna, "Rodzina Cudza", received_on=dt.date(2026, 11, 1))
    CareTeamMember.objects.create(case=case, staff=anna, from_on=dt.date(2026, 11, 1))
    own = Session.objects.create(
        case=case, centre=wodna, service=family_therapy, therapist=anna,
        starts_at=at("2026-11-19", "09:00"), ends_at=at("2026-11-19", "10:00"),
    )  # fmt: skip
    assert sessions_in(sign_in(anna).get(reverse("cases:unresolved_sessions"))) == [own, unresolved]


def test_a_group_s_meeting_waits_for_its_leaders_and_the_head_of_its_centre(
    sign_in, annas_case, wodna, anna, marek, piotr, ewa, make_staff
):
    second = make_staff("Celina", "Druga", Role.THERAPIST, centre=wodna)
    group = make_group(wodna, piotr, annas_case)
    meeting = group_meeting(group, dt.date(2026, 11, 19), status="planned")
    meeting.co_therapists.add(second)
    url = reverse("cases:unresolved_sessions")
    for person in (piotr, second, marek):
        answer = sign_in(person).get(url)
        assert sessions_in(answer) == [meeting]
        assert "TUS dla dzieci" in answer.content.decode()
    for person in (anna, ewa):
        assert sessions_in(sign_in(person).get(url)) == []


@pytest.mark.parametrize("who", ["piotr", "anna", "marek", "clara"])
def test_the_list_costs_the_same_however_long(who, request, sign_in, unresolved, book, django_assert_num_queries):
    browser, url = sign_in(request.getfixturevalue(who)), reverse("cases:unresolved_sessions")
    browser.get(url)  # a first request looks up what is remembered afterwards
    with CaptureQueriesContext(connection) as one:
        browser.get(url)
    with time_machine.travel(at("2026-11-18"), tick=False):
        for hour in ("08:00", "10:00", "12:00"):
            book(starts_at=at("2026-11-19", hour))
    with django_assert_num_queries(len(one)):
        assert len(sessions_in(browser.get(url))) == 4


def test_a_coordinator_sees_own_cases_and_not_a_colleague_s(sign_in, anna, make_staff, wodna, annas_case, unresolved):
    colleague = make_staff("Beata", "Nowa", Role.COORDINATOR, centre=wodna)
    url = reverse("cases:unresolved_sessions")
    assert sessions_in(sign_in(colleague).get(url)) == []
    CoordinatorAssignment.objects.filter(case=annas_case).update(coordinator=colleague)
    assert sessions_in(sign_in(colleague).get(url)) == [unresolved]
    assert sessions_in(sign_in(anna).get(url)) == []


def test_settled_and_cancelled_meetings_leave_the_list(sign_in, piotr, unresolved):
    settle(unresolved, "by_family", piotr.user)
    answer = sign_in(piotr).get(reverse("cases:unresolved_sessions"))
    assert sessions_in(answer) == []
    assert "Wszystkie minione spotkania są rozliczone." in answer.content.decode()


def test_each_row_leads_to_both_answers(sign_in, piotr, unresolved):
    page = sign_in(piotr).get(reverse("cases:unresolved_sessions")).content.decode()
    resolve = reverse("cases:resolve_session", args=[unresolved.uuid])
    assert f"{resolve}?status=held&amp;back=%2Fsessions%2Funresolved%2F" in page
    assert f"{resolve}?status=not_held&amp;back=%2Fsessions%2Funresolved%2F" in page


def test_an_unknown_scope_is_the_widest_one(sign_in, marek, unresolved):
    answer = sign_in(marek).get(reverse("cases:unresolved_sessions"), {"scope": "\x00'"})
    assert answer.context["scope"].key == "centre"


def test_who_has_no_calendar_has_no_lists(sign_in, jan, iga, adam):
    for name in ("cases:my_sessions", "cases:unresolved_sessions", "cases:calendar"):
        for stranger in (jan, iga, adam):
            assert sign_in(stranger).get(reverse(name)).status_code == 403


def test_namesakes_are_told_apart_by_as_little_as_does(sign_in, piotr, unresolved, annas_case):
    mother, daughter = people_of(annas_case)

    def who():
        (row,) = sign_in(piotr).get(reverse("cases:unresolved_sessions")).context["rows"]
        return row.came

    def call(person, first, last):
        type(person).objects.filter(pk=person.pk).update(first_name=first, last_name=last)

    assert who() == ["Maria", "Zofia"]
    call(mother, "Agata", "Lis")
    call(daughter, "Agata", "Kos")
    assert who() == ["Agata L.", "Agata K."]
    call(daughter, "Agata", "Lipa")
    assert who() == ["Agata Lis", "Agata Lipa"]
    call(daughter, "Agata", "Lis")
    assert who() == ["Agata (matka)", "Agata (córka)"]

"""„Dziś”, by role."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from cases.intake.services import enter_referral
from cases.sessions.group_models import Group, GroupEnrolment
from cases.sessions.models import Session
from cases.sessions.series_models import SessionSeries
from tests.groups import WARSAW, group_meeting, make_group

URL = "/today/"


@pytest.mark.parametrize("who", ["anna", "marek", "piotr", "ewa", "clara", "jan", "iga", "adam"])
def test_everybody_has_a_page(who, request, sign_in):
    assert sign_in(request.getfixturevalue(who)).get(URL).status_code == 200


def test_a_case_without_a_coordinator_tops_the_page_of_the_head(make_case, wodna, marek, anna, sign_in):
    case = make_case(wodna, "Rodzina Niczyja")

    page = sign_in(marek).get(URL).context["page"]

    assert [row.case for row in page.without_coordinator] == [case]
    assert sign_in(anna).get(URL).context["page"].without_coordinator == []


def test_a_coordinator_sees_own_near_deadlines_and_new_referrals(make_case, wodna, anna, ewa, sign_in):
    today = timezone.localdate()
    near = make_case(wodna, "Rodzina Blisko", coordinator=anna, received_on=today - dt.timedelta(days=12))
    make_case(wodna, "Rodzina Cudza", received_on=today - dt.timedelta(days=12))
    enter_referral(
        by=anna.user,
        centre=wodna,
        source="self",
        received_on=today,
        family_label="Rodzina Nowa",
        contact_first_name="Iga",
        contact_role="mother",
        adults=1,
    )

    page = sign_in(anna).get(URL).context["page"]

    assert [row.case for row in page.urgent] == [near]
    assert [referral.family_label for referral in page.referrals] == ["Rodzina Nowa"]
    assert sign_in(ewa).get(URL).context["page"].referrals == []


def test_on_a_day_without_meetings_the_next_ones_are_shown(annas_case, anna, piotr, room, family_therapy, sign_in):
    start = timezone.now() + dt.timedelta(days=3)
    meeting = Session.objects.create(
        case=annas_case,
        centre=annas_case.centre,
        service=family_therapy,
        therapist=piotr,
        room=room,
        starts_at=start,
        ends_at=start + dt.timedelta(minutes=50),
    )

    for person in (piotr, anna):
        page = sign_in(person).get(URL).context["page"]
        assert (page.meetings, page.coming) == ([], [meeting])
    label = annas_case.family.label
    assert label in sign_in(anna).get(URL).content.decode()
    assert label not in sign_in(piotr).get(URL).content.decode()  # he is not in the care team


def test_a_coordinator_sees_today_s_group_meeting_of_own_families(
    annas_case, anna, ewa, piotr, wodna, make_case, sign_in, time_machine
):
    time_machine.move_to(dt.datetime(2026, 11, 23, 8, tzinfo=dt.UTC), tick=False)
    group = make_group(wodna, piotr, annas_case)
    meeting = group_meeting(group, dt.date(2026, 11, 23), status="planned")
    evening = dt.datetime(2026, 11, 23, 19, tzinfo=WARSAW)
    group_meeting(group, evening, {make_case(wodna, "Rodzina Cudza"): "expected"}, status="planned")

    answer = sign_in(anna).get(URL)

    assert answer.context["page"].meetings == [meeting]
    assert "TUS dla dzieci" in answer.content.decode()
    assert sign_in(ewa).get(URL).context["page"].meetings == []


def unresolved_tile(answer):
    url = reverse("cases:unresolved_sessions")
    return next(tile.number for tile in answer.context["page"].tiles if tile.url == url)


def unresolved_in_the_menu(answer):
    url = reverse("cases:unresolved_sessions")
    return next(item["count"] for item in answer.context["menu"] if item["url"] == url)


def test_unresolved_meetings_are_counted_for_who_has_to_settle_them(
    annas_case, anna, marek, piotr, ewa, clara, wodna, hold, sign_in, time_machine
):
    time_machine.move_to(dt.datetime(2026, 11, 23, 8, tzinfo=dt.UTC), tick=False)
    of_case = hold(annas_case, dt.date(2026, 11, 19), status="planned")
    in_group = group_meeting(make_group(wodna, piotr, annas_case), dt.date(2026, 11, 20), status="planned")

    for person, expected in {
        marek: [of_case, in_group],
        piotr: [of_case, in_group],
        clara: [of_case, in_group],
        anna: [of_case],
        ewa: [],
    }.items():
        answer = sign_in(person).get(URL)
        assert answer.context["page"].unresolved == expected
        assert unresolved_tile(answer) == unresolved_in_the_menu(answer) == len(expected)
        settled_here = answer.content.decode().count("status=held&amp;back=%2Ftoday%2F")
        assert settled_here == (0 if person == clara else len(expected))  # a clinical lead reads them only


def test_more_unresolved_meetings_than_the_page_shows_are_counted_all_the_same(
    annas_case, marek, hold, sign_in, time_machine
):
    time_machine.move_to(dt.datetime(2026, 11, 23, 8, tzinfo=dt.UTC), tick=False)
    for n in range(11):
        hold(annas_case, dt.date(2026, 11, 8 + n), status="planned")

    answer = sign_in(marek).get(URL)

    assert len(answer.context["page"].unresolved) == 8
    assert unresolved_tile(answer) == unresolved_in_the_menu(answer) == 11


def test_a_meeting_is_counted_in_the_menu_once_it_is_over(annas_case, marek, hold, sign_in, time_machine):
    hold(annas_case, dt.datetime(2026, 11, 23, 8, tzinfo=dt.UTC), status="planned")  # until 8:50
    client, counts = sign_in(marek), []
    for minute in (49, 50):
        time_machine.move_to(dt.datetime(2026, 11, 23, 8, minute, tzinfo=dt.UTC), tick=False)
        counts.append(unresolved_in_the_menu(client.get(URL)))

    assert counts == [0, 1]


def test_the_menu_shows_only_what_the_role_can_open(anna, jan, iga, adam, sign_in):
    def menu(person):
        return {item["url"] for item in sign_in(person).get(URL).context["menu"]}

    assert reverse("cases:caseload") in menu(anna)
    programme = {reverse("programme:programme"), reverse("programme:reports")}
    assert menu(jan) == {URL, reverse("cases:assessment_summary"), reverse("cases:numbers"), *programme}
    assert menu(iga) == {URL, reverse("audit:log")}
    assert menu(adam) == {URL, reverse("admin:index")}


def wait_for(group, case, asked_on=None):
    """The family's second person waits for a seat."""
    person = case.family.members.order_by("id")[1].person
    return GroupEnrolment.objects.create(
        group=group, case=case, person=person, asked_on=asked_on or timezone.localdate()
    )


def test_a_freed_seat_for_which_somebody_waits_stands_with_who_gives_seats(
    annas_case, wodna, anna, marek, piotr, ewa, clara, sign_in
):
    group = make_group(wodna, piotr, annas_case)
    Group.objects.filter(pk=group.pk).update(seats=1)
    wait_for(group, annas_case, dt.date(2026, 1, 18))
    assert sign_in(anna).get(URL).context["page"].seats == []  # full

    yesterday = timezone.localdate() - dt.timedelta(days=1)
    group.enrolments.filter(from_on__isnull=False).update(to_on=yesterday)
    for staff in (anna, marek):
        answer = sign_in(staff).get(URL)
        assert answer.context["page"].seats == [group]
        page = answer.content.decode()
        assert f"{group.get_absolute_url()}#waiting" in page
        assert "18.01.2026" in page
    for staff in (piotr, ewa, clara):
        assert sign_in(staff).get(URL).context["page"].seats == []


def test_who_waits_longest_comes_first_and_an_ended_group_is_left_out(annas_case, wodna, anna, piotr, sign_in):
    today = timezone.localdate()
    made = [make_group(wodna, piotr, name=f"Grupa {number}") for number in range(3)]
    for days, group in enumerate(made):
        wait_for(group, annas_case, today - dt.timedelta(days=days))
    SessionSeries.objects.filter(group=made[1]).update(ended_on=today)

    assert sign_in(anna).get(URL).context["page"].seats == [made[2], made[0]]


def test_somebody_whose_role_has_ended_sees_nothing(annas_case, anna, sign_in):
    anna.user.role_assignments.update(to_on=timezone.localdate() - dt.timedelta(days=1))

    assert sign_in(anna).get(URL).status_code == 403
    assert sign_in(anna).get(annas_case.get_absolute_url()).status_code == 404


def test_the_page_costs_the_same_however_many_cases(many_cases, anna, sign_in, own_queries):
    client = sign_in(anna)
    counts = []
    for _ in range(2):
        many_cases(15)
        client.get(URL)
        with own_queries() as made:
            client.get(URL)
        counts.append(len(made))

    assert counts[0] == counts[1]
    # One of them for the seats that somebody may be given, one for meetings of those who have left.
    assert counts[1] <= 16, "\n".join(made)

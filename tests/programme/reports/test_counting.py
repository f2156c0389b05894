"""What a month counts, and where it begins and ends."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.casefile.models import Stage, StageChange
from cases.intake.models import Referral, Source
from cases.people.models import FamilyRole
from cases.sessions.models import Session
from programme.reports import counting, indicators
from programme.reports.months import bounds, last_completed, months_back
from tests.programme.reports.conftest import OCTOBER

WARSAW = ZoneInfo("Europe/Warsaw")


def day(number, month=10):
    return dt.date(2026, month, number)


@pytest.fixture
def count(wodna):
    def counted(*centres):
        keys = [centre.pk for centre in centres or (wodna,)]
        return counting.count_month(OCTOBER, keys, data_at=timezone.now())

    return counted


def test_referrals_are_counted_by_their_source(count, make_case, wodna, krakowiakow):
    for received, centre, source in [
        (day(1), wodna, Source.SELF),
        (day(31), wodna, Source.SCHOOL),
        (day(30), wodna, Source.SCHOOL),
        (day(30, 9), wodna, Source.SELF),
        (day(1, 11), wodna, Source.SELF),
        (day(7), krakowiakow, Source.SELF),
    ]:
        case = make_case(centre, received_on=received)
        Referral.objects.filter(pk=case.referral_id).update(source=source)
    referrals = count()["referrals"]
    assert referrals["count"] == 3
    assert {name: n for name, n in referrals["by_source"].items() if n} == {"self": 1, "school": 2}


def test_a_redirected_referral_counts_at_each_centre_and_once_in_the_city(count, wodna, krakowiakow):
    first = Referral.objects.create(
        centre=wodna, source=Source.SELF, received_on=day(5), family_label="R", contact_first_name="M",
        contact_role=FamilyRole.MOTHER, status=Referral.Status.REDIRECTED, decided_on=day(6), reason="bliżej domu",
        redirected_to=krakowiakow,
    )  # fmt: skip
    Referral.objects.create(
        centre=krakowiakow, source=Source.SELF, received_on=day(5), family_label="R", contact_first_name="M",
        contact_role=FamilyRole.MOTHER, redirected_from=first,
    )  # fmt: skip
    assert count(wodna)["referrals"]["count"] == 1
    assert count(krakowiakow)["referrals"]["count"] == 1
    assert count(wodna, krakowiakow)["referrals"]["count"] == 1


@pytest.mark.parametrize(("days", "in_time"), [(0, 1), (14, 1), (15, 0)])
def test_a_diagnosis_is_in_time_up_to_the_fourteenth_day(count, make_case, wodna, days, in_time):
    case = make_case(wodna, received_on=day(10))
    case.diagnosed_on = day(10) + dt.timedelta(days=days)
    case.save()
    assert count()["diagnoses"] == {"count": 1, "families": 1, "in_time": in_time, "in_time_families": in_time}


def test_a_diagnosis_counts_in_the_month_when_it_was_made(count, make_case, wodna):
    case = make_case(wodna, received_on=day(25))
    case.diagnosed_on = day(2, 11)
    case.save()
    assert count()["diagnoses"]["count"] == 0
    assert count()["cases"] == {"count": 1, "families": 1}


def test_waiting_is_told_by_the_stage_on_the_last_day(count, make_case, wodna):
    def case_with(*steps):
        case = make_case(wodna, received_on=day(1, 6))
        for stage, on in steps:
            StageChange.objects.create(case=case, stage=stage, on=on)
        return case

    case_with((Stage.WAITING, day(20, 7)))
    case_with((Stage.WAITING, day(31)))
    case_with((Stage.WAITING, day(1, 8)), (Stage.THERAPY, day(31)))  # left the list on the last day
    case_with((Stage.WAITING, day(1, 9)), (Stage.THERAPY, day(1, 11)))  # left it only in November
    case_with((Stage.WAITING, day(1, 11)))
    assert count()["waiting"] == {"families": 3, "since": "2026-06-01"}


def test_of_two_steps_on_one_day_the_later_one_holds(count, make_case, wodna):
    case = make_case(wodna, received_on=day(1))
    StageChange.objects.create(case=case, stage=Stage.WAITING, on=day(9))
    StageChange.objects.create(case=case, stage=Stage.THERAPY, on=day(9))
    assert count()["waiting"]["families"] == 0


@pytest.mark.parametrize(
    ("moment", "counts"),
    [
        (dt.datetime(2026, 9, 30, 21, 59, tzinfo=dt.UTC), 0),  # 23:59 on 30 September in Kraków
        (dt.datetime(2026, 9, 30, 22, 0, tzinfo=dt.UTC), 1),  # 0:00 on 1 October, summer time
        (dt.datetime(2026, 10, 31, 22, 59, tzinfo=dt.UTC), 1),  # 23:59 on 31 October, winter time
        (dt.datetime(2026, 10, 31, 23, 0, tzinfo=dt.UTC), 0),  # 0:00 on 1 November
    ],
)
def test_a_meeting_belongs_to_the_month_in_which_it_began_in_krakow(count, octobers_case, meet, moment, counts):
    meet(octobers_case, moment)
    assert count()["held"]["count"] == counts
    assert count()["people"]["all"]["people"] == 2 * counts


def test_meetings_are_counted_by_service_with_people_and_attendance(count, make_case, wodna, meet):
    first, second = make_case(wodna, received_on=day(1)), make_case(wodna, "Rodzina Druga", received_on=day(1))
    child = first.family.members.get(role=FamilyRole.DAUGHTER).person
    meet(first, day(5))
    meet(first, day(12), absent=(child,))
    meet(second, day(6), service="poradnictwo-rodzinne")
    meet(second, day(13), service="poradnictwo-rodzinne", status=Session.Status.NO_SHOW)
    meet(second, day(20), status=Session.Status.CANCELLED_BY_FAMILY)
    numbers = count()
    services = {one["slug"]: one for one in numbers["services"]}
    therapy, counselling = services["terapia-rodzinna"], services["poradnictwo-rodzinne"]
    assert {key: value for key, value in therapy.items() if isinstance(value, int)} == {
        "count": 2, "families": 1, "people": 2, "people_families": 1, "present": 3, "expected": 4,
    }  # fmt: skip
    assert (counselling["count"], counselling["present"], counselling["expected"]) == (1, 2, 4)
    assert numbers["held"] == {"count": 3, "families": 2}
    assert numbers["not_held"]["by_family"] == {"count": 1, "families": 1}
    assert numbers["not_held"]["no_show"] == {"count": 1, "families": 1}
    assert numbers["not_held"]["by_centre"] == {"count": 0, "families": 0}


def test_unresolved_meetings_are_a_gap_of_their_own(count, octobers_case, meet):
    meet(octobers_case, day(5), status=Session.Status.PLANNED)
    numbers = count()
    assert (numbers["unresolved"]["count"], numbers["unresolved"]["families"]) == (1, 1)
    assert numbers["held"]["count"] == 0
    assert numbers["people"]["all"]["people"] == 0


def test_people_are_counted_once_by_their_age_on_the_last_day(count, make_case, wodna, meet):
    case = make_case(
        wodna,
        received_on=day(1),
        members=(
            ("A", "A", FamilyRole.SON, dt.date(2008, 11, 1)),  # 18 tomorrow
            ("B", "B", FamilyRole.DAUGHTER, dt.date(2008, 10, 31)),  # 18 on the last day
            ("C", "C", FamilyRole.FATHER, dt.date(1966, 11, 1)),  # 60 tomorrow
            ("D", "D", FamilyRole.GRANDMOTHER, dt.date(1966, 10, 31)),  # 60 on the last day
            ("E", "E", FamilyRole.OTHER, None),
        ),
    )
    meet(case, day(5))
    meet(case, day(12))
    people = count()["people"]
    assert {group: cell["people"] for group, cell in people.items()} == {
        "children": 1, "adults": 2, "seniors": 1, "unknown": 1, "all": 5,
    }  # fmt: skip


def test_who_stayed_away_is_not_counted_as_helped(count, octobers_case, meet):
    everybody = tuple(member.person for member in octobers_case.family.members.all())
    meet(octobers_case, day(5), absent=everybody)
    assert count()["people"]["all"] == {"people": 0, "families": 0}


def test_the_city_counts_a_person_of_two_centres_once(count, make_case, wodna, krakowiakow, meet):
    here = make_case(wodna, received_on=day(1))
    there = make_case(krakowiakow, "Ta sama", received_on=day(1), members=())
    there.family = here.family
    there.save()
    meet(here, day(5))
    meet(there, day(6))
    assert count(wodna, krakowiakow)["people"]["all"] == {"people": 2, "families": 1}
    assert count(wodna, krakowiakow)["held"] == {"count": 2, "families": 1}


def test_an_empty_month_is_zeros(count):
    numbers = count()
    assert numbers["referrals"]["count"] == numbers["held"]["count"] == numbers["waiting"]["families"] == 0
    assert numbers["services"] == []
    assert numbers["waiting"]["since"] is None


def test_the_number_of_queries_does_not_grow_with_the_data(count, make_case, wodna, meet):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            count()
        return len(captured)

    meet(make_case(wodna, received_on=day(1)), day(5))
    before = queries()
    for n in range(5):
        case = make_case(wodna, f"Rodzina {n}", received_on=day(1))
        meet(case, day(5 + n))
        meet(case, day(15 + n), service="poradnictwo-rodzinne")
    assert queries() == before <= 13


def test_a_centre_sees_its_part_of_the_indicator_and_no_target(programme, octobers_case, wodna, meet):
    meet(octobers_case, day(5))
    frozen = indicators.of_month(OCTOBER, centre=wodna, everything=False, data_at=timezone.now())
    assert "programme" not in frozen
    assert "target" not in frozen["services_to_date"]
    assert frozen["services_to_date"]["points"][-1] == {"month": "2026-10-01", "total": 1, "families": 1}


def test_the_three_centres_are_measured_against_the_target(programme, octobers_case, meet):
    meet(octobers_case, day(5))
    meet(octobers_case, day(9, 3))
    frozen = indicators.of_month(OCTOBER, centre=None, everything=False, data_at=timezone.now())
    assert frozen["services_to_date"]["target"] == "9910"
    assert [point["total"] for point in frozen["services_to_date"]["points"]] == [0, 0, 1, 1, 1, 1, 1, 1, 1, 2]
    assert [one["code"] for one in frozen["programme"]["indicators"]] == [
        "1.1", "2.1", "3.1", "3.2", "4.1", "15.1", "35.1", "36.1",
    ]  # fmt: skip


def test_the_programme_has_all_its_indicators(programme, octobers_case):
    frozen = indicators.of_month(OCTOBER, centre=None, everything=True, data_at=timezone.now())
    assert len(frozen["programme"]["indicators"]) == 78
    assert frozen["programme"]["revision"]["number"] == 1


def test_families_behind_the_running_total_are_counted_as_far_as_hiding_needs_it(make_case, wodna, meet):
    for n in range(7):
        meet(make_case(wodna, f"Rodzina {n}", received_on=day(1, 1)), day(3, 1 + n))
    points = indicators.of_month(OCTOBER, centre=wodna, everything=False, data_at=timezone.now())["services_to_date"][
        "points"
    ]
    assert [point["families"] for point in points] == [1, 2, 3, 4, 5, 5, 5, 5, 5, 5]


def test_a_month_of_the_clock_change_is_an_hour_longer():
    start, end = bounds(OCTOBER)
    assert end.timestamp() - start.timestamp() == dt.timedelta(days=31, hours=1).total_seconds()


def test_months_are_listed_from_the_newest_completed_one():
    assert last_completed(dt.date(2026, 1, 1)) == dt.date(2025, 12, 1)
    assert months_back(dt.date(2025, 11, 20), today=dt.date(2026, 1, 31)) == [
        dt.date(2025, 12, 1),
        dt.date(2025, 11, 1),
    ]
    assert months_back(dt.date(2026, 2, 1), today=dt.date(2026, 2, 1)) == []

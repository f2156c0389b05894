"""Indicator 1.1: meetings that took place, one by one."""

from __future__ import annotations

import datetime as dt

import pytest

from cases.sessions.models import Session
from centres.models import Service
from programme.results import counting
from programme.results.counting import Rule, cells, counted, monthly, rules, services_by_month
from programme.results.drilldown import drill_down

YEAR_END = dt.date(2026, 12, 31)
MARCH = dt.date(2026, 3, 1)


def count_of_march() -> int:
    return monthly("held_sessions", 2026, until=YEAR_END)[MARCH]


def test_one_meeting_that_took_place_is_one_service(annas_case, hold):
    hold(annas_case, dt.date(2026, 3, 5))
    hold(annas_case, dt.date(2026, 3, 12))

    assert count_of_march() == 2


@pytest.mark.parametrize("status", [status for status in Session.Status.values if status != Session.Status.HELD])
def test_what_did_not_take_place_does_not_count(annas_case, hold, status):
    hold(annas_case, dt.date(2026, 3, 5), status=status)

    assert count_of_march() == 0


def test_every_service_that_counts_is_in_the_offer(reference):
    offered = set(Service.objects.values_list("slug", flat=True))

    assert all(rule.services <= offered for rule in rules())


def test_counselling_and_therapy_count_and_nothing_else(reference, annas_case, hold):
    for service in Service.objects.all():
        hold(annas_case, dt.date(2026, 3, 5), service=service)

    seen = Service.objects.filter(pk__in=[cell.service_id for cell in cells("held_sessions", 2026, until=YEAR_END)])

    assert {service.slug.split("-")[0] for service in seen} == {"terapia", "poradnictwo"}
    assert seen.count() == count_of_march() == 10


def test_a_meeting_at_half_past_midnight_in_krakow_belongs_to_the_new_month(annas_case, hold):
    hold(annas_case, dt.datetime(2026, 3, 31, 22, 30, tzinfo=dt.UTC))  # 1 April, 0:30, summer time
    hold(annas_case, dt.datetime(2026, 1, 31, 23, 30, tzinfo=dt.UTC))  # 1 February, 0:30, winter time
    hold(annas_case, dt.datetime(2025, 12, 31, 23, 0, tzinfo=dt.UTC))  # 1 January 2026, 0:00
    hold(annas_case, dt.datetime(2026, 12, 31, 23, 0, tzinfo=dt.UTC))  # 1 January 2027, 0:00

    found = services_by_month(2026)

    assert [found[dt.date(2026, month, 1)] for month in range(1, 13)] == [1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]


def test_a_meeting_an_hour_before_midnight_in_krakow_belongs_to_the_old_month(annas_case, hold):
    hold(annas_case, dt.datetime(2026, 3, 31, 21, 59, tzinfo=dt.UTC))

    assert count_of_march() == 1


def test_nothing_after_the_day_that_was_asked_for_counts(annas_case, hold):
    hold(annas_case, dt.date(2026, 3, 5))
    hold(annas_case, dt.date(2026, 3, 6))

    assert monthly("held_sessions", 2026, until=dt.date(2026, 3, 5)) == {
        dt.date(2026, 1, 1): 0, dt.date(2026, 2, 1): 0, MARCH: 1,
    }  # fmt: skip


def test_a_centre_counts_its_own_meetings(annas_case, make_case, krakowiakow, hold):
    hold(annas_case, dt.date(2026, 3, 5))
    hold(make_case(krakowiakow, "Rodzina Innych"), dt.date(2026, 3, 5))

    assert services_by_month(2026)[MARCH] == 2
    assert services_by_month(2026, krakowiakow)[MARCH] == 1


def test_a_month_is_counted_by_the_version_that_held_on_its_first_day(annas_case, hold, monkeypatch):
    first = rules()[0]
    second = Rule("held_sessions", 2, dt.date(2026, 4, 1), "", "", frozenset({"poradnictwo-rodzinne"}))
    monkeypatch.setattr(counting, "rules", lambda: (first, second))
    monkeypatch.setitem(counting.COUNTERS, ("held_sessions", 2), counting.held_sessions)
    hold(annas_case, dt.date(2026, 3, 5))
    hold(annas_case, dt.date(2026, 4, 5))
    hold(annas_case, dt.date(2026, 4, 6), service="poradnictwo-rodzinne")

    found = monthly("held_sessions", 2026, until=YEAR_END)

    assert (found[MARCH], found[dt.date(2026, 4, 1)]) == (1, 1)


def test_before_the_first_version_nothing_is_counted(annas_case, hold):
    hold(annas_case, dt.date(2024, 3, 5))

    assert sum(monthly("held_sessions", 2024, until=dt.date(2024, 12, 31)).values()) == 0


def test_every_rule_has_its_function():
    assert {(rule.code, rule.version) for rule in rules()} == set(counting.COUNTERS) == set(counting.MAY_COUNT)


def test_months_and_years_with_few_families_are_known_as_small(make_case, wodna, hold):
    cases = [make_case(wodna, f"Rodzina {n}") for n in range(5)]
    for case in cases:
        hold(case, dt.date(2026, 3, 5))
    for case in cases[:4]:
        hold(case, dt.date(2026, 4, 5))
        hold(case, dt.date(2026, 4, 6))

    found = counted("held_sessions", 2026, until=YEAR_END)

    assert found.small_months == {dt.date(2026, 4, 1)}
    assert not found.is_small


def test_a_year_with_few_families_is_small_however_many_meetings_they_had(annas_case, hold):
    for day in range(1, 20):
        hold(annas_case, dt.date(2026, 3, day))

    assert counted("held_sessions", 2026, until=YEAR_END).is_small


def test_a_family_with_two_cases_is_one_family(annas_case, make_case, krakowiakow, hold):
    other = make_case(krakowiakow, "Rodzina Przykładowych")
    type(other).objects.filter(pk=other.pk).update(family=annas_case.family)
    hold(annas_case, dt.date(2026, 3, 5))
    hold(other, dt.date(2026, 3, 5))

    assert drill_down("held_sessions", 2026, until=YEAR_END).totals[2].families == 1


def test_the_drill_down_adds_up_to_the_total(make_case, wodna, krakowiakow, wadowicka, hold):
    for n, centre in enumerate([wodna, krakowiakow, wadowicka] * 4):
        case = make_case(centre, f"Rodzina {n}")
        for month in (1, 2, 5):
            hold(case, dt.date(2026, month, 3 + n), service="terapia-par" if n % 2 else "poradnictwo-rodzinne")
    hold(make_case(wodna, "Rodzina X"), dt.date(2026, 12, 1))

    found = drill_down("held_sessions", 2026, until=dt.date(2026, 10, 31))

    assert found.total.count == sum(monthly("held_sessions", 2026, until=dt.date(2026, 10, 31)).values()) == 36
    assert [figure.count for figure in found.totals] == [12, 12, 0, 0, 12, 0, 0, 0, 0, 0]
    assert sum(table.total.count for table in found.centres) == 36
    for table in found.centres:
        assert sum(line.total.count for line in table.lines) == table.total.count
        for place in range(10):
            assert sum(line.months[place].count for line in table.lines) == table.months[place].count


def test_sums_of_small_cells_are_hidden_only_where_few_families_are_behind_them_together(make_case, wodna, hold):
    cases = [make_case(wodna, f"Rodzina {n}") for n in range(6)]
    for n, case in enumerate(cases):
        hold(case, dt.date(2026, 1 + n // 2, 5))  # two families a month, six in all
        hold(cases[0], dt.date(2026, 1 + n, 6), service="terapia-par")  # one family, six months

    table = drill_down("held_sessions", 2026, until=dt.date(2026, 6, 30)).centres[0]
    texts = {line.service.slug: ([figure.text for figure in line.months], line.total.text) for line in table.lines}

    assert texts["terapia-rodzinna"] == (["<5", "<5", "<5", "0", "0", "0"], "6")
    assert texts["terapia-par"] == (["<5"] * 6, "<5")
    assert table.total.text == "12"

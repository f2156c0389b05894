"""Assessments counted by family, and counted again by hand."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from dataclasses import replace
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.assessments import counting
from cases.assessments.change import change
from cases.assessments.models import Assessment
from cases.assessments.over_time import measured_of
from cases.assessments.periods import Period, last_completed, periods, year_to
from cases.casefile.models import Case, Stage
from cases.people.models import Family
from centres.models import Centre
from tests.cases.assessments.counted import AREAS, DEFINITION, WARSAW, finalise

OCTOBER = dt.date(2026, 10, 1)
YEAR = year_to(OCTOBER)
END = Assessment.Occasion.END


@pytest.fixture
def version(make_version):
    return make_version(DEFINITION)


@pytest.fixture
def areas(version):
    return list(AREAS)


@pytest.fixture
def make_case(make_case):
    """Cases of the beginning of the year."""
    return partial(make_case, received_on=dt.date(2026, 1, 2))


@pytest.fixture
def measure(version, areas, anna):
    """`measure(case, day, "high")`: the first area; the others are low."""

    def make(case, when, level="low", *, occasion=Assessment.Occasion.START, of=version, **others):
        levels = dict.fromkeys(areas, "low") | {areas[0]: level} | others
        return finalise(case, of, when, levels, assessor=anna, occasion=occasion)

    return make


@pytest.fixture
def count(wodna, krakowiakow):
    def counted(period=YEAR, tool=None):
        centres = [wodna.pk, krakowiakow.pk]
        return counting.count(tool or counting.tools(centres)[0], period, centres)

    return counted


def day(number, month=10):
    return dt.date(2026, month, number)


def close(case, on):
    Case.objects.filter(pk=case.pk).update(stage=Stage.CLOSED, closed_on=on)


def of_area(counts, area):
    return {column: n for column, n in counts.levels[area].items() if n}


def test_levels_are_distributed_by_area_with_incomplete_results_apart(count, measure, make_case, wodna, areas):
    for level in ("high", "high", "low", "incomplete", "judged:raised", "empty"):
        measure(make_case(wodna), day(5), level)
    counts = count()[wodna.pk]
    assert counts.families == 6
    assert of_area(counts, areas[0]) == {
        "level:high": 2, "level:low": 1, "level:raised": 1, "incomplete": 1, "not_applicable": 1
    }  # fmt: skip
    assert of_area(counts, areas[1]) == {"level:low": 6}


def test_the_latest_assessment_of_the_period_counts_and_no_later_one(count, measure, make_case, wodna, areas):
    case = make_case(wodna)
    measure(case, day(5, 3), "high")
    measure(case, day(5, 9), "raised", occasion=Assessment.Occasion.MIDDLE)
    measure(case, day(5, 11), "low", occasion=END)
    assert of_area(count()[wodna.pk], areas[0]) == {"level:raised": 1}
    march = Period(dt.date(2026, 3, 1), dt.date(2026, 3, 1), OCTOBER)
    assert of_area(count(march)[wodna.pk], areas[0]) == {"level:high": 1}


def test_months_are_cut_by_the_clocks_of_krakow(count, measure, make_case, wodna, areas):
    october = Period(OCTOBER, OCTOBER, OCTOBER)
    measure(make_case(wodna), dt.datetime(2026, 10, 1, 0, 0, tzinfo=WARSAW))
    measure(make_case(wodna), dt.datetime(2026, 10, 31, 23, 59, 59, tzinfo=WARSAW))
    measure(make_case(wodna), dt.datetime(2026, 9, 30, 23, 59, 59, tzinfo=WARSAW))
    measure(make_case(wodna), dt.datetime(2026, 11, 1, 0, 0, tzinfo=WARSAW))
    assert count(october)[wodna.pk].families == 2


def test_a_family_of_two_centres_counts_once_in_each_and_once_together(
    count, measure, make_case, wodna, krakowiakow, areas
):
    first, second = make_case(wodna), make_case(krakowiakow)
    Case.objects.filter(pk=second.pk).update(family=first.family)
    measure(first, day(5), "high")
    measure(second, day(6), "low")
    counts = count()
    assert of_area(counts[wodna.pk], areas[0]) == {"level:high": 1}
    assert of_area(counts[krakowiakow.pk], areas[0]) == {"level:low": 1}
    assert (counts[None].families, of_area(counts[None], areas[0])) == (1, {"level:low": 1})


def test_major_versions_and_instruments_are_never_mixed_and_examples_come_last(
    count, measure, make_case, make_version, wodna, krakowiakow, pairs_version, anna, areas
):
    minor, major = (make_version(replace(DEFINITION, version=number)) for number in ("1.1.0", "2.0.0"))
    measure(make_case(wodna), day(5), "high")
    measure(make_case(wodna), day(5), "high", of=minor)
    measure(make_case(wodna), day(5), "low", of=major)
    pairs_area = pairs_version.definition.areas[0].id
    finalise(make_case(wodna), pairs_version, day(5), {pairs_area: "incomplete"}, assessor=anna)
    tools = counting.tools([wodna.pk])
    assert [tool.major for tool in tools if tool.code == "counted"] == [2, 1]
    assert [tool.is_example for tool in tools] == sorted(tool.is_example for tool in tools)
    by_key = {tool.key: count(tool=tool)[wodna.pk].families for tool in tools}
    assert (by_key["counted-1"], by_key["counted-2"]) == (2, 1)
    assert counting.tools([krakowiakow.pk]) == []


def test_an_area_that_a_minor_version_lacks_is_not_applicable(count, measure, make_case, version, wodna, anna, areas):
    finalise(make_case(wodna), version, day(5), {areas[0]: "low"}, assessor=anna)
    assert of_area(count()[wodna.pk], areas[1]) == {"not_applicable": 1}


@pytest.mark.parametrize(
    ("start", "end", "outcome"),
    [
        ("high", "low", "better"),
        ("low", "high", "worse"),
        ("low", "low", "same"),
        ("incomplete", "low", "not_comparable"),
        ("low", "empty", "not_comparable"),
        ("judged:high", "low", "not_comparable"),
        ("incomplete:high", "low", "not_comparable"),
    ],
)
def test_an_area_changes_by_its_level(count, measure, make_case, wodna, areas, start, end, outcome):
    case = make_case(wodna)
    measure(case, day(5, 2), start)
    measure(case, day(5, 8), end, occasion=END)
    counts = count()[wodna.pk]
    assert {name: n for name, n in counts.changes[areas[0]].items() if n} == {outcome: 1}
    assert counts.changes[areas[1]]["same"] == 1


def test_every_family_that_began_is_in_the_denominator(count, measure, make_case, make_version, wodna, areas):
    ended, open_, closed, other = (make_case(wodna) for _ in range(4))
    for case in (ended, open_, closed, other):
        measure(case, day(5, 2), "high")
    measure(ended, day(5, 8), "low", occasion=END)
    measure(open_, day(5, 5), "low", occasion=Assessment.Occasion.MIDDLE)
    close(closed, day(31))
    measure(other, day(5, 8), "low", occasion=END, of=make_version(replace(DEFINITION, version="2.0.0")))
    one = next(tool for tool in counting.tools([wodna.pk]) if tool.major == 1)
    counts = count(tool=one)[wodna.pk]
    assert counts.started == 4
    assert counts.statuses == {"compared": 1, "other_version": 1, "no_end": 1, "closed": 1}


def test_what_happened_after_the_last_known_day_has_not_happened_yet(count, measure, make_case, wodna):
    ended, closed = (make_case(wodna) for _ in range(2))
    measure(ended, day(5, 2))
    measure(closed, day(5, 2))
    measure(ended, day(1, 11), occasion=END)
    close(closed, day(1, 11))
    assert count()[wodna.pk].statuses["no_end"] == 2
    later = Period(dt.date(2026, 1, 1), OCTOBER, known=dt.date(2026, 11, 1))
    assert count(later)[wodna.pk].statuses == {"compared": 1, "other_version": 0, "no_end": 0, "closed": 1}


def test_a_family_that_comes_back_counts_with_its_first_beginning(count, measure, make_case, wodna):
    first, second = (make_case(wodna) for _ in range(2))
    close(first, day(1, 4))
    Case.objects.filter(pk=second.pk).update(family=first.family)
    measure(first, day(5, 2), "high")
    measure(second, day(5, 5), "high")
    measure(second, day(5, 9), "low", occasion=END)
    counts = count()[wodna.pk]
    assert (counts.started, counts.statuses["closed"]) == (1, 1)


def test_where_nobody_was_assessed_everything_is_nothing(count, measure, make_case, wodna, krakowiakow):
    measure(make_case(wodna), day(5))
    assert count()[krakowiakow.pk] == counting.Counts()
    assert count(year_to(dt.date(2025, 10, 1)))[None].started == 0


def by_hand(scope, tool, period):
    """The same numbers by loops over everything."""
    families = 0
    levels: Counter[tuple[str, str]] = Counter()
    statuses: Counter[str] = Counter()
    changes: Counter[tuple[str, str]] = Counter()
    per_family: dict[int, list[Assessment]] = {}
    finalised = Assessment.objects.finalised().select_related("case", "instrument_version__instrument")
    for one in finalised.prefetch_related("area_levels").order_by("finalised_at", "id"):
        of_tool = one.instrument_version.instrument.code == tool.code and one.instrument_version.major == tool.major
        if of_tool and scope in (None, one.case.centre_id) and period.starts_at <= one.finalised_at < period.ends_at:
            per_family.setdefault(one.case.family_id, []).append(one)
    for assessments in per_family.values():
        families += 1
        lines = {line.area: line for line in assessments[-1].area_levels.all()}
        for area, _label in tool.areas:
            line = lines.get(area)
            if line is None or line.state == "empty":
                levels[area, "not_applicable"] += 1
            else:
                levels[area, f"level:{line.level}" if line.level else "incomplete"] += 1
        start = next((one for one in assessments if one.occasion == "start"), None)
        if start is None:
            continue
        ends = finalised.filter(case=start.case, occasion="end", finalised_at__lt=period.known_at)
        end = ends.order_by("finalised_at", "id").last()
        if end is None:
            closed_on = start.case.closed_on
            statuses["closed" if closed_on and closed_on <= period.known_on else "no_end"] += 1
        elif (end.instrument_version.instrument.code, end.instrument_version.major) != (tool.code, tool.major):
            statuses["other_version"] += 1
        else:
            statuses["compared"] += 1
            for area, _label in tool.areas:
                trend = change(measured_of(start), measured_of(end), area).trend
                changes[area, str(trend.value) if trend else "not_comparable"] += 1
    return families, levels, statuses, changes


@pytest.mark.parametrize("seed", range(6))
def test_a_count_by_hand_gives_the_same(
    count, make_case, make_version, version, wodna, krakowiakow, areas, anna, seed
):
    chance = random.Random(seed)  # noqa: S311 - the same every time
    versions = [version, *(make_version(replace(DEFINITION, version=number)) for number in ("1.1.0", "2.0.0"))]
    said = ["low", "raised", "high", "incomplete", "empty", "judged:high", "prorated:low"]
    cases = [make_case(chance.choice([wodna, krakowiakow])) for _ in range(30)]
    families = list(Family.objects.all())
    for case in cases:
        if chance.random() < 0.3:
            close(case, dt.date(2026, 1, 2) + dt.timedelta(days=chance.randrange(330)))
            Case.objects.filter(pk=case.pk).update(family=chance.choice(families))
        on = dt.date(2025, 12, 20) + dt.timedelta(days=chance.randrange(200))
        for occasion in ("start", "middle", "end", "end"):
            if chance.random() < 0.75:
                levels = {area: chance.choice(said) for area in areas if chance.random() < 0.95}
                of = chance.choices(versions, [5, 3, 1])[0]
                finalise(case, of, on, levels, assessor=anna, occasion=occasion)
            on += dt.timedelta(days=chance.randrange(120))
    for tool in counting.tools([wodna.pk, krakowiakow.pk]):
        for period in (YEAR, Period(dt.date(2026, 3, 1), dt.date(2026, 3, 1), OCTOBER)):
            found = count(period, tool)
            for scope in (wodna.pk, krakowiakow.pk, None):
                families_, levels_, statuses, changes = by_hand(scope, tool, period)
                counts = found[scope]
                assert counts.families == families_
                assert counts.started == sum(statuses.values())
                assert {name: n for name, n in counts.statuses.items() if n} == dict(statuses)
                for said_of, expected in ((counts.levels, levels_), (counts.changes, changes)):
                    cells = {(area, name): n for area, row in said_of.items() for name, n in row.items() if n}
                    assert cells == dict(expected)
                assert all(sum(row.values()) == counts.families for row in counts.levels.values())
                assert all(sum(row.values()) == counts.statuses["compared"] for row in counts.changes.values())


def test_the_number_of_statements_does_not_depend_on_volume(measure, make_case, wodna, krakowiakow):
    def statements():
        centres = [wodna.pk, krakowiakow.pk]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            tool = counting.tools(centres)[0]
            counting.count(tool, YEAR, centres)
        return len(captured)

    measure(make_case(wodna), day(5))
    few = statements()
    for n in range(20):
        case = make_case(Centre.objects.get(pk=wodna.pk if n % 2 else krakowiakow.pk))
        measure(case, day(5, 2))
        measure(case, day(6, 8), occasion=END)
    assert statements() == few == 10


def test_periods_are_years_so_far_and_their_completed_months():
    found = periods(dt.date(2025, 11, 20), dt.date(2026, 2, 1))
    assert [period.key for period in found] == ["2026", "2026-02", "2026-01", "2025", "2025-12", "2025-11"]
    assert found[0].label == "1 stycznia – 28 lutego 2026"
    assert found[3].label == "1 stycznia – 31 grudnia 2025"
    assert found[1].label == "luty 2026"
    assert last_completed(dt.date(2026, 1, 5)) == dt.date(2025, 12, 1)


def test_in_february_the_year_so_far_is_january_alone_and_yet_a_period_of_its_own():
    year, january = periods(dt.date(2026, 1, 3), dt.date(2026, 1, 1))
    assert (year.first, year.last) == (january.first, january.last)
    assert {year.key, january.key} == {"2026", "2026-01"}

"""Change over time: only where two results can honestly be compared (N8)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.assessments.change import AreaLine, Change, Measured, Trend, Why, areas_of, change, why_not_at_all

LEVELS = ("low", "raised", "high")
STATES = ("complete", "prorated", "incomplete", "judged", "empty")


def line(rank: int | None, *, state: str = "complete", score: str | None = "5", area: str = "money") -> AreaLine:
    level = LEVELS[rank - 1] if rank else ""
    return AreaLine(area, area.title(), state, Decimal(score) if score else None, level, level, rank)


def measured(
    *lines: AreaLine, instrument: str = "sample", major: int = 1, levels: tuple[str, ...] = LEVELS
) -> Measured:
    return Measured(instrument, major, levels, {one.area: one for one in lines})


@pytest.mark.parametrize(("before", "after", "trend"), [(3, 1, Trend.BETTER), (2, 2, Trend.SAME), (1, 2, Trend.WORSE)])
def test_the_level_says_which_way_it_went(before, after, trend):
    assert change(measured(line(before)), measured(line(after)), "money").trend == trend


def test_within_a_level_the_difference_of_scores_is_told_but_it_is_no_change():
    found = change(measured(line(2, score="4.5")), measured(line(2, score="6")), "money")

    assert found == Change(trend=Trend.SAME, difference=Decimal("1.5"))


def test_a_level_without_a_score_has_a_trend_and_no_difference():
    assert change(measured(line(2, score=None)), measured(line(1)), "money") == Change(trend=Trend.BETTER)


@pytest.mark.parametrize(
    ("before", "why"),
    [
        (measured(line(1), instrument="another"), Why.OTHER_INSTRUMENT),
        (measured(line(1), major=2), Why.OTHER_MAJOR),
        (measured(line(1), instrument="another", major=2), Why.OTHER_INSTRUMENT),
        (measured(line(1), levels=("low", "high")), Why.OTHER_LEVELS),
        (measured(line(1, area="home")), Why.ABSENT_BEFORE),
        (measured(line(None, state="incomplete")), Why.INCOMPLETE_BEFORE),
        (measured(line(3, state="incomplete")), Why.INCOMPLETE_BEFORE),  # lifted by a critical answer
        (measured(line(None)), Why.INCOMPLETE_BEFORE),
        (measured(line(2, state="judged", score=None)), Why.JUDGED),
        (measured(line(None, state="empty", score=None)), Why.EMPTY),
    ],
)
def test_what_cannot_be_compared_says_why(before, why):
    assert change(before, measured(line(2)), "money") == Change(why=why)


def test_an_incomplete_or_judged_result_now_is_not_compared_either():
    before = measured(line(2))

    assert change(before, measured(line(None, state="incomplete")), "money").why == Why.INCOMPLETE_NOW
    assert change(before, measured(line(1, state="judged")), "money").why == Why.JUDGED
    assert change(before, measured(), "money").why == Why.ABSENT_NOW


def test_areas_come_in_the_latest_order_and_keep_what_was_dropped():
    old = measured(line(1, area="home"), line(1, area="money"), line(1, area="dropped"))
    new = measured(replace(line(1, area="money"), label="Money now"), line(1, area="new"), line(1, area="home"))

    assert areas_of([old, new]) == {"money": "Money now", "new": "New", "home": "Home", "dropped": "Dropped"}


lines = st.builds(
    line,
    st.one_of(st.none(), st.integers(1, 3)),
    state=st.sampled_from(STATES),
    score=st.one_of(st.none(), st.decimals(-100, 100, places=2).map(str)),
    area=st.sampled_from(["money", "home"]),
)
assessments = st.builds(
    measured, lines, lines, instrument=st.sampled_from("ab"), major=st.integers(1, 2), levels=st.just(LEVELS)
)


@given(assessments, assessments)
def test_there_is_a_trend_or_a_reason_and_never_both(before, after):
    for area in areas_of([before, after]):
        found = change(before, after, area)

        assert (found.trend is None) != (found.why is None)
        assert found.difference is None or found.trend is not None


@given(assessments, assessments)
def test_seen_from_the_other_end_it_is_the_opposite(before, after):
    opposite = {Trend.BETTER: Trend.WORSE, Trend.WORSE: Trend.BETTER, Trend.SAME: Trend.SAME}
    for area in set(before.areas) & set(after.areas):
        forth, back = change(before, after, area), change(after, before, area)

        assert (forth.trend is None) == (back.trend is None)
        if forth.trend:
            assert back.trend == opposite[forth.trend]
            assert (forth.difference is None) == (back.difference is None)
            assert forth.difference is None or back.difference == -forth.difference


@given(assessments, assessments)
def test_nothing_is_compared_across_instruments_or_major_versions(before, after):
    if before.instrument != after.instrument or before.major != after.major:
        assert why_not_at_all(before, after)
        for area in after.areas:
            assert change(before, after, area).trend is None


@given(assessments)
def test_nothing_changes_against_itself(one):
    for area in one.areas:
        found = change(one, one, area)

        assert found.trend in (Trend.SAME, None)
        assert not found.difference

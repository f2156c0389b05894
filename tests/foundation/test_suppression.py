import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.suppression import published, published_percentage


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0"), (1, "<5"), (4, "<5"), (5, "5"), (12, "12"), (8412, "8\u00a0412")]
)
def test_small_counts_are_not_published(count, text):
    assert published(count) == text


def test_many_sessions_of_few_families_are_not_published():
    assert published(40, families=3) == "<5"
    assert published(40, families=5) == "40"
    assert published(3, families=0) == "3"
    assert published(0, families=3) == "0"


@pytest.mark.parametrize(
    ("numerator", "denominator", "text"),
    [
        (28, 41, "68%"),
        (41, 41, "100%"),
        (0, 41, "0%"),
        (5, 9, "—"),
        (0, 0, "—"),
        (4, 41, "—"),
        (37, 41, "—"),
        (36, 41, "88%"),
        (1, 200, "—"),
        (25, 200, "13%"),
    ],
)
def test_a_share_is_published_only_where_it_gives_nobody_away(numerator, denominator, text):
    assert published_percentage(numerator, denominator) == text


@given(st.integers(0, 10**6), st.one_of(st.none(), st.integers(0, 10**6)))
def test_nothing_with_one_to_four_families_behind_it_is_ever_shown(count, families):
    behind = count if families is None else families
    text = published(count, families)
    assert (text == "<5") == (count > 0 and 1 <= behind <= 4)


@given(st.integers(0, 500), st.integers(0, 500))
def test_a_shown_share_has_at_least_five_on_either_side_or_none(part, rest):
    if published_percentage(part, part + rest) != "—":
        assert part == 0 or part >= 5
        assert rest == 0 or rest >= 5
        assert part + rest >= 10


def test_the_smallest_denominator_is_a_setting(settings):
    settings.PERCENT_DENOMINATOR_MIN = 50
    assert published_percentage(20, 41) == "—"

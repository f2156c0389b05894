import itertools

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from foundation.suppression import Mark, protect, published, published_cell, published_percentage
from tests.foundation.solving import solved


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


# --- tables ----------------------------------------------------------------------------------------------------------


def printed(rows, together=None, **options):
    marks = protect(rows, together, **options)
    values = [*rows, *([together] if together is not None else [])]
    return [
        [published_cell(value, mark) for value, mark in zip(row, row_marks, strict=True)]
        for row, row_marks in zip(values, marks, strict=True)
    ]


def test_a_table_without_small_numbers_is_shown_whole():
    assert printed([[5, 0, 12], [30, 7, 0]], [35, 7, 12]) == [["5", "0", "12"], ["30", "7", "0"], ["35", "7", "12"]]


def test_a_small_number_takes_the_smallest_other_of_its_row_with_it():
    assert printed([[3, 9, 20]]) == [["<5", "—", "20"]]


def test_in_a_row_and_column_with_totals_four_cells_are_hidden():
    table = printed([[2, 10, 30], [20, 7, 19]], [22, 17, 49])
    assert table == [["<5", "—", "30"], ["—", "—", "19"], ["22", "17", "49"]]


def test_where_a_dash_would_tell_the_number_the_row_is_dashes():
    assert printed([[1, 5, 0]]) == [["—", "—", "—"]]  # „<5” and a dash of six could only be 1 and 5


def test_a_precious_column_is_hidden_last():
    assert printed([[3, 9, 20]], precious=[1]) == [["<5", "9", "—"]]
    assert printed([[3, 9, 0]], precious=[1]) == [["<5", "—", "0"]]


def test_of_a_dark_row_nothing_is_printed_and_the_others_do_not_tell_it():
    table = printed([[2, 1, 0], [20, 7, 9], [30, 30, 30]], [52, 38, 39], dark={0})
    assert table[0] == ["—", "—", "—"]
    assert "—" in table[1] + table[2] + table[3]


def test_where_families_stand_behind_the_count_few_families_hide_it_however_many_it_counts():
    assert printed([[40, 9, 20]], few={(0, 0)}) == [["<5", "—", "20"]]
    assert printed([[3, 9, 20]], few=set()) == [["3", "9", "20"]]  # three meetings of a group of ten families


def test_a_number_of_few_families_keeps_at_least_four_possible_values():
    assert printed([[2, 1, 20]], few={(0, 0)}) == [["<5", "1", "—"]]  # with a dash of one it could only be 2


def rows_of(total, columns):
    """All rows of whole numbers with this total."""
    if columns == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in rows_of(total - first, columns - 1):
            yield (first, *rest)


def fits(row, values, marks, *, dashes):
    """Whether a row could be the one that was printed. In a row of dashes a dash is anything, elsewhere 5 or more."""
    for could_be, value, mark in zip(row, values, marks, strict=True):
        if mark is Mark.SHOWN and could_be != value:
            return False
        if mark is Mark.SMALL and not 1 <= could_be <= 4:
            return False
        if mark is Mark.HIDDEN and not dashes and could_be < 5:
            return False
    return True


def all_tables_that_fit(rows, together, marks):
    """An attacker who tries every table with the printed totals."""
    values = [*rows, *([together] if together else [])]
    dashes = [all(mark is Mark.HIDDEN for mark in row) for row in marks]
    choices = [
        [row for row in rows_of(sum(value), len(value)) if fits(row, value, mark, dashes=dash)]
        for value, mark, dash in zip(values[: len(rows)], marks[: len(rows)], dashes[: len(rows)], strict=True)
    ]
    for table in itertools.product(*choices):
        if together is None:
            yield table
            continue
        sums = tuple(map(sum, zip(*table, strict=True)))
        if fits(sums, together, marks[-1], dashes=dashes[-1]):
            yield (*table, sums)


def fitting_rows(columns, total_at_most):
    row = st.lists(st.integers(0, total_at_most), min_size=columns, max_size=columns)
    return row.filter(lambda row: (sum(row) == 0 or sum(row) >= 5) and sum(row) <= total_at_most)


@effort(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(st.lists(fitting_rows(3, 14), min_size=1, max_size=2), st.booleans())
def test_who_tries_every_table_finds_each_small_number_to_be_anything_from_one_to_four(rows, with_sums):
    together = [sum(column) for column in zip(*rows, strict=True)] if with_sums else None
    marks = protect(rows, together)
    values = [*rows, *([together] if together else [])]
    could_be: list[list[set[int]]] = [[set() for _ in row] for row in values]
    for table in all_tables_that_fit(rows, together, marks):
        for row, sets in zip(table, could_be, strict=True):
            for value, seen in zip(row, sets, strict=True):
                seen.add(value)
    for row, row_marks, sets in zip(values, marks, could_be, strict=True):
        for value, mark, seen in zip(row, row_marks, sets, strict=True):
            if mark is Mark.SMALL:
                assert seen == {1, 2, 3, 4}
            elif 1 <= value <= 4:  # in a row of dashes
                assert mark is Mark.HIDDEN
                assert len(seen) > 1
            else:
                assert mark is Mark.HIDDEN or seen == {value}


@effort(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(st.lists(fitting_rows(3, 12), min_size=1, max_size=2), st.sets(st.tuples(st.integers(0, 1), st.integers(0, 2))))
def test_who_tries_every_table_cannot_tell_a_number_of_few_families(rows, few):
    few = {(r, c) for r, c in few if r < len(rows) and rows[r][c]}
    marks = protect(rows, few=few)
    could_be: dict[tuple[int, int], set[int]] = {cell: set() for cell in few}
    dashes = [all(mark is not Mark.SHOWN for mark in row) for row in marks]
    for r, row in enumerate(rows):
        for other in rows_of(sum(row), len(row)):
            fitting = zip(other, row, marks[r], strict=True)
            least = 0 if dashes[r] else 1
            if all(new == old if mark is Mark.SHOWN else new >= least for new, old, mark in fitting):
                for c in range(len(row)):
                    could_be.get((r, c), set()).add(other[c])
    for (r, c), seen in could_be.items():
        assert marks[r][c] is not Mark.SHOWN
        assert len(seen) >= (2 if marks[r][c] is Mark.HIDDEN else 4)


def test_the_attacker_of_these_tests_can_solve_equations():
    assert solved([{"a": 1, "b": 1}, {"b": 1}]) == {"a", "b"}
    assert solved([{"a": 1, "b": 1}, {"b": 1, "c": 1}]) == set()
    assert solved([{"a": 1, "b": 1}, {"b": 1, "c": 1}, {"a": 1, "c": 1}, {"c": 2, "d": 1, "e": 1}]) == {"a", "b", "c"}


@effort(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(
    st.integers(2, 6).flatmap(lambda n: st.lists(fitting_rows(n, 60), min_size=2, max_size=4)),
    st.sets(st.integers(0, 4), max_size=2),
)
def test_who_solves_the_sums_of_a_large_table_finds_no_small_number(rows, dark):
    together = [sum(column) for column in zip(*rows, strict=True)]
    marks = protect(rows, together, dark={place for place in dark if place <= len(rows)})
    values = [*rows, together]
    hidden = {
        (r, c): value for r, row in enumerate(values) for c, value in enumerate(row) if marks[r][c] is not Mark.SHOWN
    }
    lines = [[((r, c), 1) for c in range(len(row))] for r, row in enumerate(values) if r not in dark]
    columns = range(len(together))
    lines += [[*(((r, c), 1) for r in range(len(rows))), ((len(rows), c), -1)] for c in columns]
    equations = [{cell: factor for cell, factor in line if cell in hidden} for line in lines]
    assert not {cell for cell in solved(equations) if 1 <= hidden[cell] <= 4}
    assert all(marks[r][c] is not Mark.SHOWN for r, row in enumerate(values) for c, v in enumerate(row) if 1 <= v <= 4)

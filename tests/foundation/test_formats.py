import datetime as dt
from decimal import Decimal

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from foundation.formats import (
    NBSP,
    NO_DEADLINE,
    count_of,
    days_left,
    duration_months_days,
    format_date,
    format_date_long,
    format_money,
    format_month,
    format_number,
    format_time,
    join_and,
    plural,
)

SUNDAY = dt.date(2026, 11, 22)


def test_a_date_is_written_as_in_polish_offices():
    assert format_date(SUNDAY) == "22.11.2026"
    assert format_date(dt.date(2026, 1, 5)) == "5.01.2026"


def test_a_long_date_names_the_weekday_and_inflects_the_month():
    assert format_date_long(SUNDAY) == "niedziela, 22 listopada 2026"
    assert format_date_long(dt.date(2026, 2, 2)) == "poniedziałek, 2 lutego 2026"


def test_a_month_alone_stands_in_the_nominative():
    assert format_month(dt.date(2026, 10, 31)) == "październik 2026"


def test_a_moment_is_written_as_the_day_and_hour_in_krakow():
    late_evening_utc = dt.datetime(2026, 10, 31, 23, 30, tzinfo=dt.UTC)
    assert format_date(late_evening_utc) == "1.11.2026"
    assert format_month(late_evening_utc) == "listopad 2026"
    assert format_time(late_evening_utc) == "0:30"


def test_the_clock_has_24_hours():
    assert format_time(dt.time(9, 5)) == "9:05"
    assert format_time(dt.time(17, 0)) == "17:00"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (8412, "8 412"),
        (1234567, "1 234 567"),
        (-1500, "−1 500"),
        (Decimal("1234.50"), "1 234,50"),
        (2.5, "2,5"),
    ],
)
def test_a_number_has_no_break_spaces_and_a_decimal_comma(number, text):
    assert format_number(number) == text.replace(" ", NBSP)


def test_rounding_is_half_up_as_people_do_it():
    assert format_number(2.5, 0) == "3"
    assert format_number(Decimal("0.125"), 2) == "0,13"
    assert format_number(7, 1) == "7,0"


def test_money_is_held_together_by_no_break_spaces():
    assert format_money(Decimal("1234.5")) == f"1{NBSP}234,50{NBSP}zł"
    assert format_money(58_647_920) == f"58{NBSP}647{NBSP}920,00{NBSP}zł"


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (0, "rodzin"),
        (1, "rodzina"),
        (2, "rodziny"),
        (4, "rodziny"),
        (5, "rodzin"),
        (11, "rodzin"),
        (12, "rodzin"),
        (14, "rodzin"),
        (21, "rodzin"),
        (22, "rodziny"),
        (101, "rodzin"),
        (112, "rodzin"),
        (122, "rodziny"),
        (1002, "rodziny"),
    ],
)
def test_the_word_agrees_with_the_number(number, word):
    assert plural(number, "rodzina", "rodziny", "rodzin") == word
    assert count_of(number, "rodzina", "rodziny", "rodzin") == f"{format_number(number)} {word}"


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (-3, "po terminie 3 dni"),
        (-1, "po terminie 1 dzień"),
        (0, "dziś"),
        (1, "został 1 dzień"),
        (2, "zostały 2 dni"),
        (5, "zostało 5 dni"),
        (12, "zostało 12 dni"),
        (21, "zostało 21 dni"),
        (22, "zostały 22 dni"),
    ],
)
def test_a_deadline_says_what_it_means_today(days, text):
    assert days_left(SUNDAY + dt.timedelta(days=days), SUNDAY) == text


def test_no_deadline_is_not_thousands_of_years():
    assert days_left(NO_DEADLINE, SUNDAY) == "bez terminu"


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (dt.date(2026, 6, 20), dt.date(2026, 11, 1), "4 mies. 12 dni"),
        (dt.date(2026, 1, 31), dt.date(2026, 2, 28), "1 mies."),
        (dt.date(2025, 1, 1), dt.date(2026, 3, 1), "14 mies."),
        (dt.date(2026, 1, 1), dt.date(2026, 1, 2), "1 dzień"),
        (dt.date(2026, 1, 2), dt.date(2026, 1, 1), "0 dni"),
    ],
)
def test_a_wait_is_counted_in_months_and_days(start, end, text):
    assert duration_months_days(start, end) == text


def test_a_list_ends_with_and():
    assert join_and([]) == ""
    assert join_and(["a"]) == "a"
    assert join_and(["a", "b"]) == "a i b"
    assert join_and(["a", "b", "c"]) == "a, b i c"


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_a_whole_number_reads_back(n):
    assert int(format_number(n).replace(NBSP, "").replace("−", "-")) == n


@given(st.dates(), st.dates())
def test_any_two_dates_have_an_answer(due, today):
    assert days_left(due, today)
    assert duration_months_days(today, due)


def test_the_filters_do_the_same_and_show_nothing_for_nothing():
    template = Template(
        "{% load polish %}{{ d|pl_date }}|{{ d|pl_date_long }}|{{ d|pl_month }}|{{ t|pl_time }}|{{ n|pl_number }}|"
        "{{ h|pl_number:1 }}|{{ m|pl_money }}|{{ p|pl_phone }}|{{ d|days_left:d }}|"
        '{% count_of n "rodzina" "rodziny" "rodzin" %}'
    )
    filled = Context({"d": SUNDAY, "t": dt.time(9, 30), "n": 1022, "h": 2.25, "m": 12, "p": "+48124219282"})
    assert template.render(filled) == (
        f"22.11.2026|niedziela, 22 listopada 2026|listopad 2026|9:30|1{NBSP}022|2,3|12,00{NBSP}zł|12 421 92 82|dziś|"
        f"1{NBSP}022 rodziny"
    )
    empty = Context({"d": None, "t": None, "n": None, "h": None, "m": None, "p": ""})
    assert template.render(empty) == "|||||||||0 rodzin"


def test_a_wait_is_written_by_a_filter():
    waited = Context({"from": dt.date(2026, 6, 20), "to": dt.date(2026, 11, 1)})
    assert Template("{% load polish %}{{ from|duration:to }}").render(waited) == "4 mies. 12 dni"


def test_midnight_is_a_time():
    assert Template("{% load polish %}{{ t|pl_time }}").render(Context({"t": dt.time(0, 0)})) == "0:00"

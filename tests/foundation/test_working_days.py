import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.working_days import add_working_days, holiday_name, is_working_day

DAYS = st.dates(dt.date(2020, 1, 1), dt.date(2040, 1, 1))


@pytest.mark.parametrize(
    ("event", "n", "due"),
    [
        ("2026-12-18", 5, "2026-12-29"),
        ("2026-12-23", 3, "2026-12-30"),
        ("2026-12-23", 5, "2027-01-04"),
        ("2026-04-30", 3, "2026-05-06"),
        ("2027-05-26", 5, "2027-06-03"),
        ("2024-12-23", 3, "2024-12-30"),
        ("2026-11-22", 0, "2026-11-22"),
    ],
)
def test_the_day_after_the_event_is_day_one(event, n, due):
    assert add_working_days(dt.date.fromisoformat(event), n) == dt.date.fromisoformat(due)


def test_christmas_eve_is_free_since_2025():
    assert is_working_day(dt.date(2024, 12, 24))
    assert not is_working_day(dt.date(2025, 12, 24))
    assert holiday_name(dt.date(2025, 12, 24)) == "Wigilia Bożego Narodzenia"
    assert holiday_name(dt.date(2024, 12, 24)) is None


def test_there_are_fourteen_holidays():
    year = [dt.date(2026, 1, 1) + dt.timedelta(days=i) for i in range(365)]
    assert len([day for day in year if holiday_name(day)]) == 14


def test_deadlines_do_not_run_back():
    with pytest.raises(ValueError, match="negative"):
        add_working_days(dt.date(2026, 1, 1), -1)


def test_the_ends_of_the_calendar_have_an_answer():
    assert is_working_day(dt.date.max)
    assert is_working_day(dt.date.min)


@given(DAYS, st.integers(1, 40))
def test_the_due_day_is_a_working_day_with_exactly_so_many_between(event, n):
    due = add_working_days(event, n)
    between = [event + dt.timedelta(days=i) for i in range(1, (due - event).days + 1)]
    assert is_working_day(due)
    assert sum(map(is_working_day, between)) == n


@given(DAYS, st.integers(0, 20), st.integers(0, 20))
def test_adding_in_two_steps_is_adding_at_once(event, n, m):
    assert add_working_days(add_working_days(event, n), m) == add_working_days(event, n + m)

from __future__ import annotations

import datetime as dt

import pytest

from foundation.spreadsheets import csv_lines


def lines(*rows: list[object]) -> list[str]:
    return list(csv_lines(rows))


def test_the_first_line_carries_the_byte_order_mark_and_semicolons_part_the_cells():
    assert lines(["kto", "co"], ["Żółw", 1]) == ["\ufeffkto;co\r\n", "Żółw;1\r\n"]


@pytest.mark.parametrize("start", ["=1+1", "+48 12", "-2+3", "@SUM(A1)", "\tx", "\rx", " =1"])
def test_text_that_excel_would_run_is_kept_as_text(start):
    (line,) = lines([start])
    assert line.removeprefix("\ufeff").strip('"').startswith("'")


def test_numbers_below_zero_stay_numbers():
    assert lines([-5]) == ["\ufeff-5\r\n"]


def test_what_would_part_cells_is_quoted():
    assert lines(['a;b "c"\nd']) == ['\ufeff"a;b ""c""\nd"\r\n']


def test_moments_are_warsaws_and_nothing_is_an_empty_cell():
    moment = dt.datetime(2026, 7, 1, 22, 0, tzinfo=dt.UTC)
    assert lines([moment, None]) == ["\ufeff2026-07-02 00:00:00;\r\n"]

from __future__ import annotations

import datetime as dt
import io
import time
import zipfile

import openpyxl
import pytest

from foundation.spreadsheets import Duration, Share, Sheet, csv_lines, workbook


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


# --- XLSX ------------------------------------------------------------------------------------------------------------


def read_back(*sheets):
    return openpyxl.load_workbook(io.BytesIO(workbook(sheets)))


@pytest.mark.parametrize("text", ["=1+1", "+48 12", "@SUM(A1)", "{=A1}", "http://example.org", "12", "<5", "—"])
def test_text_stays_text_in_xlsx(text):
    cell = read_back(Sheet("a", [["kto"], [text]])).active["A2"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


def test_numbers_hours_and_shares_are_numbers_in_xlsx():
    sheet = read_back(Sheet("a", [["n", "h", "s"], [1234, Duration(25 * 60 + 30), Share(93)]])).active
    count, hours, share = sheet[2]
    assert (count.value, count.number_format) == (1234, "#,##0")
    assert (hours.value, hours.number_format) == (dt.timedelta(hours=25, minutes=30), "[h]:mm")
    assert (share.value, share.number_format) == (0.93, "0%")


def test_each_sheet_has_a_name_that_excel_takes():
    long = "Czas każdego terapeuty: w najbliższych tygodniach"
    names = read_back(Sheet(long, [["a"]]), Sheet(long.upper(), [["a"]]), Sheet("a/b[c]", [["a"]])).sheetnames
    assert names == ["Czas każdego terapeuty w najbli", "CZAS KAŻDEGO TERAPEUTY W NAJB 2", "abc"]


def test_the_same_content_is_the_same_file_to_the_byte():
    content = Sheet("a", [["kto", "ile"], ["Żółw", 5]])
    first = workbook([content])
    time.sleep(2.1)  # archives write times in steps of two seconds
    assert workbook([content]) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert b"2026-01-01T00:00:00Z" in archive.read("docProps/core.xml")

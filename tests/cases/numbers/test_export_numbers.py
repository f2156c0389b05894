"""The files say what the page shows, to the cell; who took them is on record."""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import re

import openpyxl
import pytest

from audit.models import AuditEntry
from centres.models import Role, WeeklyHours

PAGE, EXPORT = "/sessions/numbers/", "/sessions/numbers/export/"


@pytest.fixture
def hours(busy_autumn, wodna):
    """Of one therapist of Wodna; nobody has entered the others'."""
    therapist = busy_autumn[0].therapist
    WeeklyHours.objects.create(staff=therapist, centre=wodna, hours=6, from_on=dt.date(2026, 1, 1))


def shown(response):
    """(table, row, column) → what stands there on the page."""
    found = {}
    page = response.content.decode()
    for section in re.findall(r'<section class="sheet" aria-labelledby=.*?</section>', page, re.S):
        (title,) = re.findall(r"<h2[^>]*>(.*?)</h2>", section)
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", section, re.S)[1:]:
            (label,) = re.findall(r'<th scope="row">(.*?)</th>', row)
            for column, cell in re.findall(r'<td[^>]*data-label="([^"]*)">(.*?)</td>', row, re.S):
                text, *sub = re.findall(r">([^<>]+)<", cell)
                found[title, html.unescape(label), html.unescape(column)] = (html.unescape(text), "".join(sub))
    return found


def plain(number):
    return f"{number:,}".replace(",", "\u00a0")


def in_csv(response):
    text = response.getvalue().decode()
    assert text.startswith("\ufeff")
    lines = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";")
    return {(line["tabela"], line["wiersz"], line["kolumna"]): line["wartość"] for line in lines}


def in_xlsx(response):
    found = {}
    about, *sheets = openpyxl.load_workbook(io.BytesIO(response.getvalue())).worksheets
    assert about.title == "O pliku"
    for sheet in sheets:
        head, *rows = sheet.iter_rows()
        for row in rows:
            for name, cell in zip(head[1:], row[1:], strict=True):
                found[sheet.title, row[0].value, name.value] = cell
    return found


def said_by(cell):
    """What Excel shows in a cell."""
    value = cell.value
    if isinstance(value, dt.timedelta | dt.time):
        seconds = value.total_seconds() if isinstance(value, dt.timedelta) else value.hour * 3600 + value.minute * 60
        minutes = round(seconds / 60)
        return f"{plain(minutes // 60)}:{minutes % 60:02}"
    if cell.number_format == "0%" and cell.data_type == "n":
        return f"{round(value * 100)}%"
    return plain(value) if isinstance(value, int) else value


@pytest.mark.parametrize("who", ["marek", "clara", "anna", "jan"])
@pytest.mark.parametrize("asked", [{"period": "2026-09"}, {"period": "2026"}])
def test_the_files_say_what_the_page_shows(hours, request, sign_in, who, asked):
    browser = sign_in(request.getfixturevalue(who))
    page = shown(browser.get(PAGE, asked))
    assert len(page) > 60
    of_csv = in_csv(browser.get(EXPORT, asked))
    of_xlsx = in_xlsx(browser.get(EXPORT, {**asked, "as": "xlsx"}))
    assert list(of_csv) == list(page)
    sheets = {title: title[:31] for title, _row, _column in page}
    assert [(sheets[title], row, column) for title, row, column in page] == list(of_xlsx)
    for (title, row, column), (text, sub) in page.items():
        said = said_by(of_xlsx[sheets[title], row, column])
        together = f"{text}; {sub}" if sub else text
        assert said in (text, together)
        assert of_csv[title, row, column].replace("\u00a0", "") in (
            text.replace("\u00a0", ""),
            together.replace("\u00a0", ""),
        )


def test_hidden_numbers_are_hidden_in_the_files(hours, sign_in, jan):
    browser = sign_in(jan)
    asked = {"period": "2026-09", "centre": "wodna"}
    page = shown(browser.get(PAGE, asked))
    hidden = {key for key, (text, _sub) in page.items() if text in ("<5", "—")}
    assert len(hidden) > 5
    of_csv, of_xlsx = in_csv(browser.get(EXPORT, asked)), in_xlsx(browser.get(EXPORT, {**asked, "as": "xlsx"}))
    for title, row, column in hidden:
        assert of_csv[title, row, column] in ("<5", "—")
        assert of_xlsx[title[:31], row, column].value in ("<5", "—")


def test_an_xlsx_file_is_the_same_to_the_byte_for_the_same_numbers(hours, sign_in, marek):
    browser = sign_in(marek)
    asked = {"period": "2026-09", "as": "xlsx"}
    assert browser.get(EXPORT, asked).getvalue() == browser.get(EXPORT, asked).getvalue()


def test_an_exact_file_says_that_it_is_not_to_be_passed_on(hours, sign_in, marek):
    browser = sign_in(marek)
    exact = browser.get(EXPORT, {"period": "2026-09"})
    published = browser.get(EXPORT, {"period": "2026-09", "numbers": "published"})
    assert "Nie należy ich przekazywać dalej" in exact.getvalue().decode()
    assert "Małe liczby są ukryte" in published.getvalue().decode()
    assert "dokladne" in exact["Content-Disposition"]
    assert "dokladne" not in published["Content-Disposition"]


def test_the_names_of_files_carry_no_person(hours, sign_in, marek, busy_autumn):
    therapist = busy_autumn[0].therapist
    asked = {"from_on": "2026-09-01", "to_on": "2026-09-15", "therapist": str(therapist.uuid), "as": "xlsx"}
    response = sign_in(marek).get(EXPORT, asked)
    assert response["Content-Disposition"] == (
        'attachment; filename="spotkania-wodna-2026-09-01-2026-09-15-dokladne.xlsx"'
    )
    assert response["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def test_a_name_that_begins_like_a_formula_runs_nowhere(meet, annas_case, make_staff, wodna, sign_in, marek):
    evil = make_staff("Zenon", "Zły", Role.THERAPIST, centre=wodna)
    evil.first_name = "=HYPERLINK(1)"
    evil.save()
    meet(annas_case, "2026-10-05", therapist=evil)
    browser = sign_in(marek)
    asked = {"period": "2026-10"}
    assert "'=HYPERLINK(1) Zły" in {row for _table, row, _column in in_csv(browser.get(EXPORT, asked))}
    workbook = openpyxl.load_workbook(io.BytesIO(browser.get(EXPORT, {**asked, "as": "xlsx"}).getvalue()))
    cells = [cell for sheet in workbook for row in sheet.iter_rows() for cell in row]
    assert "=HYPERLINK(1) Zły" in {cell.value for cell in cells}
    assert "f" not in {cell.data_type for cell in cells}


def test_a_therapist_gets_a_file_of_the_own_hours_alone(busy_autumn, sign_in):
    therapist = busy_autumn[0].therapist
    response = sign_in(therapist).get(EXPORT, {"period": "2026-09"})
    assert 'filename="spotkania-moje-2026-09-dokladne.csv"' in response["Content-Disposition"]
    others = {str(one.therapist) for one in busy_autumn} - {str(therapist)}
    assert not any(name in response.getvalue().decode() for name in others)


def test_exporting_is_on_record(hours, sign_in, jan):
    sign_in(jan).get(EXPORT, {"period": "2026-09", "centre": "wodna", "as": "xlsx"})
    details = AuditEntry.objects.get(action="cases.export_numbers").details
    assert details == {"period": "2026-09", "place": "wodna", "numbers": "published", "format": "xlsx"}

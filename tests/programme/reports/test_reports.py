"""The table of reports: months by scopes."""

from __future__ import annotations

import datetime as dt

import pytest

from programme.reports.models import Report

URL = "/reports/"


def test_the_analyst_sees_every_completed_month_and_scope(ready, make_case, krakowiakow, sign_in, jan):
    make_case(krakowiakow, received_on=dt.date(2026, 8, 3))
    page = sign_in(jan).get(URL)
    shelf = page.context["shelf"]
    assert [row.month for row in shelf.rows] == [ready.month]
    assert shelf.without == "sierpień i wrzesień"
    assert [column.scope for column in shelf.columns] == ["centres", "wodna", "krakowiakow", "wadowicka", "programme"]
    assert [cell.report for cell in shelf.rows[0].cells] == [None, ready, None, None, None]
    assert "/reports/new/?month=2026-10&amp;scope=centres" in page.content.decode()


def test_the_newest_version_stands_in_the_table(ready, wodna, sign_in, jan):
    Report.objects.create(month=ready.month, scope="centre", centre=wodna, revision=2, number="S/2026/10/WODNA/2")
    newest = sign_in(jan).get(URL).context["shelf"].rows[0].cells[1].report
    assert newest.number == "S/2026/10/WODNA/2"


def test_the_head_of_a_centre_sees_only_its_reports(ready, krakowiakow, sign_in, marek):
    Report.objects.create(month=ready.month, scope="centre", centre=krakowiakow, number="S/2026/10/KRAKOWIAKOW/1")
    page = sign_in(marek).get(URL)
    assert [column.scope for column in page.context["shelf"].columns] == ["wodna"]
    assert "KRAKOWIAKOW" not in page.content.decode()
    assert "Zamów" not in page.content.decode()


def test_a_year_is_chosen_and_a_strange_one_falls_back(octobers_case, make_case, wodna, sign_in, jan):
    make_case(wodna, received_on=dt.date(2025, 12, 3))
    client = sign_in(jan)
    assert client.get(URL, {"year": "2025"}).context["shelf"].without == "grudzień"
    for strange in ("2031", "abc", "-1", "\x00", "9" * 40):
        assert client.get(URL, {"year": strange}).context["shelf"].year == 2026


def test_an_empty_table_says_what_comes_next(reference, sign_in, marek, jan):
    assert "Nie ma tu jeszcze sprawozdań" in sign_in(marek).get(URL).content.decode()
    assert "Nie ma tu jeszcze sprawozdań" in sign_in(jan).get(URL).content.decode()


def test_the_frozen_numbers_are_not_loaded(ready, sign_in, jan):
    reports = [cell.report for row in sign_in(jan).get(URL).context["shelf"].rows for cell in row.cells if cell.report]
    assert all("snapshot" in report.get_deferred_fields() for report in reports)


@pytest.mark.parametrize("who", ["anna", "piotr", "clara", "iga", "adam"])
def test_others_are_refused(ready, sign_in, request, who):
    assert sign_in(request.getfixturevalue(who)).get(URL).status_code == 403

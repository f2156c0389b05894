"""„Diagnoza NORR” in the monthly report: frozen with what may be printed of it, the same as the analyst's page."""

from __future__ import annotations

import copy
import datetime as dt
import json
import re
from html import unescape
from pathlib import Path

import pytest

from cases.assessments.models import Assessment
from programme.reports import norr, printing, rendering, services, tasks
from programme.reports.models import Report
from programme.reports.snapshots import hash_of, take
from tests.cases.assessments.counted import AREAS, DEFINITION, finalise
from tests.cases.conftest import clara2, make_version  # noqa: F401 - fixtures
from tests.programme.reports.conftest import OCTOBER

SAMPLES = Path(__file__).parent / "samples"
FIVE = dt.date(2026, 10, 5)


@pytest.fixture
def version(make_version):  # noqa: F811 - a fixture
    return make_version(DEFINITION)


@pytest.fixture
def assess(make_case, version, anna):
    def make(centre, families, level, *, on=FIVE, end=""):
        for _ in range(families):
            case = make_case(centre, "Rodzina Sekretnych", received_on=dt.date(2026, 1, 2))
            finalise(case, version, on, dict.fromkeys(AREAS, level), assessor=anna)
            if end:
                levels = dict.fromkeys(AREAS, end)
                finalise(case, version, on, levels, assessor=anna, occasion=Assessment.Occasion.END)

    return make


@pytest.fixture
def year(assess, wodna, krakowiakow):
    assess(wodna, 20, "low", on=dt.date(2026, 3, 5), end="low")
    assess(wodna, 8, "high", end="low")
    assess(wodna, 2, "raised")
    assess(krakowiakow, 11, "low")
    assess(krakowiakow, 9, "raised")


def report_of(scope, centre=None):
    snapshot = take(OCTOBER, scope, centre)
    return Report(
        number="S/2026/10/PROBA/1",
        scope=scope,
        month=OCTOBER,
        snapshot=snapshot.numbers,
        snapshot_hash=snapshot.hash,
        data_at=snapshot.data_at,
    )


def row(table):
    return {column: cell.text for column, cell in table.rows[0].named} | {"all": table.rows[0].total}


def test_the_year_up_to_the_month_s_end_is_printed(year, assess, wodna):
    assess(wodna, 30, "high", on=dt.date(2026, 11, 2))
    (section,) = printing.printed(report_of("centre", wodna))["norr"].sections
    assert row(section.levels)["all"] == "30"
    assert row(section.changes)["all"] == "30"


def test_small_numbers_are_hidden_with_what_would_tell_them(year, wodna):
    (section,) = printing.printed(report_of("centre", wodna))["norr"].sections
    levels = row(section.levels)
    assert levels["podwyższone"] == "<5"
    assert "—" in levels.values()


def test_the_report_says_what_the_analyst_s_page_says(year, wodna, krakowiakow, sign_in, jan):
    browser = sign_in(jan)
    for scope, centre in (("centre", wodna), ("centre", krakowiakow), ("centres", None)):
        (section,) = printing.printed(report_of(scope, centre))["norr"].sections
        page = browser.get("/assessments/summary/", {"centre": centre.slug if centre else "all"}).content.decode()
        tables = re.findall(r"<tbody>.*?</tbody>", page, re.S)
        for table, body in zip((section.levels, section.changes), tables, strict=True):
            shown = [unescape(text.strip()) for text in re.findall(r'<td[^>]*data-label="[^"]*">([^<]*)', body)]
            assert shown == [text for line in table.rows for text in (*(c.text for _n, c in line.named), line.total)]
        assert section.levels.chart.partition("</title>")[2] in page


def test_the_snapshot_keeps_exact_numbers_and_what_may_be_printed(year, wodna):
    (frozen,) = take(OCTOBER, "centre", wodna).numbers["norr"]
    assert frozen["levels"]["money"]["level:raised"] == [2, "small"]
    assert frozen["families"] == [30, "shown"]


def test_the_file_never_holds_what_was_hidden(year, wodna):
    report = report_of("centre", wodna)
    html = rendering.html_of(report)
    other = copy.deepcopy(report.snapshot)
    for area in AREAS:
        line = other["norr"][0]["levels"][area]
        hidden = [name for name, (_count, mark) in line.items() if mark == "hidden"]
        line["level:raised"][0] += 1
        line[hidden[0]][0] -= 1
    changed = Report(number=report.number, scope="centre", month=OCTOBER, snapshot=other, data_at=report.data_at)
    changed.snapshot_hash = hash_of(other)
    assert rendering.html_of(changed).replace(changed.short_hash, "") == html.replace(report.short_hash, "")


def test_the_example_is_labelled_as_what_it_is_in_text_and_chart(year, wodna):
    html = rendering.html_of(report_of("centre", wodna))
    assert html.count('<span class="tag warn">przykład – nie jest to NORR</span>') == 2
    titles = re.findall(r"<title>(Rodziny[^<]*)</title>", html)
    assert len(titles) == 2
    assert all("przykład – nie jest to NORR" in title for title in titles)


def test_a_year_without_assessments_says_so(octobers_case, wodna):
    html = rendering.html_of(report_of("centre", wodna))
    assert "Diagnoza NORR od stycznia" in html
    assert "Od stycznia nie zakończono żadnej oceny NORR." in html


def test_the_childrens_centre_and_the_programme_have_no_such_chapter(year, wadowicka, programme):
    for scope, centre in (("centre", wadowicka), ("programme", None)):
        assert "Diagnoza NORR" not in rendering.html_of(report_of(scope, centre))


def test_no_family_is_in_the_numbers(year, wodna):
    snapshot = take(OCTOBER, "centre", wodna)
    assert "Sekretn" not in json.dumps(snapshot.numbers, ensure_ascii=False)


def test_the_same_numbers_make_no_new_version_and_another_assessment_does(year, assess, wodna, quick_pdf):
    report = services.request_report(OCTOBER, "centre", centre=wodna, by=None).report
    tasks.build_report(str(report.uuid))
    assert services.request_report(OCTOBER, "centre", centre=wodna, by=None).report == report
    assess(wodna, 1, "low", on=dt.date(2026, 10, 31))
    assert services.request_report(OCTOBER, "centre", centre=wodna, by=None).report.revision == 2


def test_a_report_of_format_1_is_still_the_same_file():
    """Its snapshot and document were written by the version before this chapter."""
    numbers = json.loads((SAMPLES / "format_1.json").read_text(encoding="utf-8"))
    assert numbers["format"] == 1
    report = Report(
        number="S/2026/10/WODNA/1",
        scope="centre",
        month=OCTOBER,
        snapshot=numbers,
        snapshot_hash=hash_of(numbers),
        data_at=dt.datetime(2026, 11, 1, 4, 0, tzinfo=dt.UTC),
    )
    assert rendering.html_of(report) == (SAMPLES / "format_1.html").read_text(encoding="utf-8")
    assert norr.printed(numbers, OCTOBER) is None

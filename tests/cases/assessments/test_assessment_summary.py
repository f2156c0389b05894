"""NORR in numbers: exact for leads, published for the analyst, and every file published."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEntry
from cases.assessments.models import Assessment
from centres.models import Centre, Role
from tests.cases.assessments.counted import AREAS, DEFINITION, finalise

SUMMARY, EXPORT = "/assessments/summary/", "/assessments/summary/export/"


@pytest.fixture(autouse=True)
def _in_november(time_machine):
    time_machine.move_to(dt.datetime(2026, 11, 22, 11, tzinfo=dt.UTC))


@pytest.fixture
def version(make_version):
    return make_version(DEFINITION)


@pytest.fixture
def assess(make_case, version, anna):
    """`assess(wodna, 7, "high")`: that many families with this level in every area, all in October."""

    def make(centre, families, level, *, on=dt.date(2026, 10, 5), of=version, end=""):
        for _ in range(families):
            case = make_case(centre, "Rodzina Sekretnych", received_on=dt.date(2026, 1, 2))
            finalise(case, of, on, dict.fromkeys(AREAS, level), assessor=anna)
            if end:
                finished = dict.fromkeys(AREAS, end)
                finalise(case, of, on, finished, assessor=anna, occasion=Assessment.Occasion.END)

    return make


@pytest.fixture
def october(assess, wodna, krakowiakow):
    """Two „high” at Wodna among many others."""
    assess(wodna, 14, "low")
    assess(wodna, 2, "high", end="low")
    assess(krakowiakow, 11, "low")
    assess(krakowiakow, 9, "high")


def cells(response, heading="levels"):
    """The first row of a table, by its columns."""
    section = re.search(rf'<section[^>]*aria-labelledby="{heading}".*?</section>', response.content.decode(), re.S)
    assert section
    row = re.search(r"<tbody>\s*<tr>(.*?)</tr>", section[0], re.S)
    assert row
    found = re.findall(r'<td[^>]*data-label="([^"]*)">([^<]*)', row[1])
    return {label: text.strip() for label, text in found}


def lines(response):
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


def test_a_lead_sees_the_exact_numbers_of_the_own_centre(october, sign_in, marek):
    found = cells(sign_in(marek).get(SUMMARY))
    assert found == {
        "niskie": "16",
        "podwyższone": "0",
        "wysokie": "0",
        "wynik niepełny": "0",
        "wszystkie ocenione": "16",
    }


def test_a_lead_sees_what_changed_of_all_who_began(october, sign_in, marek):
    found = cells(sign_in(marek).get(SUMMARY), "changes")
    assert (found["lepiej"], found["jeszcze bez oceny na końcu"], found["wszystkie, które zaczęły"]) == (
        "2",
        "14",
        "16",
    )


def test_a_lead_cannot_ask_for_another_centre_or_for_all(october, sign_in, marek):
    for centre in ("krakowiakow", "all"):
        response = sign_in(marek).get(SUMMARY, {"centre": centre})
        assert response.status_code == 400
        assert "Nie ma takiego centrum do wyboru" in response.content.decode()


def test_the_clinical_lead_sees_all_centres_exactly(october, sign_in, clara):
    assert cells(sign_in(clara).get(SUMMARY))["wszystkie ocenione"] == "36"
    assert cells(sign_in(clara).get(SUMMARY, {"centre": "wodna"}), "changes")["lepiej"] == "2"


def test_the_analyst_sees_small_numbers_hidden_and_no_total_that_tells_them(october, sign_in, jan):
    browser = sign_in(jan)
    together, one, other = (
        cells(browser.get(SUMMARY, {"centre": centre}), "changes") for centre in ("all", "wodna", "krakowiakow")
    )
    waiting = "jeszcze bez oceny na końcu"
    assert one[waiting] == "—"
    assert (one["lepiej"], one["wszystkie, które zaczęły"]) == ("—", "16")
    assert "—" in (together[waiting], other[waiting])


def test_the_file_is_published_for_a_lead_too(october, sign_in, marek, jan):
    def of_wodna(staff):
        return lines(sign_in(staff).get(EXPORT, {"centre": "wodna"}))

    assert of_wodna(marek) == of_wodna(jan)
    better = [line["rodziny"] for line in of_wodna(marek) if line["policzone jako"] == "lepiej"]
    assert better == ["—"] * len(AREAS)


def test_the_file_says_what_the_page_shows(october, sign_in, jan):
    browser = sign_in(jan)
    shown = cells(browser.get(SUMMARY))
    rows = [line for line in lines(browser.get(EXPORT)) if line["tabela"] == "Poziomy w obszarach"]
    first = {line["policzone jako"]: line["rodziny"] for line in rows if line["obszar"] == "Obszar money"}
    assert first.pop("razem") == shown.pop("wszystkie ocenione")
    assert first == shown
    assert {line["okres"] for line in rows} == {"1 stycznia – 31 października 2026"}
    assert {line["stan na"] for line in rows} == {"31.10.2026"}


def test_a_formula_in_the_name_of_an_instrument_does_not_run(make_version, assess, wodna, sign_in, jan):
    assess(wodna, 6, "low", of=make_version(replace(DEFINITION, code="other", name="=1+1")))
    found = lines(sign_in(jan).get(EXPORT, {"tool": "other-1"}))
    assert found[0]["narzędzie"] == "'=1+1 (przykład – nie jest to NORR), wersja 1"


def test_the_example_is_labelled_wherever_it_is_counted(october, sign_in, jan):
    page = sign_in(jan).get(SUMMARY).content.decode()
    assert page.count("przykład – nie jest to NORR") >= 2


def test_nothing_on_the_page_leads_to_a_family(october, sign_in, jan):
    page = sign_in(jan).get(SUMMARY).content.decode()
    assert "Sekretn" not in page
    assert not re.search(r'href="/(cases|assessments/[0-9a-f]{8})', page)


def test_the_period_can_be_a_month(october, assess, wodna, sign_in, clara):
    assess(wodna, 3, "raised", on=dt.date(2026, 9, 30))
    browser = sign_in(clara)
    assert cells(browser.get(SUMMARY, {"period": "2026-09"}))["wszystkie ocenione"] == "3"
    assert cells(browser.get(SUMMARY))["wszystkie ocenione"] == "39"


def test_the_running_month_is_not_counted(october, assess, wodna, sign_in, clara):
    assess(wodna, 3, "raised", on=dt.date(2026, 11, 2))
    assert cells(sign_in(clara).get(SUMMARY))["podwyższone"] == "0"


@pytest.mark.parametrize(
    "asked",
    [
        {"period": "1999"},
        {"period": "2026-11"},
        {"period": "9" * 400},
        {"centre": "wadowicka"},
        {"centre": "\x00"},
        {"tool": "counted-7"},
        {"tool": "' OR 1=1 --"},
    ],
)
@pytest.mark.parametrize("url", [SUMMARY, EXPORT])
def test_what_is_not_on_the_lists_is_refused_in_words(october, sign_in, jan, url, asked):
    response = sign_in(jan).get(url, asked)
    assert response.status_code == 400
    assert "Tego nie da się policzyć" in response.content.decode()


def test_before_anything_is_finalised_the_page_says_so(sign_in, marek, jan, version):
    for staff in (marek, jan):
        assert "Nie ma jeszcze czego liczyć" in sign_in(staff).get(SUMMARY).content.decode()
        assert sign_in(staff).get(EXPORT).url == SUMMARY


def test_the_head_of_the_childrens_centre_reads_why_it_is_empty(october, make_staff, wadowicka, sign_in):
    beata = make_staff("Beata", "Barnahus", Role.LEAD, centre=wadowicka)
    assert "nie pracuje z NORR" in sign_in(beata).get(SUMMARY).content.decode()


def test_reading_and_exporting_are_on_record(october, sign_in, jan):
    sign_in(jan).get(SUMMARY, {"centre": "wodna", "period": "2026-10"})
    sign_in(jan).get(EXPORT)
    asked = {entry.action: entry.details for entry in AuditEntry.objects.filter(action__contains="assessment_summary")}
    assert asked == {
        "cases.read_assessment_summary": {"tool": "counted-1", "period": "2026-10", "centre": "wodna"},
        "cases.export_assessment_summary": {"tool": "counted-1", "period": "2026", "centre": "all"},
    }


def test_coordinators_and_therapists_are_refused(october, sign_in, anna, piotr):
    for staff in (anna, piotr):
        for url in (SUMMARY, EXPORT):
            assert sign_in(staff).get(url).status_code == 403


def test_the_page_takes_the_same_statements_however_much_there_is(assess, wodna, sign_in, jan):
    browser = sign_in(jan)

    def statements():
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(SUMMARY).status_code == 200
        return len(captured)

    assess(wodna, 1, "low")
    statements()  # what is remembered per process
    few = statements()
    for centre in Centre.objects.filter(diagnosis="norr"):
        assess(centre, 12, "high", end="low")
    assert statements() == few <= 20

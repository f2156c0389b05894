"""The tab „Diagnoza NORR”: what a case's assessments are, and how the family has changed from one to the next."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from django.urls import reverse

from audit.models import AuditEntry
from cases.assessments.change import Why
from cases.assessments.models import Assessment
from cases.assessments.over_time import over_time, score_in_words
from cases.assessments.services import abandon_assessment
from cases.casefile.services import close_case
from cases.instruments.reading import read
from tests.cases.assessments.conftest import interview_of, put
from tests.cases.assessments.measuring import measure
from tests.cases.conftest import EXAMPLE
from tests.cases.desk.conftest import own_queries  # noqa: F401 - a fixture

Occasion = Assessment.Occasion


def url_of(case):
    return reverse("cases:case_assessments", args=[case.uuid])


def tab(client, case):
    response = client.get(url_of(case))
    assert response.status_code == 200
    return response


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def example_2(make_version):
    """The example's next major version."""
    return make_version(replace(read(EXAMPLE.read_text(encoding="utf-8")), version="2.0.0"))


def test_who_may_read_the_case_opens_it_and_nobody_else(couples_case, anna, marek, clara, piotr, ewa, jan, sign_in):
    for person in (anna, marek, clara, piotr):
        tab(sign_in(person), couples_case)
    for person in (ewa, jan):
        assert sign_in(person).get(url_of(couples_case)).status_code == 404
    assert AuditEntry.objects.filter(action="cases.read_assessments", object_uuid=couples_case.uuid).count() == 4


def test_a_centre_that_diagnoses_otherwise_has_no_such_tab(make_case, wadowicka, clara, sign_in):
    case = make_case(wadowicka)
    client = sign_in(clara)

    assert client.get(url_of(case)).status_code == 404
    assert url_of(case) not in client.get(case.get_absolute_url()).content.decode()


def test_the_one_in_progress_stands_on_top_with_its_progress(draft, couples_case, anna, clara, sign_in):
    put(interview_of(draft, "Maria"), {"bez_lek": 0}, anna)

    mine = tab(sign_in(anna), couples_case)
    found = mine.context["draft"]
    assert (found, found.answered) == (draft, 1)
    assert f"1 z {found.asked} odpowiedzi" in text_of(mine)
    assert "Kontynuuj ocenę" in text_of(mine)

    theirs = tab(sign_in(clara), couples_case)
    assert theirs.context["draft"] == draft
    assert "Kontynuuj ocenę" not in text_of(theirs)


def test_a_new_one_is_offered_to_who_manages_the_case_while_none_is_in_progress(
    couples_case, anna, marek, clara, piotr, start, sign_in
):
    url = reverse("cases:start_assessment", args=[couples_case.uuid])
    for person, offered in ((anna, True), (marek, True), (clara, False), (piotr, False)):
        assert (url in tab(sign_in(person), couples_case).content.decode()) == offered

    start()
    assert url not in tab(sign_in(anna), couples_case).content.decode()


def test_a_closed_case_offers_none(couples_case, marek, anna, sign_in):
    close_case(couples_case, on=couples_case.opened_on, note="Koniec", version=1, by=marek.user)

    page = tab(sign_in(anna), couples_case).content.decode()

    assert reverse("cases:start_assessment", args=[couples_case.uuid]) not in page


def test_finalised_ones_tell_level_critical_answers_and_whether_a_decision_is_due(
    critical, couples_case, anna, sign_in
):
    response = tab(sign_in(anna), couples_case)

    [(one, mark)] = response.context["finalised"]
    assert one == critical
    assert one.critical_count == critical.alerts.count() > 0
    assert mark.state == "late"
    assert "do podjęcia" in text_of(response)


def test_an_example_is_called_one_everywhere(couples_case, example_version, anna, sign_in):
    for days, occasion in ((90, Occasion.START), (1, Occasion.END)):
        measure(couples_case, example_version, anna, {"a": (1, "1", "complete")}, occasion=occasion, days_ago=days)

    page = tab(sign_in(anna), couples_case).content.decode()

    # both rows, both columns of the comparison, and the title of its chart
    assert page.count("przykład – nie jest to NORR</span>") >= 4
    (title,) = re.findall(r"<svg.*?<title>(.*?)</title>", page, re.DOTALL)[:1]
    assert "przykład – nie jest to NORR" in title


def test_one_that_was_broken_off_says_why(draft, couples_case, anna, sign_in):
    abandon_assessment(draft, reason="Rodzina się wyprowadziła.", version=1, by=anna.user)

    response = tab(sign_in(anna), couples_case)

    assert response.context["abandoned"] == [draft]
    assert "Rodzina się wyprowadziła." in text_of(response)


def test_a_therapist_of_the_care_team_sees_the_latest_result_only(couples_case, example_version, anna, piotr, sign_in):
    lines = {"a": (2, "3", "complete")}
    old = measure(couples_case, example_version, anna, lines, days_ago=90)
    new = measure(couples_case, example_version, anna, lines, occasion=Occasion.END)

    assert [one for one, _mark in tab(sign_in(anna), couples_case).context["finalised"]] == [new, old]
    theirs = tab(sign_in(piotr), couples_case).context
    assert [one for one, _mark in theirs["finalised"]] == [new]
    assert theirs["over_time"] is None


def test_change_stands_beside_the_level_in_words_and_with_an_icon(couples_case, example_version, anna, sign_in):
    first = {"a": (3, "5", "complete"), "b": (2, "3", "complete"), "c": (1, "0", "complete")}
    second = {"a": (1, "0.5", "complete"), "b": (2, "3", "prorated"), "c": (2, "3", "complete")}
    measure(couples_case, example_version, anna, first, days_ago=90)
    measure(couples_case, example_version, anna, second, occasion=Occasion.END)

    response = tab(sign_in(anna), couples_case)

    found = {row.label: row.cells[1].change for row in response.context["over_time"].rows}
    assert (found["A"].words, found["A"].difference) == ("lepiej", "−4,5")
    assert (found["B"].words, found["B"].difference) == ("bez zmian", "0")
    assert (found["C"].words, found["C"].difference) == ("gorzej", "+3")
    assert all(one.icon for one in found.values())
    assert response.content.decode().count("<circle") == 6


def test_what_cannot_be_compared_says_why_and_has_no_line_in_the_chart(
    couples_case, example_version, example_2, pairs_version, anna
):
    lines = {"a": (2, "3", "complete"), "b": (2, None, "judged"), "c": (None, None, "incomplete")}
    made = [
        measure(couples_case, version, anna, lines, occasion=occasion, days_ago=days)
        for version, occasion, days in (
            (pairs_version, Occasion.START, 90),
            (example_version, Occasion.MIDDLE, 60),
            (example_2, Occasion.END, 30),
            (example_2, Occasion.FOLLOW_UP, 1),
        )
    ]

    table = over_time(made)

    assert table is not None
    a, b, c = ([cell.change and cell.change.words for cell in row.cells] for row in table.rows)
    other, major, same = (str(why.label) for why in (Why.OTHER_INSTRUMENT, Why.OTHER_MAJOR, Why.JUDGED))
    assert a == [None, other, major, "bez zmian"]
    assert b == [None, other, major, same]
    assert c == [None, other, major, str(Why.INCOMPLETE_NOW.label)]
    assert [row.whole.words for row in table.rows if row.whole] == [other] * 3
    # the two of the last version: dots for a and b, a line for a alone
    assert table.chart.count("<circle") == 4
    assert table.chart.count('stroke-width="2.4"') == 1


def test_an_area_that_came_or_went_says_so(couples_case, example_version, anna):
    old = measure(couples_case, example_version, anna, {"a": (1, "1", "complete")}, days_ago=90)
    new = measure(couples_case, example_version, anna, {"b": (1, "1", "complete")}, occasion=Occasion.END)

    table = over_time([old, new])

    assert table is not None
    found = {row.label: row.cells[1].change.words for row in table.rows if row.cells[1].change}
    assert found == {"A": str(Why.ABSENT_NOW.label), "B": str(Why.ABSENT_BEFORE.label)}


def test_of_one_assessment_there_is_nothing_to_compare(couples_case, example_version, anna):
    assert over_time([measure(couples_case, example_version, anna, {})]) is None


@pytest.mark.parametrize(
    ("score", "words"), [("4.500000", "4,5"), ("10", "10"), ("100.00", "100"), ("0.125", "0,13"), ("-2.50", "−2,5")]
)
def test_scores_are_written_in_polish_without_idle_zeros(score, words):
    assert score_in_words(Decimal(score)) == words


def test_it_costs_the_same_however_many_there_are(couples_case, example_version, anna, sign_in, own_queries):  # noqa: F811
    client = sign_in(anna)
    counts = []
    for occasions in ((Occasion.START, Occasion.MIDDLE), (Occasion.MIDDLE, Occasion.MIDDLE, Occasion.END)):
        for occasion in occasions:
            measure(couples_case, example_version, anna, {"a": (1, "1", "complete")}, occasion=occasion)
        tab(client, couples_case)
        with own_queries() as made:
            tab(client, couples_case)
        counts.append(len(made))

    assert counts[0] == counts[1]
    assert counts[1] <= 8, "\n".join(made)

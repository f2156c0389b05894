"""The named gap of a month: unresolved meetings beside the numbers that they lower."""

from __future__ import annotations

import copy
import datetime as dt
import re
from html import unescape

import pytest

from programme.reports import gap, printing, rendering
from programme.reports.models import Report
from programme.reports.snapshots import FORMAT, hash_of, take
from tests.groups import group_meeting, make_group
from tests.programme.reports.conftest import OCTOBER


def october(day: int) -> dt.date:
    return dt.date(2026, 10, day)


@pytest.fixture
def families(make_case, wodna):
    return [make_case(wodna, f"Rodzina Sekretnych {n}", received_on=october(1)) for n in range(8)]


@pytest.fixture
def forgotten(families, meet):
    """Six families' therapy and five families' counselling, which nobody has settled; one more was held."""
    for n, case in enumerate(families[:6]):
        meet(case, october(5 + n), status="planned")
    for n, case in enumerate(families[3:]):
        meet(case, october(15 + n), service="poradnictwo-rodzinne", status="planned")
    meet(families[0], october(30))


def report_of(scope, centre=None, numbers=None):
    snapshot = take(OCTOBER, scope, centre)
    numbers = numbers or snapshot.numbers
    return Report(
        number="S/2026/10/PROBA/1",
        scope=scope,
        month=OCTOBER,
        centre=centre,
        snapshot=numbers,
        snapshot_hash=hash_of(numbers),
        data_at=snapshot.data_at,
    )


def text_of(report):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", rendering.html_of(report))))


def test_a_snapshot_of_format_3_names_the_services(forgotten, wodna):
    numbers = take(OCTOBER, "centre", wodna).numbers

    assert numbers["format"] == FORMAT == 3
    assert numbers["unresolved"] == {
        "count": 11,
        "families": 8,
        "total": {"number": 11, "exact": True},
        "services": [
            {"slug": "terapia-rodzinna", "name": "Terapia rodzinna", "count": 6, "shown": True},
            {"slug": "poradnictwo-rodzinne", "name": "Poradnictwo rodzinne", "count": 5, "shown": True},
        ],
    }
    assert numbers["services_to_date"]["unresolved"] == {"number": 11, "exact": True}


def test_the_sentence_stands_between_the_heading_and_the_table_of_services(forgotten, wodna):
    text = text_of(report_of("centre", wodna))

    sentence = (
        "Nierozliczone: 11 spotkań (w tym: Terapia rodzinna – 6, Poradnictwo rodzinne – 5). "
        "Nie są policzone jako odbyte: nikt jeszcze nie zapisał, czy się odbyły."
    )
    assert text.index("Spotkania według usługi") < text.index(sentence) < text.index("Realizator")
    assert text.count("Nierozliczone: 11") == 1


def test_the_tile_and_the_running_total_say_what_they_lack(forgotten, wodna):
    printed = printing.printed(report_of("centre", wodna))

    assert printed["tiles"][2].label.endswith(", nierozliczone: 11")
    assert "od stycznia nierozliczonych pozostaje 11 spotkań" in printed["lower_bound"]
    assert printed["lower_bound"] in text_of(report_of("centre", wodna))


@pytest.mark.parametrize(("number", "words"), [
    (1, "Nierozliczone: 1 spotkanie (%s). Nie jest policzone jako odbyte: nikt jeszcze nie zapisał, czy się odbyło."),
    (2, "Nierozliczone: 2 spotkania (%s). Nie są policzone jako odbyte: nikt jeszcze nie zapisał, czy się odbyły."),
    (5, "Nierozliczone: 5 spotkań (%s). Nie są policzone jako odbyte: nikt jeszcze nie zapisał, czy się odbyły."),
    (22, "Nierozliczone: 22 spotkania (%s). Nie są policzone jako odbyte: nikt jeszcze nie zapisał, czy się odbyły."),
])  # fmt: skip
def test_the_sentence_is_polish(number, words):
    services = [{"slug": "x", "name": "X", "count": number, "shown": True}]
    total = {"number": number, "exact": True}
    told = gap.named({"count": number, "families": number, "total": total, "services": services})

    assert told is not None
    assert told.words == words % f"w tym: X – {number}"


def test_a_month_without_a_gap_says_so(families, meet, wodna):
    meet(families[0], october(5))

    text = text_of(report_of("centre", wodna))

    assert text.count("Nierozliczonych spot") == 1
    assert "Nierozliczone:" not in text
    assert "dolną granicą" not in text


def test_a_gap_of_few_families_is_told_without_its_number_and_its_services(families, meet, wodna):
    for case in families[:3]:
        meet(case, october(5), status="planned")

    report = report_of("centre", wodna)
    text = text_of(report)

    assert "Nierozliczone: <5 spotkań (bez podziału na usługi)." in text
    assert "nierozliczonych pozostaje <5 spotkań" in text
    assert report.snapshot["unresolved"]["count"] == 3  # the evidence stays exact


def test_three_services_of_one_meeting_each_are_not_named():
    services = [{"slug": name, "name": name, "count": 1, "shown": False} for name in "XYZ"]
    told = gap.named({"count": 3, "families": 5, "total": {"number": 3, "exact": True}, "services": services})

    assert told is not None
    assert "Nierozliczone: 3 spotkania (bez podziału na usługi)." in told.words


def test_the_file_never_holds_what_was_hidden(families, meet, wodna):
    for case in families[:3]:
        meet(case, october(5), status="planned")
    report = report_of("centre", wodna)

    other = copy.deepcopy(report.snapshot)
    other["unresolved"] |= {"count": 4, "families": 4}
    other["unresolved"]["services"][0]["count"] = 4

    changed = printing.printed(report_of("centre", wodna, other))
    assert changed["gap"] == printing.printed(report)["gap"]
    assert changed["tiles"] == printing.printed(report)["tiles"]


def test_a_group_s_meeting_is_in_the_gap(families, wodna, piotr):
    group = make_group(wodna, piotr, *families[:6], first_on=october(1))
    group_meeting(group, october(6), status="planned")

    assert "Nierozliczone: 1 spotkanie (w tym: Trening umiejętności społecznych (TUS) – 1)." in text_of(
        report_of("centre", wodna)
    )


def test_the_report_of_the_three_centres_names_each(forgotten, make_case, krakowiakow, meet):
    for n in range(2):
        meet(make_case(krakowiakow, f"Rodzina Daleka {n}", received_on=october(1)), october(5), status="planned")

    text = text_of(report_of("centres"))

    sentence = "Nierozliczone: co najmniej 11 spotkań (w tym: Poradnictwo rodzinne – 5; reszta bez podziału na usługi)"
    assert sentence in text
    assert "Według centrów: Wodna 2B: 11, Krakowiaków 2: <5." in text


def test_the_programme_says_it_beside_its_indicator(programme, forgotten):
    report = report_of("programme")
    printed = printing.printed(report)
    lines = {line.code: line for _name, some in printed["sections"] for line in some}

    assert lines["1.1"].gap == "nierozliczone: 11"
    assert not any(line.gap for code, line in lines.items() if code != "1.1")
    assert "od stycznia nierozliczonych pozostaje 11 spotkań poradnictwa lub terapii" in text_of(report)


def test_a_meeting_that_is_settled_makes_a_new_version(forgotten, wodna):
    before = take(OCTOBER, "centre", wodna).hash
    assert take(OCTOBER, "centre", wodna).hash == before

    wodna.sessions.unresolved().first().delete()

    assert take(OCTOBER, "centre", wodna).hash != before

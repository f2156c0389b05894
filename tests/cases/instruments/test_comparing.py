"""What a new version changes, item by item, and whether its number promises more than the changes keep (N8)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from cases.instruments.comparing import Calls, Kind, Subject, differences
from cases.instruments.reading import parse, read
from tests.cases.conftest import PAIRS
from tests.cases.instruments.small import SMALL, spoiled
from tests.cases.instruments.strategies import definitions

OLD = read(SMALL)
ZGODA = SMALL[SMALL.index("      - id: zgoda") : SMALL.index("      - id: obiady")]
SPORY = SMALL[SMALL.index("      - id: spory") : SMALL.index("      - id: zgoda")]


def compared(text: str, version: str = "1.0.1"):
    """The small instrument against a changed one."""
    definition, _places = parse(text.replace("version: 1.0.0", f"version: {version}"))
    return differences(OLD, definition)


def test_the_same_instrument_differs_in_nothing():
    comparison = compared(SMALL)

    assert comparison.differences == ()
    assert comparison.comparable
    assert comparison.warning == ""


@given(definitions())
@settings(max_examples=20)
def test_no_instrument_differs_from_itself(definition):
    assert differences(definition, definition).differences == ()


@pytest.mark.parametrize(
    ("old", "new", "subject", "part", "fields", "calls_for"),
    [
        ("name: Małe narzędzie", "name: Inne", Subject.INSTRUMENT, "maly", ["nazwa"], Calls.MINOR),
        (
            "licence_holder: nikt",
            "licence_holder: ktoś",
            Subject.INSTRUMENT,
            "maly",
            ["właściciel licencji"],
            Calls.PATCH,
        ),
        ("example: yes", "example: yes\nnotes: Uwaga", Subject.INSTRUMENT, "maly", ["uwagi"], Calls.PATCH),
        ("language: pl", "language: uk", Subject.INSTRUMENT, "maly", ["język"], Calls.MAJOR),
        ("label: wysoki", "label: duży", Subject.LEVEL, "high", ["nazwa"], Calls.MINOR),
        ("label: czasem", "label: bywa", Subject.SCALE, "czesto", ["odpowiedzi"], Calls.MINOR),
        ("- value: 2", "- value: 3", Subject.SCALE, "czesto", ["odpowiedzi"], Calls.MAJOR),
        ("most: 7", "most: 6", Subject.SCALE, "dni", ["odpowiedzi"], Calls.MAJOR),
        ("most: 7", "most: 7\n    unit: dni", Subject.SCALE, "dni", ["odpowiedzi"], Calls.MAJOR),
        ("most: 7", "most: 7\n    step: 0.5", Subject.SCALE, "dni", ["odpowiedzi"], Calls.MINOR),
        (
            "most: 7",
            "most: 7\n    non_answers: [unknown]",
            Subject.SCALE,
            "dni",
            ["możliwe bez wartości"],
            Calls.MINOR,
        ),
        (
            "most: 7",
            "most: 7\n    scored_non_answers: [{answer: unknown, value: 7}]",
            Subject.SCALE,
            "dni",
            ["wartości przy braku odpowiedzi"],
            Calls.MAJOR,
        ),
        ("label: Dom", "label: Domek", Subject.AREA, "dom", ["nazwa"], Calls.MINOR),
        ("label: Dom", "label: Dom\n    description: Opis", Subject.AREA, "dom", ["opis"], Calls.PATCH),
        ("method: sum", "method: max", Subject.AREA, "dom", ["sposób liczenia"], Calls.MAJOR),
        (
            "missing_at_most: 1",
            "missing_at_most: 2",
            Subject.AREA,
            "dom",
            ["ilu odpowiedzi może brakować"],
            Calls.MAJOR,
        ),
        ("      if_missing: prorate\n", "", Subject.AREA, "dom", ["gdy brakuje odpowiedzi"], Calls.MAJOR),
        (
            "to: 5\n      - level: high\n        from: 5",
            "to: 6\n      - level: high\n        from: 6",
            Subject.AREA,
            "dom",
            ["przedziały"],
            Calls.MAJOR,
        ),
        ("kłócimy?", "spieramy?", Subject.ITEM, "spory", ["tekst"], Calls.MINOR),
        ("kłócimy?", "kłócimy?\n        help: Szczerze.", Subject.ITEM, "spory", ["wyjaśnienie"], Calls.MINOR),
        ("kłócimy?", "kłócimy?\n        weight: 2", Subject.ITEM, "spory", ["waga"], Calls.MAJOR),
        ("kłócimy?", "kłócimy?\n        required: yes", Subject.ITEM, "spory", ["wymagane"], Calls.MINOR),
        ("kłócimy?", "kłócimy?\n        timeframe: ever", Subject.ITEM, "spory", ["okres"], Calls.MAJOR),
        ("        reverse: yes\n", "", Subject.ITEM, "zgoda", ["skala odwrócona"], Calls.MAJOR),
        ("scale: dni", "scale: czesto", Subject.ITEM, "obiady", ["skala"], Calls.MAJOR),
        ("at_least: 7", "at_least: 6", Subject.ITEM, "obiady", ["odpowiedź krytyczna"], Calls.MAJOR),
        ("at_least: 1\n", "at_least: 2\n", Subject.ITEM, "zgoda", ["widoczne tylko, gdy"], Calls.MAJOR),
        (ZGODA, "", Subject.ITEM, "zgoda", [], Calls.MAJOR),
        ("proposes: [couple]", "proposes: [parents]", Subject.RULE, "rozmowa", ["proponuje"], Calls.MINOR),
        ("because: Wynik jest wysoki.", "because: Bo tak.", Subject.RULE, "rozmowa", ["uzasadnienie"], Calls.MINOR),
        ("      at_least: high", "      at_least: low", Subject.RULE, "rozmowa", ["warunek"], Calls.MINOR),
    ],
)
def test_a_change_is_told_with_what_it_calls_for(old, new, subject, part, fields, calls_for):
    found = compared(spoiled(old, new)).differences

    assert [(one.subject, one.id, one.calls_for) for one in found] == [(subject, part, calls_for)]
    assert [change.field for change in found[0].changes] == fields


def test_before_and_after_are_told_in_words():
    (found,) = compared(spoiled("at_least: 1\n", "at_least: 2\n")).differences

    (change,) = found.changes
    assert "czasem" in change.before
    assert "często" in change.after


def test_what_is_added_and_removed_is_told():
    found = compared(spoiled("id: obiady", "id: kolacje")).differences

    assert [(one.kind, one.id, one.calls_for) for one in found] == [
        (Kind.ADDED, "kolacje", Calls.MAJOR),
        (Kind.REMOVED, "obiady", Calls.MAJOR),
    ]


def test_an_item_that_counts_for_nothing_may_come_and_go():
    more = SPORY.replace("spory", "uwaga").replace("scale:", "weight: 0\n        scale:")
    comparison = compared(spoiled(SPORY, SPORY + more), version="1.1.0")

    assert [(one.kind, one.id, one.calls_for) for one in comparison.differences] == [
        (Kind.ADDED, "uwaga", Calls.MINOR)
    ]
    assert comparison.warning == ""


def test_an_item_that_decides_whether_a_scored_one_is_shown_counts():
    old, _ = parse(SMALL.replace(SPORY, SPORY + "        weight: 0\n"))
    new, _ = parse(SMALL.replace(SPORY, SPORY.replace("self", "records") + "        weight: 0\n"))

    assert differences(old, new).calls_for == Calls.MAJOR


def test_an_item_in_another_place_has_moved():
    text = spoiled(SPORY + ZGODA, ZGODA + SPORY)

    (found,) = compared(text).differences

    assert (found.kind, found.calls_for) == (Kind.MOVED, Calls.MINOR)
    assert {(change.before, change.after) for change in found.changes} in [{("1", "2")}, {("2", "1")}]


def test_an_item_in_another_area_has_moved_and_breaks_the_comparison():
    area = (
        SMALL[SMALL.index("  - id: dom") : SMALL.index("      - id: spory")]
        .replace("dom", "ogrod")
        .replace("Dom", "Ogród")
    )
    obiady = SMALL[SMALL.index("      - id: obiady") : SMALL.index("recommendations:")]
    old, _ = parse(SMALL.replace(obiady, obiady + area + SPORY.replace("spory", "kwiaty")))
    new, _ = parse(SMALL.replace(obiady, area + SPORY.replace("spory", "kwiaty") + obiady))

    (found,) = differences(old, new).differences

    assert (found.kind, found.id, found.calls_for) == (Kind.MOVED, "obiady", Calls.MAJOR)
    assert [(change.field, change.before, change.after) for change in found.changes] == [("obszar", "Dom", "Ogród")]


def test_the_order_of_levels_matters():
    text = spoiled(
        "  - id: low\n    label: niski\n  - id: high\n    label: wysoki\n",
        "  - id: high\n    label: wysoki\n  - id: low\n    label: niski\n",
    )

    assert {(one.subject, one.kind, one.calls_for) for one in compared(text).differences} == {
        (Subject.LEVEL, Kind.MOVED, Calls.MAJOR)
    }


@pytest.mark.parametrize(
    ("version", "number"),
    [("1.0.1", "2.0.0"), ("1.9.0", "2.0.0"), ("2.0.0", "")],
)
def test_the_number_may_not_promise_a_comparison_that_the_changes_break(version, number):
    comparison = compared(spoiled("most: 7", "most: 6"), version=version)

    assert not comparison.comparable
    assert (number in comparison.warning) if number else comparison.warning == ""


@pytest.mark.parametrize(("version", "warned"), [("1.0.1", True), ("1.1.0", False), ("2.0.0", False)])
def test_new_wording_needs_a_new_second_number(version, warned):
    comparison = compared(spoiled("kłócimy?", "spieramy?"), version=version)

    assert comparison.comparable
    assert bool(comparison.warning) == warned
    assert comparison.number == "1.1.0"


def test_remarks_need_a_new_third_number_only():
    comparison = compared(spoiled("example: yes", "example: yes\nnotes: Uwaga"))

    assert (comparison.number, comparison.warning) == ("1.0.1", "")


def test_quite_another_instrument_is_compared_too():
    comparison = differences(OLD, read(PAIRS.read_text(encoding="utf-8")))

    assert comparison.calls_for == Calls.MAJOR
    assert {one.subject for one in comparison.differences} == set(Subject)

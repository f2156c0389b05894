"""The instrument that ships is an example and says so, and the one of the tests shows the whole format."""

from __future__ import annotations

import pytest

from cases.instruments.conditions import leaves
from cases.instruments.definition import (
    All,
    Any,
    AreaIs,
    Combine,
    IfMissing,
    Informant,
    ItemIs,
    Method,
    NonAnswer,
    Not,
    Proposal,
    RuleHolds,
    Scope,
    Timeframe,
)
from cases.instruments.reading import read
from tests.cases.conftest import EXAMPLE, PAIRS


@pytest.fixture(scope="module")
def example():
    return read(EXAMPLE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pairs():
    return read(PAIRS.read_text(encoding="utf-8"))


def test_both_versions_are_there_for_tests(example_version, pairs_version, example, pairs):
    assert example_version.definition == example
    assert pairs_version.definition == pairs


def test_the_example_says_that_it_is_one(example):
    assert example.example
    assert "przykład – nie jest to NORR" in example.name
    assert "Nie jest to NORR" in example.notes
    assert "wymyślono" in example.licence_holder


def test_the_example_has_the_four_areas_of_the_source(example):
    assert [area.label for area in example.areas] == [
        "Obszar ekonomiczny",
        "Obszar kulturowy",
        "Obszar emocjonalny",
        "Obszar życia codziennego",
    ]
    assert all(6 <= len(area.items) <= 8 for area in example.areas)


def test_the_example_may_propose_everything(example):
    assert {proposal for rule in example.recommendations for proposal in rule.proposes} == set(Proposal)


def test_the_example_is_written_like_polish_sentences(example):
    texts = [item.text for item in example.items()] + [rule.because for rule in example.recommendations]

    assert all(text[0].isupper() and text[-1] in ".?" for text in texts)
    assert len(set(texts)) == len(texts)


def test_every_area_of_the_example_asks_one_thing_only_if(example):
    assert [sum(1 for item in area.items if item.show_if) for area in example.areas] == [1, 1, 1, 1]


def test_the_tests_instrument_shows_the_whole_format(pairs):
    items = list(pairs.items())
    conditions = [item.show_if for item in items if item.show_if] + [rule.when for rule in pairs.recommendations]
    looks = [leaf for condition in conditions for leaf in leaves(condition)]

    assert {item.scope for item in items} == set(Scope)
    assert {item.informant for item in items} == set(Informant)
    assert {item.timeframe for item in items} == set(Timeframe)
    assert {item.combine for item in items} == set(Combine)
    assert {area.scoring.method for area in pairs.areas} == set(Method)
    assert {area.scoring.if_missing for area in pairs.areas} == set(IfMissing)
    assert {type(look) for look in looks} == {ItemIs, AreaIs, RuleHolds}
    assert {type(part) for part in conditions} >= {All, Any, ItemIs, AreaIs}
    assert any(isinstance(part, Not) for one in conditions if isinstance(one, All) for part in one.of)
    assert any(item.weight < 0 for item in items)
    assert any(item.weight == 0 for item in items)
    assert any(item.reverse for item in items)
    assert any(item.protective for item in items)
    assert any(item.critical and item.critical.at_least is not None for item in items)
    assert any(item.critical and item.critical.at_most is not None for item in items)
    assert any(scale.scored_non_answers for scale in pairs.scales)
    assert any(scale.options for scale in pairs.scales)
    assert any(not scale.options for scale in pairs.scales)
    assert any(len(scale.non_answers) < len(NonAnswer) for scale in pairs.scales)

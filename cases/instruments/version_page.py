"""A version explained: its areas with their questions, scoring and bands, and its rules."""

from __future__ import annotations

from dataclasses import dataclass

from cases.instruments.definition import Area, Definition, Recommendation
from cases.instruments.words import (
    ItemInWords,
    RangeRow,
    condition_words,
    item_in_words,
    missing_words,
    ranges,
    scoring_words,
)


@dataclass(frozen=True)
class AreaInWords:
    area: Area
    items: list[ItemInWords]
    scoring: str
    missing: str
    table: list[RangeRow]
    bands: list[RangeRow]


@dataclass(frozen=True)
class RuleInWords:
    rule: Recommendation
    when: str
    proposes: str


def areas_in_words(definition: Definition) -> list[AreaInWords]:
    return [
        AreaInWords(
            area=area,
            items=[item_in_words(item, definition) for item in area.items],
            scoring=scoring_words(area),
            missing=missing_words(area),
            table=ranges(area.scoring.table, definition),
            bands=ranges(area.bands, definition),
        )
        for area in definition.areas
    ]


def rules_in_words(definition: Definition) -> list[RuleInWords]:
    return [
        RuleInWords(rule, condition_words(rule.when, definition), ", ".join(str(one.label) for one in rule.proposes))
        for rule in definition.recommendations
    ]

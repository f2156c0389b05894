"""Small instruments for tests of the arithmetic, without a file: what is not said is the plainest there is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cases.instruments.definition import (
    Area,
    Band,
    Definition,
    Informant,
    Item,
    Level,
    Method,
    NonAnswer,
    Option,
    Recommendation,
    Scale,
    Scope,
    Scoring,
)
from cases.instruments.questions import Part, Participant, Source, Talk

EVA, JAN, OLA = (
    Participant("eva", Part.PARTNER),
    Participant("jan", Part.PARTNER),
    Participant("ola", Part.CHILD),
)
COUPLE = (EVA, JAN)
OF_EVA, OF_JAN, OF_OLA = Talk(Source.ADULT, "eva"), Talk(Source.ADULT, "jan"), Talk(Source.CHILD, "ola")
BY_PRACTITIONER = Talk(Source.PRACTITIONER)

LEVELS = (Level("low", "Low"), Level("middle", "Middle"), Level("high", "High"))


def d(number: str | int) -> Decimal:
    return Decimal(number)


def scale(least: int = 0, most: int = 4, *, scored: dict[NonAnswer, int] | None = None, options: bool = True) -> Scale:
    """0–4 by options, or numbers in between too."""
    values = [Option(d(value), f"value {value}") for value in range(least, most + 1)] if options else []
    return Scale(
        id=f"s{least}to{most}".replace("-", "m"),
        options=tuple(values),
        least=None if options else d(least),
        most=None if options else d(most),
        scored_non_answers=tuple((non_answer, d(value)) for non_answer, value in (scored or {}).items()),
    )


def item(item_id: str, **fields: Any) -> Item:
    """An item on the family that the practitioner answers, 0–4, weight 1."""
    given = {
        "text": item_id,
        "scale": scale(),
        "scope": Scope.FAMILY,
        "informant": Informant.PRACTITIONER,
        **fields,
    }
    return Item(id=item_id, **given)


def area(*items: Item, area_id: str = "area", bands: tuple[Band, ...] = (), **scoring: Any) -> Area:
    return Area(area_id, area_id, items, Scoring(**{"method": Method.SUM, **scoring}), bands)


def bands(*ends: str | int) -> tuple[Band, ...]:
    """Three bands, low, middle and high, between four ends."""
    return tuple(Band(level.id, d(start), d(end)) for level, start, end in zip(LEVELS, ends, ends[1:], strict=False))


def definition(*areas: Area, rules: tuple[Recommendation, ...] = ()) -> Definition:
    scales = {one.scale.id: one.scale for an_area in areas for one in an_area.items}
    return Definition(
        code="test",
        name="Test",
        version="1.0.0",
        language="en",
        licence_holder="nobody",
        example=True,
        levels=LEVELS,
        scales=tuple(scales.values()),
        areas=areas,
        recommendations=rules,
    )

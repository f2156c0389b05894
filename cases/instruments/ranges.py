"""Between which numbers the score of an area can lie, whoever takes part and whatever does not apply.

Checking holds the bands against these ends, scoring stays within them: both ask here.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from cases.instruments.definition import Area, Item, Method, Scoring

ZERO = Decimal(0)
ONE = Decimal(1)


class Range(NamedTuple):
    least: Decimal
    most: Decimal


def range_of(area: Area) -> Range | None:
    """The least and the most that the area's score can be; None where the practitioner judges or nothing is scored.

    A question may not apply (no child, hidden by its show-if, „not applicable”), and then it adds nothing. So the
    range of a sum always holds 0, and a mean or a highest answer may be that of any single item.
    """
    scoring = area.scoring
    items = scored_items(area)
    if not items or scoring.method == Method.MANUAL:
        return None
    if scoring.method == Method.LOOKUP:
        scores = [row.score for row in scoring.table]
        return Range(min(scores), max(scores)) if scores else None
    if scoring.method in {Method.SUM, Method.COUNT}:
        return sum_range(area)
    ranges = [item_range(item, scoring) for item in items]
    if scoring.method == Method.WEIGHTED_MEAN:
        weights = [abs(item.weight) for item in items]
        ranges = [Range(ends.least / weight, ends.most / weight) for ends, weight in zip(ranges, weights, strict=True)]
    return Range(min(ends.least for ends in ranges), max(ends.most for ends in ranges))


def sum_range(area: Area) -> Range:
    """Of the sum of the contributions; a table of sums must cover it."""
    ranges = [item_range(item, area.scoring) for item in scored_items(area)]
    return Range(
        sum((min(ends.least, ZERO) for ends in ranges), ZERO), sum((max(ends.most, ZERO) for ends in ranges), ZERO)
    )


def item_range(item: Item, scoring: Scoring) -> Range:
    """Of an item's contribution. Turning the scale round leaves its ends where they are."""
    ends = sorted(item.weight * points(scoring, value) for value in (item.scale.low, item.scale.high))
    return Range(ends[0], ends[1])


def points(scoring: Scoring, value: Decimal) -> Decimal:
    """What a value, turned round by now where the item is reversed, is worth before it is weighted."""
    if scoring.method != Method.COUNT:
        return value
    return ONE if scoring.threshold is not None and value >= scoring.threshold else ZERO


def scored_items(area: Area) -> list[Item]:
    return [item for item in area.items if item.weight]

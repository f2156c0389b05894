"""What has changed in a family between two assessments, area by area: pure, and silent where it would mislead (N8).

What is compared is the level, not the score: the score says within a level how far it has moved. Scores of different
directions and critical answers that lift a level are already in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

COMPARABLE_STATES = frozenset({"complete", "prorated"})


class Trend(TextChoices):
    """Which way an area has gone."""

    BETTER = "better", pgettext_lazy("change of a level", "better")
    SAME = "same", pgettext_lazy("change of a level", "no change")
    WORSE = "worse", pgettext_lazy("change of a level", "worse")


class Why(TextChoices):
    """Why no change is shown."""

    OTHER_INSTRUMENT = "other_instrument", _("not compared: another instrument")
    OTHER_MAJOR = "other_major", _("not compared: another major version")
    OTHER_LEVELS = "other_levels", _("not compared: other levels in that version")
    ABSENT_BEFORE = "absent_before", _("not compared: this area was not in that version")
    ABSENT_NOW = "absent_now", _("this area is not in this version")
    JUDGED = "judged", _("not compared: the practitioner's judgement")
    INCOMPLETE_BEFORE = "incomplete_before", _("not compared: the earlier result is incomplete")
    INCOMPLETE_NOW = "incomplete_now", _("not compared: the result is incomplete")
    EMPTY = "empty", _("not compared: nothing in this area applied")


@dataclass(frozen=True)
class AreaLine:
    """One area of a finalised result."""

    area: str
    label: str
    state: str  # as in scoring.AreaResult
    score: Decimal | None = None
    level: str = ""
    level_label: str = ""
    rank: int | None = None  # 1 is the best


@dataclass(frozen=True)
class Measured:
    """A finalised assessment, as far as it can be compared with another."""

    instrument: str  # its code
    major: int
    levels: tuple[str, ...]  # ids, from the best to the worst
    areas: Mapping[str, AreaLine]


@dataclass(frozen=True)
class Change:
    """Either a trend, with the difference of the scores where both are known, or the reason why there is none."""

    trend: Trend | None = None
    difference: Decimal | None = None
    why: Why | None = None


def why_not_at_all(before: Measured, after: Measured) -> Why | None:
    """Why two assessments cannot be compared in any area; None where they can."""
    if before.instrument != after.instrument:
        return Why.OTHER_INSTRUMENT
    if before.major != after.major:
        return Why.OTHER_MAJOR
    if before.levels != after.levels:
        return Why.OTHER_LEVELS
    return None


def change(before: Measured, after: Measured, area: str) -> Change:
    """What became of one area from an earlier assessment to a later one."""
    now = after.areas.get(area)
    if now is None:
        return Change(why=Why.ABSENT_NOW)
    if why := why_not_at_all(before, after):
        return Change(why=why)
    then = before.areas.get(area)
    if then is None:
        return Change(why=Why.ABSENT_BEFORE)
    if why := _why_not(then, now):
        return Change(why=why)
    moved = (now.rank or 0) - (then.rank or 0)  # both are known, or there would be a reason
    trend = Trend.SAME if not moved else Trend.WORSE if moved > 0 else Trend.BETTER
    if now.score is None or then.score is None:
        return Change(trend)
    return Change(trend, now.score - then.score)


def _why_not(then: AreaLine, now: AreaLine) -> Why | None:
    states = {then.state, now.state}
    if "judged" in states:
        return Why.JUDGED
    if "empty" in states:
        return Why.EMPTY
    if now.state not in COMPARABLE_STATES or now.rank is None:
        return Why.INCOMPLETE_NOW
    if then.state not in COMPARABLE_STATES or then.rank is None:
        return Why.INCOMPLETE_BEFORE
    return None


def areas_of(measured: Sequence[Measured]) -> dict[str, str]:
    """Every area of these assessments with its label, in the order of the latest, then what only earlier ones had."""
    labels: dict[str, str] = {}
    for one in reversed(measured):
        for line in one.areas.values():
            labels.setdefault(line.area, line.label)
    return labels

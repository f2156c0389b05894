"""What an instrument says: areas, items, scales, scoring, bands and recommendations, as immutable values.

`reading` makes one from a file, `checking` refuses one that contradicts itself, `writing` gives the file back,
`scoring` computes with it. Nothing here knows of the database. The file format: `docs/instruments.md`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class NonAnswer(TextChoices):
    """Why there is no value (N3). None is scored unless the item's scale says how."""

    NO = "no", pgettext_lazy("answer", "no")
    NOT_APPLICABLE = "not_applicable", _("not applicable")
    UNKNOWN = "unknown", _("not known")
    REFUSED = "refused", _("refused to answer")
    NOT_ASKED = "not_asked", _("not asked")


class Scope(TextChoices):
    """Whom an item is about (N2)."""

    PERSON = "person", _("each adult")
    PAIR = "pair", _("each partner towards the other")
    COUPLE = "couple", _("the couple")
    CHILD = "child", _("each child")
    FAMILY = "family", _("the family")


class Informant(TextChoices):
    """Who gives the answer (N2)."""

    SELF = "self", _("about oneself")
    PARTNER = "partner", _("about the partner")
    CHILD = "child", _("a child")
    PRACTITIONER = "practitioner", _("the practitioner")
    RECORDS = "records", _("records")


class Timeframe(TextChoices):
    EVER = "ever", _("ever")
    YEAR = "12_months", _("in the last 12 months")
    NOW = "now", _("now")


class Method(TextChoices):
    """How an area is scored (N4)."""

    SUM = "sum", _("sum")
    WEIGHTED_MEAN = "weighted_mean", _("weighted mean")
    MAX = "max", _("highest answer")
    COUNT = "count_at_least", _("number of answers from a threshold on")
    LOOKUP = "lookup", _("table of sums")
    MANUAL = "manual", _("practitioner's judgement")


class Combine(TextChoices):
    """How several answers to one item (of several people) become the item's one."""

    WORST = "worst", _("the worst counts")
    MEAN = "mean", _("the mean counts")


class IfMissing(TextChoices):
    """What happens while items are missing, but no more than the area tolerates (N4)."""

    BLOCK = "block", _("finishing waits for the answers")
    PRORATE = "prorate", _("what is missing is filled in proportionally")
    INCOMPLETE = "incomplete", _("the result is incomplete")


class Proposal(TextChoices):
    """What recommendation rules may propose (N6)."""

    STEREOTYPES = "stereotypes", _("work on stereotypes")
    PARENTS = "parents", _("work with the parents")
    COUPLE = "couple", _("work with the couple")
    INCLUDE_CHILDREN = "include_children", _("include the children")
    INDIVIDUAL_ONLY = "individual_only", _("individual work only")
    REFER_OUT = "refer_out", _("refer to another institution")
    OPEN_BLUE_CARD = "open_blue_card", _("open a Blue Card")


@dataclass(frozen=True)
class Option:
    value: Decimal
    label: str


@dataclass(frozen=True)
class Scale:
    """What may be answered: one of the options, or, where there are none, a number from ``least`` to ``most``."""

    id: str
    options: tuple[Option, ...] = ()
    least: Decimal | None = None
    most: Decimal | None = None
    step: Decimal | None = None
    unit: str = ""
    non_answers: tuple[NonAnswer, ...] = tuple(NonAnswer)
    """Those that are offered."""
    scored_non_answers: tuple[tuple[NonAnswer, Decimal], ...] = ()
    """The value that such a non-answer counts as (N3); it lies within the scale."""

    @cached_property
    def low(self) -> Decimal:
        return min(option.value for option in self.options) if self.options else self.least or Decimal(0)

    @cached_property
    def high(self) -> Decimal:
        return max(option.value for option in self.options) if self.options else self.most or Decimal(0)


# Conditions: of show-if and of recommendation rules.


@dataclass(frozen=True)
class ItemIs:
    """An answer to an item compares so. Unanswered or hidden, it is false.

    Of several answers (several people) one is enough in a recommendation rule; in a show-if it is the answer of the
    same interview about the same person.
    """

    item: str
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    one_of: tuple[Decimal, ...] = ()
    non_answers: tuple[NonAnswer, ...] = ()


@dataclass(frozen=True)
class AreaIs:
    """The level of an area (``area`` empty: of any area) is at least this one. Recommendation rules only."""

    area: str
    at_least: str


@dataclass(frozen=True)
class RuleHolds:
    """Another recommendation rule holds. Recommendation rules only."""

    rule: str


@dataclass(frozen=True)
class All:
    of: tuple[Condition, ...]


@dataclass(frozen=True)
class Any:
    of: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    of: Condition


Condition = ItemIs | AreaIs | RuleHolds | All | Any | Not


@dataclass(frozen=True)
class Critical:
    """An answer from ``at_least`` on, or up to ``at_most``, lifts its area at least to this level (N5)."""

    level: str
    at_least: Decimal | None = None
    at_most: Decimal | None = None


@dataclass(frozen=True)
class Item:
    """One question (N2)."""

    id: str
    text: str
    scale: Scale
    scope: Scope
    informant: Informant
    help: str = ""
    timeframe: Timeframe = Timeframe.NOW
    required: bool = False
    weight: Decimal = Decimal(1)
    """0: asked, but not scored. Negative: it lowers the score."""
    reverse: bool = False
    """The scale is turned round before it is weighted; a non-answer's value too is one on the scale."""
    protective: bool = False
    """A strength, listed as one; it never raises the score (weight ≤ 0, or reverse)."""
    critical: Critical | None = None
    combine: Combine = Combine.WORST
    show_if: Condition | None = None


@dataclass(frozen=True)
class LookupRow:
    """A sum from ``from_value`` up to ``to_value`` gives ``score``. Ends as in bands."""

    from_value: Decimal
    to_value: Decimal
    score: Decimal


@dataclass(frozen=True)
class Scoring:
    method: Method
    threshold: Decimal | None = None  # of count_at_least: on the scale, after reversing
    table: tuple[LookupRow, ...] = ()  # of lookup
    missing_at_most: int = 0
    if_missing: IfMissing = IfMissing.INCOMPLETE


@dataclass(frozen=True)
class Band:
    """Scores from ``from_value`` up to, without, ``to_value`` have this level; the last band includes its end."""

    level: str
    from_value: Decimal
    to_value: Decimal


@dataclass(frozen=True)
class Area:
    id: str
    label: str
    items: tuple[Item, ...]
    scoring: Scoring
    bands: tuple[Band, ...] = ()  # none where the practitioner judges
    description: str = ""


@dataclass(frozen=True)
class Level:
    """One step of the profile, the same for all areas. The first is the best, the last the worst."""

    id: str
    label: str


@dataclass(frozen=True)
class Recommendation:
    """A rule that proposes something, and the sentence that says why."""

    id: str
    proposes: tuple[Proposal, ...]
    when: Condition
    because: str


@dataclass(frozen=True)
class Definition:
    """A whole instrument version."""

    code: str
    name: str
    version: str  # "1.2.0"
    language: str
    licence_holder: str
    example: bool
    """Invented items: labelled „przykład – nie jest to NORR” wherever it appears."""
    levels: tuple[Level, ...]
    scales: tuple[Scale, ...]
    areas: tuple[Area, ...]
    recommendations: tuple[Recommendation, ...] = ()
    notes: str = ""

    def __hash__(self) -> int:
        """Quick: what is worked out of a definition is remembered by it."""
        return hash((self.code, self.version))

    @cached_property
    def by_item(self) -> dict[str, Item]:
        return {item.id: item for item in self.items()}

    @cached_property
    def by_area(self) -> dict[str, Area]:
        return {area.id: area for area in self.areas}

    @cached_property
    def area_of(self) -> dict[str, Area]:
        """By the item's id."""
        return {item.id: area for area in self.areas for item in area.items}

    @cached_property
    def rank_of(self) -> dict[str, int]:
        """How bad a level is: 1 is the best."""
        return {level.id: rank for rank, level in enumerate(self.levels, start=1)}

    @cached_property
    def level_of(self) -> dict[str, Level]:
        return {level.id: level for level in self.levels}

    def items(self) -> Iterator[Item]:
        for area in self.areas:
            yield from area.items

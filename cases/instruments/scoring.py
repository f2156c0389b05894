"""From answers to a result: pure functions in `Decimal`, the same today and in ten years (N4–N8).

Nothing here depends on the order of answers, interviews or participants, on the date, the language or a setting.
`docs/decisions/0065-scores.md` says why missing answers, several people's answers and critical ones count as they do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache

from cases.instruments.conditions import value_of
from cases.instruments.definition import (
    Area,
    Combine,
    Definition,
    IfMissing,
    Item,
    Method,
    NonAnswer,
    Proposal,
    Scoring,
)
from cases.instruments.exact import EXACT, kept
from cases.instruments.questions import Answer, Answers, Participant, Question, Talk, talks_of
from cases.instruments.ranges import ZERO, Range, item_range, points, range_of
from cases.instruments.recommending import proposals
from cases.instruments.visibility import shown_questions

ENGINE_VERSION = "1"
"""Of these rules. It grows when the same answers could give another result; the old engine's results stay stored."""


@dataclass(frozen=True)
class CriticalAnswer:
    item: str
    talk: str  # Talk.key
    about: str
    value: Decimal
    level: str


@dataclass(frozen=True)
class Strength:
    item: str
    talk: str
    about: str


@dataclass(frozen=True)
class AreaResult:
    area: str
    state: str  # "complete", "prorated", "incomplete", "blocked", "judged", "empty" (nothing applied)
    score: Decimal | None
    least: Decimal | None
    most: Decimal | None
    """The ends that the score can have."""
    level: str  # "" without a band
    missing: tuple[str, ...]
    """Ids of items without a scored answer, in the order of the instrument."""
    lifted_by: tuple[str, ...] = ()
    """Ids of critical items that gave the level."""
    partial: tuple[str, ...] = ()
    """Ids of items that count, though not everybody who was asked gave a scored answer."""
    contributions: tuple[tuple[str, Decimal], ...] = ()
    """What each item that applies brought to the score, weighted; what was filled in for a missing one, too."""


@dataclass(frozen=True)
class Proposed:
    proposal: Proposal
    rules: tuple[str, ...]  # ids of the rules that hold


@dataclass(frozen=True)
class Result:
    areas: tuple[AreaResult, ...]
    critical: tuple[CriticalAnswer, ...]
    strengths: tuple[Strength, ...]
    proposed: tuple[Proposed, ...]
    worst: str  # the worst level of all areas, "" where there is none


Interviews = Mapping[Talk, Answers]


@dataclass(frozen=True)
class Given:
    """One question that was shown, and what was answered."""

    question: Question
    talk: str
    answer: Answer | None


@dataclass(frozen=True)
class Counted:
    """One item that applies: the one value that all its answers make, on the scale, after reversing."""

    item: Item
    value: Decimal | None  # None: missing
    partial: bool
    waits: bool
    """Somebody could still be asked: a question has no answer, or „not asked”."""


def score(
    definition: Definition,
    participants: tuple[Participant, ...],
    interviews: Interviews,
    judgements: Mapping[str, str],
) -> Result:
    """The result. `judgements` are the levels that the practitioner chose in areas without a computed score.

    An interview that was not held is one without answers; answers to questions that are not shown are not looked at.
    Raises ValueError where an answer is not on its item's scale.
    """
    with localcontext(EXACT):
        given = _given(definition, participants, interviews)
        critical = tuple(
            found for item in definition.items() if item.critical for found in _critical_of(given.get(item.id, ()))
        )
        areas = tuple(
            _area_result(definition, area, given, critical, judgements.get(area.id, "")) for area in definition.areas
        )
        return Result(
            areas=areas,
            critical=critical,
            strengths=tuple(
                Strength(one.question.item.id, one.talk, one.question.about)
                for item in definition.items()
                if item.protective
                for one in given.get(item.id, ())
                if is_strength(item, one.answer)
            ),
            proposed=tuple(
                Proposed(proposal, rules)
                for proposal, rules in proposals(
                    definition,
                    {item_id: [one.answer for one in several] for item_id, several in given.items()},
                    {area.area: area.level for area in areas},
                ).items()
            ),
            worst=_worst(definition, [area.level for area in areas]),
        )


def _given(
    definition: Definition, participants: tuple[Participant, ...], interviews: Interviews
) -> dict[str, list[Given]]:
    """What was shown and answered, by item; in an order that does not depend on who was asked first."""
    found: dict[str, list[Given]] = defaultdict(list)
    for talk in sorted(talks_of(definition, participants), key=lambda talk: talk.key):
        answers = interviews.get(talk, {})
        for question in shown_questions(definition, participants, talk, answers):
            answer = answers.get(question.key)
            _check_on_scale(question.item, answer)
            found[question.item.id].append(Given(question, talk.key, answer))
    for several in found.values():
        several.sort(key=lambda one: (one.talk, one.question.about))
    return found


def _check_on_scale(item: Item, answer: Answer | None) -> None:
    if isinstance(answer, Decimal) and not item.scale.low <= answer <= item.scale.high:
        raise ValueError(f"An answer to {item.id} is not on its scale.")


# critical answers and strengths: of single answers, as they were given


def critical_value(item: Item, answer: Answer | None) -> Decimal | None:
    """What was answered, before reversing, if that is critical (N5). Values of non-answers count as they do in N3."""
    value, limit = value_of(item.scale, answer), item.critical
    if value is None or limit is None:
        return None
    above = limit.at_least is not None and value >= limit.at_least
    below = limit.at_most is not None and value <= limit.at_most
    return value if above or below else None


def is_critical(item: Item, answer: Answer | None) -> bool:
    return critical_value(item, answer) is not None


def critical_answers(
    definition: Definition, participants: tuple[Participant, ...], talk: Talk, answers: Answers
) -> list[CriticalAnswer]:
    """The critical answers of one interview, in the order of the instrument: what alerts are made of (N7)."""
    asked = shown_questions(definition, participants, talk, answers)
    return _critical_of(Given(question, talk.key, answers.get(question.key)) for question in asked)


def _critical_of(given: Iterable[Given]) -> list[CriticalAnswer]:
    return [
        CriticalAnswer(one.question.item.id, one.talk, one.question.about, value, critical.level)
        for one in given
        if (critical := one.question.item.critical)
        and (value := critical_value(one.question.item, one.answer)) is not None
    ]


def is_strength(item: Item, answer: Answer | None) -> bool:
    """Whether a protective item was answered in its favourable half: past the middle of the scale to its good end.

    The good end is where the contribution is lowest; of an item that is not scored it is the high one.
    """
    value = value_of(item.scale, answer)
    if not item.protective or value is None:
        return False
    middle = item.scale.low + item.scale.high
    low_is_good = item.weight < 0 if item.reverse else item.weight > 0
    return 2 * value < middle if low_is_good else 2 * value > middle


# areas


def scored_value(item: Item, answer: Answer | None) -> Decimal | None:
    """What an answer counts as on the scale, turned round where the item is reversed; None: it is missing."""
    value = value_of(item.scale, answer)
    return item.scale.low + item.scale.high - value if item.reverse and value is not None else value


def _applies(item: Item, answer: Answer | None) -> bool:
    return answer is not NonAnswer.NOT_APPLICABLE or value_of(item.scale, answer) is not None


def _counted(scoring: Scoring, item: Item, given: Sequence[Given]) -> Counted | None:
    """All answers to one item as one; None where it applies to nobody."""
    answers = [one.answer for one in given if _applies(item, one.answer)]
    if not answers:
        return None
    values = [value for answer in answers if (value := scored_value(item, answer)) is not None]
    return Counted(
        item,
        _combined(scoring, item, values) if values else None,
        partial=0 < len(values) < len(answers),
        waits=any(
            answer is None or (answer is NonAnswer.NOT_ASKED and value_of(item.scale, answer) is None)
            for answer in answers
        ),
    )


def _combined(scoring: Scoring, item: Item, values: list[Decimal]) -> Decimal:
    """The mean of several people's values, or the one that raises the score most."""
    if item.combine == Combine.MEAN:
        return sum(values, ZERO) / len(values)
    return max(values, key=lambda value: _contribution(scoring, item, value))


def _area_result(
    definition: Definition,
    area: Area,
    given: Mapping[str, Sequence[Given]],
    critical: Sequence[CriticalAnswer],
    judgement: str,
) -> AreaResult:
    manual = area.scoring.method == Method.MANUAL
    counts = [
        counted
        for item in area.items
        if (item.weight or manual) and (counted := _counted(area.scoring, item, given.get(item.id, ()))) is not None
    ]
    missing = [one for one in counts if one.value is None]
    filled: dict[str, Decimal] = {}
    if manual:
        state = _judged(definition, area, counts, judgement)
    else:
        state = _state(area.scoring, counts, missing)
        filled = _contributions(area.scoring, counts, prorate=state == "prorated")
    total = _total(area.scoring, counts, filled, whole=state in {"complete", "prorated"})
    level = judgement if state == "judged" else ""
    if total is not None and state in {"complete", "prorated"}:
        level = _band(area, total)
    level, lifted_by = _lifted(definition, area, level, critical)
    ends = _range_of(definition)[area.id]
    return AreaResult(
        area=area.id,
        state=state,
        score=total,
        least=ends.least if ends else None,
        most=ends.most if ends else None,
        level=level,
        missing=tuple(one.item.id for one in missing),
        lifted_by=lifted_by,
        partial=tuple(one.item.id for one in counts if one.partial),
        contributions=tuple((item_id, kept(value)) for item_id, value in filled.items()),
    )


@lru_cache(maxsize=32)
def _range_of(definition: Definition) -> dict[str, Range | None]:
    return {area.id: range_of(area) for area in definition.areas}


def _judged(definition: Definition, area: Area, counts: list[Counted], judgement: str) -> str:
    if judgement in definition.rank_of:
        return "judged"
    return "incomplete" if counts or not area.items else "empty"


def _state(scoring: Scoring, counts: list[Counted], missing: list[Counted]) -> str:
    """What may be said with so many answers (N4). What was refused or is not known does not block: it won't come."""
    if not counts:
        return "empty"
    if not missing:
        return "complete"
    if scoring.if_missing == IfMissing.BLOCK:
        return "blocked" if any(one.waits for one in missing) else "incomplete"
    few = len(missing) <= scoring.missing_at_most
    if few and scoring.if_missing == IfMissing.PRORATE and _position(scoring, counts) is not None:
        return "prorated"
    return "incomplete"


def _contribution(scoring: Scoring, item: Item, value: Decimal) -> Decimal:
    return item.weight * points(scoring, value)


def _position(scoring: Scoring, counts: list[Counted]) -> Decimal | None:
    """How far up their ranges the answered items are, all together: from 0 to 1. None where that says nothing."""
    above = span = ZERO
    for one in counts:
        if one.value is not None:
            least, most = item_range(one.item, scoring)
            above += _contribution(scoring, one.item, one.value) - least
            span += most - least
    return above / span if span else None


def _contributions(scoring: Scoring, counts: list[Counted], *, prorate: bool) -> dict[str, Decimal]:
    """By item; prorated, a missing item stands as far up its own range as the answered ones do together."""
    position = _position(scoring, counts) if prorate else None
    found = {}
    for one in counts:
        if one.value is not None:
            found[one.item.id] = _contribution(scoring, one.item, one.value)
        elif position is not None:
            least, most = item_range(one.item, scoring)
            found[one.item.id] = least + position * (most - least)
    return found


def _total(
    scoring: Scoring, counts: list[Counted], contributions: dict[str, Decimal], *, whole: bool
) -> Decimal | None:
    """The score, or, where something is missing, that of what is there. A table says nothing of part of a sum."""
    if not contributions:
        return None
    total = sum(contributions.values(), ZERO)
    match scoring.method:
        case Method.WEIGHTED_MEAN:
            return kept(total / sum(abs(one.item.weight) for one in counts if one.item.id in contributions))
        case Method.MAX:
            return kept(max(contributions.values()))
        case Method.LOOKUP:
            return _looked_up(scoring, kept(total)) if whole else None
    return kept(total)


def _looked_up(scoring: Scoring, total: Decimal) -> Decimal | None:
    for number, row in enumerate(scoring.table, start=1):
        if row.from_value <= total < row.to_value or (number == len(scoring.table) and total == row.to_value):
            return kept(row.score)
    return None


def _band(area: Area, total: Decimal) -> str:
    for number, band in enumerate(area.bands, start=1):
        if band.from_value <= total < band.to_value or (number == len(area.bands) and total == band.to_value):
            return band.level
    return ""


def _lifted(
    definition: Definition, area: Area, level: str, critical: Sequence[CriticalAnswer]
) -> tuple[str, tuple[str, ...]]:
    """The level after critical answers, and the items that gave it; none where the level stood already (N5)."""
    here = {item.id for item in area.items}
    own = [answer for answer in critical if answer.item in here]
    worst = _worst(definition, [answer.level for answer in own])
    if _rank(definition, worst) <= _rank(definition, level):
        return level, ()
    return worst, tuple(dict.fromkeys(answer.item for answer in own if answer.level == worst))


def _rank(definition: Definition, level: str) -> int:
    return definition.rank_of.get(level, 0)


def _worst(definition: Definition, levels: Sequence[str]) -> str:
    return max(levels, key=lambda level: _rank(definition, level), default="")

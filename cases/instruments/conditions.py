"""Conditions of show-if and of recommendation rules: what they look at, and whether they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter

from cases.instruments.definition import All, Any, AreaIs, Condition, ItemIs, NonAnswer, Not, RuleHolds, Scale
from cases.instruments.questions import Answer

Leaf = ItemIs | AreaIs | RuleHolds


def leaves(condition: Condition) -> Iterator[Leaf]:
    """What a condition looks at, from left to right."""
    match condition:
        case All(of=parts) | Any(of=parts):
            for part in parts:
                yield from leaves(part)
        case Not(of=part):
            yield from leaves(part)
        case _:
            yield condition


def holds(condition: Condition, is_true: Callable[[Leaf], bool]) -> bool:
    match condition:
        case All(of=parts):
            return all(holds(part, is_true) for part in parts)
        case Any(of=parts):
            return any(holds(part, is_true) for part in parts)
        case Not(of=part):
            return not holds(part, is_true)
        case _:
            return is_true(condition)


def value_of(scale: Scale, answer: Answer | None) -> Decimal | None:
    """An answer's value on the scale. A non-answer has one only where the scale gives it one, and then it has it
    everywhere: in scores, critical answers, strengths and conditions (N3).
    """
    if isinstance(answer, NonAnswer):
        return next((value for non_answer, value in scale.scored_non_answers if non_answer is answer), None)
    return answer


def matches(condition: ItemIs, scale: Scale, answer: Answer | None) -> bool:
    """Whether an answer is one of the non-answers looked for, or its value passes every comparison that is given."""
    if isinstance(answer, NonAnswer) and answer in condition.non_answers:
        return True
    value = value_of(scale, answer)
    compares = condition.at_least is not None or condition.at_most is not None or condition.one_of
    return bool(
        compares
        and value is not None
        and (condition.at_least is None or value >= condition.at_least)
        and (condition.at_most is None or value <= condition.at_most)
        and (not condition.one_of or value in condition.one_of)
    )


def dependents_last(needs: Mapping[str, set[str]]) -> tuple[str, ...]:
    """Ids, each after those it needs. With a circle among them (checking refuses it) they stay as given."""
    known = {one: needed & needs.keys() for one, needed in needs.items()}
    try:
        return tuple(TopologicalSorter(known).static_order())
    except CycleError:
        return tuple(needs)

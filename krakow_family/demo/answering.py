"""Invented answers to whatever an instrument asks: the heavier a family's burden, the nearer the bad end of a scale.

Nothing here knows what the questions say.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from random import Random

from cases.instruments.definition import Definition, Item, NonAnswer, Scale
from cases.instruments.questions import Answer, Answers, Participant, Question, Talk, questions_of
from cases.instruments.visibility import shown

ABSTAINS = 0.03
SCATTER = 0.15


def answer_all(
    rng: Random,
    definition: Definition,
    participants: tuple[Participant, ...],
    talk: Talk,
    burdens: Mapping[str, float],
    *,
    critical: bool = False,
) -> tuple[dict[str, Answer], frozenset[str]]:
    """The answers of one interview, and the keys of the questions that are shown with them.

    `burdens` are by area, from 0 to 1. One answer is a critical one where `critical` asks for it and the interview
    has such a question; otherwise none is.
    """
    questions = list(questions_of(definition, participants, talk))
    answers: dict[str, Answer] = {}
    visible = shown(definition, participants, talk, answers)
    forced = _critical_one(questions, visible) if critical else {}
    while open_now := [one for one in questions if one.key in visible and one.key not in answers]:
        for question in open_now:
            burden = burdens[definition.area_of[question.item.id].id]
            answers[question.key] = forced.get(question.key) or _answer(rng, question.item, burden)
        visible = shown(definition, participants, talk, answers)  # an answer may show another question, or hide one
    return {key: answer for key, answer in answers.items() if key in visible}, visible


def _answer(rng: Random, item: Item, burden: float) -> Answer:
    offered = [one for one in item.scale.non_answers if one is not NonAnswer.NOT_ASKED]
    if offered and not item.required and rng.random() < ABSTAINS:
        return rng.choice(offered)
    place = min(max(rng.gauss(burden, SCATTER), 0), 1)
    if (item.weight < 0) != item.reverse:
        place = 1 - place
    values = [value for value in values_of(item.scale) if not reaches(item, value)] or values_of(item.scale)
    return values[round(place * (len(values) - 1))]


def values_of(scale: Scale) -> list[Decimal]:
    """What may be answered, from the least on; of a long scale eleven values."""
    if scale.options:
        return sorted(option.value for option in scale.options)
    step = scale.step or (scale.high - scale.low) / 10
    steps = int((scale.high - scale.low) / step)
    every = max(1, steps // 10)
    return [scale.low + step * n for n in range(0, steps + 1, every)]


def reaches(item: Item, value: Decimal) -> bool:
    """Whether this would be a critical answer."""
    if item.critical is None:
        return False
    least, most = item.critical.at_least, item.critical.at_most
    return (least is not None and value >= least) or (most is not None and value <= most)


def _critical_one(questions: list[Question], visible: frozenset[str]) -> dict[str, Answer]:
    """A critical answer to the first question that may have one, if possible one that is shown from the start."""
    for question in sorted(questions, key=lambda one: one.key not in visible):
        worst = [value for value in values_of(question.item.scale) if reaches(question.item, value)]
        if worst:
            return {question.key: worst[0]}
    return {}


def part_of(answers: Answers, definition: Definition, areas: int) -> dict[str, Answer]:
    """As far as somebody has come who has filled in the first so many areas."""
    done = {area.id for area in definition.areas[:areas]}
    return {key: answer for key, answer in answers.items() if definition.area_of[key.partition("@")[0]].id in done}

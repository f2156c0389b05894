"""Which questions of an interview are shown (show-if).

Interviews don't look at each other's answers (N7), so a condition looks into its own interview alone:

- at the answer to that item about the same person, pair, child, couple or family, if there is one;
- otherwise, if an interview can ask that item only once (about the couple or the family, the person who is asked, or
  their partner), at that one answer;
- otherwise there is no one answer that could be meant: `can_refer` says so, and checking refuses the instrument.

A condition about a question that is hidden, or that this family is not asked, is false, whatever was answered before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from cases.instruments.conditions import Leaf, dependents_last, holds, leaves, matches
from cases.instruments.definition import Definition, Informant, Item, ItemIs, Scope
from cases.instruments.questions import SOURCE_OF, Answers, Participant, Question, Talk, questions_of


def asked_once(item: Item) -> bool:
    """Whether one interview asks the item at most once, in whatever family."""
    if item.scope in {Scope.FAMILY, Scope.COUPLE}:
        return True
    if item.scope == Scope.CHILD:
        return item.informant == Informant.CHILD
    return item.informant in {Informant.SELF, Informant.PARTNER}


def can_refer(asking: Item, referred: Item) -> bool:
    """Whether a show-if of the one item may look at the other: the answer that is meant is always one."""
    same_interview = SOURCE_OF[asking.informant] == SOURCE_OF[referred.informant]
    return same_interview and (asking.scope == referred.scope or asked_once(referred))


def refers_to(question: Question, item: Item, asked: Iterable[Question]) -> Question | None:
    """The question that a condition about `item` looks at in the show-if of `question`; None: there is none.

    `asked` are the questions of the same interview.
    """
    candidates = [one for one in asked if one.item.id == item.id]
    same = next((one for one in candidates if one.about == question.about), None)
    if same or not candidates or not asked_once(item):
        return same
    return candidates[0]


def shown(
    definition: Definition, participants: tuple[Participant, ...], talk: Talk, answers: Answers
) -> frozenset[str]:
    """The keys of the questions that this interview shows."""
    return frozenset(question.key for question in shown_questions(definition, participants, talk, answers))


def shown_questions(
    definition: Definition, participants: tuple[Participant, ...], talk: Talk, answers: Answers
) -> list[Question]:
    """The questions that this interview shows, in the order of the instrument."""
    asked = list(questions_of(definition, participants, talk))
    if not _conditional(definition):
        return asked
    by_item: dict[str, list[Question]] = defaultdict(list)
    for question in asked:
        by_item[question.item.id].append(question)
    visible = {question.key for question in asked if question.item.show_if is None}
    for item_id in _conditional(definition):  # what a condition looks at has been decided before
        for question in by_item.get(item_id, ()):
            if _is_shown(question, definition, by_item, visible, answers):
                visible.add(question.key)
    return [question for question in asked if question.key in visible]


def _is_shown(
    question: Question,
    definition: Definition,
    by_item: dict[str, list[Question]],
    visible: set[str],
    answers: Answers,
) -> bool:
    def is_true(leaf: Leaf) -> bool:
        if not isinstance(leaf, ItemIs) or leaf.item not in definition.by_item:
            return False  # checking refuses it
        item = definition.by_item[leaf.item]
        referred = refers_to(question, item, by_item.get(item.id, ()))
        return bool(referred and referred.key in visible and matches(leaf, item.scale, answers.get(referred.key)))

    return question.item.show_if is None or holds(question.item.show_if, is_true)


@lru_cache(maxsize=32)
def _conditional(definition: Definition) -> tuple[str, ...]:
    """The items with a show-if, each after those that it looks at."""
    return dependents_last(
        {
            item.id: {leaf.item for leaf in leaves(item.show_if) if isinstance(leaf, ItemIs)}
            for item in definition.items()
            if item.show_if is not None
        }
    )

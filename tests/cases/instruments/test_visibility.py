"""Which questions an interview shows. Eva and Jan are a couple, Ola is their child, Zofia another adult."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from cases.instruments.conditions import dependents_last
from cases.instruments.definition import All, Any, AreaIs, Informant, ItemIs, NonAnswer, Not, RuleHolds, Scope
from cases.instruments.questions import Part, Participant, Question, Source, Talk, questions_of
from cases.instruments.visibility import asked_once, can_refer, refers_to, shown
from tests.cases.instruments.answering import assessments
from tests.cases.instruments.making import (
    BY_PRACTITIONER,
    COUPLE,
    OF_EVA,
    OF_JAN,
    OF_OLA,
    OLA,
    area,
    d,
    definition,
    item,
    scale,
)

ZOFIA = Participant("zofia", Part.ADULT)
FAMILY = (*COUPLE, ZOFIA, OLA)
YES = ItemIs("gate", at_least=d(1))


def keys(*items, talk=BY_PRACTITIONER, answers=None, participants=FAMILY):
    found = shown(definition(area(*items)), participants, talk, answers or {})
    return sorted(found)


def test_without_conditions_everything_is_shown():
    assert keys(item("a"), item("b", scope=Scope.CHILD)) == ["a@family", "b@ola"]


@pytest.mark.parametrize(
    ("answer", "visible"), [(None, False), (d(0), False), (d(1), True), (NonAnswer.REFUSED, False)]
)
def test_a_question_is_shown_while_its_condition_holds(answer, visible):
    answers = {} if answer is None else {"gate@family": answer}
    assert ("a@family" in keys(item("gate"), item("a", show_if=YES), answers=answers)) is visible


def test_a_condition_may_ask_for_a_non_answer():
    refused = item("a", show_if=ItemIs("gate", non_answers=(NonAnswer.REFUSED,)))
    assert "a@family" in keys(item("gate"), refused, answers={"gate@family": NonAnswer.REFUSED})
    assert "a@family" not in keys(item("gate"), refused, answers={"gate@family": NonAnswer.UNKNOWN})


def test_a_non_answer_with_a_value_on_the_scale_is_compared_by_it():
    gate = item("gate", scale=scale(scored={NonAnswer.REFUSED: 4}))
    assert "a@family" in keys(gate, item("a", show_if=YES), answers={"gate@family": NonAnswer.REFUSED})


def test_conditions_can_be_combined():
    both = All((YES, Not(ItemIs("other", at_least=d(1)))))
    either = Any((YES, ItemIs("other", at_least=d(1))))
    items = (item("gate"), item("other"), item("a", show_if=both), item("b", show_if=either))
    assert keys(*items, answers={"gate@family": d(1), "other@family": d(0)})[:2] == ["a@family", "b@family"]
    assert keys(*items, answers={"gate@family": d(1), "other@family": d(1)})[0] == "b@family"
    assert keys(*items) == ["gate@family", "other@family"]


# about whom


def test_about_several_people_the_answer_about_the_same_one_is_looked_at():
    each = {"scope": Scope.PERSON}
    found = keys(item("gate", **each), item("a", show_if=YES, **each), answers={"gate@jan": d(1), "gate@zofia": d(0)})
    assert [key for key in found if key.startswith("a@")] == ["a@jan"]


def test_about_a_pair_the_direction_counts():
    pair = {"scope": Scope.PAIR}
    found = keys(item("gate", **pair), item("a", show_if=YES, **pair), answers={"gate@eva>jan": d(1)})
    assert [key for key in found if key.startswith("a@")] == ["a@eva>jan"]


def test_an_answer_about_the_family_opens_questions_about_each_child():
    children = (*FAMILY, Participant("adam", Part.CHILD))
    items = (item("gate"), item("a", scope=Scope.CHILD, show_if=YES))
    assert keys(*items, answers={"gate@family": d(1)}, participants=children)[:2] == ["a@adam", "a@ola"]
    assert keys(*items, answers={"gate@family": d(0)}, participants=children) == ["gate@family"]


def test_what_somebody_says_of_oneself_opens_questions_about_others():
    own = {"scope": Scope.PERSON, "informant": Informant.SELF}
    of_partner = {"scope": Scope.PAIR, "informant": Informant.PARTNER, "show_if": YES}
    items = (item("gate", **own), item("a", **of_partner))
    assert keys(*items, talk=OF_EVA, answers={"gate@eva": d(1)}) == ["a@jan>eva", "gate@eva"]


def test_another_interview_is_not_looked_at():
    own = {"scope": Scope.PERSON, "informant": Informant.SELF}
    items = (item("gate", **own), item("a", show_if=YES, **own))
    assert keys(*items, talk=OF_JAN, answers={"gate@eva": d(1)}) == ["gate@jan"]


def test_a_question_that_this_family_is_not_asked_is_not_answered():
    items = (
        item("gate", scope=Scope.COUPLE),
        item("a", show_if=YES),
        item("b", show_if=Not(YES)),
    )
    assert keys(*items, answers={"gate@couple": d(4)}, participants=(ZOFIA,)) == ["b@family"]


@pytest.mark.parametrize(
    ("asking", "referred", "meant"),
    [
        ((Scope.CHILD, Informant.PRACTITIONER), (Scope.FAMILY, Informant.PRACTITIONER), True),
        ((Scope.FAMILY, Informant.PRACTITIONER), (Scope.CHILD, Informant.PRACTITIONER), False),
        ((Scope.PERSON, Informant.PRACTITIONER), (Scope.PERSON, Informant.PRACTITIONER), True),
        ((Scope.PAIR, Informant.PRACTITIONER), (Scope.PERSON, Informant.PRACTITIONER), False),
        ((Scope.PAIR, Informant.PARTNER), (Scope.PERSON, Informant.SELF), True),
        ((Scope.CHILD, Informant.SELF), (Scope.PERSON, Informant.PARTNER), True),
        ((Scope.FAMILY, Informant.CHILD), (Scope.CHILD, Informant.CHILD), True),
        ((Scope.FAMILY, Informant.CHILD), (Scope.PERSON, Informant.CHILD), False),
        ((Scope.PERSON, Informant.SELF), (Scope.PERSON, Informant.PRACTITIONER), False),
        ((Scope.COUPLE, Informant.RECORDS), (Scope.COUPLE, Informant.PRACTITIONER), False),
    ],
)
def test_a_condition_means_one_answer_of_its_own_interview_or_is_refused(asking, referred, meant):
    one, other = (
        item(name, scope=scope, informant=informant)
        for name, (scope, informant) in zip("ab", (asking, referred), strict=True)
    )
    assert can_refer(one, other) is meant


@settings(max_examples=30)
@given(assessments())
def test_where_a_condition_has_a_meaning_it_never_has_two(case):
    of, participants, interviews, _ = case
    for talk in interviews:
        asked = list(questions_of(of, participants, talk))
        for question in asked:
            for item_id in {other.item.id for other in asked}:
                other = of.by_item[item_id]
                about = [one for one in asked if one.item == other]
                if asked_once(other):
                    assert len(about) == 1
                if can_refer(question.item, other):
                    same = [one for one in about if one.about == question.about]
                    meant = same or (about if asked_once(other) else [])
                    assert refers_to(question, other, asked) == (meant[0] if meant else None)


def test_without_an_answer_that_is_meant_there_is_none():
    other = item("b", scope=Scope.PERSON)
    asked = [Question(other, BY_PRACTITIONER, "eva"), Question(other, BY_PRACTITIONER, "jan")]
    assert refers_to(Question(item("a"), BY_PRACTITIONER, "family"), other, asked) is None
    assert refers_to(Question(item("a"), BY_PRACTITIONER, "family"), item("c"), asked) is None


# chains and circles


def test_what_hides_a_question_hides_what_depends_on_it():
    chain = [item("i0")] + [
        item(f"i{number}", show_if=ItemIs(f"i{number - 1}", at_least=d(1))) for number in range(1, 300)
    ]
    answers = {f"i{number}@family": d(1) for number in range(300)}
    assert len(keys(*chain, answers=answers)) == 300
    assert len(keys(*chain, answers=answers | {"i100@family": d(0)})) == 101
    assert len(keys(*reversed(chain), answers=answers | {"i100@family": d(0)})) == 101


def test_a_circle_comes_to_an_end():
    circle = (
        item("a", show_if=ItemIs("b", at_least=d(0))),
        item("b", show_if=ItemIs("a", at_least=d(0))),
        item("c", show_if=ItemIs("c", at_least=d(0))),
        item("d"),
    )
    assert keys(*circle, answers={f"{name}@family": d(1) for name in "abcd"}) == ["d@family"]


def test_what_checking_refuses_is_never_true():
    for strange in (ItemIs("unknown", at_least=d(0)), AreaIs("area", "low"), RuleHolds("rule")):
        assert keys(item("a", show_if=strange)) == []


def test_ids_come_after_what_they_need():
    order = dependents_last({"c": {"b", "elsewhere"}, "a": set(), "b": {"a"}})
    assert order == ("a", "b", "c")
    assert dependents_last({"b": {"a"}, "a": {"b"}}) == ("b", "a")


def test_a_child_is_asked_about_itself_alone():
    own = item("a", scope=Scope.CHILD, informant=Informant.CHILD)
    assert keys(own, talk=OF_OLA) == ["a@ola"]
    assert keys(own, talk=Talk(Source.RECORDS)) == []

"""Results worked out by hand (N3–N6). The family is Eva and Jan, a couple, and Ola, their child."""

from __future__ import annotations

from decimal import ROUND_UP, Context, Decimal, localcontext

import pytest

from cases.instruments.definition import (
    All,
    Any,
    AreaIs,
    Combine,
    Critical,
    IfMissing,
    Informant,
    ItemIs,
    LookupRow,
    Method,
    NonAnswer,
    Not,
    Proposal,
    Recommendation,
    RuleHolds,
    Scope,
)
from cases.instruments.questions import Part, Participant, Source, Talk
from cases.instruments.scoring import AreaResult, CriticalAnswer, Proposed, Strength, critical_answers, score
from tests.cases.instruments.making import (
    BY_PRACTITIONER,
    COUPLE,
    EVA,
    JAN,
    OF_EVA,
    OF_JAN,
    OLA,
    area,
    bands,
    d,
    definition,
    item,
    scale,
)

REFUSED, UNKNOWN, NOT_ASKED = NonAnswer.REFUSED, NonAnswer.UNKNOWN, NonAnswer.NOT_ASKED
NOT_APPLICABLE = NonAnswer.NOT_APPLICABLE


def family_answers(**answers):
    """What the practitioner answered about the family, by item."""
    return {
        BY_PRACTITIONER: {
            f"{key}@family": answer if isinstance(answer, NonAnswer) else d(answer) for key, answer in answers.items()
        }
    }


def result_of(an_area, interviews, *, participants=COUPLE, judgement="") -> AreaResult:
    judgements = {an_area.id: judgement} if judgement else {}
    return score(definition(an_area), participants, interviews, judgements).areas[0]


# methods


def test_a_sum_adds_weighted_answers():
    found = result_of(
        area(item("a", weight=d("1.5")), item("b"), item("c", weight=d(-1))), family_answers(a=3, b=2, c=1)
    )
    assert (found.state, found.score) == ("complete", d("5.5"))
    assert found.contributions == (("a", d("4.5")), ("b", d(2)), ("c", d(-1)))
    assert (found.least, found.most) == (d(-4), d(10))


def test_a_reversed_item_is_turned_round_before_it_is_weighted():
    reversed_item = item("a", reverse=True, weight=d(2), scale=scale(1, 5))
    assert result_of(area(reversed_item), family_answers(a=5)).score == d(2)  # 1 + 5 - 5 = 1
    assert result_of(area(reversed_item), family_answers(a=2)).score == d(8)


def test_a_weighted_mean_divides_by_the_size_of_the_weights():
    mean = area(
        item("a", weight=d(3)), item("b"), item("c", weight=d(-1)), item("d", weight=d(0)), method=Method.WEIGHTED_MEAN
    )
    assert result_of(mean, family_answers(a=4, b=2, c=1, d=4)).score == d("2.6")  # (12 + 2 - 1) / 5


def test_a_mean_is_kept_to_six_decimals_a_half_to_the_even_digit():
    thirds = area(item("a"), item("b"), item("c"), method=Method.WEIGHTED_MEAN)
    assert result_of(thirds, family_answers(a=1, b=0, c=1)).score == d("0.666667")
    tiny = [item(name, scale=scale(0, 5), weight=d("0.0001")) for name in "ab"]
    half = area(*tiny, item("c", weight=d("199.9998"), scale=scale(0, 5)), method=Method.WEIGHTED_MEAN)
    assert result_of(half, family_answers(a=1, b=0, c=0)).score == d(0)  # 0.0000005
    assert result_of(half, family_answers(a=3, b=0, c=0)).score == d("0.000002")  # 0.0000015


def test_the_highest_answer_counts_by_its_weight():
    highest = area(item("a", weight=d("0.5")), item("b"), method=Method.MAX)
    assert result_of(highest, family_answers(a=4, b=1)).score == d(2)
    assert result_of(highest, family_answers(a=4, b=3)).score == d(3)


def test_answers_from_a_threshold_on_are_counted_after_reversing():
    counted = area(item("a"), item("b"), item("c", reverse=True), method=Method.COUNT, threshold=d(3))
    assert result_of(counted, family_answers(a=3, b=2, c=1)).score == d(2)
    assert result_of(counted, family_answers(a=2, b=2, c=2)).score == d(0)


def test_a_table_turns_the_sum_into_a_score():
    table = (LookupRow(d(0), d(3), d(10)), LookupRow(d(3), d(6), d(25)), LookupRow(d(6), d(8), d(60)))
    looked_up = area(item("a"), item("b"), method=Method.LOOKUP, table=table)
    scores = [result_of(looked_up, family_answers(a=a, b=b)).score for a, b in [(0, 0), (2, 1), (4, 1), (4, 4)]]
    assert scores == [10, 25, 25, 60]
    assert (found := result_of(looked_up, family_answers(a=0, b=0))).least == 10
    assert found.most == 60


def test_a_manual_area_has_the_level_that_the_practitioner_chose():
    manual = area(item("a"), method=Method.MANUAL)
    judged = result_of(manual, family_answers(a=1), judgement="middle")
    assert (judged.state, judged.level, judged.score, judged.most) == ("judged", "middle", None, None)
    for unknown in ("", "enormous"):
        assert result_of(manual, family_answers(a=1), judgement=unknown).state == "incomplete"


def test_a_manual_area_that_does_not_apply_needs_no_judgement():
    manual = area(item("a", scope=Scope.CHILD), method=Method.MANUAL)
    assert result_of(manual, {}, participants=(EVA,)).state == "empty"
    assert result_of(area(method=Method.MANUAL), {}).state == "incomplete"


def test_a_computed_area_does_not_listen_to_a_judgement():
    found = result_of(area(item("a"), bands=bands(0, 1, 2, 4)), family_answers(a=0), judgement="high")
    assert (found.state, found.level) == ("complete", "low")


# bands


@pytest.mark.parametrize(("answer", "level"), [(0, "low"), (1, "middle"), (2, "middle"), (3, "high"), (4, "high")])
def test_a_band_begins_with_its_first_number_and_the_last_includes_its_end(answer, level):
    assert result_of(area(item("a"), bands=bands(0, 1, 3, 4)), family_answers(a=answer)).level == level


# what is missing


def of_four(**scoring):
    return area(*(item(name) for name in "abcd"), bands=bands(0, 4, 8, 16), **scoring)


def test_without_a_rule_one_missing_item_makes_the_result_incomplete():
    found = result_of(of_four(), family_answers(a=4, b=4, c=4))
    assert (found.state, found.score, found.level, found.missing) == ("incomplete", d(12), "", ("d",))


@pytest.mark.parametrize("non_answer", [NonAnswer.NO, UNKNOWN, REFUSED, NOT_ASKED])
def test_non_answers_are_missing_and_never_nought(non_answer):
    found = result_of(
        of_four(missing_at_most=1, if_missing=IfMissing.PRORATE), family_answers(a=4, b=4, c=4, d=non_answer)
    )
    assert (found.state, found.score, found.missing) == ("prorated", d(16), ("d",))


def test_a_scale_may_give_a_non_answer_a_value():
    scored = scale(scored={NonAnswer.NO: 0, REFUSED: 3})
    given = area(item("a", scale=scored), item("b", scale=scored, reverse=True))
    assert result_of(given, family_answers(a=NonAnswer.NO, b=REFUSED)).score == d(1)  # 0 and 4 - 3
    assert result_of(given, family_answers(a=UNKNOWN, b=REFUSED)).missing == ("a",)


def test_prorating_takes_the_place_in_the_range_of_all_that_was_answered():
    prorated = area(
        item("a"),
        item("b", scale=scale(1, 3)),
        item("c", scale=scale(0, 10)),
        item("d", weight=d(-1)),
        missing_at_most=2,
        if_missing=IfMissing.PRORATE,
    )
    found = result_of(prorated, family_answers(a=2, b=2))  # (2 - 0 + 2 - 1) of (4 + 2): half way up
    assert found.score == d(2) + d(2) + d(5) + d(-2)
    assert found.contributions == (("a", d(2)), ("b", d(2)), ("c", d(5)), ("d", d(-2)))
    assert found.state == "prorated"


def test_prorating_has_a_band_and_past_its_limit_there_is_none():
    rule = {"missing_at_most": 1, "if_missing": IfMissing.PRORATE}
    assert result_of(of_four(**rule), family_answers(a=1, b=1, c=1)).level == "middle"  # 4
    found = result_of(of_four(**rule), family_answers(a=1, b=1))
    assert (found.state, found.level, found.score) == ("incomplete", "", d(2))


def test_there_is_nothing_to_prorate_from_without_an_answer():
    found = result_of(of_four(missing_at_most=4, if_missing=IfMissing.PRORATE), {})
    assert (found.state, found.score, found.missing) == ("incomplete", None, ("a", "b", "c", "d"))


@pytest.mark.parametrize("at_most", [0, 1, 3])
def test_blocking_waits_for_an_answer_but_not_for_one_that_will_not_come(at_most):
    rule = {"missing_at_most": at_most, "if_missing": IfMissing.BLOCK}
    assert result_of(of_four(**rule), family_answers(a=1, b=1, c=1)).state == "blocked"
    assert result_of(of_four(**rule), family_answers(a=1, b=1, c=1, d=NOT_ASKED)).state == "blocked"
    assert result_of(of_four(**rule), family_answers(a=1, b=1, c=UNKNOWN, d=REFUSED)).state == "incomplete"
    assert result_of(of_four(**rule), family_answers(a=1, b=1, c=1, d=1)).state == "complete"


def test_what_does_not_apply_is_not_missing_and_adds_nothing():
    found = result_of(of_four(), family_answers(a=1, b=1, c=1, d=NOT_APPLICABLE))
    assert (found.state, found.score, found.missing) == ("complete", d(3), ())
    mean = area(item("a"), item("b"), method=Method.WEIGHTED_MEAN)
    assert result_of(mean, family_answers(a=3, b=NOT_APPLICABLE)).score == d(3)


def test_an_area_of_which_nothing_applies_is_empty():
    found = result_of(of_four(), family_answers(**dict.fromkeys("abcd", NOT_APPLICABLE)))
    assert (found.state, found.score, found.level) == ("empty", None, "")


def test_an_item_without_weight_is_asked_but_neither_counts_nor_is_missing():
    found = result_of(area(item("a"), item("b", weight=d(0))), family_answers(a=1))
    assert (found.state, found.score) == ("complete", d(1))


def test_an_incomplete_sum_has_no_place_in_a_table():
    looked_up = area(item("a"), item("b"), method=Method.LOOKUP, table=(LookupRow(d(0), d(8), d(1)),))
    assert result_of(looked_up, family_answers(a=1)).score is None


# several people


def by_both(**fields):
    return item("a", scope=Scope.PERSON, informant=Informant.SELF, **fields)


def answers_of_both(eva, jan):
    return {OF_EVA: {"a@eva": eva}, OF_JAN: {"a@jan": jan}}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, 3),
        ({"combine": Combine.MEAN}, 2),
        ({"weight": d(-1)}, -1),
        ({"reverse": True}, 3),
        ({"reverse": True, "weight": d(-1)}, -1),
        ({"reverse": True, "combine": Combine.MEAN}, 2),
    ],
)
def test_several_answers_to_one_item_are_one(fields, expected):
    found = result_of(area(by_both(**fields)), answers_of_both(d(1), d(3)))
    assert (found.score, found.partial) == (d(expected), ())


def test_a_mean_of_people_reaches_a_threshold_as_one():
    counted = area(by_both(combine=Combine.MEAN), method=Method.COUNT, threshold=d(3))
    assert result_of(counted, answers_of_both(d(2), d(4))).score == d(1)
    assert result_of(counted, answers_of_both(d(1), d(4))).score == d(0)


def test_what_one_of_two_answered_counts_and_the_result_says_so():
    found = result_of(area(by_both(combine=Combine.MEAN)), answers_of_both(d(1), REFUSED))
    assert (found.state, found.score, found.partial) == ("complete", d(1), ("a",))
    found = result_of(area(by_both()), answers_of_both(d(1), NOT_APPLICABLE))
    assert found.partial == ()


def test_an_item_is_missing_when_nobody_gave_a_scored_answer():
    for others in (NOT_APPLICABLE, UNKNOWN):
        found = result_of(area(by_both()), answers_of_both(others, REFUSED))
        assert (found.state, found.missing, found.partial) == ("incomplete", ("a",), ())


def test_an_interview_that_was_not_held_has_no_answers():
    found = result_of(area(by_both()), {OF_EVA: {"a@eva": d(2)}})
    assert (found.score, found.partial) == (d(2), ("a",))


def test_an_answer_to_a_question_that_nobody_asks_is_not_looked_at():
    found = result_of(area(item("a")), family_answers(a=1, b=4) | {Talk(Source.ADULT, "stranger"): {"a@family": d(4)}})
    assert found.score == d(1)


def test_an_answer_off_its_scale_is_an_error_and_no_number():
    with pytest.raises(ValueError, match="a is not on its scale"):
        result_of(area(item("a")), family_answers(a=5))


# critical answers and strengths


def critical(**fields):
    limits = {"at_least": d(3)} if "at_most" not in fields else {}
    limits |= {key: fields.pop(key) for key in ("at_least", "at_most") if key in fields}
    return item("a", critical=Critical(fields.pop("level", "high"), **limits), **fields)


def test_a_critical_answer_lifts_the_level_and_says_that_it_did():
    found = result_of(area(critical(), item("b"), bands=bands(0, 4, 6, 8)), family_answers(a=3, b=0))
    assert (found.score, found.level, found.lifted_by) == (d(3), "high", ("a",))


def test_a_critical_answer_does_not_lower_a_level_that_stands():
    lenient = area(critical(level="middle"), bands=bands(0, 1, 2, 4))
    found = result_of(lenient, family_answers(a=4))
    assert (found.level, found.lifted_by) == ("high", ())


def test_a_critical_answer_lifts_an_incomplete_result_and_a_judged_one():
    assert result_of(area(critical(), item("b")), family_answers(a=3)).level == "high"
    manual = area(critical(), method=Method.MANUAL)
    assert result_of(manual, family_answers(a=3), judgement="low").level == "high"
    assert result_of(area(critical(weight=d(0))), family_answers(a=3)).level == "high"


def test_what_is_critical_is_looked_for_on_the_scale_before_reversing():
    turned = area(critical(reverse=True, at_most=d(1)), bands=bands(0, 1, 2, 4))
    assert result_of(turned, family_answers(a=1)).lifted_by == ()  # 3 is high by itself
    assert score(definition(turned), COUPLE, family_answers(a=1), {}).critical == (
        CriticalAnswer("a", "practitioner", "family", d(1), "high"),
    )
    assert not score(definition(turned), COUPLE, family_answers(a=2), {}).critical


def test_every_persons_critical_answer_stands_on_its_own():
    both = definition(area(by_both(critical=Critical("high", at_least=d(3)))))
    found = score(both, (JAN, EVA), answers_of_both(d(4), d(3)), {})
    assert [(one.talk, one.value) for one in found.critical] == [("adult:eva", d(4)), ("adult:jan", d(3))]
    assert critical_answers(both, COUPLE, OF_JAN, {"a@jan": d(3)}) == [found.critical[1]]
    assert critical_answers(both, COUPLE, OF_JAN, {"a@jan": d(2)}) == []


def test_a_non_answer_is_critical_only_where_its_scale_gives_it_such_a_value():
    scored = critical(scale=scale(scored={REFUSED: 4}))
    assert result_of(area(scored), family_answers(a=REFUSED)).level == "high"
    assert result_of(area(critical()), family_answers(a=REFUSED)).level == ""


@pytest.mark.parametrize(
    ("fields", "strong", "weak"),
    [
        ({"weight": d(-1)}, (3, 4), (0, 1, 2)),
        ({"reverse": True}, (3, 4), (0, 1, 2)),
        ({"weight": d(0)}, (3, 4), (0, 1, 2)),
        ({"weight": d(-1), "reverse": True}, (0, 1), (2, 3, 4)),
    ],
)
def test_a_strength_is_answered_past_the_middle_of_the_scale(fields, strong, weak):
    protective = definition(area(item("a", protective=True, **fields)))
    for answer in (*strong, *weak):
        found = score(protective, COUPLE, family_answers(a=answer), {}).strengths
        assert found == ((Strength("a", "practitioner", "family"),) if answer in strong else ())


def test_only_protective_items_are_strengths():
    assert not score(definition(area(item("a", weight=d(-1)))), COUPLE, family_answers(a=4), {}).strengths


# recommendations


def proposed(*rules, answers, an_area=None):
    of = definition(an_area or area(item("a"), item("b"), bands=bands(0, 2, 4, 8)), rules=rules)
    return {one.proposal: one.rules for one in score(of, COUPLE, answers, {}).proposed}


def rule(rule_id, when, *proposes):
    return Recommendation(rule_id, proposes or (Proposal.PARENTS,), when, "because")


def test_all_rules_that_hold_stand_with_what_they_propose():
    found = score(
        definition(
            area(item("a"), item("b"), bands=bands(0, 2, 4, 8)),
            rules=(
                rule("second", ItemIs("a", at_least=d(2)), Proposal.REFER_OUT, Proposal.COUPLE),
                rule("first", AreaIs("area", "middle"), Proposal.COUPLE),
                rule("never", AreaIs("area", "high"), Proposal.STEREOTYPES),
            ),
        ),
        COUPLE,
        family_answers(a=3, b=0),
        {},
    )
    assert found.proposed == (
        Proposed(Proposal.COUPLE, ("second", "first")),
        Proposed(Proposal.REFER_OUT, ("second",)),
    )
    assert found.worst == "middle"


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (ItemIs("a", at_least=d(3)), True),
        (ItemIs("a", at_least=d(4)), False),
        (ItemIs("a", at_most=d(3)), True),
        (ItemIs("a", at_least=d(1), at_most=d(2)), False),
        (ItemIs("a", one_of=(d(1), d("3.0"))), True),
        (ItemIs("a", one_of=(d(1),)), False),
        (ItemIs("a", non_answers=(REFUSED,)), False),
        (ItemIs("b", non_answers=(UNKNOWN, REFUSED)), True),
        (ItemIs("b", at_least=d(0)), False),
        (ItemIs("c", non_answers=(NOT_ASKED,)), False),  # not answered at all
        (ItemIs("unknown", at_least=d(0)), False),
        (Not(ItemIs("b", at_least=d(0))), True),
        (All((ItemIs("a", at_least=d(3)), ItemIs("b", non_answers=(REFUSED,)))), True),
        (All((ItemIs("a", at_least=d(3)), ItemIs("b", at_least=d(0)))), False),
        (Any((ItemIs("a", at_least=d(4)), ItemIs("b", non_answers=(REFUSED,)))), True),
        (Any((ItemIs("a", at_least=d(4)), ItemIs("b", at_least=d(0)))), False),
        (AreaIs("", "low"), False),  # incomplete: no level at all
        (AreaIs("area", "unknown"), False),
    ],
)
def test_a_rule_compares_items_and_areas(when, expected):
    found = proposed(
        rule("r", when), answers=family_answers(a=3, b=REFUSED), an_area=area(item("a"), item("b"), item("c"))
    )
    assert found == ({Proposal.PARENTS: ("r",)} if expected else {})


def test_one_of_several_answers_is_enough_for_a_rule():
    when = ItemIs("a", at_least=d(3))
    found = proposed(rule("r", when), answers=answers_of_both(d(0), d(3)), an_area=area(by_both()))
    assert found == {Proposal.PARENTS: ("r",)}


def test_a_rule_looks_at_another_wherever_that_stands():
    rules = (
        rule("late", Not(RuleHolds("early")), Proposal.COUPLE),
        rule("early", ItemIs("a", at_least=d(3)), Proposal.PARENTS),
    )
    assert proposed(*rules, answers=family_answers(a=3, b=0)) == {Proposal.PARENTS: ("early",)}
    assert proposed(*rules, answers=family_answers(a=0, b=0)) == {Proposal.COUPLE: ("late",)}


def test_rules_in_a_circle_come_to_an_end():
    rules = (rule("x", RuleHolds("y")), rule("y", RuleHolds("x")), rule("z", RuleHolds("z")))
    assert proposed(*rules, answers={}) == {}


def test_the_worst_level_is_that_of_all_areas():
    first = area(item("a"), area_id="first", bands=bands(0, 1, 2, 4))
    second = area(item("b"), area_id="second", bands=bands(0, 1, 2, 4))
    of = definition(first, second, area(item("c"), area_id="third"))
    assert score(of, COUPLE, family_answers(a=4, b=1, c=1), {}).worst == "high"
    assert score(of, COUPLE, {}, {}).worst == ""


# nothing around it matters


def test_the_callers_decimal_context_changes_nothing():
    thirds = area(item("a"), item("b"), item("c"), method=Method.WEIGHTED_MEAN)
    expected = result_of(thirds, family_answers(a=1, b=0, c=1))
    with localcontext(Context(prec=2, rounding=ROUND_UP)):
        assert result_of(thirds, family_answers(a=1, b=0, c=1)) == expected


def test_a_child_is_one_of_several_people_and_changes_no_range():
    each_child = area(item("a", scope=Scope.CHILD), bands=bands(0, 1, 2, 4))
    none = result_of(each_child, {}, participants=COUPLE)
    one = result_of(each_child, {BY_PRACTITIONER: {"a@ola": d(2)}}, participants=(*COUPLE, OLA))
    assert (none.state, one.state, one.score) == ("empty", "complete", Decimal(2))
    assert (none.least, none.most) == (one.least, one.most)


def test_what_stands_in_lists_does_not_follow_the_order_of_participants():
    adam = Participant("adam", Part.CHILD)
    critical_and_strong = item(
        "a", scope=Scope.CHILD, critical=Critical("high", at_least=d(3)), protective=True, weight=d(-1)
    )
    answers = {BY_PRACTITIONER: {"a@ola": d(4), "a@adam": d(3)}}
    one, other = (
        score(definition(area(critical_and_strong)), (*COUPLE, *children), answers, {})
        for children in ((OLA, adam), (adam, OLA))
    )
    assert one == other
    assert [found.about for found in one.critical] == ["adam", "ola"]
    assert [found.about for found in one.strengths] == ["adam", "ola"]

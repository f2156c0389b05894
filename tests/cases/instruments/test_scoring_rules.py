"""What holds of every result, whatever the instrument, the family and the answers are (N3–N5).

Risk of an answer: what it contributes to the score. With a positive weight it rises with the answer, with a negative
weight or reversed it falls, with both it rises. Of tables only
those keep order that do so themselves: those made here do.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cases.instruments.conditions import leaves, value_of
from cases.instruments.definition import Combine, Definition, IfMissing, ItemIs, Method, NonAnswer, Scope
from cases.instruments.exact import kept
from cases.instruments.questions import Part, Participant, questions_of, talks_of
from cases.instruments.ranges import item_range, points, scored_items
from cases.instruments.scoring import score
from cases.instruments.visibility import shown
from tests.cases.instruments.answering import COMPUTED, assessments, values_on
from tests.cases.instruments.making import BY_PRACTITIONER, COUPLE, area, bands, d, definition, item, scale

slowly = settings(max_examples=40)
"""A made-up instrument takes its time, the more on a busy machine."""


def change_areas(of: Definition, change) -> Definition:
    return replace(of, areas=tuple(change(one) for one in of.areas))


def change_items(of: Definition, change) -> Definition:
    return change_areas(of, lambda one: replace(one, items=tuple(change(item) for item in one.items)))


# bounds


@slowly
@given(assessments())
def test_a_score_lies_between_its_ends_and_has_a_band(case):
    of, participants, interviews, judgements = case
    for found in score(of, participants, interviews, judgements).areas:
        if found.score is not None:
            assert found.least is not None
            assert found.most is not None
            assert found.least <= found.score <= found.most
        assert bool(found.level) >= (found.state in {"complete", "prorated", "judged"})
        assert (found.score is None) >= (found.state in {"judged", "empty"})
        for item_id, value in found.contributions:
            ends = item_range(of.by_item[item_id], of.by_area[found.area].scoring)
            assert kept(ends.least) <= value <= kept(ends.most)


@slowly
@given(assessments(plain=True, methods=[Method.SUM, Method.WEIGHTED_MEAN, Method.MAX, Method.COUNT]))
def test_the_contributions_explain_the_score(case):
    of, participants, interviews, judgements = case
    for found in score(of, participants, interviews, judgements).areas:
        values = [value for _, value in found.contributions]
        if not values:
            assert found.score is None
            continue
        weights = sum(abs(of.by_item[item_id].weight) for item_id, _ in found.contributions)
        method = of.by_area[found.area].scoring.method
        expected = {Method.WEIGHTED_MEAN: sum(values) / weights, Method.MAX: max(values)}.get(method, sum(values))
        assert abs(found.score - expected) < Decimal("0.00001")  # each contribution is rounded on its own


# order


@slowly
@given(assessments(), st.randoms(use_true_random=False))
def test_the_order_of_answers_interviews_and_participants_does_not_matter(case, random):
    of, participants, interviews, judgements = case
    talks = [(talk, list(answers.items())) for talk, answers in interviews.items()]
    random.shuffle(talks)
    for _, answers in talks:
        random.shuffle(answers)
    family, judged = list(participants), list(judgements.items())
    random.shuffle(family)
    random.shuffle(judged)
    shuffled = score(of, tuple(family), {talk: dict(answers) for talk, answers in talks}, dict(judged))
    assert shuffled == score(of, participants, interviews, judgements)


# more risk is never less


@slowly
@given(assessments(methods=COMPUTED), st.data())
def test_more_risk_in_one_answer_never_lowers_score_or_level(case, data):
    of, participants, interviews, judgements = case
    looked_at = {
        leaf.item for item in of.items() if item.show_if for leaf in leaves(item.show_if) if isinstance(leaf, ItemIs)
    }
    answered = [
        (talk, question)
        for talk, answers in interviews.items()
        for question in questions_of(of, participants, talk)
        if isinstance(answers.get(question.key), Decimal)
        and question.item.critical is None  # a turned-round answer may stop being critical
        and question.item.id not in looked_at  # or hide other questions
    ]
    assume(answered)
    talk, question = data.draw(st.sampled_from(answered))
    item = question.item
    one, other = interviews[talk][question.key], data.draw(values_on(item.scale))

    def risk(value):
        return (-value if item.reverse else value) * item.weight

    safer, riskier = sorted([one, other], key=risk)
    before, after = (
        score(of, participants, {**interviews, talk: {**interviews[talk], question.key: answer}}, judgements)
        for answer in (safer, riskier)
    )
    for low, high in zip(before.areas, after.areas, strict=True):
        assert low.state == high.state
        assert (low.score is None) == (high.score is None)
        assert low.score is None or high.score is None or low.score <= high.score
        assert of.rank_of.get(low.level, 0) <= of.rank_of.get(high.level, 0)
    assert of.rank_of.get(before.worst, 0) <= of.rank_of.get(after.worst, 0)


@slowly
@given(assessments())
def test_critical_answers_never_lower_a_level(case):
    of, participants, interviews, judgements = case
    mild = change_items(of, lambda item: replace(item, critical=None))
    plain, lifted = (score(one, participants, interviews, judgements) for one in (mild, of))
    for before, after in zip(plain.areas, lifted.areas, strict=True):
        before_rank, after_rank = of.rank_of.get(before.level, 0), of.rank_of.get(after.level, 0)
        assert (after_rank > before_rank) == bool(after.lifted_by)
        assert after_rank >= before_rank
        assert (before.score, before.state) == (after.score, after.state)
    assert not plain.critical
    for critical in lifted.critical:
        level = next(one.level for one in lifted.areas if one.area == of.area_of[critical.item].id)
        assert of.rank_of[level] >= of.rank_of[critical.level]


# missing answers


def what_is_there(of, participants, interviews, item):
    """Answers to an item that apply, each as its value or None: by brute force."""
    answers = [
        interviews[talk].get(question.key)
        for talk in talks_of(of, participants)
        for question in questions_of(of, participants, talk)
        if question.item.id == item.id
    ]
    values = [(answer, value_of(item.scale, answer)) for answer in answers]
    return [(answer, value) for answer, value in values if answer != NonAnswer.NOT_APPLICABLE or value is not None]


@slowly
@given(assessments(plain=True, methods=COMPUTED))
def test_the_missing_rule_decides_the_state(case):
    of, participants, interviews, judgements = case
    result = score(of, participants, interviews, judgements)
    for found, an_area in zip(result.areas, of.areas, strict=True):
        there = {item.id: what_is_there(of, participants, interviews, item) for item in scored_items(an_area)}
        applying = [item_id for item_id, answers in there.items() if answers]
        missing = [item_id for item_id in applying if all(value is None for _, value in there[item_id])]
        waiting = [
            item_id
            for item_id in missing
            if any(answer in {None, NonAnswer.NOT_ASKED} for answer, value in there[item_id] if value is None)
        ]
        rule = an_area.scoring
        if not applying:
            expected = "empty"
        elif not missing:
            expected = "complete"
        elif rule.if_missing == IfMissing.BLOCK:
            expected = "blocked" if waiting else "incomplete"
        elif rule.if_missing == IfMissing.PRORATE and len(missing) <= rule.missing_at_most and missing != applying:
            expected = "prorated"
        else:
            expected = "incomplete"
        assert (found.state, found.missing) == (expected, tuple(missing))
        assert found.level == "" or found.state in {"complete", "prorated"}


@slowly
@given(st.lists(st.integers(0, 4), min_size=1, max_size=6), st.integers(1, 4), st.sampled_from(Method))
def test_with_equal_scales_prorating_is_putting_in_the_mean(answers, missing, method):
    assume(method in {Method.SUM, Method.WEIGHTED_MEAN})
    names = [f"i{number}" for number in range(len(answers) + missing)]
    an_area = area(
        *(item(name) for name in names), method=method, missing_at_most=missing, if_missing=IfMissing.PRORATE
    )
    interviews = {BY_PRACTITIONER: {f"{name}@family": d(value) for name, value in zip(names, answers, strict=False)}}
    found = score(definition(an_area), COUPLE, interviews, {}).areas[0]
    mean = Decimal(sum(answers)) / len(answers)
    assert found.state == "prorated"
    assert found.score is not None
    assert abs(found.score - (mean if method == Method.WEIGHTED_MEAN else mean * len(names))) < Decimal("0.000001")


@slowly
@given(assessments(plain=True, methods=COMPUTED, whole=True))
def test_with_all_answers_the_missing_rule_changes_nothing(case):
    of, participants, interviews, judgements = case
    result = score(of, participants, interviews, judgements)
    for rule in IfMissing:
        other = change_areas(of, lambda one, rule=rule: replace(one, scoring=replace(one.scoring, if_missing=rule)))
        assert score(other, participants, interviews, judgements) == result


# reversing and tables


@slowly
@given(assessments(plain=True))
def test_turning_scale_and_answers_round_is_nothing(case):
    of, participants, interviews, judgements = case

    def turned_value(item, answer):
        return item.scale.low + item.scale.high - answer if isinstance(answer, Decimal) else answer

    def turned_item(item):
        mirrored = tuple((one, turned_value(item, value)) for one, value in item.scale.scored_non_answers)
        return replace(item, reverse=not item.reverse, scale=replace(item.scale, scored_non_answers=mirrored))

    turned = {
        talk: {
            question.key: turned_value(question.item, answers[question.key])
            for question in questions_of(of, participants, talk)
            if question.key in answers
        }
        for talk, answers in interviews.items()
    }
    found = score(change_items(of, turned_item), participants, turned, judgements)
    assert found.areas == score(of, participants, interviews, judgements).areas


@slowly
@given(assessments(plain=True, methods=[Method.LOOKUP]))
def test_a_looked_up_score_is_what_the_table_says_of_the_sum(case):
    of, participants, interviews, judgements = case
    as_sums = change_areas(of, lambda one: replace(one, scoring=replace(one.scoring, method=Method.SUM)))
    sums = score(as_sums, participants, interviews, judgements).areas
    for found, summed in zip(score(of, participants, interviews, judgements).areas, sums, strict=True):
        assert found.state == summed.state
        if found.state in {"complete", "prorated"}:
            rows = of.by_area[found.area].scoring.table
            row = next((one for one in rows if one.from_value <= summed.score < one.to_value), rows[-1])
            assert found.score == row.score


# hidden questions


@slowly
@given(assessments(), st.data())
def test_answers_to_hidden_questions_do_not_matter(case, data):
    of, participants, interviews, judgements = case
    result = score(of, participants, interviews, judgements)
    without, others = {}, {}
    for talk, answers in interviews.items():
        visible = shown(of, participants, talk, answers)
        without[talk] = {key: answer for key, answer in answers.items() if key in visible}
        others[talk] = without[talk] | {
            question.key: data.draw(values_on(question.item.scale))
            for question in questions_of(of, participants, talk)
            if question.key not in visible
        }
    assert score(of, participants, without, judgements) == result
    assert score(of, participants, others, judgements) == result


# several people


@slowly
@given(st.lists(st.integers(0, 4), min_size=1, max_size=5), st.sampled_from(Combine), st.booleans())
def test_many_children_count_as_much_as_one(answers, combine, reverse):
    each = item("a", scope=Scope.CHILD, combine=combine, reverse=reverse, scale=scale(0, 4))
    children = tuple(Participant(f"c{number}", Part.CHILD) for number in range(len(answers)))
    interviews = {BY_PRACTITIONER: {f"a@c{number}": d(value) for number, value in enumerate(answers)}}
    of = definition(area(each, bands=bands(0, 1, 2, 4)))
    found = score(of, (*COUPLE, *children), interviews, {}).areas[0]
    values = [points(of.areas[0].scoring, d(4 - value if reverse else value)) for value in answers]
    expected = max(values) if combine == Combine.WORST else kept(sum(values, Decimal(0)) / len(values))
    assert found.score == expected
    assert (found.least, found.most) == (d(0), d(4))

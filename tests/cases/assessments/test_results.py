"""A result is computed from what is stored, and what is stored of it gives the same result back (N8)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.assessments import answers, results
from cases.assessments.models import Assessment, Sheet
from cases.assessments.results import Inputs
from cases.instruments.definition import NonAnswer
from cases.instruments.questions import Part, Participant, Source, Talk
from cases.instruments.scoring import score
from foundation.fields import DecryptionError
from tests.cases.assessments.conftest import fill, finalise, interview_of, put
from tests.cases.instruments.answering import assessments

numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**6), max_value=10**6, places=4)
given_answers = st.dictionaries(st.text(max_size=20), numbers | st.sampled_from(NonAnswer), max_size=10)


# answers as text


@given(given_answers)
def test_answers_come_back_as_they_were(some):
    text = answers.to_text(some)
    assert answers.from_text(text) == some
    assert answers.to_text(answers.from_text(text)) == text
    assert answers.to_text(dict(reversed(some.items()))) == text


def test_equal_numbers_are_the_same_text():
    texts = {answers.to_text({"a": Decimal(number)}) for number in ("2.5", "2.50", "25e-1")}
    assert texts == {'{"a":["value","2.5"]}'}
    assert answers.to_text({"a": Decimal("1E+2"), "b": Decimal("-0.0")}) == '{"a":["value","100"],"b":["value","0"]}'
    assert answers.to_text({"a": NonAnswer.REFUSED}) == '{"a":["non","refused"]}'


def test_no_text_is_no_answers():
    assert answers.from_text("") == {}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "1",
        '{"a":1}',
        '{"a":["value"]}',
        '{"a":["value","x"]}',
        '{"a":["value","NaN"]}',
        '{"a":["value","-Infinity"]}',
        '{"a":["value",1]}',
        '{"a":["non","perhaps"]}',
        '{"a":["other","1"]}',
    ],
)
def test_what_are_no_answers_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - which one is no matter
        answers.from_text(text)


# results as text


@settings(max_examples=30)
@given(assessments())
def test_a_result_comes_back_exactly(case):
    result = score(*case)
    text = results.to_text(result, "abc", "1")
    stored = results.from_text(text)
    assert stored == results.StoredResult(result, "abc", "1")
    assert results.to_text(stored.result, stored.inputs_sha256, stored.engine_version) == text


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", '{"result":{},"inputs":"a","engine":"1"}', '{"result":null,"inputs":"a"}']
)
def test_what_is_no_result_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011
        results.from_text(text)


# the hash of the inputs


EVA, JAN = Participant("eva", Part.PARTNER), Participant("jan", Part.PARTNER)
OF_EVA, OF_JAN = Talk(Source.ADULT, "eva"), Talk(Source.ADULT, "jan")


def inputs(**differing):
    usual = {
        "instrument_sha256": "f00d",
        "definition": None,
        "participants": (EVA, JAN),
        "interviews": {OF_EVA: {"a@eva": Decimal("2.5"), "b@eva": NonAnswer.REFUSED}, OF_JAN: {}},
        "judgements": {"one": "low", "two": "high"},
    }
    return Inputs(**usual | differing).sha256()


def test_the_hash_of_the_inputs_stays_the_same_for_ever():
    assert inputs() == "559fa7c70f13d9581ef4a53a8d7a81f0157b81c4ed039349c5eb647672890cda"


def test_the_order_of_inputs_does_not_change_their_hash():
    shuffled = {OF_JAN: {}, OF_EVA: {"b@eva": NonAnswer.REFUSED, "a@eva": Decimal("2.50")}}
    assert inputs(participants=(JAN, EVA), interviews=shuffled, judgements={"two": "high", "one": "low"}) == inputs()


@pytest.mark.parametrize(
    "differing",
    [
        {"instrument_sha256": "f00e"},
        {"participants": (EVA,)},
        {"participants": (EVA, Participant("jan", Part.ADULT))},
        {"interviews": {OF_EVA: {"a@eva": Decimal("2.5"), "b@eva": NonAnswer.REFUSED}}},
        {"interviews": {OF_EVA: {"a@eva": Decimal(2), "b@eva": NonAnswer.REFUSED}, OF_JAN: {}}},
        {"interviews": {OF_EVA: {"a@eva": Decimal("2.5"), "b@eva": NonAnswer.UNKNOWN}, OF_JAN: {}}},
        {"interviews": {OF_JAN: {"a@eva": Decimal("2.5"), "b@eva": NonAnswer.REFUSED}, OF_EVA: {}}},
        {"judgements": {"one": "low", "two": "low"}},
        {"judgements": {"one": "low"}},
    ],
)
def test_any_other_input_changes_the_hash(differing):
    assert inputs(**differing) != inputs()


# of an assessment


def test_an_assessment_is_computed_from_what_was_saved(frightened):
    result, inputs_sha256 = results.compute(frightened)
    assert [one.item for one in result.critical].count("bez_lek") == 1
    safety = next(area for area in result.areas if area.area == "bezpieczenstwo")
    assert (safety.state, safety.level) == ("complete", "danger")
    assert results.compute(frightened) == (result, inputs_sha256)


def test_a_saved_answer_changes_result_and_hash(draft, anna):
    fill(draft, anna)
    before = results.compute(draft)
    put(interview_of(draft, "Maria"), {"bez_lek": 1}, anna)
    after = results.compute(draft)
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_what_is_finalised_is_what_is_computed(finalised):
    stored = results.from_text(finalised.result)
    assert (stored.result, stored.inputs_sha256) == results.compute(finalised)
    assert stored.engine_version == finalised.engine_version


def test_a_note_is_no_input(draft, anna):
    fill(draft, anna)
    before = results.compute(draft)
    put(interview_of(draft, "Maria"), {}, anna, note="Coś jeszcze.")
    assert results.compute(draft) == before


def test_the_result_is_encrypted(finalised):
    stored = Assessment.objects.filter(pk=finalised.pk).values_list("result", flat=True)[0]
    assert stored.startswith("v1:")
    assert "bezpieczenstwo" not in stored


def test_an_answer_that_cannot_be_decrypted_is_no_answer(unguarded, finalised):
    one, other = Sheet.objects.filter(interview__assessment=finalised)[:2]
    stored = Sheet.objects.values_list("answers", flat=True).get(pk=other.pk)
    Sheet.objects.filter(pk=one.pk).update(answers=stored)
    with pytest.raises(DecryptionError):
        results.compute(finalised)


def test_five_queries_compute_one_and_six_a_batch(start, anna, django_assert_num_queries, couples_case):
    draft = start()
    fill(draft, anna)
    finalise(draft, anna)
    fill(start(occasion=Assessment.Occasion.END), anna)
    results.compute(draft)  # the definition is known now
    with django_assert_num_queries(5):
        results.compute(draft)
    with django_assert_num_queries(6):
        found = [results.inputs_of(one) for one in Assessment.objects.with_inputs()]
    assert len(found) == 2


def test_notes_are_not_read(finalised):

    with CaptureQueriesContext(connection) as queries:
        results.compute(finalised)
    assert not any('"note"' in query["sql"] for query in queries)

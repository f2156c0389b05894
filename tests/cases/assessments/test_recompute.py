"""`recompute_assessments` finds every stored result that its stored answers do not give (N8), and tells no answer."""

from __future__ import annotations

import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.assessments import answers, recomputing, results
from cases.assessments.models import AreaLevel, Assessment, AssessmentParticipant, Judgement, Sheet
from cases.instruments.definition import NonAnswer
from cases.instruments.models import InstrumentVersion
from foundation.fields import Ciphertext
from tests.cases.assessments.conftest import fill, finalise, interview_of, key_of

pytestmark = pytest.mark.usefixtures("unguarded")


def recompute(**options):
    """The exit status, and what was said."""
    out = StringIO()
    try:
        call_command("recompute_assessments", stdout=out, **options)
    except CommandError as error:
        return error.returncode, f"{out.getvalue()}{error}"
    return 0, out.getvalue()


def stored_again(assessment, change):
    """Write a stored result that somebody has changed."""
    stored = json.loads(assessment.result)
    change(stored)
    assessment.result = json.dumps(stored)
    assessment.save(update_fields=["result"])


def test_results_that_agree_are_counted(finalised):
    status, said = recompute()
    assert status == 0
    assert "Computed 1 assessments again" in said
    assert "All stored results agree." in said


def test_without_assessments_there_is_nothing_to_find(draft):
    assert recompute()[0] == 0  # a draft has no result yet


def test_a_changed_answer_is_found_and_not_told(finalised):
    interview = interview_of(finalised, "Maria")
    key = key_of(interview, "bez_lek")
    sheet = interview.sheets.get(area="bezpieczenstwo")
    sheet.answers = answers.to_text(answers.from_text(sheet.answers) | {key: NonAnswer.REFUSED})
    sheet.save()
    status, said = recompute()
    assert status == 1
    assert str(finalised.uuid) in said
    assert "inputs: changed since the result was stored" in said
    assert "area bezpieczenstwo: partial" in said
    assert "refused" not in said
    assert key not in said


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda stored: stored["result"]["areas"][0].update(level="danger"), "area pieniadze: level"),
        (lambda stored: stored["result"]["areas"][0].update(score="1.25", least="0"), "area pieniadze: score, least"),
        (lambda stored: stored["result"]["areas"].pop(), "area zasoby: added"),
        (lambda stored: stored["result"]["areas"].reverse(), "order of areas"),
        (lambda stored: stored["result"].update(worst="watch"), "worst"),
        (lambda stored: stored["result"]["strengths"].append(["a", "b", "c"]), "strengths"),
        (lambda stored: stored["result"]["proposed"].append(["parents", ["x"]]), "proposed"),
        (lambda stored: stored["result"]["critical"].append(["a", "b", "c", "1", "d"]), "critical"),
        (lambda stored: stored.update(inputs="0" * 64), "inputs: changed since the result was stored"),
        (lambda stored: stored.update(engine="7"), "engine version: '7' in the result, '1' beside it"),
        (lambda stored: stored.pop("result"), "stored result: cannot be read"),
    ],
)
def test_a_changed_stored_result_is_found(finalised, change, told):
    stored_again(finalised, change)
    status, said = recompute()
    assert status == 1
    assert told in said


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"worst_rank": 1}, "column worst_rank"),
        ({"worst_label": "Wszystko dobrze"}, "column worst_label"),
        ({"levels": 9}, "column levels"),
        ({"has_critical": False}, "column has_critical"),
    ],
)
def test_a_changed_column_is_found(critical, columns, told):
    Assessment.objects.filter(pk=critical.pk).update(**columns)
    status, said = recompute()
    assert status == 1
    assert told in said


@pytest.mark.parametrize("change", [{"rank": 1}, {"level": "calm"}, {"score": 99}, {"state": "prorated"}])
def test_a_changed_line_is_found(critical, change):
    AreaLevel.objects.filter(assessment=critical, area="bezpieczenstwo").update(**change)
    assert "line of area bezpieczenstwo" in recompute()[1]


def test_a_line_too_few_is_found(finalised):
    AreaLevel.objects.filter(area="pieniadze").delete()
    assert "line of area pieniadze" in recompute()[1]


def test_a_participant_and_a_judgement_are_inputs_too(finalised):
    Judgement.objects.update(level="danger")
    assert "area zasoby: level" in recompute()[1]
    AssessmentParticipant.objects.filter(part="child").delete()
    assert "area dzieci: " in recompute()[1]


def test_a_changed_instrument_is_found(finalised):
    version = finalised.instrument_version
    changed = version.source.replace("threshold: 2", "threshold: 3", 1)
    assert changed != version.source
    InstrumentVersion.objects.filter(pk=version.pk).update(source=changed)
    status, said = recompute()
    assert status == 1
    assert "instrument: its file was changed" in said


def test_a_broken_instrument_is_told_and_stops_nothing(finalised):
    InstrumentVersion.objects.update(source="{")
    status, said = recompute()
    assert status == 1
    assert "inputs: cannot be read" in said


def test_a_broken_ciphertext_is_told_and_the_others_are_computed(start, anna):
    broken = finalise_one(start, anna)
    finalise_one(start, anna, occasion=Assessment.Occasion.END)
    sheet = Sheet.objects.filter(interview__assessment=broken).earliest("pk")
    stored = Sheet.objects.values_list("answers", flat=True).get(pk=sheet.pk)
    Sheet.objects.filter(pk=sheet.pk).update(answers=Ciphertext(f"{stored[:-8]}AAAAAAA="))
    status, said = recompute()
    assert status == 1
    assert f"inputs: cannot be decrypted (cases.sheet.answers:{sheet.uuid}" in said
    assert "Computed 2 assessments again" in said
    assert "1 of 2 stored results do not agree" in said


def finalise_one(start, anna, **differing):
    assessment = start(**differing)
    fill(assessment, anna)
    return finalise(assessment, anna)


def test_a_broken_stored_result_is_told(finalised):
    other = Sheet.objects.values_list("answers", flat=True)[0]
    Assessment.objects.filter(pk=finalised.pk).update(result=other)
    assert "stored result: cannot be decrypted (cases.assessment.result:" in recompute()[1]


def test_an_answer_off_its_scale_is_told_without_its_value(finalised):
    interview = interview_of(finalised, "Maria")
    sheet = interview.sheets.get(area="bezpieczenstwo")
    sheet.answers = json.dumps({key_of(interview, "bez_lek"): ["value", "4711"]})
    sheet.save()
    said = recompute()[1]
    assert "an answer is not on its scale" in said
    assert "4711" not in said


def test_an_earlier_engines_result_that_comes_out_the_same_is_counted(finalised, monkeypatch):
    monkeypatch.setattr(recomputing, "ENGINE_VERSION", "2")
    monkeypatch.setattr("cases.management.commands.recompute_assessments.ENGINE_VERSION", "2")
    status, said = recompute()
    assert status == 0
    assert "1 of them by engine 1, with the same result as 2." in said


def test_an_earlier_engines_other_result_is_told_with_both_versions(finalised, monkeypatch):
    stored_again(finalised, lambda stored: stored["result"].update(worst="watch"))
    monkeypatch.setattr("cases.management.commands.recompute_assessments.ENGINE_VERSION", "2")
    status, said = recompute()
    assert status == 1
    assert "(engine 1, now 2)" in said


def test_only_those_since_a_day(finalised):
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    assert "Computed 0 assessments" in recompute(since=tomorrow)[1]
    assert "Computed 1 assessments" in recompute(since=timezone.localdate())[1]


def test_as_json(finalised):
    stored_again(finalised, lambda stored: stored["result"].update(worst="watch"))
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("recompute_assessments", "--json", stdout=out)
    difference, summary = map(json.loads, out.getvalue().splitlines())
    assert difference == {"assessment": str(finalised.uuid), "engine": "1", "what": ["worst"], "engine_now": "1"}
    assert (summary["checked"], summary["differing"], summary["engine"]) == (1, 1, "1")


@pytest.mark.parametrize("arguments", [["--since", "31.12.2026"], ["--processes", "0"], ["--processes", "many"]])
def test_arguments_that_make_no_sense_are_refused(arguments):
    with pytest.raises(CommandError):
        call_command("recompute_assessments", *arguments)


def test_it_only_reads(finalised, couples_case):
    with CaptureQueriesContext(connection) as queries:
        recompute()
    assert {query["sql"].split()[0] for query in queries} == {"SELECT"}


def test_queries_grow_with_batches_only(start, anna, monkeypatch, django_assert_num_queries):
    finalise_one(start, anna)
    results.compute(Assessment.objects.get())  # the definition is known now
    with django_assert_num_queries(1 + 7 + 1):
        recompute()
    finalise_one(start, anna, occasion=Assessment.Occasion.END)
    with django_assert_num_queries(1 + 7 + 1):
        recompute()
    monkeypatch.setattr(recomputing, "BATCH", 1)
    with django_assert_num_queries(2 * (1 + 7) + 1):
        assert "Computed 2 assessments" in recompute()[1]

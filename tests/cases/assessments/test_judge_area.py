"""The level of an area that the instrument leaves to the practitioner, with what it rests on (N4)."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from audit.models import AuditEntry
from cases.assessments.services import AssessmentError, judge_area
from foundation.forms import Stale


def url_of(assessment, area="zasoby") -> str:
    return reverse("cases:judge_area", args=[assessment.uuid, area])


def judge(draft, anna, **differing):
    arguments = {"area": "zasoby", "level": "watch", "reason": "Mało bliskich", "version": 1, "by": anna.user}
    return judge_area(draft, **(arguments | differing))


def test_the_level_and_its_reason_are_kept(draft, anna):
    judgement = judge(draft, anna)

    assert (judgement.level, judgement.reason, judgement.version) == ("watch", "Mało bliskich", 2)


def test_the_change_is_on_record_without_the_reason(draft, anna):
    judge(draft, anna)

    assert AuditEntry.objects.get(action="cases.judge_area").details == {
        "area": "zasoby",
        "before": "",
        "after": "watch",
    }


@pytest.mark.parametrize(
    ("differing", "code"),
    [
        ({"area": "relacja"}, "computed_area"),
        ({"area": "nie-ma"}, "computed_area"),
        ({"level": "nie-ma"}, "level"),
        ({"level": ""}, "level"),
        ({"reason": "  "}, "no_reason"),
        ({"reason": "x" * 20_001}, "long_text"),
    ],
)
def test_it_refuses(draft, anna, differing, code):
    with pytest.raises(AssessmentError) as error:
        judge(draft, anna, **differing)

    assert error.value.code == code


def test_an_older_version_does_not_overwrite_it(draft, anna):
    judge(draft, anna)

    with pytest.raises(Stale):
        judge(draft, anna, level="ok")


def test_only_who_conducts_it_judges(draft, anna, marek):
    with pytest.raises(AssessmentError) as error:
        judge(draft, anna, by=marek.user)

    assert error.value.code == "not_yours"


def test_the_page_saves_and_returns_to_the_assessment(draft, anna, sign_in):
    sent = {"level": "ok", "reason": "Babcia pomaga", "version": 1, "once": str(uuid.uuid4())}

    assert sign_in(anna).post(url_of(draft), sent).url == draft.get_absolute_url()
    assert draft.judgements.get().level == "ok"


def test_an_outdated_page_shows_both(draft, anna, sign_in):
    judge(draft, anna)

    response = sign_in(anna).post(
        url_of(draft), {"level": "ok", "reason": "Babcia pomaga", "version": 1, "once": str(uuid.uuid4())}
    )

    page = response.content.decode()
    assert "Mało bliskich" in page
    assert "Babcia pomaga" in page
    assert "do uwagi" in response.context["form"].errors["level"][0]


def test_an_area_that_is_computed_has_no_such_page(draft, anna, sign_in):
    assert sign_in(anna).get(url_of(draft, "relacja")).status_code == 404


def test_others_do_not_find_it(draft, marek, piotr, ewa, clara, sign_in):
    assert {sign_in(who).get(url_of(draft)).status_code for who in (marek, piotr, ewa, clara)} == {404}

"""A finalised assessment stays as it is; what is added is signed and never changed (N9)."""

from __future__ import annotations

import uuid

import pytest
from django.db import IntegrityError, transaction
from django.urls import NoReverseMatch, reverse

from audit.models import AuditEntry
from cases.assessments.decisions import add_addendum
from cases.assessments.models import Addendum
from cases.assessments.rules import AssessmentError
from cases.casefile.services import close_case


def test_it_is_signed_and_the_assessment_stays_as_it_was(finalised, anna):
    before = (finalised.result, finalised.narrative, finalised.version)

    addendum = add_addendum(finalised, text="  Jan doprecyzował odpowiedź.  ", by=anna.user)

    finalised.refresh_from_db()
    assert (finalised.result, finalised.narrative, finalised.version) == before
    assert addendum.text == "Jan doprecyzował odpowiedź."
    assert addendum.author == anna
    assert AuditEntry.objects.get(action="cases.add_addendum").details == {"assessment": str(finalised.uuid)}


def test_the_database_refuses_to_change_it(finalised, anna):
    addendum = add_addendum(finalised, text="Jan doprecyzował odpowiedź.", by=anna.user)
    addendum.text = "Jan niczego nie doprecyzował."

    with pytest.raises(IntegrityError, match="read-only"), transaction.atomic():
        addendum.save()


def test_a_draft_needs_none(draft, anna):
    with pytest.raises(AssessmentError) as error:
        add_addendum(draft, text="Coś", by=anna.user)

    assert error.value.code == "not_finalised"


def test_a_correction_is_possible_after_the_case_was_closed(finalised, anna):
    case = finalised.case
    case.refresh_from_db()
    close_case(case, on=case.stage_since_on, note="Koniec", version=case.version, by=anna.user)

    assert add_addendum(finalised, text="Sprostowanie", by=anna.user).pk


def test_only_who_conducts_the_assessment_signs(finalised, piotr, marek, clara, ewa):
    for other in (piotr, marek, clara, ewa):
        with pytest.raises(AssessmentError) as error:
            add_addendum(finalised, text="Coś", by=other.user)
        assert error.value.code == "not_yours"


def test_the_page_adds_it_and_shows_it_with_its_author(finalised, anna, sign_in):
    browser = sign_in(anna)
    url = reverse("cases:add_addendum", args=[finalised.uuid])
    assert "przykład – nie jest to NORR" in browser.get(url).content.decode()

    answer = browser.post(url, {"text": "Jan doprecyzował.", "once": str(uuid.uuid4())})

    html = browser.get(answer.url).content.decode()
    assert "Jan doprecyzował." in html
    assert "Anna Przykład" in html


@pytest.mark.parametrize("text", ["", "   ", "x" * 20_001, "\x00"])
def test_bad_text_is_answered_with_a_sentence(finalised, anna, sign_in, text):
    page = sign_in(anna).post(
        reverse("cases:add_addendum", args=[finalised.uuid]), {"text": text, "once": str(uuid.uuid4())}
    )

    assert page.status_code == 200
    assert page.context["form"].errors["text"]
    assert not Addendum.objects.exists()


def test_there_is_no_way_to_change_one():
    for name in ("edit_addendum", "delete_addendum"):
        with pytest.raises(NoReverseMatch):
            reverse(f"cases:{name}", args=[uuid.uuid4()])


@pytest.mark.parametrize("who", ["piotr", "marek", "clara", "ewa"])
def test_nobody_else_finds_the_page(finalised, sign_in, request, who):
    person = request.getfixturevalue(who)

    assert sign_in(person).get(reverse("cases:add_addendum", args=[finalised.uuid])).status_code == 404

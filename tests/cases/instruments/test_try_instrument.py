"""An instrument is tried on a made-up family: all interviews on one page, the result at once, nothing stored."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest
from django.urls import reverse

from audit.models import AuditEntry
from cases.assessments.models import Assessment
from cases.instruments.definition import NonAnswer
from cases.instruments.families import FAMILIES, family_called
from cases.instruments.questions import questions_of, talks_of
from cases.instruments.sheet_form import code_of, field_name, number_name
from cases.instruments.trial import Trial


def url_of(version, family="couple-child"):
    return reverse("cases:try_instrument", args=[version.uuid]) + f"?family={family}"


def answers(version, family, *, worst=True, **special):
    """Everything answered with the highest or the lowest of its scale; `special` by item."""
    people = family_called(family).participants
    sent = {"once": str(uuid.uuid4())}
    for number, talk in enumerate(talks_of(version.definition, people)):
        for question in questions_of(version.definition, people, talk):
            scale = question.item.scale
            answer = special.get(question.item.id, scale.high if worst else scale.low)
            name = f"t{number}-{field_name(question.key)}"
            if isinstance(answer, NonAnswer) or scale.options:
                sent[name] = code_of(answer)
            else:
                sent[number_name(name)] = str(answer).replace(".", ",")
    return sent


@pytest.mark.parametrize("family", [family.slug for family in FAMILIES])
def test_every_made_up_family_can_be_asked(family, pairs_version, example_version, clara, sign_in):
    browser = sign_in(clara)

    for version in (pairs_version, example_version):
        assert browser.get(url_of(version, family)).status_code == 200
        response = browser.post(url_of(version, family), answers(version, family))
        assert "Wynik próby" in response.content.decode()


def test_the_result_shows_levels_critical_answers_and_proposals_with_their_rules(pairs_version, clara, sign_in):
    page = sign_in(clara).post(url_of(pairs_version), answers(pairs_version, "couple-child")).content.decode()

    assert "zagrożenie" in page
    assert "Odpowiedź krytyczna" in page
    for rule in pairs_version.definition.recommendations:
        if rule.because in page:
            assert f"reguła {rule.id}:" in page
    assert any(rule.because in page for rule in pairs_version.definition.recommendations)


def test_it_says_that_an_example_is_not_norr(example_version, clara, sign_in):
    page = sign_in(clara).post(url_of(example_version), answers(example_version, "couple-child")).content.decode()

    assert page.count("przykład – nie jest to NORR") >= 2


def test_nothing_is_stored(pairs_version, clara, sign_in):
    browser = sign_in(clara)
    before = AuditEntry.objects.count()

    browser.post(url_of(pairs_version), answers(pairs_version, "couple-child"))

    assert not Assessment.objects.exists()
    assert AuditEntry.objects.count() == before


def test_what_was_answered_stays_on_the_page(pairs_version, clara, sign_in):
    page = sign_in(clara).post(url_of(pairs_version), answers(pairs_version, "couple-child")).content.decode()
    sent = [value for name, value in answers(pairs_version, "couple-child").items() if name != "once"]

    assert page.count(" checked>") == sum(value.startswith(("v:", "n:")) for value in sent)


def test_missing_answers_are_named(pairs_version, clara, sign_in):
    page = sign_in(clara).post(url_of(pairs_version, "couple"), {"once": str(uuid.uuid4())}).content.decode()

    assert "bez odpowiedzi</summary>" in page


def test_an_answer_off_the_scale_is_marked_and_gives_no_result(pairs_version, clara, sign_in):
    number = next(item for item in pairs_version.definition.items() if not item.scale.options)
    wrong = answers(pairs_version, "couple-child", **{number.id: Decimal(999)})

    page = sign_in(clara).post(url_of(pairs_version), wrong).content.decode()

    assert "Niektórych odpowiedzi nie da się odczytać." in page
    assert "Skala obejmuje liczby od" in page
    assert "Wynik próby" not in page


def test_a_show_if_looks_at_the_interviews_other_areas(pairs_version):
    family = family_called("couple-child")
    trial = Trial(pairs_version.definition, family, answers(pairs_version, "couple-child"))

    assert trial.is_valid()
    for interview in trial.interviews:
        for _area, form in interview.sheets:
            assert form.current == interview.answers


@pytest.mark.parametrize(
    "garbage",
    [
        {"judgement-zasoby": "nie ma takiego"},
        {"t0-" + "q" * 500: "v:1"},
        {"t0": "\x00"},
        {f"t{n}-x": "v:9" * 50 for n in range(900)},
    ],
)
def test_garbage_is_answered_with_the_page(garbage, pairs_version, clara, sign_in):
    assert sign_in(clara).post(url_of(pairs_version), garbage).status_code == 200


def test_an_unknown_family_is_the_first_one(pairs_version, clara, sign_in):
    assert sign_in(clara).get(url_of(pairs_version, "\x00nikt")).status_code == 200


@pytest.mark.parametrize("who", ["anna", "marek", "piotr", "jan", "iga", "adam"])
@pytest.mark.parametrize("page", ["preview_instrument", "try_instrument", "compare_instrument"])
def test_nobody_but_a_clinical_lead_tries_it(who, page, pairs_version, request, sign_in):
    url = reverse(f"cases:{page}", args=[pairs_version.uuid])

    assert sign_in(request.getfixturevalue(who)).get(url).status_code == 403

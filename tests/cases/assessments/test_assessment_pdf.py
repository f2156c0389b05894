"""The one-page file: the result and the decision, and no answer of anybody (N7)."""

from __future__ import annotations

import io
from decimal import Decimal
from unittest.mock import patch

import pytest
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from audit.models import AuditEntry
from cases.assessments import printing, results
from cases.assessments.decisions import add_addendum, decide
from cases.assessments.models import Assessment, Interview
from cases.assessments.services import save_sheet, start_assessment, write_narrative
from cases.instruments.definition import Proposal
from cases.instruments.questions import questions_of
from foundation.pdf import PdfError
from tests.cases.assessments.conftest import finalise

NAMES = ("Maria", "Jan", "Zofia", "Przykładowa", "Rodzina Przykładowych")


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def url_of(assessment: Assessment) -> str:
    return reverse("cases:assessment_pdf", args=[assessment.uuid])


@pytest.fixture
def example(couples_case, example_version, parts, anna) -> Assessment:
    """The shipped example, with the highest answers everywhere, so that most is on the page; decided, summed up."""
    assessment = start_assessment(
        couples_case,
        instrument_version=example_version,
        occasion="start",
        assessor=anna,
        parts=parts,
        by=anna.user,
    )
    definition, people = example_version.definition, assessment.participants_for_scoring()
    for interview in Interview.objects.for_page().filter(assessment=assessment):
        for sheet in interview.sheets.all():
            questions = questions_of(definition, people, interview.talk, definition.by_area[sheet.area])
            answers = {one.key: Decimal(one.item.scale.high) for one in questions}
            save_sheet(interview, sheet.area, answers=answers, note="", version=1, by=anna.user)
    summary = "Rodzina chce pracować nad porozumieniem. Ustalono pierwsze kroki i terminy rozmów. " * 8
    write_narrative(assessment, text=summary, version=1, by=anna.user)
    assessment = finalise(assessment, anna)
    reasons = dict.fromkeys(Proposal, "Po rozmowie z rodziną wybrano inną kolejność pracy.")
    decide(assessment, chosen={Proposal.PARENTS, Proposal.STEREOTYPES}, reasons=reasons, by=anna.user)
    return assessment


def test_of_the_example_it_is_one_page_with_everything_on_it(example, anna):
    pdf = printing.render(example, anna.user)

    assert len(PdfReader(io.BytesIO(pdf)).pages) == 1
    text = text_of(pdf)
    for words in (
        "przykład – nie jest to NORR",
        example.case.number,
        "Profil obszarów",
        "Obszar ekonomiczny",
        "Praca nad stereotypami",
        "Po rozmowie z rodziną",
        "Rodzina chce pracować",
        "Anna Przykład",
        results.from_text(example.result).inputs_sha256[:12],
        "strona 1 z 1",
    ):
        assert words in text


def test_it_is_tagged_polish_and_titled(example, anna):
    document = PdfReader(io.BytesIO(printing.render(example, anna.user)))

    assert document.root_object["/MarkInfo"]["/Marked"]  # type: ignore[index] # a dictionary of the file
    assert str(document.root_object["/Lang"]) == "pl"
    assert document.metadata is not None
    assert "przykład – nie jest to NORR" in str(document.metadata.title)


def test_longer_text_flows_on_and_nothing_is_cut(critical, anna):
    add_addendum(critical, text="\n\n".join(["Długie uzupełnienie. " * 60] * 6) + "\n\nOstatnie zdanie.", by=anna.user)

    pdf = printing.render(critical, anna.user)

    assert len(PdfReader(io.BytesIO(pdf)).pages) > 1
    assert "Ostatnie zdanie." in text_of(pdf)


def test_it_names_nobody_of_the_family_and_tells_no_answer(critical, anna):
    html = printing.html_of(critical, anna.user)

    assert "Odpowiedzi krytyczne: 1" in html
    assert "Praca z parą w tej rodzinie jest wstrzymana." in html
    for words in (*NAMES, "Czy zdarza się lęk", "Ktoś boi się"):
        assert words not in html


def test_the_footer_says_who_took_it(critical, marek):
    assert "wydruk: Marek Wzór" in printing.html_of(critical, marek.user)


def test_it_is_downloaded_and_put_on_record(critical, anna, sign_in):
    response = sign_in(anna).get(url_of(critical))

    assert response.headers["Content-Type"] == "application/pdf"
    day = timezone.localdate(critical.finalised_at)
    name = f"ocena-{critical.case.number.replace('/', '-')}-{day:%Y-%m-%d}.pdf"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response.content.startswith(b"%PDF-")
    entry = AuditEntry.objects.get(action="cases.download_assessment")
    assert (entry.actor, entry.object_uuid) == (anna.user, critical.uuid)


def test_when_it_cannot_be_made_the_page_says_why(critical, anna, sign_in):
    browser = sign_in(anna)
    with patch("cases.assessments.printing.render_pdf", side_effect=PdfError("Tworzenie pliku przerwano.")):
        response = browser.get(url_of(critical), follow=True)

    assert "Tworzenie pliku przerwano." in response.content.decode()
    assert not AuditEntry.objects.filter(action="cases.download_assessment").exists()


@pytest.mark.parametrize("who", ["piotr", "ewa", "jan", "iga"])
def test_who_may_not_know_the_answers_does_not_get_it(critical, sign_in, request, who):
    assert sign_in(request.getfixturevalue(who)).get(url_of(critical)).status_code == 404


def test_of_a_draft_there_is_none(draft, anna, sign_in):
    assert sign_in(anna).get(url_of(draft)).status_code == 404

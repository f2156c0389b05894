"""The page of an interview: what may be answered, what is kept, and what its answers bring up."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.template.loader import render_to_string

from cases.instruments.definition import (
    Area,
    Definition,
    Informant,
    Item,
    ItemIs,
    Level,
    Method,
    NonAnswer,
    Option,
    Scale,
    Scope,
    Scoring,
)
from cases.instruments.questions import Part, Participant, Source, Talk
from cases.instruments.sheet_form import SheetForm, field_name, number_name

OFTEN = Scale("often", (Option(Decimal(0), "nigdy"), Option(Decimal(1), "czasem"), Option(Decimal(2), "często")))
HOURS = Scale("hours", least=Decimal(0), most=Decimal(24), step=Decimal("0.5"), unit="godz.")
PEOPLE = (Participant("anna", Part.PARTNER), Participant("jan", Part.PARTNER))
NAMES = {"anna": "Anna", "jan": "Jan"}
TALK = Talk(Source.ADULT, "anna")


def item(id_, scale=OFTEN, **fields):
    return Item(id_, f"Pytanie {id_}?", scale, Scope.PERSON, Informant.SELF, **fields)


DETAILS = item("details", show_if=ItemIs("quarrels", at_least=Decimal(1)))
AREA = Area(
    "daily", "Codzienność", (item("quarrels", required=True), DETAILS, item("sleep", HOURS)), Scoring(Method.SUM)
)
DEFINITION = Definition(
    "x", "X", "1.0.0", "pl", "nikt", True, (Level("a", "A"), Level("b", "B")), (OFTEN, HOURS), (AREA,)
)  # fmt: skip

QUARRELS, MORE, SLEEP = (field_name(f"{one}@anna") for one in ("quarrels", "details", "sleep"))
HOURS_SLEPT = number_name(SLEEP)


def form(data=None, answers=None, **kwargs):
    return SheetForm(
        data,
        definition=DEFINITION,
        participants=PEOPLE,
        talk=TALK,
        area=AREA,
        names=NAMES,
        answers=answers or {},
        **kwargs,
    )


def html(sheet):
    return render_to_string("cases/instruments/_questions.html", {"form": sheet})


def test_nothing_is_chosen_beforehand():
    assert " checked" not in html(form())


def test_values_and_reasons_are_read():
    sheet = form({QUARRELS: "v:2", MORE: "n:refused", HOURS_SLEPT: "7,5", "note": "Spokojnie"})

    assert sheet.is_valid()
    assert sheet.answers() == {
        "quarrels@anna": Decimal(2),
        "details@anna": NonAnswer.REFUSED,
        "sleep@anna": Decimal("7.5"),
    }
    assert sheet.cleaned_data["note"] == "Spokojnie"


def test_what_is_stored_is_shown_again():
    shown = html(form(answers={"quarrels@anna": Decimal("2.0"), "sleep@anna": Decimal("7.50")}))

    assert f'name="{QUARRELS}" value="v:2" checked' in shown
    assert f'name="{HOURS_SLEPT}" value="7,5"' in shown


def test_a_choice_can_be_taken_back_without_javascript():
    sheet = form({QUARRELS: ""}, answers={"quarrels@anna": Decimal(2)})

    assert sheet.is_valid()
    assert sheet.answers() == {}
    assert f'name="{QUARRELS}" value="">' in html(form())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({HOURS_SLEPT: "25"}, "off_the_scale"),
        ({HOURS_SLEPT: "-1"}, "off_the_scale"),
        ({HOURS_SLEPT: "7,3"}, "off_the_step"),
        ({HOURS_SLEPT: "siedem"}, "no_number"),
        ({HOURS_SLEPT: "1e5"}, "no_number"),
        ({HOURS_SLEPT: "NaN"}, "no_number"),
        ({HOURS_SLEPT: "9" * 4000}, "no_number"),
        ({HOURS_SLEPT: "٣"}, "no_number"),
        ({HOURS_SLEPT: "7", SLEEP: "n:unknown"}, "both"),
        ({SLEEP: "v:7"}, "not_offered"),
        ({QUARRELS: "v:9"}, "not_offered"),
        ({QUARRELS: "n:maybe"}, "not_offered"),
        ({QUARRELS: "v:2\x00"}, "null_characters"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence_beside_its_field_and_is_kept(data, code):
    sheet = form(data)

    assert not sheet.is_valid()
    assert code in {error.code for errors in sheet.errors.as_data().values() for error in errors}
    shown = html(sheet)
    assert "invalid-feedback" in shown
    if len(typed := data.get(HOURS_SLEPT, "")) in range(1, 30):
        assert f'value="{typed}"' in shown


def test_a_hidden_question_is_hidden_in_the_page_and_its_answer_is_kept():
    sheet = form({QUARRELS: "v:0", MORE: "v:2"})

    assert sheet.is_valid()
    assert sheet.answers()["details@anna"] == 2
    assert "details@anna" not in sheet.shown
    assert f'id="id_{MORE}" tabindex="-1" hidden' in html(sheet)


def test_what_an_answer_brings_up_is_shown_and_marked():
    sheet = form({QUARRELS: "v:1"})

    assert sheet.is_valid()
    assert [question.item.id for question in sheet.appeared()] == ["details"]
    shown = html(sheet)
    assert f'id="id_{MORE}" tabindex="-1" data-question' in shown
    assert "pojawiło się po Twoich odpowiedziach" in shown


def test_each_question_says_whom_it_is_about_and_whether_it_is_required():
    shown = html(form())

    assert shown.count("<b>Anna (o sobie)</b>") == 3
    assert shown.count("(wymagane)") == 1


def test_fields_of_two_interviews_on_one_page_do_not_mix():
    sheet = form({f"t1-{QUARRELS}": "v:1"}, prefix="t1")

    assert sheet.is_valid()
    assert sheet.answers() == {"quarrels@anna": Decimal(1)}


def test_the_text_of_an_instrument_is_never_html():
    evil = Area("evil", "Zło", (item("a", help="<script>alert(1)</script>"),), Scoring(Method.SUM))
    sheet = SheetForm(
        definition=DEFINITION, participants=PEOPLE, talk=TALK, area=evil, names={"anna": "<b>Anna"}, answers={}
    )  # fmt: skip

    assert "<script>" not in html(sheet)
    assert "<b>Anna (" not in html(sheet).replace("<b>&lt;b&gt;Anna (", "")

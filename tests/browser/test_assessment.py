"""A family is assessed from the first page to the result: with the keyboard alone, with and without JavaScript."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cases.assessments.models import Assessment, Interview
from cases.casefile.models import Case, Stage
from cases.instruments.models import InstrumentVersion
from cases.instruments.sheet_form import field_name
from centres.models import StaffMember
from tests.browser.conftest import OpenWindow, Window
from tests.browser.test_keyboard import focus_is_seen, tab_to
from tests.browser.test_pages import look_at
from tests.cases.assessments.conftest import (  # noqa: F401 - fixtures
    couples_case,
    draft,
    fill,
    interview_of,
    key_of,
    parts,
    people,
    start,
)
from tests.cases.conftest import clara2, make_version, pairs_version  # noqa: F401 - fixtures

WHAT_HAS_THE_FOCUS = """() => {
    const at = document.activeElement;
    if (at.matches("button.btn-primary[type=submit]")) return "button";
    if (at.matches(".options:not(.none) input")) return "scale";
    return at.matches("[data-question] input[type=text]") ? "number" : "";
}"""
MOST_TABS_ON_A_PAGE = 80


def fill_page_by_keyboard(page: Page) -> None:
    """Tab from question to question: the key 1 chooses the first answer, a number is typed; then „save and go on”."""
    before = page.url
    for _ in range(MOST_TABS_ON_A_PAGE):
        page.keyboard.press("Tab")
        what = page.evaluate(WHAT_HAS_THE_FOCUS)
        if what == "scale":
            page.keyboard.press("1")
        elif what == "number":
            page.keyboard.type("2")
        elif what == "button":
            page.keyboard.press("Enter")
            page.wait_for_url(lambda url: url != before)
            return
    raise AssertionError("Tab does not lead to the button")


def fill_interview_by_keyboard(window: Window, name: str) -> None:
    tab_to(window.page, name)
    window.page.keyboard.press("Enter")
    expect(window.page.locator("form[data-autosave-url]")).to_be_visible()
    while window.path.startswith("/interviews/"):
        fill_page_by_keyboard(window.page)


@pytest.mark.usefixtures("pairs_version")
def test_a_whole_assessment_by_keyboard_from_its_start_to_its_result(
    open_window: OpenWindow,
    anna: StaffMember,
    couples_case: Case,  # noqa: F811 - the fixture imported above
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.browser.test_keyboard.MOST_TABS", 120)
    window = open_window(anna)
    page = window.page
    window.open(f"/cases/{couples_case.uuid}/assessments/start/")
    tab_to(page, "Rozpocznij ocenę")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Ocena w toku")
    for who in ("Maria Przykładowa", "Jan Przykładowy", "Zofia Przykładowa"):
        fill_interview_by_keyboard(window, f"Rozpocznij: Rozmowa: {who}")
    for source in ("Ocena osoby prowadzącej", "Dokumentacja"):
        fill_interview_by_keyboard(window, f"Rozpocznij: {source}")

    tab_to(page, "Wskaż poziom: Zasoby")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Wskaż poziom obszaru")
    tab_to(page, "bez zastrzeżeń")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("Rodzina ma na kim polegać.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("jest wszystko, co wymagane")
    tab_to(page, "Zakończ")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Zakończ ocenę")
    tab_to(page, "Zakończ ocenę")
    assert focus_is_seen(page)
    page.keyboard.press("Enter")

    expect(page.get_by_role("main")).to_contain_text("Ocena jest zakończona.")
    assert Assessment.objects.get().is_final
    couples_case.refresh_from_db()
    assert couples_case.stage == Stage.PLAN


def path_of(interview: Interview, area: str) -> str:
    return f"/interviews/{interview.uuid}/{area}/"


def question(page: Page, interview: Interview, item: str) -> Any:
    return page.locator(f"[data-question={field_name(key_of(interview, item))}]")


def test_what_is_chosen_and_typed_is_saved_by_itself_and_brings_up_questions(
    open_window: OpenWindow,
    anna: StaffMember,
    draft: Assessment,  # noqa: F811 - the fixture imported above
    turn: threading.RLock,
) -> None:
    window = open_window(anna)
    page = window.page
    maria = interview_of(draft, "Maria")
    hidden = question(page, maria, "bez_szczegoly")
    window.open(path_of(maria, "bezpieczenstwo"))
    expect(hidden).to_be_hidden()
    question(page, maria, "bez_lek").get_by_label("tak").check()
    question(page, maria, "bez_kontrola").get_by_label("czasem").check()
    page.get_by_label("Notatka do tego obszaru").fill("Do rozmowy bez partnera.")

    expect(hidden).to_be_visible()
    expect(page.locator("[data-autosave-status]")).to_contain_text("Zapisano o")
    expect(page.locator("[data-autosave-progress]")).to_have_text("2 z 3")

    other = open_window(anna)
    other.open(path_of(maria, "bezpieczenstwo"))  # the first window was closed in the middle of it
    expect(question(other.page, maria, "bez_kontrola").get_by_label("czasem")).to_be_checked()
    expect(other.page.get_by_label("Notatka do tego obszaru")).to_have_value("Do rozmowy bez partnera.")
    with turn:
        assert maria.alerts.standing().count() == 1
    expect(other.page.get_by_role("main")).not_to_contain_text("krytyczn")


def test_a_bad_number_is_said_beside_its_question_while_the_rest_is_saved(
    open_window: OpenWindow,
    anna: StaffMember,
    draft: Assessment,  # noqa: F811 - the fixture imported above
) -> None:
    window = open_window(anna)
    page = window.page
    judgement = interview_of(draft, "practitioner")
    window.open(path_of(judgement, "codziennosc"))
    question(page, judgement, "cod_posilki").get_by_role("textbox").fill("5")
    question(page, judgement, "cod_ekran").get_by_role("textbox").fill("dużo")

    expect(question(page, judgement, "cod_ekran")).to_contain_text("Proszę wpisać liczbę")
    expect(page.locator("[data-autosave-progress]")).to_have_text("1 z 2")
    question(page, judgement, "cod_ekran").get_by_role("textbox").fill("2,5")
    expect(page.locator("[data-autosave-progress]")).to_have_text("2 z 2")
    expect(question(page, judgement, "cod_ekran")).not_to_contain_text("Proszę wpisać liczbę")


def test_without_javascript_new_questions_come_up_when_the_page_is_saved(
    open_window: OpenWindow,
    anna: StaffMember,
    draft: Assessment,  # noqa: F811 - the fixture imported above
) -> None:
    window = open_window(anna, java_script_enabled=False)
    page = window.page
    maria = interview_of(draft, "Maria")
    window.open(path_of(maria, "bezpieczenstwo"))
    page.wait_for_load_state("networkidle")  # a font that comes late moves what is being clicked
    question(page, maria, "bez_lek").get_by_label("tak").check()
    question(page, maria, "bez_kontrola").get_by_label("czasem").check()
    window.press("Zapisz i dalej")

    expect(page.get_by_role("main")).to_contain_text("Pojawiło się nowe pytanie")
    question(page, maria, "bez_szczegoly").get_by_label("rzadko").check()
    window.press("Zapisz i dalej")
    expect(page.locator("main h2")).to_contain_text("Dzieci")


def test_the_pages_of_an_assessment_are_accessible_and_fit(
    open_window: OpenWindow,
    anna: StaffMember,
    couples_case: Case,  # noqa: F811 - the fixture imported above
    pairs_version: InstrumentVersion,  # noqa: F811 - the fixture imported above
    start: Any,  # noqa: F811 - the fixture imported above
) -> None:
    window = open_window(anna)
    look_at(window, f"/cases/{couples_case.uuid}/assessments/start/")
    assessment = start()
    base = assessment.get_absolute_url()
    maria, judgement = interview_of(assessment, "Maria"), interview_of(assessment, "practitioner")
    empty = [path_of(maria, "pieniadze"), path_of(maria, "bezpieczenstwo"), path_of(judgement, "codziennosc")]
    own = [f"{base}{page}/" for page in ("finalise", "abandon", "narrative", "judge/zasoby", "answers")]
    look_at(window, base, *empty, *own)
    fill(assessment, anna)
    look_at(window, base, f"{base}finalise/", f"{base}answers/", path_of(maria, "relacja"))

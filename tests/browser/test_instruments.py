"""The pages of instruments in a browser: accessible, within the window, and usable without JavaScript."""

from __future__ import annotations

import threading

import pytest
from playwright.sync_api import expect

from cases.instruments.models import InstrumentVersion
from cases.instruments.services import import_version
from centres.models import StaffMember
from tests.browser.conftest import OpenWindow
from tests.browser.test_pages import NARROW, WIDE, look_at, too_wide, violations
from tests.cases.conftest import clara2, make_version, pairs_version  # noqa: F401 - fixtures


@pytest.fixture
def draft(pairs_version: InstrumentVersion, clara: StaffMember) -> InstrumentVersion:  # noqa: F811 - imported above
    """The next version, with a changed question; Klara has imported it."""
    text = pairs_version.source.replace("version: 2.1.0", "version: 2.1.1")
    return import_version(text.replace("O większych wydatkach", "O dużych wydatkach"), by=clara.user)


def test_the_pages_of_instruments_are_accessible_and_fit(
    open_window: OpenWindow,
    clara2: StaffMember,  # noqa: F811 - the fixture imported above
    pairs_version: InstrumentVersion,  # noqa: F811
    draft: InstrumentVersion,
) -> None:
    new, old = draft.get_absolute_url(), pairs_version.get_absolute_url()

    look_at(
        open_window(clara2),
        "/instruments/",
        "/instruments/import/",
        new,
        f"{new}compare/",
        f"{new}approve/",
        f"{new}discard/",
        f"{old}retire/",
        f"{old}preview/?family=generations&interview=practitioner",
        f"{old}try/?family=couple-child",
    )


def test_a_refused_file_says_what_to_correct_and_lets_it_be_corrected(
    open_window: OpenWindow,
    clara: StaffMember,
    pairs_version: InstrumentVersion,  # noqa: F811
    turn: threading.RLock,
) -> None:
    window = open_window(clara)
    window.open("/instruments/import/")
    text = pairs_version.source.replace("version: 2.1.0", "version: 2.4.0")

    window.page.fill("textarea", text.replace("weight: 2", "weight: dwa"))
    window.press("Wczytaj jako wersję roboczą")
    expect(window.page.get_by_role("heading", name="Co poprawić")).to_be_visible()
    for width in (WIDE, NARROW):
        window.page.set_viewport_size({"width": width, "height": 900})
        assert violations(window.page, contrast=width == WIDE) == []
        assert too_wide(window.page) == 0
    window.page.fill("textarea", text)
    window.press("Wczytaj jako wersję roboczą")

    expect(window.page.get_by_role("heading", level=1)).to_contain_text("2.4.0")
    with turn:
        assert InstrumentVersion.objects.get(number="2.4.0").is_draft


def test_a_trial_gives_its_result_without_javascript(
    open_window: OpenWindow,
    clara: StaffMember,
    pairs_version: InstrumentVersion,  # noqa: F811
) -> None:
    window = open_window(clara, java_script_enabled=False)
    window.open(f"{pairs_version.get_absolute_url()}try/?family=adult")
    page = window.page
    for question in page.locator("fieldset.question:visible").all():
        choices = question.locator(".options:not(.none) input")
        if choices.count():
            choices.first.check()
        else:
            question.locator("input[type=text]").fill("1")

    window.press("Pokaż wynik")

    expect(page.get_by_role("heading", name="Wynik próby")).to_be_visible()
    assert page.locator("#result tbody tr").count() == len(pairs_version.definition.areas)

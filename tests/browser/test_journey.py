"""One family from referral to the month's report, as the people at the centre do it."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cases.casefile.models import Case, Stage
from cases.sessions.models import Session
from centres.models import Centre, Room, StaffMember
from programme.reports import rendering, services, tasks
from programme.reports.models import Report
from tests.browser.conftest import PASSWORD, OpenWindow, Window
from tests.conftest import CaseMaker

LABEL = "Rodzina Wędrownych"


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> None:
    """The worker's part is done by the test, at the moment that it chooses."""
    settings.REPORTS_DIR = tmp_path / "reports"
    monkeypatch.setattr(tasks, "hand_on", lambda report_uuid: True)


@pytest.fixture
def last_months_case(make_case: CaseMaker, wodna: Centre) -> Case:
    """Something to report: a family that came in a month that is over."""
    before = timezone.localdate().replace(day=1) - dt.timedelta(days=10)
    return make_case(wodna, "Rodzina Wcześniejszych", received_on=before, stage=Stage.PLAN)


def sign_in_by_the_form(window: Window, staff: StaffMember) -> None:
    window.open("/accounts/login/")
    window.page.locator("[name=login]").fill(staff.user.email)
    window.page.locator("[name=password]").fill(PASSWORD)
    window.press("Zaloguj się")
    expect(window.page.locator("h1")).to_have_text("Dziś")


def enter_and_accept(window: Window) -> None:
    page = window.page
    page.get_by_role("link", name="Nowe zgłoszenie").click()
    page.get_by_label("Kto zgłosił rodzinę").select_option("school")
    page.get_by_label("Imię osoby do kontaktu").fill("Łucja")
    page.get_by_label("Nazwisko").fill("Wędrowna")
    page.get_by_label("Rola w rodzinie").select_option("mother")
    page.get_by_label("Nazwa rodziny").fill(LABEL)
    page.get_by_label("Dzieci do 18 lat").fill("1")
    window.press("Zapisz zgłoszenie")
    expect(page.locator("h1")).to_have_text(LABEL)
    window.follow("Przyjmij")
    window.press("Przyjmij i otwórz sprawę")
    expect(page.get_by_role("main")).to_contain_text("została otwarta")


def assign(window: Window, staff: StaffMember) -> None:
    """The head finds the case on top of „Dziś” and gives it to a coordinator."""
    page = window.page
    window.follow(Case.objects.get(family__label=LABEL).number)
    expect(page.get_by_role("main")).to_contain_text("jeszcze bez koordynatora")
    window.follow("Przydziel koordynatora")
    page.get_by_label("Koordynator").select_option(str(staff))
    window.press("Przydziel")
    expect(page.get_by_role("main")).to_contain_text("Sprawa ma nowego koordynatora.")


def walk_to_therapy(window: Window, piotr: StaffMember) -> None:
    """The coordinator takes the case through its stages and logs the first meeting."""
    page, main = window.page, window.page.get_by_role("main")
    window.follow("Zapisz diagnozę")
    page.get_by_label("Kto diagnozował").select_option("Anna Przykład")
    window.press("Zapisz diagnozę")
    expect(main).to_contain_text("Diagnoza została zapisana.")
    window.follow("Wpisz na listę oczekujących")
    window.press("Wpisz na listę oczekujących")
    expect(main).to_contain_text("Rodzina jest na liście oczekujących.")
    window.open("/waitlist/")
    page.get_by_role("row", name=LABEL).get_by_role("link").click()
    window.follow("Rozpocznij terapię")
    window.press("Rozpocznij terapię")
    expect(main).to_contain_text("Terapia się rozpoczęła.")
    window.follow("Zapisz spotkanie")
    page.get_by_label("Usługa").select_option("Terapia rodzinna")
    page.get_by_label("Terapeuta").select_option(str(piotr.uuid))
    page.get_by_label("Pokój").select_option("Pokój 1")
    window.press("Zapisz spotkanie")
    expect(main).to_contain_text("Zapisano spotkanie")


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["with_javascript", "without_javascript"])
def test_a_family_travels_from_referral_to_therapy(
    java_script_enabled: bool,
    open_window: OpenWindow,
    anna: StaffMember,
    marek: StaffMember,
    piotr: StaffMember,
    room: Room,
    passwords: Callable[..., None],
) -> None:
    passwords(anna, marek)
    annas, mareks = (open_window(java_script_enabled=java_script_enabled) for _ in range(2))
    sign_in_by_the_form(annas, anna)
    enter_and_accept(annas)
    sign_in_by_the_form(mareks, marek)
    assign(mareks, anna)
    case = Case.objects.get(family__label=LABEL)
    annas.open("/cases/")
    annas.follow(case.number)
    walk_to_therapy(annas, piotr)

    case.refresh_from_db()
    held = Session.objects.get(case=case)
    assert case.stage == Stage.THERAPY
    assert (held.status, held.therapist, held.room) == (Session.Status.HELD, piotr, room)
    annas.open(f"/cases/{case.uuid}/history/")
    story = annas.page.get_by_role("main").inner_text()
    for event in ("Wpłynęło zgłoszenie", "Diagnoza", "Lista oczekujących", "Terapia", "Anna Przykład"):
        assert event in story


def order_report(window: Window) -> Report:
    window.open("/reports/")
    window.follow("Zamów sprawozdanie")
    window.page.get_by_label("Centrum dla Rodzin, Wodna 2B").check()
    window.press("Zamów sprawozdanie")
    expect(window.page.locator("[aria-current=step]")).to_have_text("W kolejce")
    return Report.objects.get()


def test_the_analyst_sees_a_report_grow_without_reloading_and_downloads_it(
    open_window: OpenWindow, jan: StaffMember, last_months_case: Case, turn: threading.RLock
) -> None:
    window = open_window(jan)
    report = order_report(window)
    step = window.page.locator("[aria-current=step]")
    with turn:
        claimed = Report.objects.claim(str(report.uuid))
    assert claimed
    expect(step).to_have_text("Liczenie")
    with turn:
        services.freeze_numbers(claimed)
    expect(step).to_have_text("Skład pliku PDF")
    with turn:
        services.finish_report(claimed, rendering.render(claimed))
    with window.page.expect_download() as download:
        window.follow("Pobierz PDF")
    assert download.value.path().read_bytes().startswith(b"%PDF-")
    window.open("/reports/")
    assert window.page.locator(f"main a[href='{report.get_absolute_url()}']").count() == 1


def test_a_report_is_followed_by_reloading_without_javascript(
    open_window: OpenWindow, jan: StaffMember, last_months_case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("programme.reports.rendering.render_pdf", lambda html: b"%PDF-" + html.encode())
    window = open_window(jan, java_script_enabled=False)
    report = order_report(window)
    tasks.build_report(str(report.uuid))
    window.follow("Sprawdź ponownie")
    with window.page.expect_download() as download:
        window.follow("Pobierz PDF")
    assert download.value.path().read_bytes().startswith(b"%PDF-")

"""Every main page of every role: accessible, within its window, and without a word from the browser."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from audit.models import AuditEntry
from cases.casefile.models import CareTeamMember, Case, Stage
from cases.intake.models import Referral
from cases.people.models import FamilyRole
from cases.sessions.models import Attendance, Session
from cases.sessions.note_models import TherapyNote
from centres.models import Centre, Organisation, Role, Room, Service, StaffMember
from programme.plan.models import Programme
from programme.reports import tasks
from programme.reports.models import Report
from programme.reports.services import ensure_last_month
from programme.results.services import seed_demo_results
from tests.browser.conftest import OpenWindow, Window
from tests.conftest import CaseMaker, StaffMaker
from tests.programme.conftest import programme  # noqa: F401 - a fixture

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
WIDE, NARROW, ZOOMED, A4 = 1360, 360, 640, 687
"""A desk, a phone, the desk at a zoom of about 200 %, and paper within its margins."""
BETWEEN = 1024, 768
"""A tablet in both its positions; with its menu beside it, a page is narrower at 1024 pixels than at 1100."""


def violations(page: Page, *, contrast: bool) -> list[str]:
    """What axe finds. Contrast costs more than all its other rules together, and a phone has the same colours."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: list[str] = page.evaluate(
        """async ([runOnly, contrast]) => {
            const rules = {"color-contrast": {enabled: contrast}};
            const found = await axe.run({runOnly, rules, preload: false, resultTypes: ["violations"]});
            return found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 200)}`));
        }""",
        [RULES, contrast],
    )
    return found


def too_wide(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    pixels: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return pixels


def squeezed(page: Page) -> list[str]:
    """Cells with words in them that have no width left to show them in."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("th, td")]
            .filter(cell => cell.innerText.trim().length > 3 && cell.clientWidth < 32)
            .filter(cell => !cell.querySelector(":scope > .visually-hidden:only-child"))
            .map(cell => cell.innerText.slice(0, 40))"""
    )
    return found


def look_at(window: Window, *paths: str, status: int = 200) -> None:
    """Open each page and look at it at a desk's width and at a phone's, and whether it fits in between."""
    faults = []
    for path in paths:
        window.page.set_viewport_size({"width": WIDE, "height": 900})
        assert window.open(path).status == status, path
        for width in (WIDE, *BETWEEN, NARROW):
            window.page.set_viewport_size({"width": width, "height": 900})
            if width not in BETWEEN:
                faults += [f"{path} at {width}: {fault}" for fault in violations(window.page, contrast=width == WIDE)]
            if pixels := too_wide(window.page):
                faults.append(f"{path} at {width}: {pixels} px too wide")
            if width != NARROW:  # where a row is a card, and its table's heading is for screen readers alone
                faults += [f"{path} at {width}: no room for {words!r}" for words in squeezed(window.page)]
    assert faults == []


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    settings.REPORTS_DIR = tmp_path / "reports"
    monkeypatch.setattr(tasks, "hand_on", lambda report_uuid: True)
    monkeypatch.setattr("programme.reports.rendering.render_pdf", lambda html: b"%PDF-" + html.encode())


Meetings = dict[str, Session]


@pytest.fixture
def meetings(annas_case: Case, piotr: StaffMember, room: Room, family_therapy: Service) -> Meetings:
    """One that took place and has a note, one that nobody has settled, one to come, one that was called off."""
    CareTeamMember.objects.create(case=annas_case, staff=piotr, from_on=annas_case.received_on)
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    made = {}
    for name, days, status in (
        ("held", -9, Session.Status.HELD),
        ("unresolved", -2, Session.Status.PLANNED),
        ("to come", 5, Session.Status.PLANNED),
        ("called off", 6, Session.Status.CANCELLED_BY_THERAPIST),
    ):
        start = now + dt.timedelta(days=days)
        made[name] = Session.objects.create(
            case=annas_case,
            centre=annas_case.centre,
            service=family_therapy,
            therapist=piotr,
            room=room,
            starts_at=start,
            ends_at=start + dt.timedelta(minutes=50),
            status=status,
            resolved_by=None if status == Session.Status.PLANNED else piotr,
            cancel_reason="Choroba." if name == "called off" else "",
        )
        for member in annas_case.family.members.all():
            presence = Attendance.Presence.PRESENT if status == Session.Status.HELD else Attendance.Presence.EXPECTED
            Attendance.objects.create(session=made[name], person=member.person, case=annas_case, presence=presence)
    TherapyNote.objects.create(session=made["held"], author=piotr, text="Notatka z testu.")
    return made


@pytest.fixture
def wodnas_families(make_case: CaseMaker, wodna: Centre, anna: StaffMember) -> list[Case]:
    """A deadline that is long past, a family that waits, and one whose case nobody coordinates yet."""
    today = timezone.localdate()
    long_name = (("Maksymilian", "Świątecznie-Przykładowowski", FamilyRole.FATHER, None),)
    return [
        make_case(wodna, "Rodzina Spóźnionych", coordinator=anna, received_on=today - dt.timedelta(days=40)),
        make_case(
            wodna,
            "Rodzina Świątecznie-Przykładowowskich",
            coordinator=anna,
            received_on=today - dt.timedelta(days=150),
            stage=Stage.WAITING,
            members=long_name,
        ),
        make_case(wodna, "Rodzina Niczyich"),
    ]


@pytest.fixture
def new_referral(wodna: Centre) -> Referral:
    return Referral.objects.create(
        centre=wodna,
        source="justice",
        received_on=timezone.localdate(),
        family_label="Rodzina Nowych",
        contact_first_name="Ewa",
        contact_last_name="Nowa",
        contact_role=FamilyRole.MOTHER,
        contact_phone="+48000000000",
        adults=1,
        children=2,
        concern="Pierwsze zdanie. Drugie zdanie, znacznie dłuższe od pierwszego.",
    )


@pytest.fixture
def full_programme(programme: Programme) -> Programme:  # noqa: F811 - the fixture imported above
    seed_demo_results(programme, timezone.localdate(), random.Random(1))  # noqa: S311 - the same data again
    return programme


@pytest.fixture
def reports(wodnas_families: list[Case], full_programme: Programme) -> dict[str, Report]:
    """Last month's, in every state."""
    made = ensure_last_month()
    states = ("ready", "failed", "waiting")
    for report in made[:-2]:
        tasks.build_report(str(report.uuid))
    Report.objects.filter(pk=made[-2].pk).update(
        status=Report.Status.FAILED, error="Brakuje czcionki.", finished_at=timezone.now()
    )
    return dict(zip(states, (made[0], made[-2], made[-1]), strict=True))


def test_what_the_public_sees(open_window: OpenWindow, anna: StaffMember) -> None:
    nobody = open_window()
    centres = [f"/centres/{slug}/" for slug in ("wodna", "krakowiakow", "wadowicka")]
    look_at(nobody, "/", *centres, "/dostepnosc/", "/accounts/login/", "/accounts/password/reset/")
    nobody.expected.append("404 (Not Found)")
    look_at(nobody, "/nie-ma-takiej-strony/", status=404)
    annas = open_window(anna)
    annas.expected.append("403 (Forbidden)")
    look_at(annas, "/audit/", status=403)


def test_what_a_coordinator_sees(
    open_window: OpenWindow,
    anna: StaffMember,
    annas_case: Case,
    wodnas_families: list[Case],
    meetings: Meetings,
    new_referral: Referral,
    passwords: Callable[..., None],
) -> None:
    passwords(anna)  # who has none has nothing to change
    case = annas_case.get_absolute_url()
    referral = new_referral.get_absolute_url()
    window = open_window(anna)
    look_at(window, "/today/", "/cases/", "/waitlist/", "/calendar/", "/referrals/?status=all")
    look_at(window, "/referrals/new/", referral, f"{referral}accept/", f"{referral}redirect/")
    look_at(window, case, f"{case}sessions/", f"{case}history/", wodnas_families[0].get_absolute_url())
    look_at(window, f"{case}sessions/new/", f"{case}people/add/", f"{case}diagnosis/")
    look_at(window, "/accounts/2fa/", "/accounts/sessions/", "/accounts/password/change/")


def test_what_a_therapist_and_the_heads_see(
    open_window: OpenWindow,
    piotr: StaffMember,
    marek: StaffMember,
    clara: StaffMember,
    annas_case: Case,
    wodnas_families: list[Case],
    meetings: Meetings,
) -> None:
    held, unresolved = (meetings[name].get_absolute_url() for name in ("held", "unresolved"))
    piotrs = open_window(piotr)
    look_at(piotrs, "/today/", "/cases/", "/sessions/", "/sessions/unresolved/")
    look_at(piotrs, meetings["called off"].get_absolute_url())
    look_at(piotrs, held, f"{held}note/", f"{held}edit/", f"{unresolved}resolve/", "/calendar/")
    note = TherapyNote.objects.get().get_absolute_url()
    look_at(piotrs, "/notes/", note, f"{note}sign/")
    TherapyNote.objects.update(signed_at=timezone.now())
    look_at(piotrs, f"{held}note/", f"{note}addendum/")
    mareks = open_window(marek)
    look_at(mareks, "/today/", "/cases/", f"{wodnas_families[-1].get_absolute_url()}coordinator/", "/reports/")
    look_at(mareks, "/sessions/numbers/", "/sessions/numbers/hours/")
    claras = open_window(clara)
    look_at(claras, "/today/", "/waitlist/", held, "/supervision/", "/supervision/?state=unsigned", note)


def test_what_the_office_sees(
    open_window: OpenWindow,
    make_staff: StaffMaker,
    jan: StaffMember,
    iga: StaffMember,
    adam: StaffMember,
    reports: dict[str, Report],
) -> None:
    library = Organisation.objects.exclude(short_name="MOPS").first()
    unit = make_staff("Urszula", "Jednostkowa", Role.UNIT, organisation=library)
    officer = make_staff("Paweł", "Projektowy", Role.PROJECT_OFFICER)
    entry = AuditEntry.objects.latest("id")
    jans = open_window(jan)
    look_at(jans, "/today/", "/programme/", "/programme/about/", "/sessions/numbers/")
    look_at(jans, "/programme/indicators/1.1/", "/programme/indicators/2.1/")
    look_at(jans, "/reports/", "/reports/new/", *(report.get_absolute_url() for report in reports.values()))
    igas = open_window(iga)
    look_at(igas, "/today/", "/audit/", f"/audit/{entry.uuid}/")
    for other in (unit, officer, adam):
        look_at(open_window(other), "/today/")


READABLE = """() => {
    // the calendar shows one day of the week at a time on a narrow screen, with links to the others
    const meant = ".visually-hidden, [hidden], dialog, thead, .by-day .week > li:not(.chosen)";
    const gone = node => {
        const style = getComputedStyle(node);
        return !node.getClientRects().length || style.visibility === "hidden" || style.opacity === "0";
    };
    return [...document.querySelectorAll("main :is(h1, h2, th, td, dt, dd, li, p, a.tile)")]
        .filter(node => node.textContent.trim() && !node.closest(meant) && gone(node))
        .map(node => node.outerHTML.slice(0, 160));
}"""
"""What a person should find in the page's content and would not see."""


def test_pages_stay_readable_in_forced_colours_in_print_and_at_200_per_cent(
    open_window: OpenWindow, marek: StaffMember, annas_case: Case, wodnas_families: list[Case], meetings: Meetings
) -> None:
    window = open_window(marek, forced_colors="active")
    page = window.page
    for path in ("/today/", "/cases/", wodnas_families[0].get_absolute_url(), "/calendar/", "/referrals/new/"):
        page.set_viewport_size({"width": WIDE, "height": 900})
        window.open(path)
        assert page.evaluate(READABLE) == [], path
        for mark in page.locator("main .tag").all():
            assert mark.evaluate("tag => getComputedStyle(tag).borderTopStyle") == "solid"
        page.set_viewport_size({"width": ZOOMED, "height": 450})
        assert too_wide(page) == 0, path
        assert page.evaluate(READABLE) == [], path
        page.set_viewport_size({"width": A4, "height": 900})
        page.emulate_media(media="print", forced_colors="none")
        assert too_wide(page) == 0, path
        assert page.locator("h1").is_visible()
        assert page.locator("main .btn:visible").count() == 0
        assert not page.get_by_role("navigation", name="Menu główne").is_visible()
        page.emulate_media(media="screen", forced_colors="active")

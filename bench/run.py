"""What is measured, against which budget, and the table at the end."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import NamedTuple

from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from bench import pages, reports
from bench.loading import load_history
from bench.measuring import WARM_UP, Clock, Thing, queries_of, ratio, take_turns, work_done
from bench.telling import say, told
from cases.casefile.models import Case
from centres.models import Centre

FAMILIES, MONTHS = 220, 5
"""Seeded: about a thousand meetings, and more than fifty open cases at each centre."""

FRAME = 5
"""Statements that a signed-in page may need beside its own: session, user, roles, menu, transaction."""


@dataclass(frozen=True)
class Line:
    """One budget and how it was kept."""

    name: str
    budget: float | None
    measured: float
    unit: str = "×"
    note: str = ""

    @property
    def verdict(self) -> str:
        if self.budget is None:
            return ""
        return "ok" if self.measured <= self.budget else "OVER"


class Budget(NamedTuple):
    """What is measured, how many times its floor it may take, and how many statements of its own it may make."""

    thing: Thing
    most: float
    floor: Thing
    """The plain list of 50 rows of the table that it is about (design part 5)."""
    statements: int | None = None


def run(sessions: int, rounds: int, *, cpu: bool, reports: bool) -> int:
    """Prepare, measure, print. Returns how many budgets were exceeded."""
    _prepare(sessions)
    clock = work_done() if cpu else time.perf_counter
    lines = [*_pages(rounds, clock), *_counting(rounds, clock)]
    if reports:
        lines += _reports()
    _print(lines)
    return min(sum(line.verdict == "OVER" for line in lines), 100)


def _prepare(sessions: int) -> None:
    with told("Preparing the database"):
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
    with told("Inventing demo data"):
        call_command("seed_demo", families=FAMILIES, months=MONTHS, stderr=sys.stderr)
    with told(f"Loading history up to {sessions} meetings"):
        found = load_history(sessions)
    say(f"{connection.vendor}: {found} meetings, {Case.objects.count()} cases, {Case.objects.open().count()} open.\n")


def _pages(rounds: int, clock: Clock) -> list[Line]:
    lead_email, coordinator_email = "lead.wodna@example.org", "coordinator.wodna@example.org"
    bare = pages.bare_browser(lead_email)
    therapist_email = "therapist.wodna@example.org"
    lead, coordinator, therapist, analyst = map(
        pages.browser_of, (lead_email, coordinator_email, therapist_email, "analyst@example.org")
    )
    caseload, closed = reverse("cases:caseload"), f"{reverse('cases:caseload')}?stage=closed"
    case = reverse("cases:case", args=[pages.case_with_most_meetings(lead_email).uuid])
    cases = Thing("bare 50 cases", pages.opening(bare, "/fifty/"))
    meetings = Thing("bare 50 meetings", pages.opening(bare, "/meetings/"))
    admin = Thing("Django admin's list", pages.opening(bare, "/bare-admin/cases/case/"))
    full = Thing("caseload of 50 (lead)", pages.opening(lead, caseload))
    every = Thing("caseload of 50 (coordinator, whole centre)", pages.opening(coordinator, f"{caseload}?whose=all"))
    calendar = reverse("cases:calendar")
    stock = rounds + WARM_UP
    budgets = (
        Budget(full, 1.5, cases, 6),
        Budget(every, 1.5, cases, 6),
        Budget(Thing("own caseload (coordinator)", pages.opening(coordinator, caseload)), 1.5, cases, 6),
        Budget(Thing("case page, access on record", pages.opening(lead, case)), 1.25, cases, 8),
        Budget(Thing("week calendar (lead)", pages.opening(lead, calendar)), 1.0, meetings, 6),
        Budget(Thing("week calendar (therapist)", pages.opening(therapist, calendar)), 1.0, meetings, 6),
        Budget(Thing("Programme page", pages.opening(analyst, reverse("programme:programme"))), 1.0, cases, 6),
        Budget(Thing("log a planned meeting", pages.settling(therapist, therapist_email, stock)), 0.75, meetings),
        Budget(
            Thing("log an unplanned meeting (therapist)", pages.logging(therapist, therapist_email, therapist_email)),
            0.75,
            meetings,
        ),
        Budget(
            Thing("log an unplanned meeting (lead)", pages.logging(lead, lead_email, therapist_email)), 0.75, meetings
        ),
    )
    first = Thing("first page of closed cases", pages.opening(lead, closed))
    last = Thing("last page of closed cases", pages.opening(lead, pages.last_page_of(lead, closed)))
    things = [cases, meetings, admin, first, last, *(budget.thing for budget in budgets)]
    with told(f"Opening {len(things)} pages {rounds} times"):
        take_turns(things, rounds, clock)
    lines = [Line(floor.name, None, floor.median_ms, "ms") for floor in (cases, meetings)]
    for thing, most, floor, _ in budgets:
        took = f"{thing.median_ms:.1f} ms" + ("" if floor is cases else f", {ratio(thing, cases):.2f} × 50 cases")
        lines.append(Line(thing.name, most, ratio(thing, floor), note=took))
    lines.append(
        Line("caseload of 50 against Django's admin", 0.35, ratio(full, admin), note=f"admin {admin.median_ms:.1f} ms")
    )
    lines.append(Line("closed cases: last page against the first", 1.2, ratio(last, first)))
    for thing, _, _, allowed in budgets:
        if allowed is not None:
            lines.append(Line(f"statements: {thing.name}", allowed + FRAME, queries_of(thing.act), unit=""))
    return lines


def _counting(rounds: int, clock: Clock) -> list[Line]:
    centre, year = Centre.objects.all()[0], timezone.localdate().year - 1
    ours, by_hand = reports.counted_by_the_portal(year, centre), reports.counted_by_hand(year, centre)
    if ours != by_hand:
        raise RuntimeError(f"The portal counts {ours}, SQL by hand {by_hand}.")
    portal = Thing("", lambda: reports.counted_by_the_portal(year, centre))
    hand = Thing("", lambda: reports.counted_by_hand(year, centre))
    take_turns([portal, hand], rounds, clock)
    month = Thing("", lambda: reports.count_for_report(centre))
    take_turns([month], 10, clock)
    return [
        Line(
            "a centre's services by month against SQL by hand",
            2.0,
            ratio(portal, hand),
            note=f"{portal.median_ms:.1f} ms, {sum(ours.values())} meetings in {year}",
        ),
        Line("all numbers of a centre's monthly report", None, month.median_ms, "ms"),
    ]


def _reports() -> list[Line]:
    centre = Centre.objects.all()[0]
    html = reports.frozen_html(reports.make_report(centre))
    whole = Thing("", lambda: reports.make_report(centre))
    plain = Thing("", lambda: reports.plain_weasyprint(html))
    with told("Making a report 7 times"):
        take_turns([whole, plain], 7)
    took = f"{whole.median_ms:.0f} ms"
    return [Line("report from end to end against WeasyPrint", 1.15, ratio(whole, plain), note=took)]


# --- telling ---------------------------------------------------------------------------------------------------------


def _print(lines: list[Line]) -> None:
    width = max(len(line.name) for line in lines)
    say(f"\n{'what':{width}}  {'budget':>7}  {'measured':>9}")
    for line in lines:
        budget = "" if line.budget is None else f"≤ {line.budget:g}"
        digits = 0 if not line.unit else 2 if line.unit == "×" else 1
        measured = f"{line.measured:.{digits}f} {line.unit}".rstrip()
        say(f"{line.name:{width}}  {budget:>7}  {measured:>9}  {line.verdict:4}  {line.note}".rstrip())

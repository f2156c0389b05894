"""Who gets aggregates only finds no number of meetings behind which 1–4 families stand, whatever they ask for."""

from __future__ import annotations

import datetime as dt
import pickle
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from cases.numbers import page
from cases.numbers.counting import HELD, NO_SHOW, STATES, TO_COME, Tally
from cases.numbers.forms import NumbersForm
from cases.numbers.page import Page, build
from cases.numbers.periods import last_completed_day, periods
from cases.numbers.publishing import Families, Figure, over_months, publish_month
from cases.numbers.sight import sight_of
from cases.numbers.tables import state_label
from cases.sessions.models import Session
from centres.models import Centre, Service
from foundation.formats import format_month
from foundation.spreadsheets import Duration
from foundation.suppression import Mark
from tests.cases.numbers.conftest import NOW
from tests.foundation.solving import solved

SHOWN_STATES = [state for state in STATES if state != TO_COME]
Unknown = tuple[str, str, str, Any]
"""Month, kind (state or service), centre, and which one."""


# --- one month, made up by chance ------------------------------------------------------------------------------------

CENTRES = (1, 2, 3)
cell = st.tuples(st.integers(0, 30), st.integers(1, 9)).map(lambda pair: (max(pair), min(pair)) if pair[0] else (0, 0))
"""Meetings, and the families behind them."""


@st.composite
def made_up_months(draw):
    services = draw(st.integers(1, 5))
    return {
        (centre, service): [draw(cell) for _state in (HELD, "by_family", NO_SHOW)]
        for centre in CENTRES
        for service in range(services)
    }


@effort(max_examples=60, deadline=None)
@given(made_up_months())
def test_who_solves_the_sums_of_a_month_finds_no_number_of_few_families(month):
    """Families of a sum are at least those of its largest part, and at most all of them together."""
    cells, behind = {}, Families()
    for (centre, service), numbers in month.items():
        cells[centre, service] = tally = Tally()
        for state, (meetings, families) in zip((HELD, "by_family", NO_SHOW), numbers, strict=True):
            tally.meetings[state] = meetings
            for scope in (centre, None):
                most(behind.total, scope, families)
                most(behind.states, (scope, state), families)
                if state == HELD:
                    most(behind.services, (scope, service), families)
    printed = publish_month(cells, CENTRES, behind)
    few = {}
    equations = []
    services = sorted({service for _centre, service in cells})
    for scope in (*CENTRES, None):
        of_it = [scope] if scope else CENTRES
        rows: list[tuple[str, Any, Any]] = [
            ("state", printed.states[scope], STATES),
            ("service", printed.services[scope], services),
        ]
        for kind, row, columns in rows:
            for which in columns:
                figure = row[which]
                leaves = {(kind, centre, which): 1 for centre in of_it}
                if figure.is_shown:
                    equations.append(leaves)
                if figure.count and families_of(behind, kind, scope, which) < 5:
                    few[scope, kind, which] = leaves
                    assert not figure.is_shown
        if printed.totals[scope].is_shown:
            equations.append({("state", centre, state): 1 for centre in of_it for state in STATES})
    for centre in CENTRES:  # the held meetings are those of all services
        equations.append({("state", centre, HELD): -1} | {("service", centre, service): 1 for service in services})
    for leaves in few.values():
        assert not follows(leaves, equations)


def most(numbers, key, families):
    numbers[key] = max(numbers.get(key, 0), families)


def families_of(behind, kind, scope, which):
    return (behind.states if kind == "state" else behind.services).get((scope, which), 0)


def follows(leaves: dict[Any, int], equations: list[dict[Any, int]]) -> bool:
    """Whether a sum of unknowns can be computed from what is printed."""
    return "asked" in solved([*equations, {**leaves, "asked": 1}])


def test_hours_of_a_hidden_service_are_missing_in_the_hours_of_its_centre():
    """Two services of different length: from their meetings and their hours together both could be computed."""
    behind = Families({1: 20, None: 20}, {(1, HELD): 20, (None, HELD): 20}, {})
    cells = {}
    for service, meetings, minutes, families in ((0, 3, 150, 2), (1, 8, 720, 7), (2, 20, 1000, 15)):
        cells[1, service] = Tally(minutes=minutes)
        cells[1, service].meetings[HELD] = meetings
        for scope in (1, None):
            behind.services[scope, service] = families
    month = publish_month(cells, [1], behind)
    marks = [month.services[1][service].mark for service in range(3)]
    assert marks == [Mark.SMALL, Mark.HIDDEN, Mark.SHOWN]
    held = month.states[1][HELD]
    assert (held.count, held.minutes, held.minutes_at_least) == (31, 1000, True)


def test_a_sum_over_months_is_what_its_months_print():
    shown, few, other = Figure(12, 600), Figure(3, 150, Mark.SMALL), Figure(30, 1500)
    assert over_months([shown, other]) == Figure(42, 2100)
    assert over_months([shown, few, other]) == Figure(42, 2100, at_least=True, minutes_at_least=True)
    assert not over_months([few, few]).is_shown
    assert over_months([few]) == few


# --- all pages that an analyst can open ------------------------------------------------------------------------------


class Attacker:
    """Reads every page that there is, and remembers each exact number as an equation of what it cannot see."""

    def __init__(self, analyst: Any) -> None:
        self.user = analyst.user
        self.sight = sight_of(self.user)
        self.equations: list[dict[Unknown, int]] = []
        self.centres = {str(centre): centre.slug for centre in Centre.objects.all()}
        self.states = {state_label(state): state for state in SHOWN_STATES}
        self.services = {one.name: one for one in Service.objects.all()}
        self.months: set[str] = set()

    def page(self, **asked: str) -> Page:
        form = NumbersForm(asked, sight=self.sight)
        assert form.is_valid(), form.errors
        return build(form, self.sight, now=NOW)

    def pages(self) -> Iterator[tuple[dict[str, str], Page]]:
        last = last_completed_day(NOW.date())
        for _year, offered in periods(dt.date(2026, 7, 1), last):
            for period in offered:
                for place in ("all", *self.centres.values()):
                    for service in ("", *(str(one.uuid) for one in self.services.values() if one.sessions.exists())):
                        asked = {"period": period.key, "centre": place, "service": service}
                        yield asked, self.page(**asked)

    def read_everything(self) -> None:
        for asked, read in self.pages():
            months = [month.key for month in read.period.months]
            self.months |= set(months)
            where = [*self.centres.values()] if asked["centre"] == "all" else [asked["centre"]]
            for table in read.tables:
                for row, named in table.named_rows:
                    for head, one in named:
                        column = head[:1].lower() + head[1:]
                        if isinstance(one.value, int):
                            self._number(table.key, row.label, column, one.value, months, where)
                        elif isinstance(one.value, Duration):
                            self._hours(table.key, row.label, months, where)
        for month in self.months:
            for place in self.centres.values():
                of_services = {(month, "service", place, one.slug): 1 for one in self.services.values()}
                self.equations.append({(month, "state", place, HELD): -1, **of_services})

    def _number(self, table: str, label: str, column: str, value: int, months: list[str], where: list[str]) -> None:
        if table == "outcomes":
            where = [self.centres[label]] if label in self.centres else where
            states = [self.states[column]] if column in self.states else SHOWN_STATES
            self._add(months, where, [("state", state, 1) for state in states])
        elif table == "services":
            slugs = (
                [self.services[label].slug] if label in self.services else [one.slug for one in self.services.values()]
            )
            self._add(months, where, [("service", slug, 1) for slug in slugs])
        else:
            assert table == "months"
            month = next(key for key in months if self._label(key) == label)
            states = [HELD] if column == "odbyły się" else SHOWN_STATES
            self._add([month], where, [("state", state, 1) for state in states])

    def _hours(self, table: str, label: str, months: list[str], where: list[str]) -> None:
        services = [self.services[label]] if label in self.services else list(self.services.values())
        if table == "months":
            months = [next(key for key in months if self._label(key) == label)]
        self._add(months, where, [("service", one.slug, one.minutes) for one in services])

    def _label(self, key: str) -> str:
        return format_month(dt.date.fromisoformat(f"{key}-01"))

    def _add(self, months: list[str], where: list[str], what: list[tuple[str, str, int]]) -> None:
        equation: dict[Unknown, int] = {
            (month, kind, place, which): factor for month in months for place in where for kind, which, factor in what
        }
        if equation not in self.equations:
            self.equations.append(equation)


def truth() -> tuple[dict[Unknown, int], dict[Unknown, set[int]]]:
    """How many meetings of each kind there were, and which families stood behind them."""
    meetings: dict[Unknown, int] = defaultdict(int)
    families: dict[Unknown, set[int]] = defaultdict(set)
    for session in Session.objects.filter(starts_at__lt=NOW.replace(day=1, hour=0)).select_related(
        "service", "centre"
    ):
        month = f"{session.starts_at.astimezone(NOW.tzinfo):%Y-%m}"
        state = "unresolved" if session.status == "planned" else str(session.status)
        keys = [(month, "state", session.centre.slug, state)]
        if state == HELD:
            keys.append((month, "service", session.centre.slug, session.service.slug))
        for key in keys:
            meetings[key] += 1
            families[key] |= behind_of(session)
    return meetings, families


def behind_of(session: Session) -> set[int]:
    """Of a group's meeting that was held those who came, of any other those who were invited (decision 0097)."""
    if session.case:
        return {session.case.family_id}
    came = session.attendances.select_related("case")
    return {one.case.family_id for one in came if session.status != HELD or one.presence == "present"}


@pytest.fixture
def worked_out_once(monkeypatch):
    """What pages are made of is worked out once for the same question; nothing changes between two pages."""

    def once(work):
        found: dict[bytes, Any] = {}

        def answer(*asked, **named):
            key = pickle.dumps((asked, named))
            if key not in found:
                found[key] = work(*asked, **named)
            return found[key]

        return answer

    for name in ("count", "publish", "capacity_ahead", "publish_ahead"):
        monkeypatch.setattr(page, name, once(getattr(page, name)))


def test_who_reads_every_page_of_every_period_finds_no_number_of_few_families(busy_autumn, jan, worked_out_once):
    """Months, quarters, half-years and the year, all centres and each, all services and each; hours count as well,
    because how long a meeting of a service lasts is no secret."""
    attacker = Attacker(jan)
    attacker.read_everything()
    meetings, families = truth()
    few = {key for key, number in meetings.items() if number and len(families[key]) < 5}
    assert len(few) > 20
    found = solved(attacker.equations)
    assert len(found) > 50  # the attacker does read the numbers that are printed
    assert not few & found


def test_what_is_printed_is_true(busy_autumn, jan):
    attacker = Attacker(jan)
    meetings, families = truth()
    of_wodna = attacker.page(period="2026-09", centre="wodna")
    services = next(table for table in of_wodna.tables if table.key == "services")
    shown = hidden = 0
    for row, named in services.named_rows[:-1]:
        key = ("2026-09", "service", "wodna", attacker.services[row.label].slug)
        printed = named[0][1]
        if printed.value is None:
            hidden += 1
            continue
        shown += printed.value > 0
        assert printed.value == meetings[key]
        assert not 1 <= len(families[key]) <= 4
    assert shown
    assert hidden


def test_no_therapist_and_no_family_is_named(busy_autumn, jan, sign_in):
    browser = sign_in(jan)
    for place in ("all", "wodna"):
        text = browser.get("/sessions/numbers/", {"centre": place, "period": "2026"}).content.decode()
        assert "Sekretn" not in text
        assert "Zdzisława" not in text
        assert "Według terapeuty" not in text


@pytest.mark.parametrize("asked", [{"therapist": "x"}, {"from_on": "2026-10-01", "to_on": "2026-10-03"}])
def test_a_therapist_or_days_of_ones_own_choice_change_nothing(busy_autumn, jan, sign_in, asked):
    """Such fields are not there for an analyst: whatever stands in the address is not looked at."""
    browser = sign_in(jan)
    plain = browser.get("/sessions/numbers/export/", {"period": "2026-10"}).getvalue()
    assert browser.get("/sessions/numbers/export/", {"period": "2026-10", **asked}).getvalue() == plain
    exact = browser.get("/sessions/numbers/export/", {"period": "2026-10", "numbers": "exact"}).getvalue()
    assert exact == plain


def test_the_running_month_is_not_published(busy_autumn, jan, sign_in):
    browser = sign_in(jan)
    assert browser.get("/sessions/numbers/", {"period": "2026-11"}).status_code == 400
    assert "1.10.2026 – 31.10.2026" in browser.get("/sessions/numbers/", {"period": "2026-q4"}).content.decode()
    assert "październik 2026" in browser.get("/sessions/numbers/").content.decode()


def test_a_share_of_fewer_than_ten_is_hidden(families, meet, jan, sign_in):
    for case in families(6):
        meet(case, "2026-10-05", present=1)
    table = sign_in(jan).get("/sessions/numbers/", {"centre": "wodna"}).content.decode()
    assert "50%" in table  # of twelve
    Session.objects.all()[0].attendances.all().delete()
    Session.objects.all()[1].attendances.all().delete()
    assert "50%" not in sign_in(jan).get("/sessions/numbers/", {"centre": "wodna"}).content.decode()

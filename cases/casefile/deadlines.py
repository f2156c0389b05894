"""When a case's next deadline falls, and how near it is (P1, P3, K2; design part 6).

The rules are rows (`DeadlineRule`), so that a centre's setting is data; what has no row follows `DEFAULTS`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cases.casefile.models import NO_DEADLINE, Case, DeadlineKind, DeadlineRule, Stage
from foundation.formats import days_left, format_date
from foundation.statements import kept

DAY, MONTH = DeadlineRule.Unit.DAY, DeadlineRule.Unit.MONTH


@dataclass(frozen=True)
class Rule:
    """Due and amber, both counted from the day the deadline's clock starts."""

    due_after: int
    amber_after: int
    unit: str

    def due_on(self, start: dt.date) -> dt.date:
        return self._later(start, self.due_after)

    def amber_on(self, start: dt.date) -> dt.date:
        return self._later(start, self.amber_after)

    @lru_cache(maxsize=10_000)  # noqa: B019 - a rule is a value, and the days of all open cases are few
    def _later(self, start: dt.date, count: int) -> dt.date:
        return start + (relativedelta(months=count) if self.unit == MONTH else relativedelta(days=count))


Rules = dict[str, Rule]

DEFAULTS: Rules = {
    DeadlineKind.DIAGNOSIS: Rule(due_after=14, amber_after=8, unit=DAY),  # P1
    DeadlineKind.THERAPY_START: Rule(due_after=6, amber_after=5, unit=MONTH),  # P3
    DeadlineKind.THERAPY_END: Rule(due_after=182, amber_after=180, unit=DAY),  # P2: half a year, amber 2 days before
}
AT_STAGE = {
    Stage.DIAGNOSIS: DeadlineKind.DIAGNOSIS,
    Stage.PLAN: DeadlineKind.THERAPY_START,
    Stage.WAITING: DeadlineKind.THERAPY_START,
    Stage.THERAPY: DeadlineKind.THERAPY_END,
}


def current_rules() -> Rules:
    """The rules in force: one query."""
    return DEFAULTS | {kind: Rule(due, amber, unit) for kind, due, amber, unit in _rules()}


@kept
def _rules() -> QuerySet[DeadlineRule, Any]:
    return DeadlineRule.objects.values_list("kind", "due_after", "amber_after", "unit")


def clock_start(case: Case, kind: str) -> dt.date:
    """All clocks start with the referral's receipt, but the half-year of therapy with therapy."""
    if kind == DeadlineKind.THERAPY_END and case.therapy_started_on:
        return case.therapy_started_on
    return case.received_on


def set_next_deadline(case: Case, rules: Rules) -> None:
    """Write on the case (unsaved) which deadline comes next at its stage."""
    kind = AT_STAGE.get(Stage(case.stage), DeadlineKind.NONE)
    case.next_deadline_kind = kind
    case.next_deadline_on = rules[kind].due_on(clock_start(case, kind)) if kind else NO_DEADLINE


@dataclass(frozen=True)
class Nearness:
    """A deadline as a person reads it: a state with icon and words, and the exact date."""

    state: str  # "", "warn", "late"
    icon: str
    words: str
    due_on: dt.date


def nearness(case: Case, today: dt.date, rules: Rules) -> Nearness | None:
    """How near the case's next deadline is; None where there is none."""
    kind, due_on = case.next_deadline_kind, case.next_deadline_on
    if not kind or due_on == NO_DEADLINE:
        return None
    if due_on < today:
        return Nearness("late", "exclamation-octagon", days_left(due_on, today), due_on)
    start = clock_start(case, kind)
    if today >= rules[kind].amber_on(start):
        return Nearness("warn", "clock", _near_words(case, kind, start, due_on, today), due_on)
    return Nearness("", "check2", _("by %(date)s") % {"date": format_date(due_on)}, due_on)


def _near_words(case: Case, kind: str, start: dt.date, due_on: dt.date, today: dt.date) -> str:
    if kind == DeadlineKind.THERAPY_START and (due_on - today).days > 7:  # noqa: PLR2004 - a week: then days count
        gone = relativedelta(today, start)
        return _("month %(number)s of waiting") % {"number": gone.years * 12 + gone.months + 1}
    return days_left(due_on, today)

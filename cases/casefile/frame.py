"""What stands around every tab of a case: its path, its deadline and what may be done next."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from cases.casefile.deadlines import current_rules, nearness
from cases.casefile.models import Case, CoordinatorAssignment, Stage, StageChange
from centres.duties import duties_of
from centres.models import Role
from foundation.formats import format_date
from foundation.statements import kept


@dataclass(frozen=True)
class Milestone:
    """One stop on the path: done, current or still to come, with its date in words."""

    label: str
    state: str
    words: str


@dataclass(frozen=True)
class Action:
    label: str
    url: str


NEXT_STEPS: dict[str, tuple[tuple[str, Any], ...]] = {
    Stage.DIAGNOSIS: (("cases:record_diagnosis", lambda: _("Record the diagnosis")),),
    Stage.PLAN: (
        ("cases:start_therapy", lambda: _("Start therapy")),
        ("cases:put_on_waitlist", lambda: _("Put on the waiting list")),
    ),
    Stage.WAITING: (("cases:start_therapy", lambda: _("Start therapy")),),
    Stage.THERAPY: (("cases:start_follow_up", lambda: _("End therapy")),),
    Stage.FOLLOW_UP: (),
    Stage.CLOSED: (),
}


def case_frame(case: Case, user: User) -> dict[str, Any]:
    """Context of `cases/casefile/case_base.html`: three queries (assignments, stage changes, deadline rules)."""
    today = timezone.localdate()
    rules = current_rules()
    assignments = _assignments(case=case.pk)
    current = next((one for one in assignments if one.ended_on is None), None)
    changes = _changes(case=case.pk)
    may_manage = manages(case, current, user)
    return {
        "case": case,
        "today": today,
        "rules": rules,
        "nearness": nearness(case, today, rules),
        "assignments": assignments,
        "coordinator": current.coordinator if current else None,
        "stage_changes": changes,
        "path": path_of(case, {change.stage: change.on for change in changes}, rules),
        "may_manage": may_manage and case.is_open,
        "may_assign": case.is_open and case.centre_id in duties_of(user).centres(Role.LEAD),
        "next_steps": next_steps(case) if may_manage else [],
    }


@kept
def _assignments(*, case: int) -> QuerySet[CoordinatorAssignment]:
    assignments = CoordinatorAssignment.objects.filter(case=case)
    return assignments.select_related("coordinator").order_by("started_on", "id")


@kept
def _changes(*, case: int) -> QuerySet[StageChange]:
    return StageChange.objects.filter(case=case).select_related("by").order_by("on", "id")


def manages(case: Case, current: CoordinatorAssignment | None, user: User) -> bool:
    """`Case.objects.managed_by` for one case whose current assignment is at hand: no query."""
    duties = duties_of(user)
    if case.centre_id in duties.centres(Role.LEAD):
        return True
    return (
        current is not None
        and current.coordinator_id == duties.staff_id
        and case.centre_id in duties.centres(Role.COORDINATOR)
    )


def next_steps(case: Case) -> list[Action]:
    return [Action(label(), reverse(name, args=[case.uuid])) for name, label in NEXT_STEPS[case.stage]]


def path_of(case: Case, reached: dict[str, dt.date], rules: dict[str, Any]) -> list[Milestone]:
    """The six stops from referral to closure, as the look draws them."""
    order = [Stage.DIAGNOSIS, Stage.PLAN, Stage.WAITING, Stage.THERAPY, Stage.FOLLOW_UP, Stage.CLOSED]
    here = order.index(Stage(case.stage))
    stops = [Milestone(_("Referral"), "done", format_date(case.received_on))]
    for index, stage in enumerate(order):
        if stage == Stage.FOLLOW_UP and stage not in reached:
            continue  # not every case has one; it is shown once it has begun
        if index == here and stage != Stage.CLOSED:
            words = _due_words(case, rules) or format_date(case.stage_since_on)
            stops.append(Milestone(str(stage.label), "current", words))
        elif stage in reached:
            stops.append(Milestone(_done_label(stage), "done", format_date(_done_on(case, stage, reached))))
        else:
            stops.append(Milestone(_done_label(stage), "skipped" if index < here else "", ""))
    return stops


def _done_label(stage: Stage) -> str:
    return _("Closure") if stage == Stage.CLOSED else str(stage.label)


def _done_on(case: Case, stage: Stage, reached: dict[str, dt.date]) -> dt.date:
    """Diagnosis counts from when it was made; the other stages from when they began."""
    if stage == Stage.DIAGNOSIS and case.diagnosed_on:
        return case.diagnosed_on
    return reached[stage]


def _due_words(case: Case, rules: dict[str, Any]) -> str:
    if case.stage in {Stage.DIAGNOSIS, Stage.THERAPY, Stage.WAITING, Stage.PLAN} and case.next_deadline_kind:
        return _("by %(date)s") % {"date": format_date(case.next_deadline_on)}
    return ""

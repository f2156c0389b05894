"""What happens to a case: it is opened, given to a coordinator, and moves along its path. Stages change only here."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.services import record
from cases.casefile.deadlines import current_rules, set_next_deadline
from cases.casefile.models import (
    CareTeamMember,
    Case,
    CaseNumberSequence,
    CoordinatorAssignment,
    Stage,
    StageChange,
)
from cases.casefile.signals import case_closed
from cases.intake.models import Referral
from cases.intake.services import lock_undecided
from cases.people.models import Family
from cases.people.services import add_person, refresh_search
from centres.duties import duties_of
from centres.models import Centre, Role, StaffMember
from foundation.forms import check_version
from foundation.rules import RuleError


class CaseError(RuleError):
    """A rule of case work forbids this step. `code` says which rule."""


def lock(case: Case, version: int | None = None) -> Case:
    """The case's locked row. Raises CaseError when it is closed, Stale when somebody has changed it."""
    locked = (
        Case.objects.select_for_update(of=("self",), no_key=True).select_related("centre", "family").get(pk=case.pk)
    )
    if locked.closed_on:
        raise CaseError(_("This case is closed."), code="closed")
    if version is not None:
        check_version(locked, version)
    return locked


# --- opening ---


@transaction.atomic
def accept_referral(
    referral: Referral, *, version: int, family: Family | None = None, coordinator: StaffMember | None = None, by: User
) -> Case:
    """Accept a referral: a case is opened at its centre, for a new family or for one that came before.

    The coordinator may be missing until the head of centre assigns one (design part 6).
    """
    referral = lock_undecided(referral, version)
    today = timezone.localdate()
    family = family or _new_family(referral, by)
    # The referral's row is not enough: two referrals of one family may be accepted at the same moment.
    family = Family.objects.select_for_update(no_key=True).get(pk=family.pk)
    referral.status = Referral.Status.ACCEPTED
    referral.decided_on = today
    referral.decided_by_id = duties_of(by).staff_id
    referral.version += 1
    referral.full_clean()
    referral.save()
    case = Case(
        family=family,
        centre=referral.centre,
        referral=referral,
        received_on=referral.received_on,
        opened_on=today,
        stage=Stage.DIAGNOSIS,
        stage_since_on=today,
        number=next_number(referral.centre, today.year),
    )
    set_next_deadline(case, current_rules())
    case.full_clean()
    case.save()
    case.stage_changes.create(stage=Stage.DIAGNOSIS, on=today, by_id=duties_of(by).staff_id)
    record(by, "cases.accept_referral", referral, case=case.uuid)
    if coordinator:
        assign_coordinator(case, coordinator, note="", by=by)
    return case


def _new_family(referral: Referral, by: User) -> Family:
    family = Family(label=referral.family_label, district=referral.district)
    family.full_clean()
    family.save()
    refresh_search(family)
    add_person(
        family,
        role=referral.contact_role,
        from_on=referral.received_on,
        first_name=referral.contact_first_name,
        last_name=referral.contact_last_name,
        phone=referral.contact_phone,
        by=by,
    )
    return family


def next_number(centre: Centre, year: int) -> str:
    """The next case number of a centre, `W/2026/0001`; its counter's row stays locked until the case is saved (P7)."""
    CaseNumberSequence.objects.get_or_create(centre=centre, year=year)
    sequence = CaseNumberSequence.objects.select_for_update(no_key=True).get(centre=centre, year=year)
    CaseNumberSequence.objects.filter(pk=sequence.pk).update(last=F("last") + 1)
    return f"{centre.letter}/{year}/{sequence.last + 1:04}"


# --- who works with the family ---


@transaction.atomic
def assign_coordinator(case: Case, coordinator: StaffMember, *, note: str = "", by: User) -> CoordinatorAssignment:
    """Give an open case to a coordinator of its centre; the history keeps who had it before (P5)."""
    case = lock(case)
    if not coordinator.has_role(Role.COORDINATOR, at=case.centre):
        raise CaseError(_("The coordinator must work at the case's centre."), code="other_centre", field="coordinator")
    before = case.assignments.current().select_related("coordinator").first()
    if before:
        if before.coordinator_id == coordinator.pk:
            raise CaseError(
                _("This person coordinates the case already."), code="same_coordinator", field="coordinator"
            )
        before.end()
    after = case.assignments.create(coordinator=coordinator, note=note)
    record(
        by,
        "cases.assign_coordinator",
        case,
        before=before.coordinator.uuid if before else None,
        after=coordinator.uuid,
    )
    return after


@transaction.atomic
def add_care_team_member(
    case: Case, staff: StaffMember, *, from_on: dt.date | None = None, by: User
) -> CareTeamMember:
    """Open the file to somebody of the centre who works with the family, from a day on."""
    case = lock(case)
    if not StaffMember.objects.working_at(case.centre).filter(pk=staff.pk).exists():
        raise CaseError(_("This person does not work at the case's centre."), code="other_centre", field="staff")
    if case.care_team.filter(staff=staff, to_on=None).exists():
        raise CaseError(_("This person is already in the care team."), code="already_in_team", field="staff")
    member = CareTeamMember(case=case, staff=staff, from_on=from_on or timezone.localdate())
    member.full_clean()
    member.save()
    record(by, "cases.add_care_team_member", case, staff=staff.uuid, from_on=member.from_on)
    return member


@transaction.atomic
def end_care_team_membership(member: CareTeamMember, *, by: User) -> CareTeamMember:
    """Close the file to somebody from tomorrow on; what they did stays."""
    member = (
        CareTeamMember.objects.select_for_update(of=("self",), no_key=True)
        .select_related("case", "staff")
        .get(pk=member.pk)
    )
    if member.to_on is not None:
        raise CaseError(_("This person has already left the care team."), code="already_left")
    member.to_on = max(timezone.localdate(), member.from_on)
    member.save(update_fields=["to_on"])
    record(by, "cases.end_care_team_membership", member.case, staff=member.staff.uuid, to_on=member.to_on)
    return member


# --- the path ---


@transaction.atomic
def record_diagnosis(case: Case, *, diagnosed_on: dt.date, diagnosed_by: StaffMember, version: int, by: User) -> Case:
    """Record that the family was diagnosed, when and by whom (P1); the case moves on to its support plan."""
    case = lock(case, version)
    _expect(case, Stage.DIAGNOSIS)
    _not_in_future("diagnosed_on", diagnosed_on)
    case.diagnosed_on = diagnosed_on
    case.diagnosed_by = diagnosed_by
    return _move(case, Stage.PLAN, diagnosed_on, "cases.record_diagnosis", by, diagnosed_by=diagnosed_by.uuid)


@transaction.atomic
def put_on_waitlist(case: Case, *, on: dt.date, note: str = "", version: int, by: User) -> Case:
    """No place in therapy yet: the family waits from this day."""
    case = lock(case, version)
    _expect(case, Stage.PLAN)
    _after("on", on, case.stage_since_on)
    return _move(case, Stage.WAITING, on, "cases.put_on_waitlist", by, note=note)


@transaction.atomic
def start_therapy(case: Case, *, on: dt.date, note: str = "", version: int, by: User) -> Case:
    """Therapy begins, from the plan at once or from the waiting list; its half-year starts to count (P2)."""
    case = lock(case, version)
    _expect(case, Stage.PLAN, Stage.WAITING)
    _after("on", on, case.stage_since_on)
    case.therapy_started_on = on
    return _move(case, Stage.THERAPY, on, "cases.start_therapy", by, note=note)


@transaction.atomic
def start_follow_up(case: Case, *, on: dt.date, note: str = "", version: int, by: User) -> Case:
    """Therapy is over; the coordinator keeps in touch with the family."""
    case = lock(case, version)
    _expect(case, Stage.THERAPY)
    _after("on", on, case.stage_since_on)
    return _move(case, Stage.FOLLOW_UP, on, "cases.start_follow_up", by, note=note)


@transaction.atomic
def close_case(case: Case, *, on: dt.date, note: str, version: int, by: User) -> Case:
    """Close a case, with the reason. Its coordinator and care team stay on record and may still read it.

    Its people leave their groups on that day, in the same transaction.
    """
    case = lock(case, version)
    _after("on", on, case.stage_since_on)
    case.closed_on = on
    case = _move(case, Stage.CLOSED, on, "cases.close_case", by, note=note)
    case_closed.send(sender=Case, case=case, by=by)
    return case


def _move(case: Case, stage: Stage, on: dt.date, action: str, by: User, *, note: str = "", **details: Any) -> Case:
    before = case.stage
    case.stage = stage
    case.stage_since_on = on
    set_next_deadline(case, current_rules())
    case.version += 1
    case.full_clean()
    case.save()
    StageChange.objects.create(case=case, stage=stage, on=on, by_id=duties_of(by).staff_id, note=note)
    record(by, action, case, before=before, after=stage, on=on, **details)
    return case


def _expect(case: Case, *stages: Stage) -> None:
    if case.stage not in stages:
        raise CaseError(
            _("The case is at another stage now: %(stage)s."),
            code="other_stage",
            params={"stage": case.get_stage_display()},
        )


def _not_in_future(field: str, day: dt.date) -> None:
    if day > timezone.localdate():
        raise CaseError(_("Give today's date or an earlier one."), code="future", field=field)


def _after(field: str, day: dt.date, before: dt.date) -> None:
    _not_in_future(field, day)
    if day < before:
        raise CaseError(
            _("This can't be earlier than the step before, on %(date)s."),
            code="too_early",
            field=field,
            params={"date": before.strftime("%d.%m.%Y")},
        )


@transaction.atomic
def refresh_deadlines() -> int:
    """Recount the stored deadlines of open cases after a rule has changed. Returns how many changed."""
    rules = current_rules()
    changed = []
    for case in Case.objects.open().select_for_update(no_key=True):
        before = (case.next_deadline_kind, case.next_deadline_on)
        set_next_deadline(case, rules)
        if before != (case.next_deadline_kind, case.next_deadline_on):
            changed.append(case)
    Case.objects.bulk_update(changed, ["next_deadline_kind", "next_deadline_on"], batch_size=500)
    return len(changed)

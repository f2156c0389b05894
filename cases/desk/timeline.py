"""„Historia”: what happened to a case, newest first, put together from its dated records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from cases.assessments.models import Addendum, Assessment, AssessmentQuerySet, CoupleOverride, ProposalDecision
from cases.casefile.models import Case, CoordinatorAssignment, StageChange
from cases.sessions.group_models import GroupEnrolmentQuerySet

OVERRIDE_TEXTS = ("reason", "decision_note")


@dataclass(frozen=True)
class Event:
    on: dt.date
    icon: str
    words: Any
    detail: str = ""


def events_of(
    case: Case, assignments: list[CoordinatorAssignment], stage_changes: list[StageChange], user: User
) -> list[Event]:
    """The case's history as this person may know it: one query each for team, family, groups; four for assessments."""
    source = case.referral.get_source_display()
    events = [Event(case.received_on, "inbox", _("Referral received"), _("Source: %(source)s") % {"source": source})]
    events += [
        Event(change.on, "signpost", _("Stage: %(stage)s") % {"stage": change.get_stage_display()}, _note_of(change))
        for change in stage_changes
    ]
    for one in assignments:
        words = _("Coordinator: %(name)s") % {"name": one.coordinator}
        events.append(Event(one.started_on, "person-check", words, one.note))
    for team in case.care_team.select_related("staff"):
        joined = _("%(name)s joined the care team") % {"name": team.staff}
        events.append(Event(team.from_on, "person-plus", joined))
        if team.to_on:
            left = _("%(name)s left the care team") % {"name": team.staff}
            events.append(Event(team.to_on, "person-dash", left))
    for member in case.family.members.select_related("person"):
        label = f"{member.person} ({member.get_role_display()})"
        joined = _("In the family: %(who)s") % {"who": label}
        events.append(Event(member.from_on, "people", joined))
        if member.to_on:
            left = _("No longer in the family: %(who)s") % {"who": label}
            events.append(Event(member.to_on, "people", left))
    events += group_events(case.enrolments.select_related("person", "group"), timezone.localdate())
    readable = Assessment.objects.filter(case=case).readable_by(user)
    events += assessment_events(readable.select_related("assessor", "finalised_by", "started_by"))
    return sorted(events, key=lambda event: event.on, reverse=True)


def group_events(enrolments: GroupEnrolmentQuerySet, today: dt.date) -> Iterator[Event]:
    """Who of the family was put on the list of which group, had a seat there and left; of the group its name alone."""
    for one in enrolments:
        which = {"group": one.group, "who": one.person}
        if one.from_on is None:
            yield Event(one.asked_on, "hourglass-split", _("Waiting for a seat in “%(group)s”: %(who)s") % which)
        elif one.asked_on < one.from_on:
            yield Event(one.asked_on, "card-list", _("On the list of “%(group)s”: %(who)s") % which)
        if one.from_on is not None and one.from_on <= today:
            yield Event(one.from_on, "person-plus", _("A seat in “%(group)s”: %(who)s") % which)
        if one.to_on is not None and one.to_on <= today:
            left = (
                _("No longer waiting for a seat in “%(group)s”: %(who)s")
                if one.from_on is None
                else _("Left “%(group)s”: %(who)s")
            )
            yield Event(one.to_on, "person-dash", left % which, one.leaving_reason)


def assessment_events(assessments: AssessmentQuerySet) -> Iterator[Event]:
    """What was done with assessments, by whom and when; never what is written in them."""
    kept = assessments.defer("narrative", "result", "abandon_reason").prefetch_related(
        Prefetch("decisions", ProposalDecision.objects.select_related("decided_by").defer("reason")),
        Prefetch("overrides", CoupleOverride.objects.select_related("signed_by", "decided_by").defer(*OVERRIDE_TEXTS)),
        Prefetch("addenda", Addendum.objects.select_related("author").defer("text")),
    )
    for one in kept:
        which = {"occasion": one.get_occasion_display()}
        yield Event(
            one.started_on, "clipboard-plus", _("Assessment started (%(occasion)s)") % which, str(one.assessor)
        )
        if one.finalised_at:
            words = _("Assessment finalised (%(occasion)s)") % which
            yield Event(timezone.localdate(one.finalised_at), "clipboard-check", words, str(one.finalised_by or ""))
        if one.abandoned_at:
            words = _("Assessment broken off (%(occasion)s)") % which
            yield Event(timezone.localdate(one.abandoned_at), "clipboard-x", words)
        yield from _what_followed(one)


def _what_followed(one: Assessment) -> Iterator[Event]:
    for decision in list(one.decisions.all())[:1]:  # the seven were made together
        words = _("Decision after the assessment recorded")
        yield Event(timezone.localdate(decision.decided_at), "check2-square", words, str(decision.decided_by))
    for override in one.overrides.all():
        words = _("Couple work despite a critical answer: reason signed")
        yield Event(timezone.localdate(override.signed_at), "pen", words, str(override.signed_by))
        if override.decided_at:
            granted = _("Couple work despite a critical answer: second signature given")
            refused = _("Couple work despite a critical answer: second signature refused")
            words = granted if override.granted else refused
            yield Event(timezone.localdate(override.decided_at), "pen-fill", words, str(override.decided_by))
    for addendum in one.addenda.all():
        words = _("Addendum to the assessment signed")
        yield Event(timezone.localdate(addendum.signed_at), "journal-plus", words, str(addendum.author))


def _note_of(change: StageChange) -> str:
    who = str(change.by) if change.by else ""
    return " · ".join(part for part in (who, change.note) if part)

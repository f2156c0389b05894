"""„Historia”: what happened to a case, newest first, put together from its dated records."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from cases.casefile.models import Case, CoordinatorAssignment, StageChange


@dataclass(frozen=True)
class Event:
    on: dt.date
    icon: str
    words: Any
    detail: str = ""


def events_of(case: Case, assignments: list[CoordinatorAssignment], stage_changes: list[StageChange]) -> list[Event]:
    """The case's history; two queries of its own (care team, family)."""
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
    return sorted(events, key=lambda event: event.on, reverse=True)


def _note_of(change: StageChange) -> str:
    who = str(change.by) if change.by else ""
    return " · ".join(part for part in (who, change.note) if part)

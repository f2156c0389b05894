"""A group as its pages show it: its people, by name only to who may know them, and its meetings."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from accounts.models import User
from cases.sessions.group_models import Group, GroupEnrolment
from foundation.search import sort_key


@dataclass(frozen=True)
class Member:
    """One person on a list of a group; of somebody without a name only the centre is told."""

    enrolment: GroupEnrolment
    name: str
    family: str
    """The case's number, for a link, where the case may be opened."""
    centre: str
    state: str
    """One of: seated, coming, waiting, left."""
    may_change: bool


@dataclass(frozen=True)
class People:
    """Everybody who is, was or waits to be in a group."""

    seated: list[Member]
    waiting: list[Member]
    left: list[Member]
    hidden: int
    """How many of them are somebody else's, so that their names are not shown."""


def people_of(group: Group, user: User, today: dt.date | None = None) -> People:
    """The lists of one group, in two queries."""
    day = today or timezone.localdate()
    by_name = Group.objects.known_by_name_to(user).filter(pk=group.pk).exists()
    rows: list[Any] = list(
        group.enrolments.for_list().with_rights(user).order_by("asked_on", "id")  # whoever waits longest comes first
    )
    members = [_member(one, by_name, day) for one in rows]
    seated = [one for one in members if one.state in {"seated", "coming"}]
    seated.sort(key=lambda one: (not one.name, sort_key(f"{one.enrolment.person.last_name} {one.name}")))
    return People(
        seated=seated,
        waiting=[one for one in members if one.state == "waiting"],
        left=[one for one in members if one.state == "left"],
        hidden=sum(not one.name for one in members),
    )


def _member(one: Any, by_name: bool, day: dt.date) -> Member:
    return Member(
        enrolment=one,
        name=str(one.person) if by_name or one.may_read else "",
        family=one.case.number if one.may_read else "",
        centre=one.case.centre.place,
        state=_state(one, day),
        may_change=one.may_change,
    )


def _state(one: GroupEnrolment, day: dt.date) -> str:
    if one.is_waiting:
        return "waiting"
    if one.from_on is None or (one.to_on is not None and one.to_on < day):
        return "left"
    return "seated" if one.from_on <= day else "coming"

"""A group as its pages show it: its people, by name only to who may know them, and its meetings."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from django.utils import timezone

from accounts.models import User
from cases.sessions.group_models import Group, GroupEnrolment
from foundation.search import sort_key


@dataclass(frozen=True)
class Member:
    """One person on a list of a group; of somebody without a name only the case's number is told, or the centre."""

    enrolment: GroupEnrolment
    name: str
    number: str
    """The case's, where its header may be seen."""
    may_read: bool
    """Whether the case may be opened."""
    centre: str
    state: str
    """One of: seated, coming, waiting, left."""
    may_change: bool
    may_end: bool
    nth: int = 0
    """Which of several on the list that nothing else tells apart; 0 where something does."""

    @property
    def known_as(self) -> str:
        """By name, by the case's number, or by the centre alone."""
        words = self.name or self.number or self.centre
        return f"{words} ({self.nth})" if self.nth else words


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
    seated.sort(key=_by_name)
    return People(
        seated=_numbered(seated),
        waiting=_numbered([one for one in members if one.state == "waiting"]),
        left=[one for one in members if one.state == "left"],
        hidden=sum(not one.name for one in members),
    )


def _by_name(member: Member) -> tuple[bool, str]:
    """Whose name is hidden comes last, in no order that would tell something of it."""
    return not member.name, sort_key(f"{member.enrolment.person.last_name} {member.name}") if member.name else ""


def _numbered(members: list[Member]) -> list[Member]:
    """Those who look alike, in the order of the list: the page that gives a seat says the same number."""
    alike = Counter(one.known_as for one in members if not one.name)
    counted: Counter[str] = Counter()
    numbered = []
    for one in members:
        counted[one.known_as] += 1
        several = not one.name and alike[one.known_as] > 1
        numbered.append(replace(one, nth=counted[one.known_as]) if several else one)
    return numbered


def _member(one: Any, by_name: bool, day: dt.date) -> Member:
    return Member(
        enrolment=one,
        name=str(one.person) if by_name or one.may_read else "",
        number=one.case.number if one.may_see or one.may_read else "",
        may_read=one.may_read,
        centre=one.case.centre.place,
        state=_state(one, day),
        may_change=one.may_change,
        may_end=one.may_end,
    )


def _state(one: GroupEnrolment, day: dt.date) -> str:
    if one.is_waiting:
        return "waiting"
    if one.from_on is None or (one.to_on is not None and one.to_on < day):
        return "left"
    return "seated" if one.from_on <= day else "coming"

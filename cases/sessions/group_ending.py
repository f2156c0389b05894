"""What the end of a group means for its people, in sentences that are true before it and afterwards."""

from __future__ import annotations

import datetime as dt

from django.db.models import Count, Q
from django.utils.translation import ngettext

from cases.sessions.group_models import Group
from foundation.formats import format_date


def who_leaves(group: Group, last_on: dt.date) -> list[str]:
    """How many places end when this is the last day of the group; one query."""
    found = group.enrolments.outlasting(last_on).aggregate(
        ending=Count("id", filter=Q(from_on__lte=last_on)),
        promised=Count("id", filter=Q(from_on__gt=last_on)),
        waiting=Count("id", filter=Q(from_on=None)),
    )
    ending, promised, waiting = found["ending"], found["promised"], found["waiting"]
    sentences = [
        (ending, ngettext(
            "%(number)d person ends their place in the group; the last day is %(day)s.",
            "%(number)d people end their places in the group; the last day is %(day)s.",
            ending,
        )),
        (promised, ngettext(
            "%(number)d person does not get the promised seat.",
            "%(number)d people do not get their promised seats.",
            promised,
        )),
        (waiting, ngettext(
            "%(number)d person stops waiting for a seat.", "%(number)d people stop waiting for a seat.", waiting
        )),
    ]  # fmt: skip
    return [words % {"number": number, "day": format_date(last_on)} for number, words in sentences if number]

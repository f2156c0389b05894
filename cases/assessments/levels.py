"""How a level is marked: the words, an icon whose bars grow as it gets worse, and a colour that only repeats them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cases.assessments.models import Assessment
from foundation.statements import kept


@dataclass(frozen=True)
class Mark:
    """A level as a tag. `state` is the tag's class in portal.css."""

    label: str
    state: str = ""  # "ok", "warn", "late", "" where it says nothing good or bad
    icon: str = "dash-circle"
    is_example: bool = False


def mark_of(label: str, rank: int | None, levels: int | None, *, is_example: bool = False) -> Mark:
    """The mark of one level out of so many; without a rank the result has no band (N4)."""
    if not rank or not levels:
        return Mark(label or _("incomplete result"), is_example=is_example)
    share = (rank - 1) / (levels - 1) if levels > 1 else 0
    state = "ok" if rank == 1 else "late" if rank >= levels else "warn"
    return Mark(label, state, f"reception-{1 + round(share * 3)}", is_example)


def latest_risks(cases: Collection[int]) -> dict[int, Mark]:
    """The worst level of each case's latest finalised assessment: one query for all the rows of a page.

    Cases without one are not in it. Whoever asks has made sure that these cases may be read.
    """
    if not cases:
        return {}
    return {  # of several the latest comes last and stays
        case: mark_of(label, rank, levels, is_example=is_example)
        for case, label, rank, levels, is_example in _finalised(cases=tuple(cases))
    }


@kept
def _finalised(*, cases: tuple[int, ...]) -> QuerySet[Assessment, Any]:
    found = Assessment.objects.finalised().filter(case__in=cases).order_by("finalised_at", "id")
    example = "instrument_version__instrument__is_example"
    return found.values_list("case_id", "worst_label", "worst_rank", "levels", example)

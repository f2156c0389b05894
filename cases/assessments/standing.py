"""How a case stands with its assessments: all that the frame and the overview of the case say, in one query."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from cases.assessments.levels import Mark, mark_of
from cases.assessments.models import Assessment, CriticalAlert
from cases.casefile.models import Case
from foundation.statements import kept

Occasion, Status = Assessment.Occasion, Assessment.Status


class Line(NamedTuple):
    """One area of one assessment; an assessment without areas is one line as well."""

    pk: int
    uuid: uuid.UUID
    case_id: int
    status: str
    occasion: str
    assessor_id: int
    finalised_at: dt.datetime | None
    levels: int | None
    stops: bool
    is_example: bool
    area: str | None
    level: str | None
    rank: int | None


@dataclass(frozen=True)
class LatestResult:
    """The latest finalised assessment with the level of each area."""

    url: str
    occasion: str
    finalised_at: dt.datetime
    is_example: bool
    areas: list[tuple[str, Mark]]


@dataclass(frozen=True)
class Standing:
    """Whoever reads the case may know all of it (design part 3)."""

    draft: Line | None
    has_start: bool
    couple_work_stopped: bool
    """In whichever of the family's cases the critical answer was given (N7)."""
    latest: LatestResult | None


def standing_of(case: Case) -> Standing:
    """One query, of plain values: it is asked with every page of a case."""
    lines = [Line(*values) for values in _lines(family=case.family_id)]
    own = [line for line in lines if line.case_id == case.pk]
    return Standing(
        draft=next((line for line in own if line.status == Status.DRAFT), None),
        has_start=any(line.occasion == Occasion.START and line.status != Status.ABANDONED for line in own),
        couple_work_stopped=any(line.stops for line in lines),
        latest=_latest(own),
    )


@kept
def _lines(*, family: int) -> QuerySet[Assessment, Any]:
    blocking = CriticalAlert.objects.blocking().filter(assessment=OuterRef("pk")).order_by()
    found = Assessment.objects.filter(case__family=family).annotate(stops=Exists(blocking))
    return found.order_by("id", "area_levels__id").values_list(
        "pk",
        "uuid",
        "case_id",
        "status",
        "occasion",
        "assessor_id",
        "finalised_at",
        "levels",
        "stops",
        "instrument_version__instrument__is_example",
        "area_levels__label",
        "area_levels__level_label",
        "area_levels__rank",
    )


def _latest(lines: list[Line]) -> LatestResult | None:
    finalised = [(line.finalised_at, line.pk) for line in lines if line.finalised_at]
    if not finalised:
        return None
    finalised_at, pk = max(finalised)
    its = [line for line in lines if line.pk == pk]
    return LatestResult(
        url=reverse("cases:assessment", args=[its[0].uuid]),
        occasion=str(Occasion(its[0].occasion).label),
        finalised_at=finalised_at,
        is_example=its[0].is_example,
        areas=[(line.area, mark_of(line.level or "", line.rank, line.levels)) for line in its if line.area],
    )

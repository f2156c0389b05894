"""Finalised assessments by their lines alone: for what compares and lists results, not for what makes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from django.utils import timezone

from cases.assessments.models import AreaLevel, Assessment
from cases.casefile.models import Case
from cases.instruments.models import InstrumentVersion
from centres.models import StaffMember

Line = tuple[int | None, str | None, str]  # rank, score, state


def measure(
    case: Case,
    version: InstrumentVersion,
    assessor: StaffMember,
    lines: Mapping[str, Line],
    *,
    occasion: str = Assessment.Occasion.START,
    days_ago: int = 0,
) -> Assessment:
    """A finalised assessment with these lines by area."""
    levels = version.definition.levels
    assessment = Assessment.objects.create(
        case=case,
        instrument_version=version,
        occasion=occasion,
        assessor=assessor,
        started_on=timezone.localdate() - dt.timedelta(days=days_ago),
        status=Assessment.Status.ABANDONED,  # a finalised one takes no lines
        abandoned_at=timezone.now(),
    )
    for area, (rank, score, state) in lines.items():
        AreaLevel.objects.create(
            assessment=assessment,
            area=area,
            label=area.title(),
            state=state,
            score=None if score is None else Decimal(score),
            level=levels[rank - 1].id if rank else "",
            level_label=levels[rank - 1].label if rank else "",
            rank=rank,
        )
    worst = max((rank for rank, _score, _state in lines.values() if rank), default=None)
    assessment.status = Assessment.Status.FINALISED
    assessment.abandoned_at = None
    assessment.finalised_at = timezone.now() - dt.timedelta(days=days_ago)
    assessment.finalised_by = assessor
    assessment.engine_version = "1"
    assessment.result = "{}"
    assessment.worst_rank = worst
    assessment.worst_label = levels[worst - 1].label if worst else ""
    assessment.levels = len(levels)
    assessment.save()
    return assessment

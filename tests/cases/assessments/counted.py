"""Finalised assessments as counting sees them: a case, an occasion, a moment, and the level of each area."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from cases.assessments.models import AreaLevel, Assessment
from cases.casefile.models import Case
from cases.instruments.models import InstrumentVersion
from cases.instruments.reading import read
from centres.models import StaffMember

WARSAW = ZoneInfo("Europe/Warsaw")
AREAS = ("money", "home", "talk")

DEFINITION = read(
    """
format: 1
code: counted
name: Narzędzie do liczenia
version: 1.0.0
language: pl
licence_holder: nikt
example: yes
levels: [{id: low, label: niskie}, {id: raised, label: podwyższone}, {id: high, label: wysokie}]
scales: [{id: yesno, options: [{value: 0, label: nie}, {value: 1, label: tak}, {value: 3, label: bardzo}]}]
areas:
"""
    + "".join(
        f"""
  - id: {area}
    label: Obszar {area}
    scoring: {{method: sum}}
    bands:
      - {{level: low, from: 0, to: 1}}
      - {{level: raised, from: 1, to: 2}}
      - {{level: high, from: 2, to: 3}}
    items: [{{id: {area}_1, text: Czy?, scale: yesno, scope: family, informant: practitioner}}]
"""
        for area in AREAS
    )
)


def finalise(
    case: Case,
    version: InstrumentVersion,
    when: dt.date | dt.datetime,
    levels: Mapping[str, str],
    *,
    assessor: StaffMember,
    occasion: str = Assessment.Occasion.START,
) -> Assessment:
    """`levels` is a level's id by area, or „incomplete”, „empty”, or „judged:” and an id.

    Areas that are not named have no line, as in a version without them.
    """
    at = when if isinstance(when, dt.datetime) else dt.datetime.combine(when, dt.time(12), tzinfo=WARSAW)
    definition = version.definition
    assessment = Assessment.objects.create(
        case=case,
        instrument_version=version,
        occasion=occasion,
        assessor=assessor,
        started_on=at.date(),
        levels=len(definition.levels),
    )
    lines = []
    for area, said in levels.items():
        state, _colon, level = said.rpartition(":")
        without = level in {"incomplete", "empty"}
        lines.append(
            AreaLevel(
                assessment=assessment,
                area=area,
                label=definition.by_area[area].label,
                state=state or (level if without else "complete"),
                level="" if without else level,
                level_label="" if without else definition.level_of[level].label,
                rank=None if without else definition.rank_of[level],
            )
        )
    AreaLevel.objects.bulk_create(lines)
    assessment.status = Assessment.Status.FINALISED
    assessment.finalised_at, assessment.finalised_by = at, assessor
    assessment.engine_version, assessment.result = "1", "{}"
    assessment.save()  # last: from then on it is read-only
    return assessment

"""„Diagnoza NORR” in a monthly report: levels of risk and their change since January, frozen and printed.

The year so far and not the month alone: of a month's dozen of diagnoses hardly a number could be printed.
What must be hidden depends on the other centres' numbers too, so it is frozen beside the counts (decision 0077).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from cases.assessments.counting import Tool, label_of, tools
from cases.assessments.periods import year_to
from cases.assessments.summary import Figure, Figures, Summary, summarise
from cases.assessments.summary_tables import Table, changes_table, levels_table
from centres.models import Centre
from foundation.suppression import Mark

Frozen = dict[str, Any]


def of_month(month: dt.date, centre: Centre | None) -> Frozen:
    """The year up to a month's end, of a centre or of all together; nothing where the diagnosis is another one.

    Each major version of an instrument by itself, those with which the year has nothing left out.
    """
    if centre is not None and centre.diagnosis != Centre.Diagnosis.NORR:
        return {"norr": None}
    everywhere = list(
        Centre.objects.filter(diagnosis=Centre.Diagnosis.NORR).order_by("pk").values_list("pk", flat=True)
    )
    found = []
    for tool in tools(everywhere):
        summary = summarise(tool, year_to(month), everywhere)[centre.pk if centre else None]
        if summary.families.count or summary.started.count:
            found.append(_frozen(tool, summary))
    return {"norr": found}


def _frozen(tool: Tool, summary: Summary) -> Frozen:
    return {
        "name": tool.name,
        "code": tool.code,
        "major": tool.major,
        "example": tool.is_example,
        "areas": [list(area) for area in tool.areas],
        "scale": [list(level) for level in tool.levels],
        "families": _pair(summary.families),
        "levels": {area: _pairs(figures) for area, figures in summary.levels.items()},
        "started": _pair(summary.started),
        "statuses": _pairs(summary.statuses),
        "changes": {area: _pairs(figures) for area, figures in summary.changes.items()},
    }


def _pair(figure: Figure) -> list[Any]:
    return [figure.count, figure.mark.value]


def _pairs(figures: Figures) -> dict[str, list[Any]]:
    return {name: _pair(figure) for name, figure in figures.items()}


# --- printing --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Section:
    """One instrument in the file."""

    tool: str
    is_example: bool
    levels: Table
    changes: Table


@dataclass(frozen=True)
class Diagnosis:
    """The whole chapter; without sections it says that nothing was finalised."""

    since: str
    sections: tuple[Section, ...]
    has_hidden: bool


def printed(numbers: Frozen, month: dt.date) -> Diagnosis | None:
    """The chapter of a snapshot; None where the centre does not work with NORR, and in reports of format 1."""
    frozen = numbers.get("norr")
    if frozen is None:
        return None
    since = year_to(month).label
    sections = tuple(_section(one, since) for one in frozen)
    tables = [table for section in sections for table in (section.levels, section.changes)]
    return Diagnosis(since, sections, any(table.has_hidden or not table.total.is_shown for table in tables))


def _section(one: Frozen, since: str) -> Section:
    summary = Summary(
        families=_figure(one["families"]),
        levels={area: _figures(row) for area, row in one["levels"].items()},
        started=_figure(one["started"]),
        statuses=_figures(one["statuses"]),
        changes={area: _figures(row) for area, row in one["changes"].items()},
    )
    areas, scale = [tuple(area) for area in one["areas"]], [tuple(level) for level in one["scale"]]
    tool = label_of(one["name"], one["major"], is_example=one["example"])
    said = {"tool": tool, "period": since}
    return Section(
        tool=tool,
        is_example=one["example"],
        levels=levels_table(
            summary, areas, scale, title=_("Families by level in each area: %(tool)s; %(period)s") % said
        ),
        changes=changes_table(
            summary, areas, title=_("Families by change from start to end in each area: %(tool)s; %(period)s") % said
        ),
    )


def _figure(pair: list[Any]) -> Figure:
    return Figure(pair[0], Mark(pair[1]))


def _figures(row: Mapping[str, list[Any]]) -> Figures:
    return {name: _figure(pair) for name, pair in row.items()}

"""The list of all indicators: its tiles, its filters and its order."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from foundation.search import search_key
from programme.plan.models import ProgrammeTask
from programme.results.pace import Assessment
from programme.results.standing import IndicatorStanding, SourceNote


@dataclass(frozen=True)
class Tile:
    """How many indicators stand how, and the choice that lists them."""

    assessment: Assessment
    count: int

    @property
    def label(self) -> str:
        """What it counts, in the form that goes with the number."""
        n = self.count
        return {
            Assessment.ON_PLAN: ngettext("indicator on plan", "indicators on plan", n),
            Assessment.BELOW_PACE: ngettext("below its pace", "below their pace", n),
            Assessment.AT_RISK: ngettext("indicator at risk", "indicators at risk", n),
            Assessment.NO_DATA: ngettext("without data", "without data", n),
            Assessment.NO_TARGET: ngettext("without a target", "without a target", n),
        }[self.assessment]


@dataclass(frozen=True, slots=True)
class IndicatorRow:
    """One indicator as the list shows it: nothing but words."""

    code: str
    name: str
    result: str
    source: str
    data_on: dt.date | None
    """The date of the data where it is not the page's."""
    target: str
    other_targets: tuple[tuple[int, str], ...]
    bar: SafeString
    assessment: Assessment


@dataclass(frozen=True, slots=True)
class TaskRows:
    """One task with its indicators."""

    number: int
    title: str
    units: tuple[tuple[str, str], ...]  # short name, full name
    rows: tuple[IndicatorRow, ...]


@dataclass(frozen=True)
class SectionRows:
    """One section of the programme with its tasks."""

    kind: ProgrammeTask.Section
    title: str
    tasks: list[TaskRows]
    year: int
    on: dt.date | None

    @cached_property
    def html(self) -> SafeString:
        """The section as the page shows it; rendered once, as long as it is remembered."""
        return render_to_string("programme/results/_section.html", {"section": self})


def tiles(standings: Iterable[IndicatorStanding]) -> list[Tile]:
    """The tiles; „no target” only where there is such an indicator, the others always."""
    counts = Counter(standing.assessment for standing in standings)
    return [
        Tile(assessment, counts[assessment])
        for assessment in Assessment
        if counts[assessment] or assessment != Assessment.NO_TARGET
    ]


def demo_count(standings: Iterable[IndicatorStanding]) -> int:
    """How many indicators show invented results."""
    return sum(SourceNote.DEMO in standing.sources for standing in standings)


def filtered(
    standings: Sequence[IndicatorStanding], assessment: Assessment | None, words: str
) -> list[IndicatorStanding]:
    """The indicators of a tile in which every word is found, whatever its case and diacritics (A3)."""
    wanted = search_key(words).split()
    return [
        standing
        for standing in standings
        if assessment in {None, standing.assessment} and (not wanted or _has(standing, wanted))
    ]


def _has(standing: IndicatorStanding, wanted: Sequence[str]) -> bool:
    indicator, task = standing.indicator, standing.indicator.task
    units = " ".join(f"{unit.short_name} {unit.name}" for unit in task.responsible)
    text = search_key(
        f"{indicator.code} {indicator.name} {indicator.wording} {task.title} {task.section_title} {units}"
    )
    return all(word in text for word in wanted)


def sections(standings: Iterable[IndicatorStanding], year: int, on: dt.date | None) -> list[SectionRows]:
    """The indicators by section and task, in the programme's order."""
    found = []
    by_section = groupby(
        standings, key=lambda one: (one.indicator.task.section_kind, one.indicator.task.section_title)
    )
    for (kind, title), of_section in by_section:
        by_task = groupby(of_section, key=lambda one: one.indicator.task_id)
        tasks = [_task_rows(list(of_task), on) for _, of_task in by_task]
        found.append(SectionRows(ProgrammeTask.Section(kind), title, tasks, year, on))
    return found


def _task_rows(standings: Sequence[IndicatorStanding], on: dt.date | None) -> TaskRows:
    task = standings[0].indicator.task
    return TaskRows(
        number=task.number,
        title=task.title,
        units=tuple((unit.short_name, unit.name) for unit in task.responsible),
        rows=tuple(
            IndicatorRow(
                code=one.indicator.code,
                name=one.indicator.name,
                result=one.result_text,
                source=one.source_note,
                data_on=one.on if one.on != on else None,
                target=one.target_text,
                other_targets=tuple(one.other_targets),
                bar=one.bar(),
                assessment=one.assessment,
            )
            for one in standings
        ),
    )

"""Assessments counted by family: how levels are distributed, and what changed from start to end (decision 0076).

Everything is grouped by the database, in a number of statements that depends on no volume; no row of a family is
loaded. One major version of an instrument is counted at a time, because levels mean the same only within it (N8).
The numbers are exact: `summary` says what of them may be printed.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.functions import Concat, RowNumber
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.assessments.change import COMPARABLE_STATES
from cases.assessments.models import AreaLevel, Assessment
from cases.assessments.periods import Period
from cases.instruments.models import InstrumentVersion

INCOMPLETE, NOT_APPLICABLE = "incomplete", "not_applicable"
"""Columns beside the levels: „wynik niepełny”, and areas in which nothing applied or that the version lacks."""

LEVEL = "level:"
"""The mark before a level's id in a column's name, so that no level is taken for another column."""

COMPARED, OTHER_VERSION, NO_END, CLOSED = "compared", "other_version", "no_end", "closed"
STATUSES = (COMPARED, OTHER_VERSION, NO_END, CLOSED)
"""What became of a family since its assessment at the start; the same for all areas."""

BETTER, SAME, WORSE, NOT_COMPARABLE = "better", "same", "worse", "not_comparable"
OUTCOMES = (BETTER, SAME, WORSE, NOT_COMPARABLE)
"""What became of an area, where there is an assessment at the end with the same version."""

Scope = int | None
"""A centre's id, or None for all centres together, where a family counts once."""

Line = dict[str, int]


@dataclass(frozen=True)
class Tool:
    """A major version of an instrument, with its areas and levels (id and label) as its newest version has them."""

    code: str
    major: int
    name: str
    is_example: bool
    areas: tuple[tuple[str, str], ...]
    levels: tuple[tuple[str, str], ...]
    alike: tuple[frozenset[int], ...]
    """The versions, grouped by their levels: changes are counted only where these are the same."""

    @property
    def key(self) -> str:
        """As it stands in an address."""
        return f"{self.code}-{self.major}"

    @property
    def label(self) -> str:
        return label_of(self.name, self.major, is_example=self.is_example)

    @property
    def columns(self) -> tuple[str, ...]:
        """Of the distribution."""
        return (*(level_column(level) for level, _label in self.levels), INCOMPLETE, NOT_APPLICABLE)


def label_of(name: str, major: int, *, is_example: bool) -> str:
    """An example says that it is one, unless its name does so already."""
    example = _("example – this is not NORR")
    if is_example and example not in name:
        name = f"{name} ({example})"
    return _("%(name)s, version %(major)s") % {"name": name, "major": major}


@dataclass(frozen=True)
class Counts:
    """One scope. Each family counts once in `families` and once in each area; once in `started`, and so on."""

    families: int = 0
    levels: Mapping[str, Line] = field(default_factory=dict)
    """By area and column."""
    started: int = 0
    statuses: Line = field(default_factory=dict)
    changes: Mapping[str, Line] = field(default_factory=dict)
    """By area and outcome; each sums to the status „compared”."""


def level_column(level: str) -> str:
    return f"{LEVEL}{level}"


# --- what can be counted ---------------------------------------------------------------------------------------------


def first_day() -> dt.date | None:
    """The day of the first finalised assessment."""
    first: dt.datetime | None = Assessment.objects.finalised().aggregate(first=Min("finalised_at"))["first"]
    return timezone.localdate(first) if first else None


def tools(centres: Collection[int]) -> list[Tool]:
    """The major versions with which anything was finalised at these centres: the newest used first, examples last."""
    used = Assessment.objects.finalised().filter(instrument_version=OuterRef("pk"), case__centre__in=centres)
    majors = InstrumentVersion.objects.filter(Exists(used)).values("instrument", "major").distinct()
    wanted = Q(pk__in=[])
    for one in majors.order_by():
        wanted |= Q(instrument=one["instrument"], major=one["major"])
    versions = (
        InstrumentVersion.objects.filter(wanted)
        .exclude(status=InstrumentVersion.Status.DRAFT)
        .select_related("instrument")
        .order_by("instrument__is_example", "instrument__code", "-major", "-minor", "-patch")
    )
    grouped: dict[tuple[str, int], list[InstrumentVersion]] = defaultdict(list)
    for version in versions:
        grouped[version.instrument.code, version.major].append(version)
    return [_tool(of_major) for of_major in grouped.values()]


def _tool(versions: list[InstrumentVersion]) -> Tool:
    """The newest comes first; an area that only an older version had comes last."""
    newest = versions[0]
    areas: dict[str, str] = {}
    levels: dict[str, str] = {}
    alike: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for version in versions:
        definition = version.definition
        for area in definition.areas:
            areas.setdefault(area.id, area.label)
        for level in definition.levels:
            levels.setdefault(level.id, level.label)
        alike[tuple(level.id for level in definition.levels)].add(version.pk)
    return Tool(
        code=newest.instrument.code,
        major=newest.major,
        name=newest.name,
        is_example=newest.instrument.is_example,
        areas=tuple(areas.items()),
        levels=tuple(levels.items()),
        alike=tuple(frozenset(ids) for ids in alike.values()),
    )


# --- counting --------------------------------------------------------------------------------------------------------


def count(tool: Tool, period: Period, centres: Collection[int]) -> dict[Scope, Counts]:
    """Each of these centres, and all of them together, in eight statements."""
    counts: dict[Scope, Counts] = dict.fromkeys((*centres, None), Counts())
    for by in ("case__centre", None):
        counts |= _count(tool, period, centres, by)
    return counts


def _count(tool: Tool, period: Period, centres: Collection[int], by: str | None) -> dict[Scope, Counts]:
    """By centre, or all together: there a family of two centres counts once."""
    latest = _one_per_family(_finalised(tool, period, centres), by, newest=True)
    starts = _finalised(tool, period, centres).filter(occasion=Assessment.Occasion.START)
    began = _with_status(_one_per_family(starts, by, newest=False), tool, period)
    assessed = Assessment.objects.filter(pk__in=latest).order_by()
    families = _grouped(assessed.values(**_named(by)).annotate(n=Count("id")), by)
    levels = _grouped(_levels(latest, by), by)
    statuses = _grouped(began.values(**_named(by), what=F("became")).annotate(n=Count("id")), by)
    changes = _grouped(_changes(began, period, by), by)
    counts: dict[Scope, Counts] = {}
    for scope in families.keys() | statuses.keys():
        total = families[scope]["", ""]
        by_status = {status: statuses[scope]["", status] for status in STATUSES}
        compared = by_status[COMPARED]
        counts[scope] = Counts(
            families=total,
            levels={
                area: _line(levels[scope], area, tool.columns, total, NOT_APPLICABLE) for area, _label in tool.areas
            },
            started=sum(by_status.values()),
            statuses=by_status,
            changes={
                area: _line(changes[scope], area, OUTCOMES, compared, NOT_COMPARABLE) for area, _label in tool.areas
            },
        )
    return counts


Cells = dict[tuple[str, str], int]
"""By area ("" where there is none) and column."""


def _grouped(rows: Iterable[Mapping[str, Any]], by: str | None) -> defaultdict[Scope, Cells]:
    found: defaultdict[Scope, Cells] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        found[row["scope"] if by else None][row.get("area", ""), row.get("what", "")] += row["n"]
    return found


def _line(cells: Cells, area: str, columns: Iterable[str], total: int, rest: str) -> Line:
    """A row that sums to the total: who has no line in this area stands in the column for it."""
    line = {column: cells[area, column] for column in columns}
    line[rest] += total - sum(line.values())
    return line


def _finalised(tool: Tool, period: Period, centres: Collection[int]) -> QuerySet[Assessment]:
    return Assessment.objects.finalised().filter(
        instrument_version__in=frozenset().union(*tool.alike),
        case__centre__in=centres,
        finalised_at__gte=period.starts_at,
        finalised_at__lt=period.ends_at,
    )


def _one_per_family(assessments: QuerySet[Assessment], by: str | None, *, newest: bool) -> QuerySet[Any, Any]:
    """The key of each family's newest assessment, or of its oldest; of each centre's families where ``by`` says so."""
    first, second = (F("finalised_at").desc(), F("id").desc()) if newest else (F("finalised_at").asc(), F("id").asc())
    within = [F("case__family"), *([F(by)] if by else [])]
    ordered = assessments.annotate(nth=Window(RowNumber(), partition_by=within, order_by=[first, second]))
    return ordered.filter(nth=1).order_by().values("pk")


def _levels(latest: QuerySet[Any, Any], by: str | None) -> Iterable[Mapping[str, Any]]:
    """Who has a level counts at it, also a judged one and one that a critical answer gave to an incomplete result."""
    column = Case(
        When(~Q(level=""), then=Concat(Value(LEVEL), F("level"))),
        When(state="empty", then=Value(NOT_APPLICABLE)),
        default=Value(INCOMPLETE),
        output_field=CharField(),
    )
    lines = AreaLevel.objects.filter(assessment__in=latest).order_by()
    return lines.values("area", what=column, **_named(by, "assessment__")).annotate(n=Count("id"))


def _ends(case: str, period: Period) -> QuerySet[Assessment]:
    """The assessment at the end of a case that was the newest one known then."""
    ends = Assessment.objects.finalised().filter(
        case=OuterRef(case), occasion=Assessment.Occasion.END, finalised_at__lt=period.known_at
    )
    return ends.order_by("-finalised_at", "-id")


def _with_status(keys: QuerySet[Any, Any], tool: Tool, period: Period) -> QuerySet[Any]:
    """The assessments at the start, with what has become of the family since."""
    ends = _ends("case", period)
    comparable = Q(pk__in=[])
    for versions in tool.alike:
        comparable |= Q(instrument_version__in=versions, end_version__in=versions)
    began = Assessment.objects.filter(pk__in=keys).order_by()
    return began.annotate(end_version=Subquery(ends.values("instrument_version")[:1])).annotate(
        became=Case(
            When(comparable, then=Value(COMPARED)),
            When(end_version__isnull=False, then=Value(OTHER_VERSION)),
            When(case__closed_on__lte=period.known_on, then=Value(CLOSED)),
            default=Value(NO_END),
            output_field=CharField(),
        )
    )


def _changes(began: QuerySet[Any], period: Period, by: str | None) -> Iterable[Mapping[str, Any]]:
    """Both areas must be measured, and measured whole: the rule by which a case's page compares (`change`)."""
    compared = began.filter(became=COMPARED).values("pk")
    after = AreaLevel.objects.filter(
        assessment=OuterRef("end"), area=OuterRef("area"), state__in=COMPARABLE_STATES
    ).values("rank")
    outcome = Case(
        When(Q(rank=None) | Q(after=None) | ~Q(state__in=COMPARABLE_STATES), then=Value(NOT_COMPARABLE)),
        When(after__lt=F("rank"), then=Value(BETTER)),
        When(after__gt=F("rank"), then=Value(WORSE)),
        default=Value(SAME),
        output_field=CharField(),
    )
    return (
        AreaLevel.objects.filter(assessment__in=compared)
        .order_by()
        .annotate(end=Subquery(_ends("assessment__case", period).values("pk")[:1]))
        .annotate(after=Subquery(after[:1]))
        .values("area", what=outcome, **_named(by, "assessment__"))
        .annotate(n=Count("id"))
    )


def _named(by: str | None, prefix: str = "") -> dict[str, F | Value]:
    return {"scope": F(f"{prefix}{by}") if by else Value(0)}

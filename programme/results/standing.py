"""How the indicators stand on a day: the one place where computed and reported parts come together (R2)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from django.conf import settings
from django.db.models import Prefetch, prefetch_related_objects
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from foundation.charts import pace_bar
from foundation.formats import format_number
from foundation.suppression import is_small as is_few
from programme.plan.models import Indicator, Programme, ProgrammeTask, Target, TargetRevision, TaskUnit, whole
from programme.results import counting
from programme.results.models import Result
from programme.results.pace import (
    Assessment,
    Kind,
    Months,
    assess,
    due_amount,
    due_share,
    end_of_month,
    month_totals,
    running,
    share_of_target,
    to_date,
)

COMPUTED_PART = 0
"""Stands beside the ids of units as the key of what the portal counted itself."""


class SourceNote(StrEnum):
    """Where a number comes from."""

    COMPUTED = "computed"
    REPORTED = Result.Source.REPORTED.value
    DEMO = Result.Source.DEMO.value

    @property
    def label(self) -> str:
        return {
            SourceNote.COMPUTED: _("counted from the portal"),
            SourceNote.REPORTED: _("reported"),
            SourceNote.DEMO: _("demonstration data"),
        }[self]


PEOPLE = frozenset({"rodziny", "osoby", "uczestnicy", "dzieci", "uczniowie", "świadczeniobiorcy"})
"""Units of measure that count people or families: a result of 1–4 of them points at somebody (D7)."""


def number_text(kind: str, value: Decimal | None) -> str:
    """A result as people read it: 8 412, 296,5, +2,4%, „reached”; a dash where nothing is known."""
    if value is None:
        return "—"
    if kind == Kind.MILESTONE:
        return _("reached") if value >= 1 else _("not yet")
    if kind == Kind.GROWTH:
        return f"{'+' if value > 0 else ''}{format_number(whole(value))}%"
    if kind == Kind.MONTHLY_RATE and value != value.to_integral_value():
        return format_number(value, decimals=1)
    return format_number(whole(value))


@dataclass(frozen=True, slots=True)
class YearTarget:
    """What an indicator is to reach in a year, under one revision: a number, words, or both."""

    value: Decimal | None
    text: str

    @property
    def number(self) -> int | Decimal | None:
        """The value as people write it (9910, not 9910.00)."""
        return None if self.value is None else whole(self.value)


def target_text(kind: str, target: YearTarget | None) -> str:
    """A target in a few words: 9 910, „at least 200”, „300 a month”, „milestone”; a dash where there is none."""
    if target is None:
        return "—"
    if target.number is None:
        return _("growth") if kind == Kind.GROWTH else _("milestone") if kind == Kind.MILESTONE else target.text
    number = format_number(target.number)
    if kind == Kind.GROWTH:
        return _("growth of %(number)s%%") % {"number": number}
    if kind == Kind.MINIMUM:
        return _("at least %(number)s") % {"number": number}
    if kind == Kind.MONTHLY_RATE:
        return _("%(number)s a month") % {"number": number}
    return number


@dataclass(frozen=True)
class IndicatorStanding:
    """One indicator of one year, as its data stand on a day."""

    indicator: Indicator  # with .task and its .responsible units loaded
    year: int
    on: dt.date | None
    """The date of the data: the end of the last month that is known, never after the day that was asked for."""
    target: YearTarget | None
    month: dt.date | None
    """The first day of the month that was asked for."""
    month_value: Decimal | None
    """The value of that month, all units together; None where nobody gave one."""
    to_date: Decimal | None
    """The result since January, put together as the type of the indicator wants it. None is no data, not 0."""
    due: Decimal | None
    """What should have been reached at the date of the data."""
    fraction: float | None
    """Result ÷ target; above 1 is an overshoot. None where there is no data or no number to reach."""
    due_fraction: float | None
    """Due ÷ target, where the tick of the bar stands."""
    assessment: Assessment
    sources: tuple[SourceNote, ...] = ()
    is_small: bool = False
    """1–4 families stand behind the result to date: what is published prints „<5” (D7)."""
    small_months: frozenset[dt.date] = frozenset()
    """The months behind whose number 1–4 families stand."""
    targets: dict[int, YearTarget] = field(default_factory=dict)
    """The targets of all years under the same revision."""
    parts: tuple[Months, ...] = ()
    """What each unit (and the portal itself) gave, by month."""
    texts: tuple[str, ...] = ()
    """What units wrote instead of a number, or beside it."""

    @property
    def result_text(self) -> str:
        """The result to date for a published page or file."""
        if self.is_small:
            return f"<{settings.SUPPRESS_BELOW}"
        return number_text(self.indicator.kind, self.to_date)

    @property
    def month_text(self) -> str:
        """The month's value for a published page or file."""
        if self.month in self.small_months:
            return f"<{settings.SUPPRESS_BELOW}"
        return number_text(self.indicator.kind, self.month_value)

    @property
    def target_text(self) -> str:
        return target_text(self.indicator.kind, self.target)

    @property
    def other_targets(self) -> list[tuple[int, str]]:
        """The targets of the programme's other years."""
        kind = self.indicator.kind
        return [
            (year, target_text(kind, target)) for year, target in sorted(self.targets.items()) if year != self.year
        ]

    @property
    def source_note(self) -> str:
        """„counted from the portal”, „reported”, „demonstration data”, or several of them."""
        return ", ".join(source.label for source in self.sources)

    def bar(self, width: int = 160) -> SafeString:
        """The bar with the pace's tick. A small number has no bar: its length would tell it."""
        if self.is_small:
            return pace_bar(done=None, due=self.due_fraction, width=width)
        return pace_bar(done=self.fraction, due=self.due_fraction, behind=self.assessment.is_behind, width=width)

    def running(self) -> list[Decimal | None]:
        """The result at the end of each month up to the date of the data: the line of the chart."""
        return running(self.indicator.kind, self.parts, self.year, self.on) if self.on else []


def overview(
    programme: Programme,
    *,
    on: dt.date,
    revision: TargetRevision | None = None,
    code: str | None = None,
    computed: Mapping[str, counting.Counted] | None = None,
) -> list[IndicatorStanding]:
    """How every indicator of the programme stands at the end of a month, in the programme's order.

    ``on`` is the last day that counts, its year is the year of the targets. ``revision`` gives the targets and the
    indicators as they were under it (R3); without it they are today's. ``code`` asks for one indicator only, retired
    ones included. Five statements at any volume: targets with their indicators, units, results, sessions by month, and
    the families behind months with few sessions; ``computed`` saves the last two to a caller who has them.
    """
    plan = _plan(programme, revision, code)
    reported = _reported([indicator for indicator, _ in plan], on)
    if computed is None:
        used = {indicator.computed_by for indicator, _ in plan if indicator.computed_by}
        computed = {rule: counting.counted(rule, on.year, until=on) for rule in sorted(used)}
    return [
        _standing(indicator, on, targets, reported.get(indicator.pk, []), computed.get(indicator.computed_by))
        for indicator, targets in plan
    ]


def upcoming(programme: Programme, year: int, *, code: str | None = None) -> list[IndicatorStanding]:
    """The indicators of a year that has no completed month yet: targets, and nothing to measure."""
    return [
        IndicatorStanding(
            indicator=indicator,
            year=year,
            on=None,
            target=targets.get(year),
            month=None,
            month_value=None,
            to_date=None,
            due=None,
            fraction=None,
            due_fraction=None,
            assessment=Assessment.NO_DATA,
            targets=targets,
        )
        for indicator, targets in _plan(programme, None, code)
    ]


def indicators_with_units(programme: Programme) -> list[Indicator]:
    """The indicators of today's programme in its order, with their tasks and the units that answer for them."""
    return [indicator for indicator, _ in _plan(programme, None, None)]


Planned = tuple[Indicator, dict[int, YearTarget]]


def _plan(programme: Programme, revision: TargetRevision | None, code: str | None) -> list[Planned]:
    """Each indicator with its targets by year under a revision, its task and the units; two statements.

    Every indicator has a target (the table is refused otherwise), so the targets bring the indicators with them.
    """
    standing = Indicator.objects.filter(programme=programme)
    standing = standing.as_of(revision) if code is None else standing.filter(code=code)
    targets = Target.objects.as_of(revision).filter(indicator__in=standing.values("pk"))
    found: dict[int, Planned] = {}
    tasks: dict[int, ProgrammeTask] = {}
    ordered = targets.select_related("indicator__task").order_by(
        "indicator__task__number", "indicator__number", "year"
    )
    for target in ordered:
        indicator, years = found.setdefault(target.indicator_id, (target.indicator, {}))
        indicator.task = tasks.setdefault(indicator.task_id, indicator.task)  # one object, its units loaded once
        years[target.year] = YearTarget(target.value, target.text)
    units = TaskUnit.objects.select_related("organisation")
    prefetch_related_objects(list(tasks.values()), Prefetch("task_units", units))
    return list(found.values())


@dataclass(frozen=True, slots=True)
class _Part:
    """A unit's result of one month, as little of it as the standing needs: there are thousands."""

    unit: int
    month: dt.date
    value: Decimal | None
    text: str
    source: str


def _reported(indicators: Sequence[Indicator], on: dt.date) -> dict[int, list[_Part]]:
    """Indicator → what units reported for the year so far."""
    found: dict[int, list[_Part]] = defaultdict(list)
    results = Result.objects.filter(
        indicator__in=[one.pk for one in indicators], month__gte=dt.date(on.year, 1, 1), month__lte=on
    )
    results = results.order_by("month", "unit")
    rows = results.values_list("indicator", "unit", "month", "value", "text", "source")
    for indicator, unit, month, value, text, source in rows:
        found[indicator].append(_Part(unit, month, value, text, source))
    return found


def _standing(
    indicator: Indicator,
    on: dt.date,
    targets: dict[int, YearTarget],
    reported: list[_Part],
    computed: counting.Counted | None,
) -> IndicatorStanding:
    by_unit: dict[int, dict[dt.date, Decimal]] = defaultdict(dict)
    for result in reported:
        if result.value is not None:
            by_unit[result.unit][result.month] = result.value
    sources = {SourceNote(result.source) for result in reported}
    if computed is not None and computed.months:
        by_unit[COMPUTED_PART] = {month: Decimal(count) for month, count in computed.months.items()}
        sources.add(SourceNote.COMPUTED)

    kind, parts = indicator.kind, tuple(by_unit.values())
    months = month_totals(parts)
    data_on = min(end_of_month(max(months)), on) if months else None
    target = targets.get(on.year)
    wanted = target.value if target else None
    done = to_date(kind, parts)
    if indicator.unit_of_measure in PEOPLE:
        is_small = done is not None and is_few(int(done))
        small_months = frozenset(month for month, value in months.items() if is_few(int(value)))
    else:
        # who adds reported parts to a small computed number hides neither: the sum stands for more families
        alone = computed is not None and len(parts) == 1
        is_small = alone and computed is not None and computed.is_small
        small_months = computed.small_months if alone and computed is not None else frozenset()
    return IndicatorStanding(
        indicator=indicator,
        year=on.year,
        on=data_on,
        target=target,
        month=on.replace(day=1),
        month_value=months.get(on.replace(day=1)),
        to_date=done,
        due=due_amount(kind, wanted, data_on or on),
        fraction=share_of_target(kind, done, wanted),
        due_fraction=None
        if target is None or (wanted is None and kind != Kind.MILESTONE)
        else float(due_share(kind, data_on or on)),
        assessment=assess(kind, done, wanted, data_on),
        sources=tuple(source for source in SourceNote if source in sources),
        is_small=is_small,
        small_months=small_months,
        targets=targets,
        parts=parts,
        texts=tuple(result.text for result in reported if result.text),
    )

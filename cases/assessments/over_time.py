"""A case's finalised assessments side by side: areas by occasions, with what has changed, as table and as chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from cases.assessments.change import AreaLine, Change, Measured, Trend, Why, areas_of, change, why_not_at_all
from cases.assessments.levels import Mark, mark_of
from cases.assessments.models import Assessment
from foundation.charts import level_chart
from foundation.formats import MINUS, format_date, format_number

TREND_ICONS = {Trend.BETTER: "arrow-up-circle", Trend.SAME: "arrow-right-circle", Trend.WORSE: "arrow-down-circle"}
TREND_TAGS = {Trend.BETTER: "ok", Trend.SAME: "", Trend.WORSE: "late"}
SEVERAL = 2


@dataclass(frozen=True)
class ChangeWords:
    """A change as it stands in a cell: words with an icon, or why there is none."""

    words: str
    icon: str = ""
    tag: str = ""
    difference: str = ""


@dataclass(frozen=True)
class Cell:
    """One area in one assessment. `mark` is None where that version does not have the area."""

    occasion: str
    mark: Mark | None
    score: str
    change: ChangeWords | None  # since the assessment before; None in the first


@dataclass(frozen=True)
class Row:
    label: str
    cells: list[Cell]
    whole: ChangeWords | None  # from the first to the last, where there are more than two


@dataclass(frozen=True)
class OverTime:
    """What the tab shows; the columns are the assessments, the oldest first."""

    columns: list[Assessment]
    rows: list[Row]
    has_whole: bool
    chart: SafeString | str


def measured_of(assessment: Assessment) -> Measured:
    """What can be compared. Needs the version with its instrument, and `area_levels` prefetched."""
    version = assessment.instrument_version
    lines = [
        AreaLine(one.area, one.label, one.state, one.score, one.level, one.level_label, one.rank)
        for one in assessment.area_levels.all()
    ]
    return Measured(
        version.instrument.code,
        version.major,
        tuple(level.id for level in version.definition.levels),
        {line.area: line for line in lines},
    )


def over_time(assessments: Sequence[Assessment]) -> OverTime | None:
    """The comparison of finalised assessments, given the oldest first; None of fewer than two."""
    if len(assessments) < SEVERAL:
        return None
    measured = [measured_of(one) for one in assessments]
    has_whole = len(measured) > SEVERAL
    rows = []
    for area, label in areas_of(measured).items():
        cells = [
            _cell(now, area, assessment, change(measured[i - 1], now, area) if i else None)
            for i, (now, assessment) in enumerate(zip(measured, assessments, strict=True))
        ]
        rows.append(Row(label, cells, _words(change(measured[0], measured[-1], area)) if has_whole else None))
    return OverTime(list(assessments), rows, has_whole, _chart(assessments, measured))


def _cell(measured: Measured, area: str, assessment: Assessment, found: Change | None) -> Cell:
    line, occasion = measured.areas.get(area), assessment.get_occasion_display()
    if line is None:
        return Cell(occasion, None, "", ChangeWords(str(Why.ABSENT_NOW.label)))
    mark = mark_of(line.level_label or _without_band(line.state), line.rank, assessment.levels)
    score = "" if line.score is None else score_in_words(line.score)
    return Cell(occasion, mark, score, _words(found) if found else None)


def _without_band(state: str) -> str:
    return _("nothing applied") if state == "empty" else _("incomplete result")


def _words(found: Change) -> ChangeWords:
    if found.trend is None:
        return ChangeWords(str(found.why.label) if found.why else "")
    difference = "" if found.difference is None else _signed(found.difference)
    return ChangeWords(str(found.trend.label), TREND_ICONS[found.trend], TREND_TAGS[found.trend], difference)


def score_in_words(score: Decimal) -> str:
    """4,5: at most two places, and none that say nothing."""
    text = format_number(score, decimals=2)
    return text.rstrip("0").rstrip(",")


def _signed(difference: Decimal) -> str:
    text = score_in_words(difference)
    return text if text.startswith(MINUS) or text == "0" else f"+{text}"


def _chart(assessments: Sequence[Assessment], measured: Sequence[Measured]) -> SafeString | str:
    """Those that can be compared with the latest one; nothing where it stands alone."""
    latest = measured[-1]
    drawn = [
        (assessment, one)
        for assessment, one in zip(assessments, measured, strict=True)
        if why_not_at_all(one, latest) is None
    ]
    if len(drawn) < SEVERAL:
        return ""
    version = assessments[-1].instrument_version
    title = _("Levels of the areas over time, the best on top: %(name)s, version %(major)d") % {
        "name": version.name,
        "major": version.major,
    }
    if version.instrument.is_example:
        title = f"{title} ({_('example – this is not NORR')})"
    return level_chart(
        title=title,
        levels=[level.label for level in version.definition.levels],
        moments=[format_date(assessment.finalised_at) for assessment, _one in drawn if assessment.finalised_at],
        panels=[(line.label, _points([one for _a, one in drawn], line.area)) for line in latest.areas.values()],
    )


def _points(measured: Sequence[Measured], area: str) -> list[tuple[int, bool] | None]:
    points: list[tuple[int, bool] | None] = []
    for i, one in enumerate(measured):
        line = one.areas.get(area)
        joined = i > 0 and change(measured[i - 1], one, area).trend is not None
        points.append((line.rank, joined) if line and line.rank else None)
    return points

"""From a snapshot's exact numbers to the words of a file: what is small is hidden here, and nowhere later (D7).

Everything printed comes from the snapshot, the report's number and the time of its data, so the same snapshot gives
the same file on any day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.intake.models import Source
from cases.sessions.models import Session
from foundation import charts
from foundation.formats import (
    MONTHS_GENITIVE,
    NBSP,
    duration_months_days,
    format_date,
    format_month,
    format_number,
    format_time,
)
from foundation.suppression import HIDDEN, is_small, published, published_percentage
from programme.plan.models import Indicator, whole
from programme.reports import gap, norr
from programme.reports.indicators import SERVICES_INDICATOR
from programme.reports.models import Report
from programme.reports.months import last_day
from programme.results.gaps import Total, lower_bound
from programme.results.pace import Assessment
from programme.results.standing import number_text

PACE_BAR_WIDTH = 84
Numbers = dict[str, Any]


@dataclass(frozen=True)
class Tile:
    """A number and what it counts."""

    text: str
    label: str


@dataclass(frozen=True)
class Line:
    """A row of a table: its name and its cells, ready to print."""

    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class IndicatorLine:
    """An indicator's row."""

    code: str
    name: str
    month: str
    to_date: str
    data_until: str
    gap: str
    is_demo: bool
    target: str
    bar: SafeString
    assessment: str
    tone: str


@dataclass(frozen=True)
class Chart:
    """The year's running total (no picture where there is nothing to draw), and its numbers: month, total, pace."""

    svg: SafeString
    months: tuple[str, ...]
    totals: tuple[str, ...]
    pace: tuple[str, ...]


def printed(report: Report) -> dict[str, Any]:
    """What the template of the file needs."""
    numbers: Numbers = report.snapshot or {}
    month = dt.date.fromisoformat(numbers["month"])
    context = {
        "number": report.number,
        "stamp": stamp(report),
        "month": format_month(month),
        "subject": subject(numbers),
        "period": period(month),
        "centre": numbers["centre"],
        "targets": targets_note(numbers),
        "demo": numbers["demo"],
        "chart": services_chart(numbers, month),
        "rule": rule_note(numbers),
        "lower_bound": lower_bound_note(numbers),
        "contribution": contribution(numbers),
        "suppress_below": settings.SUPPRESS_BELOW,
        "percent_from": settings.PERCENT_DENOMINATOR_MIN,
    }
    if numbers["scope"] == Report.Scope.PROGRAMME:
        return {**context, **programme_part(numbers, month)}
    return {**context, **month_part(numbers, month), **indicator_part(numbers, month)}


# --- the frame -------------------------------------------------------------------------------------------------------


def stamp(report: Report) -> str:
    """The footer: which report, of which data, recognised by which hash."""
    at = report.data_at
    when = f"{format_date(at)}, {format_time(at)}" if at else ""
    return _("%(number)s · data as of %(when)s · snapshot hash %(hash)s") % {
        "number": report.number,
        "when": when,
        "hash": report.short_hash,
    }


def subject(numbers: Numbers) -> str:
    """Whom the report is about."""
    if numbers["scope"] == Report.Scope.PROGRAMME:
        programme = numbers.get("programme")
        return str(programme["title"]) if programme else _("The Programme")
    if centre := numbers["centre"]:
        return f"{centre['name']}, {centre['place']}"
    return _("The three centres together")


def period(month: dt.date) -> str:
    """1–31 października 2026"""
    return f"1–{last_day(month).day} {MONTHS_GENITIVE[month.month - 1]} {month.year}"


def targets_note(numbers: Numbers) -> str:
    """Which decision the targets are from (R3); nothing where there are no targets."""
    revision = (numbers.get("programme") or {}).get("revision")
    if not revision:
        return ""
    if revision["number"] == 1 or not revision["decided_on"]:
        return _("targets: original resolution")
    decided = {"number": revision["resolution"], "date": format_date(dt.date.fromisoformat(revision["decided_on"]))}
    if not revision["resolution"]:
        return _("targets: as changed on %(date)s") % decided
    return _("targets: resolution %(number)s of %(date)s") % decided


# --- the month of a centre, or of all of them ------------------------------------------------------------------------


def month_part(numbers: Numbers, month: dt.date) -> dict[str, Any]:
    """Everything that is counted in the month itself."""
    return {
        "tiles": month_tiles(numbers, month),
        "path": path_lines(numbers, month),
        "sources": source_lines(numbers),
        "services": service_lines(numbers),
        "services_total": services_total(numbers),
        "not_held": not_held_lines(numbers),
        "people": people_lines(numbers),
        "norr": norr.printed(numbers, month),
        "unresolved": published(numbers["unresolved"]["count"], numbers["unresolved"]["families"]),
        "has_unresolved": bool(numbers["unresolved"]["count"]),
        "gap": gap.named(numbers["unresolved"]),
        "corrected": corrected(numbers),
    }


def corrected(numbers: Numbers) -> str:
    """Meetings logged, settled or changed after the month's end (R4); nothing in reports of formats 1 and 2."""
    if "corrected" not in numbers:
        return ""
    return published(numbers["corrected"]["count"], numbers["corrected"]["families"])


def month_tiles(numbers: Numbers, month: dt.date) -> list[Tile]:
    referrals, diagnoses = numbers["referrals"]["count"], numbers["diagnoses"]
    held, waiting = numbers["held"], numbers["waiting"]["families"]
    return [
        Tile(
            published(referrals),
            ngettext("referral received", "referrals received", _word_for(referrals)),
        ),
        Tile(
            _share(diagnoses["in_time"], diagnoses["count"], diagnoses["families"]),
            _("of diagnoses within 14 days"),
        ),
        Tile(
            published(held["count"], held["families"]),
            _held_label(numbers),
        ),
        Tile(published(waiting), _waiting_label(numbers, month)),
    ]


def _held_label(numbers: Numbers) -> str:
    held = numbers["held"]
    label = ngettext("meeting held", "meetings held", _word_for(held["count"], held["families"]))
    unresolved = gap.named(numbers["unresolved"])
    return f"{label}, {unresolved.short}" if unresolved and unresolved.short else label


def _waiting_label(numbers: Numbers, month: dt.date) -> str:
    families = numbers["waiting"]["families"]
    label = ngettext("family waiting for therapy", "families waiting for therapy", _word_for(families))
    longest = longest_wait(numbers, month)
    return f"{label}, {_('the longest')} {longest}" if longest != HIDDEN else label


def longest_wait(numbers: Numbers, month: dt.date) -> str:
    """How long the family that waits longest has been waiting; not said where only a few families wait."""
    waiting = numbers["waiting"]
    if not waiting["since"] or is_small(waiting["families"]):
        return HIDDEN
    wait = duration_months_days(dt.date.fromisoformat(waiting["since"]), last_day(month))
    return wait.replace(" ", NBSP)


def path_lines(numbers: Numbers, month: dt.date) -> list[Line]:
    """From referral to therapy, in the order in which a family goes it."""
    cases, diagnoses = numbers["cases"], numbers["diagnoses"]
    in_time = published(diagnoses["in_time"], diagnoses["in_time_families"])
    share = _share(diagnoses["in_time"], diagnoses["count"], diagnoses["families"])
    return [
        Line(_("Referrals received"), (published(numbers["referrals"]["count"]),)),
        Line(_("New cases"), (published(cases["count"], cases["families"]),)),
        Line(_("Diagnoses made"), (published(diagnoses["count"], diagnoses["families"]),)),
        Line(_("within 14 days of the referral"), (in_time if share == HIDDEN else f"{in_time} ({share})",)),
        Line(_("Families waiting on the last day"), (published(numbers["waiting"]["families"]),)),
        Line(_("the longest since the referral"), (longest_wait(numbers, month),)),
    ]


def source_lines(numbers: Numbers) -> list[Line]:
    """The sources that referrals came from, the most frequent first; hidden ones by name, not by size."""
    found = [(source, count) for source, count in numbers["referrals"]["by_source"].items() if count]
    order = {source: i for i, source in enumerate(Source.values)}
    found.sort(key=lambda pair: (-(0 if is_small(pair[1]) else pair[1]), order[pair[0]]))
    return [Line(_capital(str(Source(source).label)), (published(count),)) for source, count in found]


def service_lines(numbers: Numbers) -> list[Line]:
    """Held meetings by service, with who gives it."""
    return [
        Line(
            service["name"],
            (
                service["provider"],
                published(service["count"], service["families"]),
                published(service["people"], service["people_families"]),
                _share(service["present"], service["expected"], service["families"]),
            ),
        )
        for service in numbers["services"]
    ]


def services_total(numbers: Numbers) -> Line:
    held, people, attendance = numbers["held"], numbers["people"]["all"], numbers["attendance"]
    return Line(
        _("All services"),
        (
            "",
            published(held["count"], held["families"]),
            published(people["people"], people["families"]),
            _share(attendance["present"], attendance["expected"], held["families"]),
        ),
    )


def not_held_lines(numbers: Numbers) -> list[Line]:
    names = {
        Session.Status.CANCELLED_BY_FAMILY: _("Cancelled by the family"),
        Session.Status.CANCELLED_BY_CENTRE: _("Cancelled by the centre"),
        Session.Status.CANCELLED_BY_THERAPIST: _("Cancelled by the therapist"),
        Session.Status.NO_SHOW: _("Nobody came"),
    }
    cells = numbers["not_held"]
    return [
        Line(name, (published(cells[status]["count"], cells[status]["families"]),)) for status, name in names.items()
    ]


def people_lines(numbers: Numbers) -> list[Line]:
    names = {
        "children": _("Children and young people under 18"),
        "adults": _("Adults aged 18 to 59"),
        "seniors": _("Seniors aged 60 and over"),
        "unknown": _("Age not established"),
        "all": _("All together"),
    }
    groups = numbers["people"]
    return [
        Line(name, (published(groups[group]["people"], groups[group]["families"]),)) for group, name in names.items()
    ]


# --- the Programme ---------------------------------------------------------------------------------------------------


def contribution(numbers: Numbers) -> tuple[str, str]:
    """The part of the centres in indicator 1.1: in the month, and since January."""
    month = numbers["services_to_date"]["month"]
    return published(month["count"], month["families"]), _point_text(_last_point(numbers))


def services_chart(numbers: Numbers, month: dt.date) -> Chart:
    """The year's services as a line. A point that few families stand behind is left out, as it is in the table."""
    points = numbers["services_to_date"]["points"]
    target = numbers["services_to_date"].get("target")
    goal = whole(Decimal(target)) if target else None
    pace = tuple(goal * Decimal(i + 1) / 12 for i in range(len(points))) if goal else ()
    values = [None if is_small(point["families"]) else point["total"] for point in points]
    said = {"total": _point_text(_last_point(numbers)), "month": format_month(month)}
    title = _("Services of counselling and therapy since January: %(total)s by the end of %(month)s") % said
    if goal:
        title = _("%(title)s; an even pace would be %(pace)s, the year's target is %(target)s") % {
            "title": title,
            "pace": format_number(pace[-1], decimals=0),
            "target": format_number(goal),
        }
    is_empty = not goal and not any(point["total"] for point in points)
    return Chart(
        svg=SafeString()
        if is_empty
        else charts.line_chart(title=title, points=values, target=float(goal) if isinstance(goal, Decimal) else goal),
        months=charts.MONTHS[: len(points)],
        totals=tuple(_point_text(point) for point in points),
        pace=tuple(format_number(value, decimals=0) for value in pace),
    )


def _last_point(numbers: Numbers) -> Numbers:
    point: Numbers = numbers["services_to_date"]["points"][-1]
    return point


def _point_text(point: Numbers) -> str:
    return published(point["total"], point["families"] if point["families"] else None)


def rule_note(numbers: Numbers) -> str:
    """Which counting rule made the numbers, so that an old report can be told from a new one (R2)."""
    rule = numbers["services_to_date"]["rule"]
    if not rule:
        return ""
    return _("Counting rule: “%(name)s” (version %(version)s, since %(date)s).") % {
        "name": rule["name"],
        "version": rule["version"],
        "date": format_date(dt.date.fromisoformat(rule["valid_from"])),
    }


def lower_bound_note(numbers: Numbers) -> str:
    """That indicator 1.1 may be too low: meetings of its services that nobody has settled are not in it."""
    lacking = _lacking(numbers)
    return lower_bound(lacking) if lacking else ""


def _lacking(numbers: Numbers) -> Total | None:
    row = numbers["services_to_date"].get("unresolved")  # since format 3
    total = gap.total_of(row) if row else None
    return total if total and (total.number or total.is_small) else None


def programme_part(numbers: Numbers, month: dt.date) -> dict[str, Any]:
    """All indicators by section, and how many of them stand how."""
    programme = numbers.get("programme") or {"indicators": []}
    stands = [one["assessment"] for one in programme["indicators"]]
    shown = (Assessment.ON_PLAN, Assessment.BELOW_PACE, Assessment.AT_RISK, Assessment.NO_DATA)
    sections: dict[str, list[IndicatorLine]] = {}
    for one in programme["indicators"]:
        sections.setdefault(section_name(one["section"]), []).append(indicator_line(one, month, _lacking(numbers)))
    return {
        "tiles": [Tile(format_number(stands.count(kind)), _tile_label(kind, stands.count(kind))) for kind in shown],
        "sections": list(sections.items()),
        **_notes(programme["indicators"]),
    }


def indicator_part(numbers: Numbers, month: dt.date) -> dict[str, Any]:
    """The indicators that stand in the report of the three centres; none in a centre's own."""
    programme = numbers.get("programme")
    if not programme:
        return {}
    return {
        "programme": f"{programme['title']}",
        "indicators": [indicator_line(one, month, _lacking(numbers)) for one in programme["indicators"]],
        **_notes(programme["indicators"]),
    }


def _tile_label(kind: Assessment, count: int) -> str:
    if kind is Assessment.ON_PLAN:
        return ngettext("indicator on plan", "indicators on plan", count)
    if kind is Assessment.BELOW_PACE:
        return ngettext("indicator below pace", "indicators below pace", count)
    if kind is Assessment.AT_RISK:
        return ngettext("indicator at risk", "indicators at risk", count)
    return ngettext("indicator without data", "indicators without data", count)


def _notes(indicators: Sequence[Numbers]) -> dict[str, bool]:
    return {"has_demo": any("demo" in one["sources"] for one in indicators)}


def indicator_line(one: Numbers, month: dt.date, lacking: Total | None = None) -> IndicatorLine:
    """One indicator, ready to print; `lacking` is what the one that the portal counts does not have in it yet."""
    assessment = Assessment(one["assessment"])
    small = f"<{settings.SUPPRESS_BELOW}"
    data_on = dt.date.fromisoformat(one["data_on"]) if one["data_on"] else None
    return IndicatorLine(
        code=one["code"],
        name=_capital(one["name"]),
        month=small if one["month_is_small"] else _month_value(one),
        to_date=small if one["is_small"] else _to_date(one),
        data_until=format_date(data_on) if data_on and data_on < last_day(month) else "",
        gap=gap.short(lacking) if lacking and one["code"] == SERVICES_INDICATOR else "",
        is_demo="demo" in one["sources"],
        target=one["target"] or HIDDEN,
        bar=charts.pace_bar(
            done=None if one["is_small"] else one["fraction"],
            due=one["due_fraction"],
            behind=assessment.is_behind,
            width=PACE_BAR_WIDTH,
        ),
        assessment=str(assessment.label),
        tone=assessment.tone,
    )


def _month_value(one: Numbers) -> str:
    """Only what a month has of its own: distinct people, states, growth and milestones are not the month's (R1)."""
    if one["kind"] not in {Indicator.Kind.COUNT, Indicator.Kind.MINIMUM, Indicator.Kind.MONTHLY_RATE}:
        return HIDDEN
    return number_text(one["kind"], _decimal(one["month"]))


def _to_date(one: Numbers) -> str:
    text = number_text(one["kind"], _decimal(one["to_date"]))
    if one["kind"] == Indicator.Kind.MONTHLY_RATE and one["to_date"] is not None:
        return _("mean %(value)s") % {"value": text}
    return text


def section_name(title: str) -> str:
    """The section without the words that all of them begin with, as a heading can bear it."""
    return _capital(title.removeprefix("planowane do realizacji ").rstrip(" ."))


# --- words -----------------------------------------------------------------------------------------------------------


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _share(part: int, whole: int, families: int) -> str:
    """A share in per cent; hidden where it is of few, or of few families."""
    return HIDDEN if is_small(families) else published_percentage(part, whole)


def _word_for(count: int, families: int | None = None) -> int:
    """The number by which a hidden count is declined: „<5 zgłoszeń”, as five would be."""
    small = is_small(count if families is None else families) and count
    return settings.SUPPRESS_BELOW if small else count

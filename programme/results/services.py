"""What happens to results: the rules that count them, and invented ones for the demonstration."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Iterator
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from programme.plan.models import Indicator, Programme, Target
from programme.results import counting
from programme.results.models import CountingRule, Result
from programme.results.pace import Kind, last_complete_month
from programme.results.standing import indicators_with_units


@transaction.atomic
def keep_counting_rules() -> int:
    """Put the shipped counting rules on record; returns how many were new or corrected."""
    stored = {(rule.code, rule.version): rule for rule in CountingRule.objects.all()}
    written = 0
    for rule in counting.rules():
        words = {"name": rule.name, "description": rule.description.strip(), "valid_from": rule.valid_from}
        row = stored.get((rule.code, rule.version))
        if row is None:
            CountingRule.objects.create(code=rule.code, version=rule.version, **words)
        elif any(getattr(row, name) != value for name, value in words.items()):
            CountingRule.objects.filter(pk=row.pk).update(**words)
        else:
            continue
        written += 1
    return written


# How far the demonstration's indicators get: most keep their pace, some are behind, a few have nothing to show.
_WELL, _BEHIND, _FAR_BEHIND = (0.98, 1.09), (0.83, 0.93), (0.55, 0.72)
_FATES = (*(["well"] * 15), "behind", "behind", "far", "none")


@transaction.atomic
def seed_demo_results(programme: Programme, today: dt.date, rng: random.Random) -> int:
    """Invent results, marked as such, for every indicator that the portal does not count itself.

    From the programme's first January to the last complete month before ``today``; the same ``rng`` gives the same
    results. Returns how many were made. What units reported themselves is never touched.
    """
    until = last_complete_month(today)
    taken = set(Result.objects.filter(indicator__programme=programme).values_list("indicator_id", flat=True))
    targets: dict[int, dict[int, Target]] = {}
    for target in Target.objects.as_of(None).filter(indicator__programme=programme):
        targets.setdefault(target.indicator_id, {})[target.year] = target
    made: list[Result] = []
    for indicator in indicators_with_units(programme):
        fate = rng.choice(_FATES)
        seed = rng.getrandbits(64)
        if indicator.computed_by or indicator.pk in taken:
            continue
        own = random.Random(seed)  # noqa: S311 - one indicator's numbers do not depend on how many another one drew
        for year in range(programme.first_year, min(programme.last_year, until.year) + 1):
            months = [dt.date(year, month, 1) for month in range(1, 13) if dt.date(year, month, 1) <= until]
            finished = len(months) == 12  # noqa: PLR2004 - months of a year
            made += _invented(indicator, targets.get(indicator.pk, {}).get(year), months, fate, own, finished=finished)
    Result.objects.bulk_create(made, batch_size=500)
    return len(made)


def _invented(
    indicator: Indicator,
    target: Target | None,
    months: list[dt.date],
    fate: str,
    rng: random.Random,
    *,
    finished: bool,
) -> Iterator[Result]:
    if target is None or not indicator.task.responsible:
        return
    if fate == "none" and not finished:  # a year that is over is complete
        return
    low, high = {"behind": _BEHIND, "far": _FAR_BEHIND}.get(fate if not finished else "well", _WELL)
    success = rng.uniform(low, high)
    wanted = float(target.value or 1)
    done = 0
    for place, month in enumerate(months, start=1):
        value = _value(indicator.kind, wanted, success, place, done, rng)
        if value is None:
            continue
        done += int(value) if indicator.kind in {Kind.COUNT, Kind.MINIMUM} else 0
        yield Result(
            uuid=uuid.UUID(int=rng.getrandbits(128), version=4),
            indicator=indicator,
            unit=indicator.task.responsible[0],
            month=month,
            value=value,
            source=Result.Source.DEMO,
            entered_at=_fifth_of_next_month(month),
        )


def _fifth_of_next_month(month: dt.date) -> dt.datetime:
    day = (month + dt.timedelta(days=31)).replace(day=5)
    return timezone.make_aware(dt.datetime.combine(day, dt.time(10)))


def _value(kind: str, wanted: float, success: float, place: int, done: int, rng: random.Random) -> Decimal | None:  # noqa: PLR0911
    """A plausible value of the year's n-th month; None is a month in which a milestone has nothing to tell."""
    if kind == Kind.COUNT:
        wobble = rng.uniform(-0.25, 0.25) if place not in {12, 10, 9, 6} else 0
        return Decimal(max(round(wanted * success * (place + wobble) / 12) - done, 0))
    if kind == Kind.MINIMUM:
        return Decimal(max(round(wanted * min(success, success * place / 10)) - done, 0))
    if kind == Kind.UNIQUE:  # since January: quick at first, then fewer and fewer new ones
        reached = min(0.55 + 0.05 * place, 1.0)
        return Decimal(round(wanted * success * reached))
    if kind == Kind.STOCK:
        return Decimal(round(wanted * (success if wanted < 10 else success + rng.uniform(-0.01, 0.01))))  # noqa: PLR2004
    if kind == Kind.MONTHLY_RATE:
        return Decimal(round(wanted * (success + rng.uniform(-0.03, 0.03))))
    if kind == Kind.GROWTH:
        return Decimal(str(round(max(wanted, 2) * success + rng.uniform(-0.2, 0.4), 1)))
    return Decimal(int(place >= 4)) if success >= _WELL[0] else Decimal(0)  # noqa: PLR2004 - a milestone of April

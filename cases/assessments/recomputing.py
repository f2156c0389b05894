"""Whether every stored result is still what its stored answers give (N8). It writes nothing and tells no answer."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from django.utils import timezone

from cases.assessments import results
from cases.assessments.models import Assessment, AssessmentQuerySet
from cases.instruments.definition import Definition
from cases.instruments.problems import BadFile
from cases.instruments.scoring import ENGINE_VERSION, AreaResult, Result
from foundation.fields import DecryptionError

BATCH = 250
AREA_FIELDS = tuple(AreaResult.__dataclass_fields__)


@dataclass(frozen=True)
class Difference:
    """One assessment whose result does not agree with what is stored, and in what."""

    assessment: str
    engine: str
    """That computed the stored result."""
    what: tuple[str, ...]


@dataclass
class Outcome:
    """Of a batch, or of several together."""

    checked: int = 0
    engines: Counter[str] = field(default_factory=Counter)
    """Agreeing results of engines that are not today's."""
    differences: list[Difference] = field(default_factory=list)


def batches(since: dt.date | None = None) -> Iterator[list[int]]:
    """The ids of all finalised assessments, or of those finalised from a day on, some hundred at a time."""
    wanted = Assessment.objects.finalised()
    if since:
        wanted = wanted.filter(finalised_at__gte=timezone.make_aware(dt.datetime.combine(since, dt.time.min)))
    last = 0
    while ids := list(wanted.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        yield ids
        last = ids[-1]


def check_batch(ids: list[int]) -> Outcome:
    """Compute these assessments again and compare."""
    outcome = Outcome()
    for assessment in _with_all(Assessment.objects.filter(pk__in=ids)).order_by("pk"):
        outcome.checked += 1
        what = differences_of(assessment)
        if what:
            outcome.differences.append(Difference(str(assessment.uuid), assessment.engine_version, tuple(what)))
        elif assessment.engine_version != ENGINE_VERSION:
            outcome.engines[assessment.engine_version] += 1
    return outcome


def _with_all(assessments: AssessmentQuerySet) -> AssessmentQuerySet:
    return assessments.with_inputs().prefetch_related("area_levels").defer("narrative", "abandon_reason")


def differences_of(assessment: Assessment) -> list[str]:
    """In what an assessment does not agree with what its answers give today; nothing, if it does."""
    try:
        stored = results.from_text(assessment.result)
    except DecryptionError as error:
        return [f"stored result: cannot be decrypted ({error})"]
    except ValueError:
        return ["stored result: cannot be read"]
    try:
        inputs = results.inputs_of(assessment)
        computed, inputs_sha256 = inputs.result(), inputs.sha256()
    except DecryptionError as error:
        return [f"inputs: cannot be decrypted ({error})"]
    except (ValueError, BadFile):  # what a ValueError says might quote an answer
        return ["inputs: cannot be read, or an answer is not on its scale"]
    found = []
    version = assessment.instrument_version
    if not _is_hash_of(version.sha256, version.source):
        found.append("instrument: its file was changed")
    if stored.inputs_sha256 != inputs_sha256:
        found.append("inputs: changed since the result was stored")
    if stored.engine_version != assessment.engine_version:
        found.append(
            f"engine version: {stored.engine_version!r} in the result, {assessment.engine_version!r} beside it"
        )
    found += _between(stored.result, computed)
    found += _beside(assessment, inputs.definition, computed)
    return found


@lru_cache(maxsize=32)
def _is_hash_of(sha256: str, source: str) -> bool:
    return hashlib.sha256(source.encode()).hexdigest() == sha256


def _between(stored: Result, computed: Result) -> list[str]:
    if stored == computed:
        return []
    before = {area.area: area for area in stored.areas}
    after = {area.area: area for area in computed.areas}
    found = []
    for area_id in dict.fromkeys([*before, *after]):
        one, other = before.get(area_id), after.get(area_id)
        if one is None or other is None:
            found.append(f"area {area_id}: {'added' if one is None else 'gone'}")
        elif one != other:
            differing = [name for name in AREA_FIELDS if getattr(one, name) != getattr(other, name)]
            found.append(f"area {area_id}: {', '.join(differing)}")
    found += [
        name
        for name in ("critical", "strengths", "proposed", "worst")
        if getattr(stored, name) != getattr(computed, name)
    ]
    return found or ["order of areas"]


def _beside(assessment: Assessment, definition: Definition, computed: Result) -> list[str]:
    """The columns and lines that lists and numbers are made from."""
    found = []
    columns = {
        "worst_rank": definition.rank_of.get(computed.worst),
        "worst_label": definition.level_of[computed.worst].label if computed.worst else "",
        "levels": len(definition.levels),
        "has_critical": bool(computed.critical),
    }
    found += [f"column {name}" for name, value in columns.items() if getattr(assessment, name) != value]
    lines = {line.area: (line.state, line.score, line.level, line.rank) for line in assessment.area_levels.all()}
    expected = {
        area.area: (area.state, area.score, area.level, definition.rank_of.get(area.level)) for area in computed.areas
    }
    differing = [
        area_id for area_id in dict.fromkeys([*expected, *lines]) if expected.get(area_id) != lines.get(area_id)
    ]
    return found + [f"line of area {area_id}" for area_id in differing]

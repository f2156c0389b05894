"""An assessment's result: computed from what is stored, and kept as text together with the hash of its inputs (N8)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cases.assessments import answers
from cases.assessments.models import Assessment
from cases.instruments.definition import Definition, Proposal
from cases.instruments.exact import number, text_of
from cases.instruments.questions import Answers, Participant, Talk
from cases.instruments.scoring import AreaResult, CriticalAnswer, Proposed, Result, Strength, score


@dataclass(frozen=True)
class Inputs:
    """All that a result depends on."""

    instrument_sha256: str
    definition: Definition
    participants: tuple[Participant, ...]
    interviews: Mapping[Talk, Answers]
    judgements: Mapping[str, str]

    def sha256(self) -> str:
        """Of their canonical JSON: the same inputs have the same one, in whatever order they were given.

        Answers to hidden questions belong to it: they are stored, and nobody may change them unseen.
        """
        content = {
            "instrument": self.instrument_sha256,
            "participants": sorted([one.key, one.part.value] for one in self.participants),
            "interviews": {
                talk.key: {key: answers.to_pair(answer) for key, answer in given.items()}
                for talk, given in self.interviews.items()
            },
            "judgements": dict(self.judgements),
        }
        return hashlib.sha256(_canonical(content).encode()).hexdigest()

    def result(self) -> Result:
        return score(self.definition, self.participants, self.interviews, self.judgements)


@dataclass(frozen=True)
class StoredResult:
    result: Result
    inputs_sha256: str
    engine_version: str


def compute(assessment: Assessment) -> tuple[Result, str]:
    """The result of what is stored now, and the SHA-256 of its inputs. Five queries. Raises ValueError where an answer
    is not on its scale, DecryptionError where one cannot be read.
    """
    inputs = inputs_of(Assessment.objects.with_inputs().select_related("instrument_version").get(pk=assessment.pk))
    return inputs.result(), inputs.sha256()


def inputs_of(assessment: Assessment) -> Inputs:
    """No query, if the assessment comes from `with_inputs`. Raises like `compute`."""
    version = assessment.instrument_version
    return Inputs(
        instrument_sha256=version.sha256,
        definition=version.definition,
        participants=assessment.participants_for_scoring(),
        interviews={
            interview.talk: {
                key: answer
                for sheet in interview.sheets.all()
                for key, answer in answers.from_text(sheet.answers).items()
            }
            for interview in assessment.interviews.all()
        },
        judgements={one.area: one.level for one in assessment.judgements.all() if one.level},
    )


def to_text(result: Result, inputs_sha256: str, engine_version: str) -> str:
    """Canonical JSON; decimals are text."""
    return _canonical({"engine": engine_version, "inputs": inputs_sha256, "result": _result_to_json(result)})


def from_text(text: str) -> StoredResult:
    """Exactly what `to_text` was given. Raises ValueError."""
    try:
        content = json.loads(text)
        return StoredResult(_result_from_json(content["result"]), str(content["inputs"]), str(content["engine"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("This is not a stored result.") from error


def _canonical(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _result_to_json(result: Result) -> dict[str, Any]:
    return {
        "areas": [_area_to_json(area) for area in result.areas],
        "critical": [[one.item, one.talk, one.about, text_of(one.value), one.level] for one in result.critical],
        "strengths": [[one.item, one.talk, one.about] for one in result.strengths],
        "proposed": [[one.proposal.value, list(one.rules)] for one in result.proposed],
        "worst": result.worst,
    }


def _result_from_json(content: dict[str, Any]) -> Result:
    return Result(
        areas=tuple(_area_from_json(area) for area in content["areas"]),
        critical=tuple(
            CriticalAnswer(item, talk, about, number(value), level)
            for item, talk, about, value, level in content["critical"]
        ),
        strengths=tuple(Strength(item, talk, about) for item, talk, about in content["strengths"]),
        proposed=tuple(Proposed(Proposal(proposal), tuple(rules)) for proposal, rules in content["proposed"]),
        worst=content["worst"],
    )


def _area_to_json(area: AreaResult) -> dict[str, Any]:
    return {
        "area": area.area,
        "state": area.state,
        "score": _text_or_none(area.score),
        "least": _text_or_none(area.least),
        "most": _text_or_none(area.most),
        "level": area.level,
        "missing": list(area.missing),
        "lifted_by": list(area.lifted_by),
        "partial": list(area.partial),
        "contributions": [[item, text_of(value)] for item, value in area.contributions],
    }


def _area_from_json(content: dict[str, Any]) -> AreaResult:
    return AreaResult(
        area=content["area"],
        state=content["state"],
        score=_number_or_none(content["score"]),
        least=_number_or_none(content["least"]),
        most=_number_or_none(content["most"]),
        level=content["level"],
        missing=tuple(content["missing"]),
        lifted_by=tuple(content["lifted_by"]),
        partial=tuple(content["partial"]),
        contributions=tuple((item, number(value)) for item, value in content["contributions"]),
    )


def _text_or_none(value: Decimal | None) -> str | None:
    return None if value is None else text_of(value)


def _number_or_none(text: str | None) -> Decimal | None:
    return None if text is None else number(text)

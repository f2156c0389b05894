"""The answers of one interview as text: JSON, question key → ["value", "2.5"] or ["non", "refused"]."""

from __future__ import annotations

import json
from decimal import Decimal

from cases.instruments.definition import NonAnswer
from cases.instruments.exact import number, text_of
from cases.instruments.questions import Answer, Answers

VALUE, NON_ANSWER = "value", "non"


def to_text(answers: Answers) -> str:
    """Canonical: the same answers are the same text, whoever gave them in whatever order."""
    return json.dumps(
        {key: to_pair(answer) for key, answer in answers.items()},
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=True,
    )


def from_text(text: str) -> dict[str, Answer]:
    """What `to_text` wrote; nothing at all is no answers. Raises ValueError."""
    if not text:
        return {}
    pairs = json.loads(text)
    if not isinstance(pairs, dict):
        raise ValueError("Answers are a JSON object.")
    return {key: from_pair(pair) for key, pair in pairs.items()}


def to_pair(answer: Answer) -> list[str]:
    if isinstance(answer, Decimal):
        return [VALUE, text_of(answer)]
    return [NON_ANSWER, answer.value]


def from_pair(pair: object) -> Answer:
    match pair:
        case [str(kind), str(text)] if kind == VALUE:
            return number(text)
        case [str(kind), str(text)] if kind == NON_ANSWER:
            return NonAnswer(text)
    raise ValueError("An answer is a value or a non-answer.")

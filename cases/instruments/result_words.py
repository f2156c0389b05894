"""A result in words, as the trial of an instrument shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cases.instruments.definition import Area, Definition, Level, Proposal
from cases.instruments.questions import Question, Source, Talk
from cases.instruments.scoring import AreaResult, Result
from cases.instruments.words import about_words, condition_words, number_or_label, talk_words
from foundation.formats import format_number

STATES = {
    "complete": pgettext_lazy("result of an area", "complete"),
    "prorated": gettext_lazy("filled in proportionally"),
    "incomplete": gettext_lazy("incomplete result"),
    "blocked": gettext_lazy("finishing waits for answers"),
    "judged": gettext_lazy("judged by the practitioner"),
    "empty": gettext_lazy("nothing applied to this family"),
}


@dataclass(frozen=True)
class AreaLine:
    area: Area
    state: Any
    ready: bool
    score: str
    reach: str
    level: Level | None
    rank: int
    of: int
    lifted_by: list[str]
    missing: list[str]


@dataclass(frozen=True)
class CriticalLine:
    text: str
    answer: str
    talk: str
    about: str
    level: str


@dataclass(frozen=True)
class ProposalLine:
    label: Any
    rules: list[tuple[str, str, str]]  # id, the sentence that says why, the condition in words


@dataclass(frozen=True)
class ResultInWords:
    areas: list[AreaLine]
    critical: list[CriticalLine]
    strengths: list[tuple[str, str]]
    proposed: list[ProposalLine]
    worst: str


def result_in_words(result: Result, definition: Definition, names: Mapping[str, str]) -> ResultInWords:
    return ResultInWords(
        areas=[_area(line, definition) for line in result.areas],
        critical=[
            CriticalLine(
                text=(item := definition.by_item[one.item]).text,
                answer=number_or_label(item.scale, one.value),
                talk=talk_words(talk := _talk(one.talk), names),
                about=about_words(Question(item, talk, one.about), names),
                level=definition.level_of[one.level].label,
            )
            for one in result.critical
        ],
        strengths=[
            (
                (item := definition.by_item[one.item]).text,
                about_words(Question(item, _talk(one.talk), one.about), names),
            )
            for one in result.strengths
        ],
        proposed=[_proposal(one.proposal, one.rules, definition) for one in result.proposed],
        worst=definition.level_of[result.worst].label if result.worst else "",
    )


def _area(line: AreaResult, definition: Definition) -> AreaLine:
    level = definition.level_of.get(line.level)
    return AreaLine(
        area=definition.by_area[line.area],
        state=STATES[line.state],
        ready=line.state in {"complete", "judged"},
        score=format_number(line.score) if line.score is not None else "",
        reach=_("%(least)s to %(most)s") % {"least": format_number(line.least), "most": format_number(line.most)}
        if line.least is not None and line.most is not None
        else "",
        level=level,
        rank=definition.rank_of[level.id] if level else 0,
        of=len(definition.levels),
        lifted_by=[definition.by_item[item].text for item in line.lifted_by],
        missing=[definition.by_item[item].text for item in line.missing],
    )


def _proposal(proposal: Proposal, rules: tuple[str, ...], definition: Definition) -> ProposalLine:
    by_id = {rule.id: rule for rule in definition.recommendations}
    found = [by_id[rule] for rule in rules]
    return ProposalLine(
        proposal.label, [(rule.id, rule.because, condition_words(rule.when, definition)) for rule in found]
    )


def _talk(key: str) -> Talk:
    source, _colon, person = key.partition(":")
    return Talk(Source(source), person)

"""Trying an instrument on a made-up family: every interview on one page, and the result at once. Nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import cached_property

from cases.instruments.definition import Area, Definition, Method
from cases.instruments.families import MadeUpFamily
from cases.instruments.forms import JudgementsForm
from cases.instruments.questions import Answer, Talk, questions_of, talks_of
from cases.instruments.result_words import ResultInWords, result_in_words
from cases.instruments.scoring import score
from cases.instruments.sheet_form import SheetForm
from cases.instruments.words import talk_words


@dataclass(frozen=True)
class TrialInterview:
    """One interview: its name, and a form for each area in which it asks something."""

    talk: Talk
    label: str
    sheets: list[tuple[Area, SheetForm]]

    @cached_property
    def answers(self) -> dict[str, Answer]:
        """All of its answers, from valid forms."""
        return {key: answer for _area, form in self.sheets for key, answer in form.answers().items()}


class Trial:
    def __init__(self, definition: Definition, family: MadeUpFamily, data: Any = None) -> None:
        self.definition, self.family = definition, family
        talks = talks_of(definition, family.participants)
        self.interviews = [self._interview(number, talk, data) for number, talk in enumerate(talks)]
        manual = [area for area in definition.areas if area.scoring.method == Method.MANUAL]
        self.judgements = JudgementsForm(data, definition=definition, areas=manual)

    def _interview(self, number: int, talk: Talk, data: Any) -> TrialInterview:
        family = self.family
        sheets = [
            (
                area,
                SheetForm(
                    data,
                    definition=self.definition,
                    participants=family.participants,
                    talk=talk,
                    area=area,
                    names=family.names,
                    answers={},
                    note=None,
                    prefix=f"t{number}",
                ),
            )
            for area in self.definition.areas
            if any(questions_of(self.definition, family.participants, talk, area))
        ]
        return TrialInterview(talk, talk_words(talk, family.names), sheets)

    def is_valid(self) -> bool:
        """Also lets each page know what the other pages of its interview say, for show-if."""
        valid = [form.is_valid() for interview in self.interviews for _area, form in interview.sheets]
        for interview in self.interviews:
            for _area, form in interview.sheets:
                form.stored = interview.answers
        return all([*valid, self.judgements.is_valid()])

    @property
    def wrong(self) -> int:
        """How many answers cannot be read."""
        sheets = [form for interview in self.interviews for _area, form in interview.sheets]
        return sum(len(form.errors) for form in (*sheets, self.judgements))

    def result(self) -> ResultInWords:
        """The result, after `is_valid`."""
        interviews = {interview.talk: interview.answers for interview in self.interviews}
        judged = self.judgements.judgements()
        result = score(self.definition, self.family.participants, interviews, judged)
        return result_in_words(result, self.definition, self.family.names)

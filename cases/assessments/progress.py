"""How far an assessment in progress has come: pages, answers, and what is still needed before it can be finalised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.assessments.answers import from_text
from cases.assessments.models import Assessment, Interview, Judgement, Sheet
from cases.instruments.definition import Area, Definition, NonAnswer
from cases.instruments.questions import Answer, Question, questions_of
from cases.instruments.scoring import Result
from cases.instruments.visibility import shown
from cases.instruments.words import talk_words
from cases.people.models import Person
from foundation.formats import format_date

UNASKED = (None, NonAnswer.NOT_ASKED)
NO_JUDGEMENT = {"judged", "empty"}  # states of an area: given already, or nothing in it applies to this family


def load(assessment: Assessment) -> None:
    """Everything that is filled in, in six queries at most, however much it is."""
    prefetch_related_objects(
        [assessment], "participants__person", "interviews__person", "interviews__sheets", "judgements"
    )


def names_of(assessment: Assessment) -> dict[str, str]:
    """How the people are called on the pages, by participant's key. Namesakes are told apart by their dates of birth:
    a father's answer must not be taken for his son's.
    """
    people = [one.person for one in assessment.participants.all()]
    with_name = Counter(map(str, people))
    return {
        str(person.uuid): str(person) if with_name[str(person)] == 1 else _name_and_birth(person) for person in people
    }


def _name_and_birth(person: Person) -> str:
    if person.birth_date is None:
        return _("%(name)s (date of birth not known)") % {"name": person}
    return _("%(name)s (born %(date)s)") % {"name": person, "date": format_date(person.birth_date)}


def answers_of(interview: Interview) -> dict[str, Answer]:
    """The answers of the whole interview: an item stands in one area only, so no key comes twice."""
    return {key: answer for sheet in interview.sheets.all() for key, answer in from_text(sheet.answers).items()}


@dataclass(frozen=True)
class Page:
    """One sheet of an interview, with the questions that it shows now."""

    interview: Interview
    sheet: Sheet
    area: Area
    who: str
    questions: tuple[Question, ...]
    answers: Mapping[str, Answer]

    @property
    def url(self) -> str:
        return reverse("cases:assessment_sheet", args=[self.interview.uuid, self.area.id])

    @property
    def asked(self) -> int:
        return len(self.questions)

    @property
    def answered(self) -> int:
        return sum(question.key in self.answers for question in self.questions)

    @property
    def unanswered(self) -> int:
        return self.asked - self.answered

    @property
    def is_complete(self) -> bool:
        return self.answered == self.asked

    @cached_property
    def required(self) -> list[Question]:
        """Required questions that still need an answer or a reason why there is none."""
        return [one for one in self.questions if one.item.required and self.answers.get(one.key) in UNASKED]

    @property
    def words(self) -> str:
        """How much is answered, and how much of what is required is not."""
        words = _("%(answered)d of %(asked)d") % {"answered": self.answered, "asked": self.asked}
        if not self.required:
            return words
        return f"{words}, {_('required, without an answer: %(number)d') % {'number': len(self.required)}}"

    @property
    def has_note(self) -> bool:
        return bool(self.sheet.note)


@dataclass(frozen=True)
class Row:
    """One interview across the areas of the instrument; None where it asks nothing about an area."""

    interview: Interview
    who: str
    by_area: list[tuple[Area, Page | None]]

    @property
    def pages(self) -> list[Page]:
        return [page for _area, page in self.by_area if page]

    @property
    def asked(self) -> int:
        return sum(page.asked for page in self.pages)

    @property
    def answered(self) -> int:
        return sum(page.answered for page in self.pages)

    @property
    def first_open(self) -> Page:
        """Where to go on: the first page with something left to answer, otherwise the first."""
        return next((page for page in self.pages if not page.is_complete), self.pages[0])


def rows_of(assessment: Assessment) -> list[Row]:
    """The interviews of an assessment with their pages. Needs `load`."""
    definition = assessment.instrument_version.definition
    names = names_of(assessment)
    return [row_of(interview, assessment, definition, names) for interview in assessment.interviews.all()]


def row_of(interview: Interview, assessment: Assessment, definition: Definition, names: Mapping[str, str]) -> Row:
    participants, talk = assessment.participants_for_scoring(), interview.talk
    answers = answers_of(interview)
    visible = shown(definition, participants, talk, answers)
    sheets = {sheet.area: sheet for sheet in interview.sheets.all()}
    who = talk_words(talk, names)
    by_area: list[tuple[Area, Page | None]] = []
    for area in definition.areas:
        if area.id not in sheets:
            by_area.append((area, None))
            continue
        questions = questions_of(definition, participants, talk, area)
        on_page = tuple(question for question in questions if question.key in visible)
        by_area.append((area, Page(interview, sheets[area.id], area, who, on_page, answers)))
    return Row(interview, who, by_area)


@dataclass(frozen=True)
class Gap:
    """Something without which an assessment can't be finalised, in words, and where to mend it."""

    words: str
    url: str


def gaps_of(assessment: Assessment, result: Result) -> list[Gap]:
    """What is still missing: required answers, answers that an area waits for, judgements. Empty: it can be finalised.

    `result` is what the answers give now.
    """
    load(assessment)
    blocked = {one.area: set(one.missing) for one in result.areas if one.state == "blocked"}
    gaps = []
    for row in rows_of(assessment):
        for page in row.pages:
            if needed := _needed(page, blocked.get(page.area.id, set())):
                gaps.append(Gap(_still_needed(page, needed), page.url))
    to_judge = {one.area for one in result.areas if one.state not in NO_JUDGEMENT}
    judgements = [one for one in assessment.judgements.all() if one.area in to_judge]
    return gaps + [_judgement_gap(one, assessment) for one in judgements]


def _needed(page: Page, missing: set[str]) -> int:
    """How many questions of a page must still be answered; `missing` are the items that its area waits for."""
    required = {question.key for question in page.required}
    without = {
        question.key
        for question in page.questions
        if question.item.id in missing and page.answers.get(question.key) in UNASKED
    }
    return len(required | without)


def _still_needed(page: Page, number: int) -> str:
    return ngettext(
        "%(who)s, area “%(area)s”: %(number)d answer is needed",
        "%(who)s, area “%(area)s”: %(number)d answers are needed",
        number,
    ) % {"who": page.who, "area": page.area.label, "number": number}


def _judgement_gap(judgement: Judgement, assessment: Assessment) -> Gap:
    area = assessment.instrument_version.definition.by_area[judgement.area]
    words = _("Area “%(area)s”: your judgement is needed") % {"area": area.label}
    return Gap(words, reverse("cases:judge_area", args=[assessment.uuid, judgement.area]))


def judgements_of(assessment: Assessment) -> list[tuple[Area, Judgement, str]]:
    """The areas that the practitioner judges, each with the level given so far in words. Needs `load`."""
    definition = assessment.instrument_version.definition
    return [
        (definition.by_area[one.area], one, definition.level_of[one.level].label if one.level else "")
        for one in assessment.judgements.all()
    ]

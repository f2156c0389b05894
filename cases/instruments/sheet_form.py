"""The page on which an interview is filled in, area by area: one field per question, native controls only.

The preview and the trial of an instrument show it too, so that what is approved is what practitioners get.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.instruments import visibility
from cases.instruments.definition import Area, Definition, NonAnswer, Scale
from cases.instruments.questions import Answer, Answers, Participant, Question, Talk, questions_of
from cases.instruments.words import about_words
from foundation.formats import format_number
from foundation.forms import FormMixin

NUMBER = re.compile(r"[-\u2212]?\d{1,12}([.,]\d{1,6})?", re.ASCII)
SPACES = re.compile(r"[\s\u00a0\u202f]+")
VALUE, NON_ANSWER = "v:", "n:"


def field_name(key: str) -> str:
    """The field of a question: always the same for the same key, and safe in HTML and in selectors."""
    return f"q{hashlib.blake2s(key.encode(), digest_size=8).hexdigest()}"


def code_of(answer: Answer) -> str:
    """How an answer is sent by its radio button."""
    return f"{NON_ANSWER}{answer.value}" if isinstance(answer, NonAnswer) else f"{VALUE}{plain(answer)}"


def plain(number: Decimal) -> str:
    """2.50 and 2.5 are one answer, 2.5; 1E+1 is 10."""
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


class AnswerWidget(forms.Widget):
    """The choice and, on a scale of numbers, what was typed beside it. `_questions.html` draws it."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> tuple[str, str]:
        return str(data.get(name) or ""), str(data.get(number_name(name)) or "")

    def id_for_label(self, id_: str | None, index: str | None = None) -> str:
        return id_ or ""


def number_name(name: str) -> str:
    return f"{name}-number"


class AnswerField(forms.Field):
    """One question's answer: a value of its scale, a reason why there is none, or nothing yet (None)."""

    widget = AnswerWidget

    def __init__(self, question: Question) -> None:
        self.scale = question.item.scale
        answers: list[Answer] = [*(option.value for option in self.scale.options), *self.scale.non_answers]
        self.answer_of = {code_of(answer): answer for answer in answers}
        super().__init__(label=question.item.text, required=False)

    def clean(self, value: tuple[str, str]) -> Answer | None:
        choice, number = value
        number = SPACES.sub("", number) if not self.scale.options else ""
        if choice and choice not in self.answer_of:
            raise ValidationError(_("Choose one of the answers offered."), code="not_offered")
        if choice and number:
            raise ValidationError(_("Give a number or the reason why there is none, not both."), code="both")
        return self.answer_of[choice] if choice else self._number(number)

    def _number(self, text: str) -> Decimal | None:
        if not text:
            return None
        if not NUMBER.fullmatch(text):
            raise ValidationError(_("Write a number, such as 3 or 2,5."), code="no_number")
        number = Decimal(text.replace("\u2212", "-").replace(",", "."))
        low, high, step = self.scale.low, self.scale.high, self.scale.step
        if not low <= number <= high:
            raise ValidationError(
                _("The scale goes from %(low)s to %(high)s."),
                code="off_the_scale",
                params={"low": format_number(low), "high": format_number(high)},
            )
        if step and (number - low) % step:
            raise ValidationError(
                _("Write a number from %(low)s up in steps of %(step)s."),
                code="off_the_step",
                params={"low": format_number(low), "step": format_number(step)},
            )
        return number


@dataclass(frozen=True)
class Choice:
    """One radio button."""

    value: str
    label: Any
    checked: bool


@dataclass(frozen=True)
class QuestionOnPage:
    """What `_questions.html` shows of one question."""

    question: Question
    name: str
    id: str
    about: str
    options: list[Choice]
    non_answers: list[Choice]
    cleared: bool
    number: str
    hint: str
    errors: list[str]
    hidden: bool
    new: bool

    @property
    def is_number(self) -> bool:
        return not self.question.item.scale.options


class SheetForm(FormMixin, forms.Form):
    """The questions of one interview in one area.

    `answers` are all that the interview holds so far, of other areas too: a show-if may ask about those. `names` says
    how the people are called on the page, by participant's key. Without a `note` (None) there is no field for one.
    """

    def __init__(
        self,
        data: Any = None,
        *,
        definition: Definition,
        participants: tuple[Participant, ...],
        talk: Talk,
        area: Area,
        names: Mapping[str, str],
        answers: Answers,
        note: str | None = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        self.definition, self.participants, self.talk, self.area = definition, participants, talk, area
        self.names, self.stored = names, answers
        self.questions = {field_name(one.key): one for one in questions_of(definition, participants, talk, area)}
        for name, question in self.questions.items():
            self.fields[name] = AnswerField(question)
        if note is not None:
            self.fields["note"] = forms.CharField(
                label=gettext_lazy("Note on this area"),
                required=False,
                initial=note,
                widget=forms.Textarea(attrs={"rows": 3}),
                help_text=gettext_lazy("For the assessor and those who may read the answers."),
            )

    def answers(self) -> dict[str, Answer]:
        """The answers of this area as sent, also to questions that are hidden now; after `is_valid`."""
        given = {question.key: self.cleaned_data.get(name) for name, question in self.questions.items()}
        return {key: answer for key, answer in given.items() if answer is not None}

    @cached_property
    def current(self) -> Answers:
        """All answers of the interview, those of this page as sent where they can be read."""
        if not self.is_bound:
            return self.stored
        self.errors  # noqa: B018 - cleans the fields
        here = {question.key for question in self.questions.values()}
        return {key: answer for key, answer in self.stored.items() if key not in here} | self.answers()

    @cached_property
    def shown(self) -> frozenset[str]:
        """Keys of the interview's questions that are shown, given what has been answered on this page."""
        return visibility.shown(self.definition, self.participants, self.talk, self.current)

    @cached_property
    def shown_before(self) -> frozenset[str]:
        return visibility.shown(self.definition, self.participants, self.talk, self.stored)

    def appeared(self) -> list[Question]:
        """Questions of this page that its answers have brought up, not answered yet: the person has not seen them."""
        new = self.shown - self.shown_before
        return [one for one in self.questions.values() if one.key in new and one.key not in self.current]

    def on_page(self) -> list[QuestionOnPage]:
        new = {question.key for question in self.appeared()} if self.is_bound else set()
        return [self._on_page(name, question, question.key in new) for name, question in self.questions.items()]

    def _on_page(self, name: str, question: Question, new: bool) -> QuestionOnPage:
        scale = question.item.scale
        sent_as = self.add_prefix(name)
        errors = [str(error) for error in self.errors.get(name, ())] if self.is_bound else []
        chosen, number = self._chosen(name, question)
        return QuestionOnPage(
            question=question,
            name=sent_as,
            id=f"id_{sent_as}",
            about=about_words(question, self.names),
            options=[_choice(option.value, option.label, chosen) for option in scale.options],
            non_answers=[_choice(reason, reason.label, chosen) for reason in scale.non_answers],
            cleared=self.is_bound and not chosen and not number,
            number=number,
            hint=_hint(scale),
            errors=errors,
            hidden=question.key not in self.shown and not errors,
            new=new,
        )

    def _chosen(self, name: str, question: Question) -> tuple[str, str]:
        """The radio button that is on, and what stands in the box for a number."""
        if self.is_bound:
            chosen, number = self.fields[name].widget.value_from_datadict(self.data, {}, self.add_prefix(name))
            return chosen, "" if question.item.scale.options else number
        answer = self.stored.get(question.key)
        if answer is None:
            return "", ""
        if isinstance(answer, NonAnswer) or question.item.scale.options:
            return code_of(answer), ""
        return "", plain(answer).replace(".", ",")


def _choice(answer: Answer, label: Any, chosen: str) -> Choice:
    code = code_of(answer)
    return Choice(code, label, code == chosen)


def _hint(scale: Scale) -> str:
    if scale.options:
        return ""
    words = {"low": format_number(scale.low), "high": format_number(scale.high), "unit": scale.unit}
    text = _("from %(low)s to %(high)s %(unit)s") % words
    if scale.step:
        text = _("%(range)s, in steps of %(step)s") % {"range": text.strip(), "step": format_number(scale.step)}
    return text.strip()

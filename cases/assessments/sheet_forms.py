"""The forms of an interview: its pages, which are the instrument's questions with what saving needs, and its day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.instruments.definition import NonAnswer, Scale
from cases.instruments.questions import Answer, Question
from cases.instruments.sheet_form import SheetForm, code_of, number_name, plain
from cases.instruments.words import number_or_label
from foundation.forms import OnceMixin, VersionMixin


def answer_words(scale: Scale, answer: Answer) -> str:
    """An answer as people read it."""
    return str(answer.label) if isinstance(answer, NonAnswer) else number_or_label(scale, answer)


class AutosaveSheetForm(VersionMixin, SheetForm):
    """What the autosave sends, without `once`: saving the same twice is saving it once."""

    def readable_answers(self) -> dict[str, Answer]:
        """The answers sent and, where one can't be read, the one stored: a slip in one does not stop the others."""
        broken = [question.key for name, question in self.questions.items() if name in self.errors]
        return self.answers() | {key: self.stored[key] for key in broken if key in self.stored}


class FillSheetForm(OnceMixin, AutosaveSheetForm):
    def show_stored(self, answers: Mapping[str, Answer], note: str, version: int) -> None:
        """After Stale: beside each answer that differs stands the stored one; what was left empty takes it over.

        `answers` are those of the whole interview as they are stored now.
        """
        differing: dict[str, Any] = {}
        typed = self.answers()
        for name, question in self.questions.items():
            stored = answers.get(question.key)
            if typed.get(question.key) == stored:
                continue
            if question.key in typed:
                differing[name] = "" if stored is None else answer_words(question.item.scale, stored)
            elif stored is not None:
                self._take_over(name, question, stored)
        if not self.cleaned_data.get("note"):
            self._put("note", note)
        elif self.cleaned_data["note"] != note:
            differing["note"] = note
        self.stored = answers
        self.show_conflict(differing, version=version)

    def _take_over(self, name: str, question: Question, stored: Answer) -> None:
        self.cleaned_data[name] = stored
        if question.item.scale.options or isinstance(stored, NonAnswer):
            self._put(name, code_of(stored))
        else:
            self._put(number_name(name), plain(stored).replace(".", ","))


class DateInterviewForm(VersionMixin, OnceMixin, forms.Form):
    submit_label = _("Save the day")

    held_on = forms.DateField(label=_("When it took place"), help_text=_("The first day, if it took several."))

"""A meeting planned for a time when the centre is closed: the form asks once more, and never refuses."""

from __future__ import annotations

import datetime as dt

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.sessions.moments import in_words
from cases.sessions.rules import FURTHEST
from cases.sessions.slots import closed_then, unusual_then
from centres.models import Centre
from foundation.formats import format_date

BOX = "all_the_same"


class QuestionField(forms.MultipleChoiceField):
    """Not answered is no mistake: the summary of errors asks, and does not say what to correct."""

    is_question = True


class ClosedFields(forms.BaseForm):
    """The box is on the page only when there is something to ask, and stands for one time: the next is asked anew."""

    @property
    def only_asks(self) -> bool:
        return set(self.errors) == {BOX}

    def ask_if_closed(self, centre: Centre, starts_at: dt.datetime, ends_at: dt.datetime) -> None:
        """To be called when both moments are known, of a meeting that is planned."""
        now = timezone.now()
        if not now < starts_at <= now + FURTHEST:
            return  # which is refused anyway
        question, reasons = _("The centre is closed then"), closed_then(centre, starts_at, ends_at)
        if not reasons:
            question, reasons = _("Is this time meant?"), unusual_then(centre, starts_at, ends_at)
        if not reasons:
            return
        key = f"{starts_at.isoformat()}/{ends_at.isoformat()}"
        words = {"date": format_date(starts_at), "time": in_words(starts_at, ends_at)}
        box = QuestionField(
            label=question,
            choices=[(key, _("Plan it all the same: %(date)s, %(time)s") % words)],
            widget=forms.CheckboxSelectMultiple,
        )
        self.fields[BOX] = box
        ticked = box.widget.value_from_datadict(self.data, self.files, self.add_prefix(BOX)) or ()
        if key not in ticked:
            self.add_error(BOX, ValidationError(reasons, code="closed"))

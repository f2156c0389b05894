from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.assessments.counting import Tool
from cases.assessments.periods import Period
from centres.models import Centre
from foundation.forms import FormMixin

ALL = "all"


class SummaryForm(FormMixin, forms.Form):
    """What to count. It is sent by GET: nothing in it says anything about a family."""

    period = forms.ChoiceField(
        label=_("Period"),
        required=False,
        error_messages={"invalid_choice": _("Nothing is counted for such a period: choose one from the list.")},
    )
    centre = forms.ChoiceField(
        label=_("Centre"),
        required=False,
        error_messages={"invalid_choice": _("There is no such centre for you: choose one from the list.")},
    )
    tool = forms.ChoiceField(
        label=_("Instrument"),
        required=False,
        error_messages={
            "invalid_choice": _("Nothing was assessed with such an instrument: choose one from the list.")
        },
    )

    def __init__(
        self,
        *args: Any,
        periods: Sequence[Period],
        centres: Sequence[Centre],
        tools: Sequence[Tool],
        together: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.periods = {period.key: period for period in periods}
        self.centres: dict[str, Centre | None] = {ALL: None} if together else {}
        self.centres |= {centre.slug: centre for centre in centres}
        self.tools = {tool.key: tool for tool in tools}
        self._offer("period", [(key, period.label) for key, period in self.periods.items()])
        self._offer(
            "centre", [(key, str(centre or _("all centres together"))) for key, centre in self.centres.items()]
        )
        self._offer("tool", [(key, tool.label) for key, tool in self.tools.items()])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        """The first choice is what is shown where nothing was chosen."""
        self.fields[name].choices = choices  # type: ignore[attr-defined] # a choice field, as declared above
        self.fields[name].initial = choices[0][0] if choices else ""

    def _chosen(self, name: str) -> str:
        return str(self.cleaned_data.get(name) or self.fields[name].initial)

    @property
    def period_chosen(self) -> Period:
        return self.periods[self._chosen("period")]

    @property
    def centre_chosen(self) -> Centre | None:
        """None is all of them together."""
        return self.centres[self._chosen("centre")]

    @property
    def tool_chosen(self) -> Tool:
        return self.tools[self._chosen("tool")]

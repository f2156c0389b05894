"""Forms of what follows a result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.assessments.decisions import COUPLE_WORK_STOPPED
from cases.assessments.rendering import ProposalLine
from cases.assessments.rules import TEXT_LIMIT
from cases.instruments.definition import Proposal
from foundation.forms import OnceMixin, VersionMixin

YES, NO = "yes", "no"
YES_OR_NO = ((YES, pgettext_lazy("decision", "yes")), (NO, pgettext_lazy("decision", "no")))


class ProposalFields(NamedTuple):
    """One proposal with its two fields."""

    line: ProposalLine
    chosen: BoundField
    reason: BoundField


class DecideProposalsForm(OnceMixin, forms.Form):
    """A decision about each of the seven, nothing preset: the proposals are no decision (N6)."""

    submit_label = _("Record the decision")

    def __init__(
        self, *args: Any, proposals: Sequence[ProposalLine], couple_work_stopped: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.proposals = proposals
        for line in proposals:
            stopped = couple_work_stopped and line.proposal == Proposal.COUPLE
            self.fields[f"chosen_{line.proposal}"] = forms.ChoiceField(
                label=line.label,
                choices=YES_OR_NO[1:] if stopped else YES_OR_NO,
                widget=forms.RadioSelect,
                help_text=COUPLE_WORK_STOPPED if stopped else "",
                error_messages={"invalid_choice": COUPLE_WORK_STOPPED} if stopped else None,
            )
            self.fields[f"reason_{line.proposal}"] = forms.CharField(
                label=_("Reason of the decision"),
                required=False,
                max_length=TEXT_LIMIT,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def groups(self) -> list[ProposalFields]:
        return [
            ProposalFields(line, self[f"chosen_{line.proposal}"], self[f"reason_{line.proposal}"])
            for line in self.proposals
        ]

    def decided(self) -> dict[str, Any]:
        """What the service takes."""
        chosen = {one for one in Proposal if self.cleaned_data[f"chosen_{one}"] == YES}
        return {"chosen": chosen, "reasons": {one: self.cleaned_data[f"reason_{one}"] for one in Proposal}}


class RequestOverrideForm(OnceMixin, forms.Form):
    submit_label = _("Sign and ask for the second signature")

    reason = forms.CharField(
        label=_("Why couple work may go on"),
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What was found out about the critical answers, and how everybody's safety is seen to."),
    )


class DecideOverrideForm(VersionMixin, OnceMixin, forms.Form):
    submit_label = _("Sign")

    granted = forms.ChoiceField(
        label=_("Decision"),
        choices=((YES, _("couple work may go on")), (NO, _("couple work stays stopped"))),
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Needed where couple work stays stopped."),
    )

    def decided(self) -> dict[str, Any]:
        """What the service takes."""
        return self.cleaned_data | {"granted": self.cleaned_data["granted"] == YES}


class AddAddendumForm(OnceMixin, forms.Form):
    submit_label = _("Sign the addendum")

    text = forms.CharField(
        label=_("Addendum"),
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("It is added with your name and today's date, and can't be changed afterwards."),
    )

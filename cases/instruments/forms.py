from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.instruments.definition import Area, Definition
from cases.instruments.models import InstrumentVersion
from cases.instruments.nodes import MOST_BYTES
from foundation.formats import format_number
from foundation.forms import FormMixin, OnceMixin, VersionMixin


class ImportInstrumentForm(OnceMixin, forms.Form):
    """A file or, without one, its text."""

    submit_label = _("Import as a draft")

    file = forms.FileField(
        label=_("File"),
        required=False,
        max_length=200,
        allow_empty_file=True,
        help_text=_("YAML or JSON in UTF-8, at most 512 KB."),
    )
    text = forms.CharField(
        label=_("Or its text"),
        required=False,
        strip=False,
        max_length=2 * MOST_BYTES,  # at MOST_BYTES a browser would cut a longer text off without a word
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false", "class": "code"}),
        help_text=_("Read only where no file is chosen."),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file and file.size > MOST_BYTES:
            size = format_number(file.size / 1024 / 1024, 1)
            raise forms.ValidationError(
                _("This file has %(size)s MB. An instrument has at most 512 KB."),
                code="too_big",
                params={"size": size},
            )
        if file is not None and file is not False and not file.size:
            raise forms.ValidationError(_("This file is empty."), code="empty")
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not cleaned.get("file") and not cleaned.get("text", "").strip():
            raise forms.ValidationError(_("Choose a file, or put its text below."), code="nothing")
        return cleaned

    def content(self) -> str | bytes:
        """What was sent, after `is_valid`; browsers send every line of a text with a carriage return."""
        if file := self.cleaned_data["file"]:
            return bytes(file.read())
        return str(self.cleaned_data["text"]).replace("\r\n", "\n")

    def show_text_of(self, content: str | bytes) -> str:
        """Put a refused file's text into the box, where it can be corrected. Returns it: empty, if it is no text."""
        if isinstance(content, str):
            return content
        text = content.decode("utf-8", "replace")
        if "\x00" in text or "\ufffd" in text:
            return ""
        self._put("text", text)
        return text


class ApproveInstrumentForm(VersionMixin, OnceMixin, forms.Form):
    submit_label = _("Approve")

    valid_from = forms.DateField(label=_("Valid from"), initial=timezone.localdate)
    valid_to = forms.DateField(
        label=_("Valid to"), required=False, help_text=_("The last day on which an assessment may be started with it.")
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("valid_from"), cleaned.get("valid_to")
        if first and last and last < first:
            self.add_error("valid_to", forms.ValidationError(_("The end may not be before the start."), code="order"))
        return cleaned


class RetireInstrumentForm(VersionMixin, OnceMixin, forms.Form):
    submit_label = _("Retire this version")

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For example the number of the version that takes its place."),
    )


class DiscardInstrumentForm(VersionMixin, OnceMixin, forms.Form):
    submit_label = _("Discard this draft")


class CompareForm(FormMixin, forms.Form):
    """Which version to compare with."""

    def __init__(self, *args: Any, others: list[InstrumentVersion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(other.uuid), f"{other.number} · {other.get_status_display()}") for other in others]
        self.fields["with"] = forms.ChoiceField(label=_("Compare with version"), choices=choices)


class JudgementsForm(FormMixin, forms.Form):
    """The practitioner's levels in a trial, for areas that are not computed."""

    prefix = "judgement"

    def __init__(self, *args: Any, definition: Definition, areas: list[Area], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        levels = [("", "—"), *((level.id, level.label) for level in definition.levels)]
        for area in areas:
            self.fields[area.id] = forms.ChoiceField(label=area.label, choices=levels, required=False)

    def judgements(self) -> dict[str, str]:
        """The levels that were chosen, by area; after `is_valid`."""
        return {area: level for area, level in self.cleaned_data.items() if level}

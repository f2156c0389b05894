from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from cases.sessions.models import SUMMARY_LIMIT
from cases.sessions.note_models import TherapyNote
from cases.sessions.rules import NOTE_LIMIT
from centres.models import Centre, StaffMember
from foundation.forms import FormMixin, OnceMixin, VersionMixin

if TYPE_CHECKING:
    _ModelChoiceField = forms.ModelChoiceField[Any]
else:  # Django's own class takes no type arguments
    _ModelChoiceField = forms.ModelChoiceField

TOO_LONG = {"max_length": _("This text may have at most %(limit_value)s characters; it has %(show_value)s.")}


def group_note_field(rows: int) -> forms.CharField:
    return forms.CharField(
        label=_("Note about the group"),
        required=False,
        max_length=NOTE_LIMIT,
        widget=forms.Textarea({"rows": rows}),
        help_text=_(
            "Read by everybody who led this meeting, and by the clinical lead. What is about one person alone belongs "
            "into your own note."
        ),
        error_messages=TOO_LONG,
    )


def note_field(rows: int = 4) -> forms.CharField:
    return forms.CharField(
        label=_("My note"),
        required=False,
        max_length=NOTE_LIMIT,
        widget=forms.Textarea({"rows": rows}),
        help_text=_("Only you and the clinical lead can read it. It stays a draft until you sign it."),
        error_messages=TOO_LONG,
    )


def summary_field(*, of_group: bool = False) -> forms.CharField:
    return forms.CharField(
        label=_("Summary for the coordinator"),
        required=False,
        max_length=SUMMARY_LIMIT,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Coordinators of everybody in the group see it: a few sentences, and nobody's name.")
        if of_group
        else _("Everybody who may read the case sees it: a few sentences, without what was confided."),
        error_messages=TOO_LONG,
    )


class AutosaveNoteForm(VersionMixin, forms.Form):
    """Without `once`: saving the same twice is saving it once."""

    def __init__(
        self, *args: Any, with_note: bool = True, with_summary: bool = True, of_group: bool = False, **kwargs: Any
    ) -> None:
        """Who may not write the summary any more, or has signed the note, is not asked for it."""
        super().__init__(*args, **kwargs)
        if with_note:
            self.fields["note"] = group_note_field(rows=14) if of_group else note_field(rows=14)
        if with_summary:
            self.fields["summary"] = summary_field(of_group=of_group)

    def words(self) -> dict[str, Any]:
        """The arguments of `write_note`."""
        sent = self.cleaned_data
        return {"text": sent.get("note"), "summary": sent.get("summary"), "version": sent["version"]}


class WriteNoteForm(OnceMixin, AutosaveNoteForm):
    submit_label = _("Save the draft")


class SignNoteForm(VersionMixin, OnceMixin, forms.Form):
    submit_label = _("Sign the note")


class AddNoteAddendumForm(OnceMixin, forms.Form):
    submit_label = _("Sign the addendum")

    text = forms.CharField(
        label=_("Addendum"), max_length=NOTE_LIMIT, widget=forms.Textarea({"rows": 8}), error_messages=TOO_LONG
    )


class SupervisionForm(FormMixin, forms.Form):
    """Whose notes. It is sent by GET: nothing in it says anything about a family."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        authors = StaffMember.objects.filter(Exists(TherapyNote.objects.filter(author=OuterRef("pk"))))
        self.fields["centre"] = _Choice(
            Centre.objects.order_by("order"),
            to_field_name="slug",
            label=_("Centre"),
            required=False,
            empty_label=_("every centre"),
        )
        self.fields["therapist"] = _Choice(
            authors, to_field_name="uuid", label=_("Therapist"), required=False, empty_label=_("every therapist")
        )

    @property
    def chosen(self) -> dict[str, str]:
        """What the list is narrowed to, for the controls that show it again."""
        centre, therapist = self.cleaned_data.get("centre"), self.cleaned_data.get("therapist")
        return {"centre": centre.slug if centre else "", "therapist": str(therapist.uuid) if therapist else ""}


class _Choice(_ModelChoiceField):
    """One of those offered; anything else is „not one of the choices”, however malformed."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except ValidationError:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice") from None

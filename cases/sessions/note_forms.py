from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from cases.sessions.models import SUMMARY_LIMIT
from cases.sessions.note_models import TherapyNote
from cases.sessions.rules import NOTE_LIMIT
from centres.models import Centre, StaffMember
from foundation.forms import NUMBER_LIMIT, FilterForm, FormMixin, OnceMixin, Pick, VersionMixin

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


def note_field(rows: int = 8) -> forms.CharField:
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
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Coordinators of everybody in the group see it: a few sentences, and nobody's name.")
        if of_group
        else _("Everybody who may read the case sees it: a few sentences, without what was confided."),
        error_messages=TOO_LONG,
    )


class WordsFields(FormMixin):
    """What is written about a meeting, asked beside other things, with the version that guards it alone.

    Beside each text stands a print of what the page showed: what nobody has touched is written over nobody's words.
    """

    words: tuple[str, ...] = ()

    def ask_about_words(self, texts: Mapping[str, str], version: int) -> None:
        """`texts` are those stored now, by the names of their fields: note, group_note, summary."""
        asked = {"note": note_field, "group_note": lambda: group_note_field(rows=8), "summary": summary_field}
        self.words = tuple(texts)
        for name, text in texts.items():
            self.fields[name] = asked[name]()
            self.initial[name] = text
            self.fields[_shown(name)] = _hidden(_print_of(text, version))
        self.fields["words_version"] = _hidden(str(version))

    @property
    def words_version(self) -> int:
        """Where a page does not say it, that of a meeting about which nothing has been written."""
        sent = str(self.cleaned_data.get("words_version", ""))
        return int(sent) if sent.isdecimal() and 0 < int(sent) <= NUMBER_LIMIT else 1

    def touched(self) -> dict[str, str]:
        """The texts that somebody has changed on the page, and those that it has saved by itself since."""
        sent, version = self.cleaned_data, self.words_version
        typed = {name: sent[name] for name in self.words if name in sent}
        return {name: text for name, text in typed.items() if _print_of(text, version) != sent.get(_shown(name))}

    def add_error(self, field: str | None, error: Any) -> None:
        """Services speak of a „note”, whichever it is."""
        if "group_note" in self.words and "note" in getattr(error, "error_dict", {}):
            error.error_dict["group_note"] = error.error_dict.pop("note")
        super().add_error(field, error)

    def refresh_words(self, stored: Mapping[str, str], version: int) -> dict[str, str]:
        """After Stale: show what is stored where nobody has typed; returns the texts that stand against typed ones."""
        if not self.words or version == self.words_version:
            return {}
        touched = self.touched()
        for name in self.words:
            if name not in touched:
                self._put(name, stored[name])
            self._put(_shown(name), _print_of(stored[name], version))
        self._put("words_version", str(version))
        return {name: stored[name] for name in touched}


def _hidden(initial: str) -> forms.CharField:
    return forms.CharField(required=False, max_length=64, initial=initial, widget=forms.HiddenInput({"id": False}))


def _shown(name: str) -> str:
    return f"{name}_shown"


def _print_of(text: str, version: int) -> str:
    """The same however a browser ends its lines."""
    lines = "\n".join(text.strip().splitlines())
    return hashlib.sha256(f"{version}\n{lines}".encode()).hexdigest()


class AutosaveWordsForm(WordsFields, forms.Form):
    """What a page that asks about other things, too, saves of its words while they are typed."""

    def __init__(self, *args: Any, of_group: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = ("group_note",) if of_group else ("note", "summary")
        self.ask_about_words(dict.fromkeys((name for name in asked if name in self.data), ""), version=1)


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


class SupervisionForm(FilterForm):
    """Whose notes; nothing in it says anything about a family."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        authors = StaffMember.objects.filter(Exists(TherapyNote.objects.filter(author=OuterRef("pk"))))
        self.fields["centre"] = Pick(
            Centre.objects.order_by("order"),
            to_field_name="slug",
            label=_("Centre"),
            required=False,
            empty_label=_("every centre"),
        )
        self.fields["therapist"] = Pick(
            authors, to_field_name="uuid", label=_("Therapist"), required=False, empty_label=_("every therapist")
        )

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.reminders.models import ADDRESS_LIMIT
from foundation.forms import OnceMixin


class MarkSafeContactForm(OnceMixin, forms.Form):
    """The address, and two things that one says only after having asked the person."""

    submit_label = _("Mark as safe")
    address = forms.EmailField(
        label=_("E-mail address"),
        max_length=ADDRESS_LIMIT,
        help_text=_(
            "A mailbox of this person alone: not the family's, not one from work, not open on a shared device."
        ),
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    nobody_else_reads = forms.BooleanField(
        label=_("It has been established with this person that nobody else reads this mailbox"),
        error_messages={
            "required": _("Without this nothing may be sent there. Ask the person first, without others.")
        },
    )
    wants_reminders = forms.BooleanField(
        label=_("This person wants to be reminded at this address of their meetings at this centre"),
        error_messages={"required": _("Without the person’s consent no address is kept.")},
    )

    def marked(self) -> str:
        """What the service takes: the confirmations are no data, the form does not pass without them."""
        return str(self.cleaned_data["address"])


class MarkToldForm(forms.Form):
    """Only a button: of which family it is said, and the meeting as they were told of it."""

    case = forms.UUIDField()
    version = forms.IntegerField(min_value=1)

    def told(self) -> dict[str, Any]:
        """The arguments of `mark_told`."""
        return {name: self.cleaned_data[name] for name in ("case", "version")}

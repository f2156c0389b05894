from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import KeptFormQuerySet
from foundation.forms import OnceMixin


class DiscardKeptForm(OnceMixin, forms.Form):
    submit_label = _("Discard")

    def __init__(self, *args: Any, waiting: KeptFormQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kept"] = forms.ModelChoiceField(
            waiting, to_field_name="uuid", widget=forms.HiddenInput({"id": False})
        )

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.people.models import District, FamilyRole, Person
from foundation.forms import OnceMixin, VersionMixin
from foundation.pesel import validate_pesel
from foundation.phones import normalise_phone


class PersonFields(forms.Form):
    """What may be typed about a person; shared by adding and editing."""

    first_name = forms.CharField(label=_("First name"), max_length=60)
    last_name = forms.CharField(label=_("Last name"), max_length=80, required=False)
    role = forms.ChoiceField(label=_("Role in the family"), choices=[("", "—"), *FamilyRole.choices])
    birth_date = forms.DateField(
        label=_("Date of birth"), required=False, help_text=_("Empty is filled in from the PESEL.")
    )
    sex = forms.ChoiceField(label=_("Sex"), required=False, choices=[("", "—"), *Person.Sex.choices])
    pesel = forms.CharField(
        label=_("PESEL"),
        required=False,
        max_length=20,
        help_text=_("11 digits. It is stored encrypted and shown only on request."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    no_pesel_reason = forms.CharField(
        label=_("Why there is no PESEL"),
        max_length=120,
        required=False,
        help_text=_("For example: a foreigner without a PESEL, not given at the first meeting."),
    )
    phone = forms.CharField(
        label=_("Phone"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )

    def clean_pesel(self) -> str:
        typed: str = self.cleaned_data["pesel"]
        return validate_pesel(typed) if typed else ""

    def clean_phone(self) -> str:
        typed: str = self.cleaned_data["phone"]
        return normalise_phone(typed) if typed else ""

    def clean_birth_date(self) -> Any:
        born = self.cleaned_data["birth_date"]
        if born and born > timezone.localdate():
            raise ValidationError(_("The date of birth can't be in the future."), code="future")
        return born

    def needs_reason(self, cleaned: dict[str, Any]) -> bool:
        """Whether neither a PESEL nor a reason for its absence was given (A4)."""
        return "pesel" in cleaned and not cleaned["pesel"] and not cleaned.get("no_pesel_reason")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("pesel") and cleaned.get("no_pesel_reason"):
            self.add_error(
                "no_pesel_reason", ValidationError(_("There is a PESEL, so leave this empty."), code="both")
            )
        if self.needs_reason(cleaned):
            self.add_error(
                "no_pesel_reason",
                ValidationError(_("Give the PESEL, or say why there is none."), code="neither"),
            )
        return cleaned


class AddPersonForm(OnceMixin, PersonFields):
    submit_label = _("Add person")


class EditPersonForm(VersionMixin, OnceMixin, PersonFields):
    """The stored PESEL is not shown here (D4): an empty field keeps it, a reason why there is none takes it away."""

    submit_label = _("Save changes")

    def __init__(self, *args: Any, has_pesel: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_pesel = has_pesel
        if has_pesel:
            self.fields["pesel"].help_text = _("It is stored and hidden. Type one only to change it.")

    def needs_reason(self, cleaned: dict[str, Any]) -> bool:
        return super().needs_reason(cleaned) and not self.has_pesel

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.has_pesel and not cleaned.get("pesel") and not cleaned.get("no_pesel_reason"):
            cleaned.pop("pesel", None)
        return cleaned


class EditFamilyForm(VersionMixin, OnceMixin, forms.Form):
    submit_label = _("Save changes")
    label = forms.CharField(label=_("Name of the family"), max_length=120, help_text=_("As you will look for it."))
    district = forms.ChoiceField(label=_("District"), required=False, choices=District.choices)


class EndMembershipForm(OnceMixin, forms.Form):
    submit_label = _("Save")
    to_on = forms.DateField(label=_("Belonged to the family until"), initial=timezone.localdate)

    def clean_to_on(self) -> Any:
        to_on = self.cleaned_data["to_on"]
        if to_on > timezone.localdate():
            raise ValidationError(_("Give today's date or an earlier one."), code="future")
        return to_on

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.intake.models import Referral, Source
from cases.people.models import District, FamilyRole
from centres.models import Centre
from foundation.forms import OnceMixin, VersionMixin
from foundation.phones import normalise_phone


class ReferralFields(forms.Form):
    """What may be typed into a referral; shared by entering and editing."""

    source = forms.ChoiceField(label=_("Who referred the family"), choices=[("", "—"), *Source.choices])
    received_on = forms.DateField(
        label=_("Received on"),
        initial=timezone.localdate,
        help_text=_("The 14 days for the diagnosis count from this day."),
    )
    contact_first_name = forms.CharField(label=_("First name of the person to contact"), max_length=60)
    contact_last_name = forms.CharField(label=_("Last name"), max_length=80, required=False)
    contact_role = forms.ChoiceField(label=_("Role in the family"), choices=[("", "—"), *FamilyRole.choices])
    contact_phone = forms.CharField(
        label=_("Phone"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
        help_text=_("Only a number at which it is safe to call."),
    )
    family_label = forms.CharField(
        label=_("Name of the family"),
        required=False,
        max_length=120,
        help_text=_("As you will look for it. Empty becomes “Family:” and the last name."),
    )
    adults = forms.IntegerField(label=_("Adults in the family"), min_value=0, max_value=30, initial=1)
    children = forms.IntegerField(label=_("Children under 18"), min_value=0, max_value=30, initial=0)
    district = forms.ChoiceField(label=_("District"), required=False, choices=District.choices)
    concern = forms.CharField(
        label=_("What the family needs"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("A few sentences. The text is stored encrypted."),
    )

    def clean_received_on(self) -> Any:
        received_on = self.cleaned_data["received_on"]
        if received_on > timezone.localdate():
            raise ValidationError(_("A referral can't be received in the future."), code="future")
        return received_on

    def clean_contact_phone(self) -> str:
        typed: str = self.cleaned_data["contact_phone"]
        return normalise_phone(typed) if typed else ""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not cleaned.get("family_label"):
            name = cleaned.get("contact_last_name") or cleaned.get("contact_first_name")
            if name:
                cleaned["family_label"] = str(_("Family: %(name)s")) % {"name": name}
        if cleaned.get("adults") == 0 and cleaned.get("children") == 0:
            self.add_error("adults", ValidationError(_("Give at least one person."), code="nobody"))
        return cleaned


class EnterReferralForm(OnceMixin, ReferralFields):
    submit_label = _("Save referral")

    def __init__(self, *args: Any, centres: models.QuerySet[Centre], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["centre"] = forms.ModelChoiceField(
            centres, label=_("Centre"), initial=centres.first(), empty_label=None
        )
        self.order_fields(["centre"])


class EditReferralForm(VersionMixin, OnceMixin, ReferralFields):
    submit_label = _("Save changes")

    @classmethod
    def values_of(cls, referral: Referral) -> dict[str, Any]:
        return {name: getattr(referral, name) for name in ReferralFields.base_fields} | {"version": referral.version}

    @classmethod
    def readable_values_of(cls, referral: Referral) -> dict[str, Any]:
        """The stored values as a person reads them, for showing a lost race."""
        return {
            name: getattr(referral, f"get_{name}_display", lambda name=name: getattr(referral, name))()
            for name in ReferralFields.base_fields
        }


class ReasonForm(VersionMixin, OnceMixin, forms.Form):
    """Declining or withdrawing: the reason is kept."""

    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


class DeclineReferralForm(ReasonForm):
    submit_label = _("Decline the referral")


class WithdrawReferralForm(ReasonForm):
    submit_label = _("Mark as withdrawn")


class RedirectReferralForm(ReasonForm):
    submit_label = _("Redirect the referral")

    def __init__(self, *args: Any, referral: Referral, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Centre.objects.exclude(pk=referral.centre_id)
        self.fields["centre"] = forms.ModelChoiceField(others, label=_("To which centre"))
        self.order_fields(["centre"])

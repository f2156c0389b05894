from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.casefile.models import Case
from cases.intake.models import Referral
from cases.people.models import Family
from centres.models import StaffMember
from foundation.forms import OnceMixin, VersionMixin


class AcceptReferralForm(VersionMixin, OnceMixin, forms.Form):
    """Accepting: for a new family or one that has been here, with a coordinator at once or later."""

    submit_label = _("Accept and open a case")

    def __init__(self, *args: Any, referral: Referral, families: list[Family], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if families:
            self.fields["family"] = forms.ModelChoiceField(
                Family.objects.filter(pk__in=[family.pk for family in families]),
                label=_("Family"),
                required=False,
                empty_label=_("a new family"),
                widget=forms.RadioSelect,
                help_text=_("These families have been at the centre before. Choose one if it is the same."),
            )
        self.fields["coordinator"] = forms.ModelChoiceField(
            StaffMember.objects.coordinating(referral.centre),
            label=_("Coordinator"),
            required=False,
            empty_label=_("the head of centre will assign one"),
        )


class AssignCoordinatorForm(OnceMixin, forms.Form):
    submit_label = _("Assign")

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["coordinator"] = forms.ModelChoiceField(
            StaffMember.objects.coordinating(case.centre), label=_("Coordinator"), empty_label="—"
        )
        self.fields["note"] = forms.CharField(
            label=_("Handover note"),
            required=False,
            max_length=500,
            widget=forms.Textarea(attrs={"rows": 4}),
            help_text=_("What the next coordinator should know first."),
        )


class AddCareTeamMemberForm(OnceMixin, forms.Form):
    submit_label = _("Add to the care team")

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        present = case.care_team.filter(to_on=None).values("staff")
        self.fields["staff"] = forms.ModelChoiceField(
            StaffMember.objects.working_at(case.centre).exclude(pk__in=present),
            label=_("Person"),
            empty_label="—",
            help_text=_("From that day on this person can read the file."),
        )
        self.fields["from_on"] = forms.DateField(label=_("From"), initial=timezone.localdate)


class StepFields(VersionMixin, OnceMixin, forms.Form):
    """A form that moves a case on; it says which state of the case the person saw."""


class RecordDiagnosisForm(StepFields):
    submit_label = _("Record the diagnosis")

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["diagnosed_on"] = forms.DateField(label=_("Diagnosed on"), initial=timezone.localdate)
        self.fields["diagnosed_by"] = forms.ModelChoiceField(
            StaffMember.objects.working_at(case.centre), label=_("Diagnosed by"), empty_label="—"
        )


class StepForm(StepFields):
    """A step on the path: its day and, if there is something to say, a note."""

    on = forms.DateField(label=_("On"), initial=timezone.localdate)
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Everybody who may read the case will see it."),
    )


class PutOnWaitlistForm(StepForm):
    submit_label = _("Put on the waiting list")


class StartTherapyForm(StepForm):
    submit_label = _("Start therapy")


class StartFollowUpForm(StepForm):
    submit_label = _("End therapy, start follow-up")


class CloseCaseForm(StepForm):
    submit_label = _("Close the case")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].required = True
        self.fields["note"].label = _("Reason for closing")

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cases.assessments.models import Assessment
from cases.assessments.rules import COUPLE, TEXT_LIMIT, assessors
from cases.casefile.models import Case
from cases.instruments.definition import Definition
from cases.instruments.models import InstrumentVersion
from cases.instruments.questions import Part
from cases.people.models import FamilyMember, FamilyRole, Person
from foundation.forms import OnceMixin, VersionMixin

if TYPE_CHECKING:
    _VersionChoiceField = forms.ModelChoiceField[InstrumentVersion]
else:  # Django's own class takes no type arguments
    _VersionChoiceField = forms.ModelChoiceField

Occasion = Assessment.Occasion

NOT_TAKING_PART = ("", _("does not take part"))
PARENTS = {FamilyRole.MOTHER, FamilyRole.FATHER, FamilyRole.PARTNER, FamilyRole.STEPMOTHER, FamilyRole.STEPFATHER}
CHILDREN = {FamilyRole.DAUGHTER, FamilyRole.SON}


class VersionPick(_VersionChoiceField):
    def label_from_instance(self, obj: InstrumentVersion) -> str:
        label = str(_("example – this is not NORR"))
        return f"{obj} ({label})" if obj.instrument.is_example and label not in str(obj) else str(obj)


class StartAssessmentForm(OnceMixin, forms.Form):
    """When on the family's path, with which version, by whom, and who takes part in which part."""

    submit_label = _("Start the assessment")

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["occasion"] = forms.ChoiceField(
            label=_("Occasion"), choices=Occasion.choices, initial=next_occasion(case), widget=forms.RadioSelect
        )
        versions = InstrumentVersion.objects.usable().select_related("instrument")
        self.versions = list(versions[:2])
        self.fields["instrument_version"] = VersionPick(
            versions,
            label=_("Instrument"),
            empty_label="—",
            initial=self.versions[0] if len(self.versions) == 1 else None,
        )
        coordinator = case.assignments.current().values_list("coordinator", flat=True).first()
        self.fields["assessor"] = forms.ModelChoiceField(
            assessors(case), label=_("Assessor"), empty_label="—", initial=coordinator
        )
        self.people: dict[str, Person] = {}
        members = list(
            FamilyMember.objects.current()
            .filter(family=case.family_id)
            .select_related("person")
            .order_by("person__birth_date", "id")
        )
        proposed = proposed_parts(members)
        for member in members:
            name = f"part_{member.person.uuid.hex}"
            self.people[name] = member.person
            self.fields[name] = forms.ChoiceField(
                label=_label(member),
                choices=[*parts_for(member.person), NOT_TAKING_PART],
                required=False,
                initial=proposed[member.person],
            )

    def part_fields(self) -> list[Any]:
        return [self[name] for name in self.people]

    def parts(self) -> dict[Person, Part]:
        return {
            person: Part(self.cleaned_data[name]) for name, person in self.people.items() if self.cleaned_data[name]
        }

    def add_error(self, field: str | None, error: Any) -> None:
        """The service speaks of „parts”; the form says it beside the first person."""
        if self.people and hasattr(error, "error_dict") and "parts" in error.error_dict:
            said = dict(error.error_dict)
            said[next(iter(self.people))] = said.pop("parts")
            error = ValidationError(said)
        super().add_error(field, error)


def _label(member: FamilyMember) -> str:
    age = member.person.age()
    words = f"{member.person} ({member.get_role_display()}"
    return f"{words})" if age is None else f"{words}, {_('aged %(age)d') % {'age': age}})"


def parts_for(person: Person) -> list[tuple[str, Any]]:
    """The parts that somebody of this age can have; all where the age is not known."""
    parts = [part for part in Part if person.is_minor is None or (part == Part.CHILD) == person.is_minor]
    return [(part.value, part.label) for part in parts]


def proposed_parts(members: list[FamilyMember]) -> dict[Person, str]:
    """Everybody takes part; two adults in a parent's or partner's role are taken for a couple."""
    proposed = {}
    for member in members:
        minor = member.person.is_minor
        child = minor or (minor is None and member.role in CHILDREN)
        proposed[member.person] = Part.CHILD.value if child else Part.ADULT.value
    parents = [one.person for one in members if one.role in PARENTS and proposed[one.person] == Part.ADULT]
    if len(parents) == COUPLE:
        proposed |= dict.fromkeys(parents, Part.PARTNER.value)
    return proposed


def next_occasion(case: Case) -> str:
    """The occasion that is most likely meant."""
    held = set(case.assessments.finalised().values_list("occasion", flat=True))
    if not held:
        return Occasion.START
    return Occasion.FOLLOW_UP if held & {Occasion.END, Occasion.FOLLOW_UP} else Occasion.MIDDLE


class AutosaveNarrativeForm(VersionMixin, forms.Form):
    """Without `once`: saving the same twice is saving it once."""

    text = forms.CharField(
        label=_("Summary"),
        required=False,
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text=_("What the family came with, what the interviews showed, what follows from it."),
    )


class WriteNarrativeForm(OnceMixin, AutosaveNarrativeForm):
    submit_label = _("Save the summary")


class JudgeAreaForm(VersionMixin, OnceMixin, forms.Form):
    submit_label = _("Save the judgement")

    def __init__(self, *args: Any, definition: Definition, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level"] = forms.ChoiceField(
            label=_("Level"),
            choices=[(level.id, level.label) for level in definition.levels],
            widget=forms.RadioSelect,
        )
        self.fields["reason"] = forms.CharField(
            label=_("What the judgement rests on"), max_length=TEXT_LIMIT, widget=forms.Textarea(attrs={"rows": 6})
        )


class FinaliseAssessmentForm(VersionMixin, OnceMixin, forms.Form):
    submit_label = _("Finalise the assessment")


class AbandonAssessmentForm(VersionMixin, OnceMixin, forms.Form):
    submit_label = _("Break the assessment off")

    reason = forms.CharField(label=_("Reason"), max_length=TEXT_LIMIT, widget=forms.Textarea(attrs={"rows": 4}))

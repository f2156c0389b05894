"""When a family may be assessed, by whom, who takes part, and what may be answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cases.assessments.models import Assessment
from cases.casefile.models import Case
from cases.instruments.definition import NonAnswer, Scale
from cases.instruments.models import InstrumentVersion
from cases.instruments.questions import Answer, Answers, Part, Question
from cases.people.models import FamilyMember, Person
from centres.models import Centre, StaffMember, StaffMemberQuerySet
from foundation.formats import format_date
from foundation.rules import RuleError

TEXT_LIMIT = 20_000  # characters of a note on an area, of the summary, of a reason
COUPLE = 2

Occasion = Assessment.Occasion


class AssessmentError(RuleError):
    """A rule of assessments forbids this step. `code` says which rule."""


# --- starting ---


def may_start(case: Case, by: User) -> None:
    if not Case.objects.managed_by(by).filter(pk=case.pk).exists():
        raise AssessmentError(_("The coordinator or the head of centre starts an assessment."), code="not_yours")
    if case.centre.diagnosis != Centre.Diagnosis.NORR:
        raise AssessmentError(_("This centre does not diagnose with NORR."), code="other_diagnosis")


def usable(version: InstrumentVersion) -> None:
    if not InstrumentVersion.objects.usable().filter(pk=version.pk).exists():
        raise AssessmentError(
            _("Only an approved version that is valid today can be used."),
            code="version_not_usable",
            field="instrument_version",
        )


def assessors(case: Case) -> StaffMemberQuerySet:
    """Who may be named as assessor: the case's coordinator and its care team, while they work at its centre (N6)."""
    coordinating = case.assignments.current().order_by().values("coordinator")
    in_team = case.care_team.current().order_by().values("staff")
    return StaffMember.objects.working_at(case.centre).filter(pk__in=coordinating.union(in_team))


def may_assess(case: Case, assessor: StaffMember) -> None:
    if not assessors(case).filter(pk=assessor.pk).exists():
        raise AssessmentError(
            _("The assessor is the case's coordinator or somebody of its care team."),
            code="not_of_the_case",
            field="assessor",
        )


def in_order(case: Case, occasion: str) -> None:
    """The occasions follow each other as on the family's path: after the end there is no middle (N8)."""
    if occasion not in Occasion.values:
        raise AssessmentError(_("Choose one of the occasions."), code="occasion", field="occasion")
    held = case.assessments.finalised().values_list("occasion", flat=True)
    latest = max((Occasion.values.index(one) for one in held), default=0)
    if Occasion.values.index(occasion) < latest:
        raise AssessmentError(
            _("A later assessment has been finalised already: %(occasion)s."),
            code="too_late",
            field="occasion",
            params={"occasion": list(Occasion)[latest].label},
        )


def may_take_part(case: Case, parts: Mapping[Person, Part]) -> None:
    """Who takes part belongs to the family today; partners are two or none, adults are adults and children children.

    Somebody whose age is not known may be either.
    """
    if not parts:
        raise AssessmentError(_("Choose at least one person."), code="nobody", field="parts")
    family = set(FamilyMember.objects.current().filter(family=case.family_id).values_list("person_id", flat=True))
    for person, part in parts.items():
        if person.pk not in family:
            _refuse(_("%(name)s does not belong to this family today."), "not_in_family", person)
        if part == Part.CHILD and person.is_minor is False:
            _refuse(_("%(name)s is an adult and can't take part as a child."), "adult_as_child", person)
        if part != Part.CHILD and person.is_minor:
            _refuse(_("%(name)s is under 18 and can't take part as an adult."), "child_as_adult", person)
    if list(parts.values()).count(Part.PARTNER) not in (0, COUPLE):
        raise AssessmentError(
            _("A couple is two people: choose both partners, or none."), code="half_a_couple", field="parts"
        )


def _refuse(sentence: object, code: str, person: Person) -> None:
    raise AssessmentError(sentence, code=code, field="parts", params={"name": person})


# --- answering ---


def takes(scale: Scale, answer: Answer) -> bool:
    """Whether this may be answered on a scale."""
    if isinstance(answer, NonAnswer):
        return answer in scale.non_answers
    if scale.options:
        return any(option.value == answer for option in scale.options)
    if not answer.is_finite() or not scale.low <= answer <= scale.high:
        return False
    return not scale.step or (answer - scale.low) % scale.step == Decimal(0)


def check_answers(questions: Iterable[Question], answers: Answers) -> None:
    """Refuse answers to what is not asked and answers that the scale does not have."""
    scales = {question.key: question.item.scale for question in questions}
    for key, answer in answers.items():
        if key not in scales:
            raise AssessmentError(_("This page does not ask one of these questions."), code="unknown_question")
        if not takes(scales[key], answer):
            raise AssessmentError(_("Choose one of the answers offered."), code="off_scale", field=key)


def may_be_held_on(case: Case, day: dt.date) -> None:
    """An interview is written down when it has taken place, and belongs to the case."""
    if day > timezone.localdate():
        raise AssessmentError(_("This day has not come yet."), code="in_the_future", field="held_on")
    if day < case.opened_on:
        raise AssessmentError(
            _("The case was opened on %(on)s; nobody was interviewed in it before."),
            code="before_the_case",
            field="held_on",
            params={"on": format_date(case.opened_on)},
        )


def check_length(text: str, field: str) -> None:
    if len(text) > TEXT_LIMIT:
        raise AssessmentError(
            _("This text may have at most %(limit)s characters; it has %(length)s."),
            code="long_text",
            field=field,
            params={"limit": TEXT_LIMIT, "length": len(text)},
        )

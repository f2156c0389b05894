from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cases.casefile.models import CareTeamMember, Case
from cases.instruments.models import InstrumentVersion
from cases.instruments.questions import Part, Participant, Source, Talk
from cases.people.models import Person
from centres.duties import duties_of
from centres.models import AT_A_CENTRE, Role, StaffMember
from foundation.fields import EncryptedTextField


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def readable_by(self, user: User) -> AssessmentQuerySet:
        """Assessments that this person may open: all of a case for its coordinator, its head of centre, the clinical
        lead and the assessor; the rest of the care team sees the latest result only (design part 3).
        """
        duties = duties_of(user)
        readable = Case.objects.readable_by(user).filter(pk=models.OuterRef("case_id"))
        whole = Q(models.Exists(Case.objects.managed_by(user).filter(pk=models.OuterRef("case_id"))))
        whole |= Q(assessor=duties.staff_id)
        if Role.CLINICAL_LEAD in duties.roles:
            whole |= Q(pk__isnull=False)
        later = Assessment.objects.filter(
            case=models.OuterRef("case_id"),
            status=Assessment.Status.FINALISED,
            finalised_at__gt=models.OuterRef("finalised_at"),
        )
        latest = Q(status=Assessment.Status.FINALISED) & ~Q(models.Exists(later))
        return self.filter(models.Exists(readable)).filter(whole | latest)

    def conducted_by(self, user: User) -> AssessmentQuerySet:
        """Assessments that this person fills in: the case's coordinator, and who is named as assessor (N6)."""
        duties = duties_of(user)
        coordinated = Case.objects.filter(
            assignments__coordinator=duties.staff_id,
            assignments__ended_on=None,
            centre__in=duties.centres(Role.COORDINATOR),
            pk=models.OuterRef("case_id"),
        )
        in_team = CareTeamMember.objects.current().filter(case=models.OuterRef("case_id"), staff=duties.staff_id)
        named = Q(assessor=duties.staff_id, case__centre__in=duties.centres(*AT_A_CENTRE)) & Q(models.Exists(in_team))
        return self.filter(Q(models.Exists(coordinated)) | named)

    def answers_readable_by(self, user: User) -> AssessmentQuerySet:
        """Assessments whose answers this person may read, not the result alone: who conducts it and the leads."""
        duties = duties_of(user)
        leads = Q(case__centre__in=duties.centres(Role.LEAD))
        if Role.CLINICAL_LEAD in duties.roles:
            leads = Q(pk__isnull=False)
        conducted = Assessment.objects.conducted_by(user).filter(pk=models.OuterRef("pk"))
        return self.filter(leads | Q(models.Exists(conducted)))

    def finalised(self) -> AssessmentQuerySet:
        return self.filter(status=Assessment.Status.FINALISED)

    def with_inputs(self) -> AssessmentQuerySet:
        """With all that a result is computed from (`results.inputs_of`); names and notes stay where they are."""
        ids = ("assessment", "order", "person__uuid")
        return self.prefetch_related(
            "instrument_version",  # one of many assessments, and as large as a file
            models.Prefetch("participants", AssessmentParticipant.objects.select_related("person").only(*ids, "part")),
            models.Prefetch("interviews", Interview.objects.select_related("person").only(*ids, "source")),
            models.Prefetch("interviews__sheets", Sheet.objects.defer("note")),
            "judgements",
        )

    def with_progress(self) -> AssessmentQuerySet:
        """Add `asked` and `answered`: questions shown as of the last save, and those with an answer of any kind."""
        sheets = Sheet.objects.filter(interview__assessment=models.OuterRef("pk")).order_by()
        of_all = sheets.values("interview__assessment")
        return self.annotate(
            asked=Coalesce(models.Subquery(of_all.values(n=models.Sum("asked"))), 0),
            answered=Coalesce(models.Subquery(of_all.values(n=models.Sum("answered"))), 0),
        )

    def for_page(self) -> AssessmentQuerySet:
        """With what every page of an assessment shows around itself."""
        return self.select_related(
            "case__family",
            "case__centre",
            "case__referral",
            "instrument_version__instrument",
            "assessor",
            "finalised_by",
        )


class Assessment(models.Model):
    """One assessment of a family with one version of an instrument."""

    class Occasion(models.TextChoices):
        """When on the family's path (N8)."""

        START = "start", _("at the start")
        MIDDLE = "middle", _("in the middle")
        END = "end", _("at the end")
        FOLLOW_UP = "follow_up", _("at the follow-up")

    class Status(models.TextChoices):
        DRAFT = "draft", _("in progress")
        FINALISED = "finalised", _("finalised")
        ABANDONED = "abandoned", _("broken off")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="assessments")
    instrument_version = models.ForeignKey(InstrumentVersion, models.PROTECT, related_name="assessments")
    occasion = models.CharField(_("occasion"), max_length=9, choices=Occasion)
    assessor = models.ForeignKey(StaffMember, models.PROTECT, related_name="assessments", verbose_name=_("assessor"))
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.DRAFT)
    started_on = models.DateField(_("started on"), default=timezone.localdate)
    started_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, related_name="+")
    narrative = EncryptedTextField(_("summary"), blank=True)
    finalised_at = models.DateTimeField(null=True, editable=False)
    finalised_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, related_name="+")
    abandoned_at = models.DateTimeField(null=True, editable=False)
    abandon_reason = EncryptedTextField(_("why it was broken off"), blank=True)
    engine_version = models.CharField(max_length=10, blank=True, editable=False)
    result = EncryptedTextField(blank=True, editable=False)
    """`results.to_text`: the whole result with the SHA-256 of its inputs; what `recompute_assessments` compares."""
    worst_rank = models.PositiveSmallIntegerField(null=True, editable=False)  # 1 is the best level
    worst_label = models.CharField(max_length=60, blank=True, editable=False)
    levels = models.PositiveSmallIntegerField(null=True, editable=False)  # of how many
    has_critical = models.BooleanField(default=False, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        default_permissions = ()
        permissions = [("view_assessment_summary", "May see assessments in aggregate")]
        ordering = ("started_on", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(status="draft"),
                name="cases_assessment_one_draft_per_case",
                violation_error_message=_("An assessment of this family is already in progress."),
                violation_error_code="in_progress",
            ),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(occasion="start") & ~Q(status="abandoned"),
                name="cases_assessment_one_start_per_case",
                violation_error_message=_("This case already has an assessment at its start."),
                violation_error_code="second_start",
            ),
            models.CheckConstraint(
                condition=~Q(status="finalised") | (Q(finalised_at__isnull=False) & ~Q(engine_version="")),
                name="cases_assessment_finalised_has_its_result",
            ),
            models.CheckConstraint(
                condition=~Q(status="abandoned") | Q(abandoned_at__isnull=False),
                name="cases_assessment_abandoned_has_its_moment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["case", "-finalised_at"], condition=Q(status="finalised"), name="cases_assessment_latest"
            ),
            models.Index(
                fields=["finalised_at", "instrument_version"],
                condition=Q(status="finalised"),
                name="cases_assessment_finalised",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.occasion}"

    def get_absolute_url(self) -> str:
        return reverse("cases:assessment", args=[self.uuid])

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def is_final(self) -> bool:
        return self.status == self.Status.FINALISED

    def participants_for_scoring(self) -> tuple[Participant, ...]:
        """One query, unless `participants__person` are prefetched."""
        return tuple(Participant(str(one.person.uuid), Part(one.part)) for one in self.participants.all())


class AssessmentParticipant(models.Model):
    """Somebody of the family whom an assessment is about, and in which part."""

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="participants")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    part = models.CharField(_("part"), max_length=7, choices=Part)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        default_permissions = ()
        ordering = ("order", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "person"], name="cases_assessmentparticipant_once_per_assessment"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} as {self.part}"


class InterviewQuerySet(models.QuerySet["Interview"]):
    def conducted_by(self, user: User) -> InterviewQuerySet:
        mine = Assessment.objects.conducted_by(user).filter(pk=models.OuterRef("assessment_id"))
        return self.filter(models.Exists(mine)).for_page()

    def readable_by(self, user: User) -> InterviewQuerySet:
        """Whose answers this person may read."""
        mine = Assessment.objects.answers_readable_by(user).filter(pk=models.OuterRef("assessment_id"))
        return self.filter(models.Exists(mine)).for_page()

    def for_page(self) -> InterviewQuerySet:
        return self.select_related(
            "person",
            "assessment__case__family",
            "assessment__case__centre",
            "assessment__instrument_version__instrument",
        )


class Interview(models.Model):
    """One informant's answers, apart from all others' (N7)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="interviews")
    source = models.CharField(_("source"), max_length=12, choices=Source)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    held_on = models.DateField(_("held on"), null=True, blank=True)
    order = models.PositiveSmallIntegerField(default=0)

    objects = InterviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("interview")
        verbose_name_plural = _("interviews")
        default_permissions = ()
        ordering = ("order", "id")
        constraints = [
            models.UniqueConstraint(fields=["assessment", "source", "person"], name="cases_interview_once_per_person"),
            models.UniqueConstraint(
                fields=["assessment", "source"],
                condition=Q(person=None),
                name="cases_interview_judgement_and_records_once",
            ),
            models.CheckConstraint(
                condition=Q(source__in=["adult", "child"], person__isnull=False)
                | Q(source__in=["practitioner", "records"], person=None),
                name="cases_interview_is_with_a_person_or_none",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.person_id or ''}".strip()

    @property
    def talk(self) -> Talk:
        return Talk(Source(self.source), str(self.person.uuid) if self.person else "")

    @property
    def version(self) -> int:
        """What a form about the day has seen: the day itself, for nothing else of an interview ever changes."""
        return self.held_on.toordinal() if self.held_on else 1


class Sheet(models.Model):
    """The answers of one interview in one area, with the practitioner's note on it: one page that is filled in.

    `answers` is JSON, question key → ["value", "2.5"] or ["non", "refused"] (`answers.to_text`).
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    interview = models.ForeignKey(Interview, models.CASCADE, related_name="sheets")
    area = models.CharField(max_length=60)  # the area's id in the definition
    answers = EncryptedTextField(blank=True)
    note = EncryptedTextField(_("note on the area"), blank=True)
    answered = models.PositiveSmallIntegerField(default=0, editable=False)
    asked = models.PositiveSmallIntegerField(default=0, editable=False)
    """Progress as of the last save: questions shown, and those of them that have an answer of any kind."""
    saved_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=["interview", "area"], name="cases_sheet_once_per_interview")]

    def __str__(self) -> str:
        return f"{self.area} of {self.interview_id}"


class Judgement(models.Model):
    """The level that the practitioner gives an area whose instrument leaves it to them (method „manual”)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="judgements")
    area = models.CharField(max_length=60)
    level = models.CharField(max_length=60, blank=True)
    reason = EncryptedTextField(_("reason"), blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["assessment", "area"], name="cases_judgement_once_per_area")]

    def __str__(self) -> str:
        return f"{self.area}: {self.level}"

"""Who works in the centres, and in which role."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from centres.models.dated import Dated, ends_after_start
from centres.models.places import Centre, Organisation
from foundation.search import sort_key


class Role(models.TextChoices):
    COORDINATOR = "coordinator", _("coordinator")
    THERAPIST = "therapist", _("therapist")
    LEAD = "lead", _("head of centre")
    CLINICAL_LEAD = "clinical_lead", _("clinical lead")
    ANALYST = "analyst", _("MOPS analyst")
    PROJECT_OFFICER = "project_officer", _("project officer")
    UNIT = "unit", _("responsible unit")
    DPO = "dpo", _("data protection officer")
    ADMIN = "admin", _("administrator")


AT_A_CENTRE = frozenset({Role.COORDINATOR, Role.THERAPIST, Role.LEAD})
WITH_CASES = AT_A_CENTRE | {Role.CLINICAL_LEAD}


class StaffMemberQuerySet(models.QuerySet["StaffMember"]):
    def with_role(self, role: Role, at: Centre | None = None, on: dt.date | None = None) -> StaffMemberQuerySet:
        """People who hold this role now (or on a day), at this centre."""
        held = RoleAssignment.objects.filter(RoleAssignment.holds(on), user=models.OuterRef("user"), role=role)
        if at is not None:
            held = held.filter(centre=at)
        return self.filter(models.Exists(held), user__is_active=True)

    def coordinating(self, centre: Centre) -> StaffMemberQuerySet:
        return self.with_role(Role.COORDINATOR, centre)

    def working_at(self, *centres: Centre | int, on: dt.date | None = None) -> StaffMemberQuerySet:
        """Who meets families at one of these centres, now or on a day: therapists, coordinators and heads."""
        held = RoleAssignment.objects.filter(
            RoleAssignment.holds(on), user=models.OuterRef("user"), role__in=AT_A_CENTRE, centre__in=centres
        )
        return self.filter(models.Exists(held), user__is_active=True)


class StaffMember(models.Model):
    """The person behind a user."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.OneToOneField(User, models.PROTECT, related_name="staff", verbose_name=_("user"))
    first_name = models.CharField(_("first name"), max_length=60)
    last_name = models.CharField(_("last name"), max_length=80)
    job_title = models.CharField(_("job title"), max_length=100, blank=True)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="staff", verbose_name=_("organisation")
    )
    name_sort = models.CharField(max_length=400, editable=False)

    objects = StaffMemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("staff member")
        verbose_name_plural = _("staff members")
        ordering = ("name_sort", "id")

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}"

    def save(self, *args: object, **kwargs: object) -> None:
        self.name_sort = sort_key(f"{self.last_name} {self.first_name}")[:400]
        super().save(*args, **kwargs)  # type: ignore[arg-type] # passed through as they came

    def has_role(self, role: Role, *, at: Centre | None = None) -> bool:
        return StaffMember.objects.with_role(role, at).filter(pk=self.pk).exists()


class RoleAssignmentQuerySet(models.QuerySet["RoleAssignment"]):
    def current(self, on: dt.date | None = None) -> RoleAssignmentQuerySet:
        return self.filter(RoleAssignment.holds(on))


class RoleAssignment(Dated):
    """A role that a person holds, where, and from when to when."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="role_assignments", verbose_name=_("user")
    )
    role = models.CharField(_("role"), max_length=20, choices=Role)
    centre = models.ForeignKey(
        Centre, models.PROTECT, null=True, blank=True, related_name="role_assignments", verbose_name=_("centre")
    )
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="role_assignments",
        verbose_name=_("organisation"),
    )

    objects = RoleAssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        constraints = [
            ends_after_start("centres_roleassignment_ends_after_start"),
            models.CheckConstraint(
                condition=(
                    Q(role__in=sorted(AT_A_CENTRE), centre__isnull=False, organisation=None)
                    | Q(role=Role.UNIT, centre=None, organisation__isnull=False)
                    | (~Q(role__in=[*sorted(AT_A_CENTRE), Role.UNIT]) & Q(centre=None, organisation=None))
                ),
                name="centres_roleassignment_stands_where_its_role_works",
                violation_error_message=_(
                    "Coordinators, therapists and heads belong to a centre, responsible units to an organisation, "
                    "other roles to neither."
                ),
            ),
            models.UniqueConstraint(
                fields=["user", "role", "centre"],
                condition=Q(to_on=None, centre__isnull=False),
                name="centres_roleassignment_once_at_a_centre",
                violation_error_message=_("This person already holds this role there."),
            ),
            models.UniqueConstraint(
                fields=["user", "role", "organisation"],
                condition=Q(to_on=None, organisation__isnull=False),
                name="centres_roleassignment_once_in_an_organisation",
                violation_error_message=_("This person already holds this role there."),
            ),
            models.UniqueConstraint(
                fields=["user", "role"],
                condition=Q(to_on=None, centre=None, organisation=None),
                name="centres_roleassignment_once_at_large",
                violation_error_message=_("This person already holds this role."),
            ),
        ]

    def __str__(self) -> str:
        where = self.centre or self.organisation
        return f"{self.get_role_display()}, {where}" if where else self.get_role_display()

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Two administrators at once may not give one person what excludes each other: roles are given in turn."""
        User.objects.select_for_update(no_key=True).filter(pk=self.user_id).first()
        self.clean()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Who counts must not know whom: analyst and case roles exclude each other (design part 3)."""
        super().clean()
        if self.user_id is not None and self.from_on is not None:
            others = RoleAssignment.objects.filter(user_id=self.user_id).exclude(pk=self.pk)
            self.refuse_beside(others.filter(role__in=[Role.ANALYST, *WITH_CASES]))

    def refuse_beside(self, others: Iterable[RoleAssignment]) -> None:
        """Raise ValidationError, code "analyst_with_cases", if this role and one of the others exclude each other."""
        for other in others:
            if {self.role, other.role} & {Role.ANALYST} and {self.role, other.role} & WITH_CASES and self.meets(other):
                raise ValidationError(
                    _("An analyst sees aggregates only and can't hold a role with cases at the same time."),
                    code="analyst_with_cases",
                )

    def meets(self, other: RoleAssignment) -> bool:
        """Whether there is a day on which both hold."""
        return (other.to_on is None or self.from_on <= other.to_on) and (
            self.to_on is None or other.from_on <= self.to_on
        )

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.assessments.models.assessments import Assessment
from cases.instruments.definition import Proposal
from centres.models import StaffMember
from foundation.fields import EncryptedTextField


class AreaLevel(models.Model):
    """One area's line of a finalised result, for lists and for counting; the whole result is on the assessment."""

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="area_levels")
    area = models.CharField(max_length=60)
    label = models.CharField(max_length=200)
    state = models.CharField(max_length=10)  # scoring.AreaResult.state
    score = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    level = models.CharField(max_length=60, blank=True)  # "" without a band
    level_label = models.CharField(max_length=60, blank=True)
    rank = models.PositiveSmallIntegerField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=["assessment", "area"], name="cases_arealevel_once_per_area")]

    def __str__(self) -> str:
        return f"{self.area}: {self.level}"


class ProposalDecision(models.Model):
    """What the practitioner decided about one proposal; where it differs from the rules, why (N6)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="decisions")
    proposal = models.CharField(_("proposal"), max_length=20, choices=Proposal)
    proposed = models.BooleanField()
    chosen = models.BooleanField()
    reason = EncryptedTextField(_("reason"), blank=True)
    decided_by = models.ForeignKey(StaffMember, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "proposal"], name="cases_proposaldecision_once_per_proposal"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal}: {self.chosen}"


class Addendum(models.Model):
    """What is added to a finalised assessment, signed; the assessment itself stays as it was (N9)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="addenda")
    text = EncryptedTextField(_("addendum"))
    author = models.ForeignKey(StaffMember, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("addendum")
        verbose_name_plural = _("addenda")
        default_permissions = ()
        ordering = ("signed_at", "id")

    def __str__(self) -> str:
        return f"addendum {self.uuid}"

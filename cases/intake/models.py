from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cases.people.models import District, FamilyRole
from centres.duties import duties_of
from centres.models import Centre, Role, StaffMember
from foundation.fields import EncryptedTextField


class Source(models.TextChoices):
    """Where a referral comes from (P4)."""

    SELF = "self", _("the person themselves")
    FAMILY = "family", _("family member")
    CENTRE = "centre", _("another of the three centres")
    MOPS = "mops", _("MOPS branch")
    SCHOOL = "school", _("school or counselling service (PPP)")
    HEALTH = "health", _("health care or hospital")
    JUSTICE = "justice", _("police, court or probation officer")
    TEAM = "team", _("interdisciplinary team")
    NGO = "ngo", _("non-governmental organisation")
    MEDIA = "media", _("leaflet or social media")
    OTHER = "other", _("other source")


class ReferralQuerySet(models.QuerySet["Referral"]):
    def visible_to(self, user: User) -> ReferralQuerySet:
        """Referrals of the centres where the person coordinates or leads."""
        return self.filter(centre__in=duties_of(user).centres(Role.COORDINATOR, Role.LEAD))

    def waiting(self) -> ReferralQuerySet:
        """Nobody has decided about them yet."""
        return self.filter(status=Referral.Status.NEW)


class Referral(models.Model):
    """A request for help, from a family itself or from an institution. The clocks of a case start with its receipt."""

    class Status(models.TextChoices):
        NEW = "new", _("new")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        REDIRECTED = "redirected", _("redirected")
        WITHDRAWN = "withdrawn", _("withdrawn")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="referrals", verbose_name=_("centre"))
    source = models.CharField(_("who referred"), max_length=10, choices=Source)
    received_on = models.DateField(_("received on"))  # a redirection never changes it
    family_label = models.CharField(_("name of the family"), max_length=120)
    contact_first_name = models.CharField(_("first name"), max_length=60)
    contact_last_name = models.CharField(_("last name"), max_length=80, blank=True)
    contact_role = models.CharField(_("role in the family"), max_length=12, choices=FamilyRole)
    contact_phone = EncryptedTextField(_("phone"), blank=True)
    district = models.CharField(_("district"), max_length=3, choices=District, default=District.UNKNOWN, blank=True)
    adults = models.PositiveSmallIntegerField(_("adults"), default=0)
    children = models.PositiveSmallIntegerField(_("children under 18"), default=0)
    concern = EncryptedTextField(_("what the family needs"), blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.NEW, editable=False)
    decided_on = models.DateField(_("decided on"), null=True, editable=False)
    decided_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, editable=False, related_name="+")
    reason = models.CharField(_("reason"), max_length=300, blank=True, editable=False)
    redirected_to = models.ForeignKey(
        Centre, models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("redirected to")
    )
    redirected_from = models.OneToOneField(
        "self", models.PROTECT, null=True, editable=False, related_name="redirected_as"
    )
    search_text = models.TextField(editable=False, default="")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(StaffMember, models.PROTECT, null=True, editable=False, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ReferralQuerySet.as_manager()

    class Meta:
        verbose_name = _("referral")
        verbose_name_plural = _("referrals")
        default_permissions = ()
        permissions = [("view_referrals", "May see a centre's referrals"), ("add_referral", "May enter a referral")]
        indexes = [
            models.Index(fields=["centre", "status", "-received_on", "-id"], name="cases_referral_list"),
            models.Index(fields=["centre", "-received_on", "-id"], name="cases_referral_list_all"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="new", decided_on=None) | (~Q(status="new") & Q(decided_on__isnull=False)),
                name="cases_referral_decision_has_a_date",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["declined", "withdrawn", "redirected"]) | ~Q(reason=""),
                name="cases_referral_refusal_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(status="redirected", redirected_to__isnull=False)
                | (~Q(status="redirected") & Q(redirected_to=None)),
                name="cases_referral_redirected_to_a_centre",
            ),
        ]

    def __str__(self) -> str:
        return self.family_label

    def get_absolute_url(self) -> str:
        return reverse("cases:referral", args=[self.uuid])

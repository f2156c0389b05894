from __future__ import annotations

import datetime as dt
import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.fields import EncryptedTextField

ADULT_FROM = 18  # years
SENIOR_FROM = 60  # years; how reports break people down (design part 6)


class District(models.TextChoices):
    """Districts of Kraków (A5)."""

    D01 = "01", "I Stare Miasto"
    D02 = "02", "II Grzegórzki"
    D03 = "03", "III Prądnik Czerwony"
    D04 = "04", "IV Prądnik Biały"
    D05 = "05", "V Krowodrza"
    D06 = "06", "VI Bronowice"
    D07 = "07", "VII Zwierzyniec"
    D08 = "08", "VIII Dębniki"
    D09 = "09", "IX Łagiewniki-Borek Fałęcki"
    D10 = "10", "X Swoszowice"
    D11 = "11", "XI Podgórze Duchackie"
    D12 = "12", "XII Bieżanów-Prokocim"
    D13 = "13", "XIII Podgórze"
    D14 = "14", "XIV Czyżyny"
    D15 = "15", "XV Mistrzejowice"
    D16 = "16", "XVI Bieńczyce"
    D17 = "17", "XVII Wzgórza Krzesławickie"
    D18 = "18", "XVIII Nowa Huta"
    OUTSIDE = "out", _("outside Kraków")
    UNKNOWN = "", _("not established")


def age_on(birth_date: dt.date, day: dt.date) -> int:
    """Full years on a day; somebody born on 29 February is a year older on 1 March."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


class Person(models.Model):
    """Somebody whom a centre helps, or who stands beside them in the family."""

    class Sex(models.TextChoices):
        FEMALE = "f", _("woman")
        MALE = "m", _("man")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    first_name = models.CharField(_("first name"), max_length=60)
    last_name = models.CharField(_("last name"), max_length=80, blank=True)  # some people have a single name
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    sex = models.CharField(_("sex"), max_length=1, choices=Sex, blank=True)
    pesel = EncryptedTextField(_("PESEL"), blank=True)
    pesel_hash = models.CharField(max_length=64, blank=True, editable=False)
    no_pesel_reason = models.CharField(_("why there is no PESEL"), max_length=120, blank=True)
    phone = EncryptedTextField(_("phone"), blank=True)
    phone_hash = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["pesel_hash"],
                condition=~Q(pesel_hash=""),
                name="cases_person_pesel_is_unique",
                violation_error_message=_("A person with this PESEL is already in the portal."),
                violation_error_code="known_pesel",
            ),
            models.CheckConstraint(
                condition=Q(pesel_hash="") | Q(no_pesel_reason=""), name="cases_person_pesel_or_a_reason_not_both"
            ),
        ]
        indexes = [models.Index(fields=["phone_hash"], condition=~Q(phone_hash=""), name="cases_person_by_phone")]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def age(self, on: dt.date | None = None) -> int | None:
        return age_on(self.birth_date, on or timezone.localdate()) if self.birth_date else None

    @property
    def is_minor(self) -> bool | None:
        """Whether the person is under 18 today; None where the age is not known."""
        age = self.age()
        return None if age is None else age < ADULT_FROM


class Family(models.Model):
    """The people whom one case is about. The label is typed, because not every family shares a name."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    label = models.CharField(_("name of the family"), max_length=120)
    district = models.CharField(_("district"), max_length=3, choices=District, default=District.UNKNOWN, blank=True)
    search_text = models.TextField(editable=False, default="")  # label and members' names, normalised
    label_sort = models.CharField(max_length=500, editable=False, default="")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("family")
        verbose_name_plural = _("families")
        default_permissions = ()

    def __str__(self) -> str:
        return self.label


class FamilyRole(models.TextChoices):
    MOTHER = "mother", _("mother")
    FATHER = "father", _("father")
    PARTNER = "partner", _("partner (man or woman)")
    STEPMOTHER = "stepmother", _("stepmother")
    STEPFATHER = "stepfather", _("stepfather")
    DAUGHTER = "daughter", _("daughter")
    SON = "son", _("son")
    GRANDMOTHER = "grandmother", _("grandmother")
    GRANDFATHER = "grandfather", _("grandfather")
    GUARDIAN = "guardian", _("legal guardian")
    OTHER = "other", _("another relative")


class FamilyMemberQuerySet(models.QuerySet["FamilyMember"]):
    def current(self, on: dt.date | None = None) -> FamilyMemberQuerySet:
        day = on or timezone.localdate()
        return self.filter(Q(to_on=None) | Q(to_on__gt=day), from_on__lte=day)


class FamilyMember(models.Model):
    """A person's place in a family, with dates: one child may live in two families (002)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    family = models.ForeignKey(Family, models.PROTECT, related_name="members")
    person = models.ForeignKey(Person, models.PROTECT, related_name="memberships")
    role = models.CharField(_("role in the family"), max_length=12, choices=FamilyRole)
    from_on = models.DateField(_("from"), default=timezone.localdate)
    to_on = models.DateField(_("to"), null=True, blank=True)

    objects = FamilyMemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("family member")
        verbose_name_plural = _("family members")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["family", "person"],
                condition=Q(to_on=None),
                name="cases_familymember_once_at_a_time",
                violation_error_message=_("This person already belongs to this family."),
                violation_error_code="already_member",
            ),
            models.CheckConstraint(
                condition=Q(to_on=None) | Q(to_on__gte=F("from_on")),
                name="cases_familymember_ends_after_start",
                violation_error_message=_("The end may not be before the start."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.get_role_display()}"

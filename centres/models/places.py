"""Where families are helped, by whom and with what."""

from __future__ import annotations

import datetime as dt
import uuid

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from centres.models.dated import Dated, ends_after_start

HELP_LINE_TRUSTED_FOR = dt.timedelta(days=90)


class Organisation(models.Model):
    """A partner or a responsible unit of the Programme."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=200, unique=True)
    short_name = models.CharField(_("short name"), max_length=60)
    is_partner = models.BooleanField(_("partner of the centres"), default=False)
    contribution = models.CharField(_("what it does in the centres"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.short_name


class OrganisationSpelling(models.Model):
    """How a document spells an organisation's name: its variants and slips all mean the same unit."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="spellings")
    spelling = models.CharField(_("spelling"), max_length=200, unique=True)

    class Meta:
        verbose_name = _("spelling")
        verbose_name_plural = _("spellings")
        default_permissions = ()

    def __str__(self) -> str:
        return self.spelling


class CentreQuerySet(models.QuerySet["Centre"]):
    def for_public(self) -> CentreQuerySet:
        """With what a public page shows: the address and the opening hours of today, and the partners."""
        return self.prefetch_related(
            models.Prefetch("addresses", Address.objects.filter(Dated.holds()), to_attr="addresses_today"),
            models.Prefetch("opening_hours", OpeningHours.objects.filter(Dated.holds()), to_attr="hours_today"),
            models.Prefetch("partners", Organisation.objects.filter(is_partner=True)),
        )


class Centre(models.Model):
    """One of the three centres where families are helped."""

    class Diagnosis(models.TextChoices):
        NORR = "norr", _("NORR")
        BARNAHUS = "barnahus", _("Barnahus")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(_("address in the portal"), unique=True)
    letter = models.CharField(
        _("letter of case numbers"), max_length=1, unique=True, validators=[RegexValidator(r"^[A-Z]$")]
    )
    name = models.CharField(_("name"), max_length=100)  # Centrum dla Rodzin
    place = models.CharField(_("place"), max_length=60, unique=True)  # Wodna 2B
    diagnosis = models.CharField(_("way of diagnosis"), max_length=10, choices=Diagnosis)
    audience = models.TextField(_("whom it serves"))
    about = models.TextField(_("about the centre"), blank=True)
    order = models.PositiveSmallIntegerField(_("order"), default=1)
    logs_time_around = models.BooleanField(
        _("log travel and documentation time"),
        default=False,
        help_text=_("Who logs or settles a meeting may also say how long the way and the documentation took."),
    )
    partners = models.ManyToManyField(Organisation, related_name="centres", blank=True, verbose_name=_("partners"))

    objects = CentreQuerySet.as_manager()

    class Meta:
        verbose_name = _("centre")
        verbose_name_plural = _("centres")
        ordering = ("order",)

    def __str__(self) -> str:
        return f"{self.name}, {self.place}"

    def get_absolute_url(self) -> str:
        return reverse("centres:centre", args=[self.slug])


class Address(Dated):
    """Where a centre is, and how to reach it. What is unknown stays empty (C1)."""

    centre = models.ForeignKey(Centre, models.CASCADE, related_name="addresses")
    line = models.CharField(_("address"), max_length=120, help_text=_("“ul. Wodna 2B” or “os. Krakowiaków 2”"))
    postcode = models.CharField(
        _("postcode"),
        max_length=6,
        blank=True,
        validators=[RegexValidator(r"^\d\d-\d{3}$", _("A postcode looks like 30-001."))],
    )
    city = models.CharField(_("city"), max_length=60, default="Kraków")
    phone = models.CharField(_("phone"), max_length=16, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        constraints = [
            ends_after_start("centres_address_ends_after_start"),
            models.UniqueConstraint(
                fields=["centre"],
                condition=Q(to_on=None),
                name="centres_address_one_current_per_centre",
                violation_error_message=_("A centre has one address at a time: give the old one its last day."),
            ),
        ]

    def __str__(self) -> str:
        return self.line


class OpeningHours(Dated):
    """When a centre is open on one weekday."""

    class Weekday(models.IntegerChoices):
        MONDAY = 1, _("Monday")
        TUESDAY = 2, _("Tuesday")
        WEDNESDAY = 3, _("Wednesday")
        THURSDAY = 4, _("Thursday")
        FRIDAY = 5, _("Friday")
        SATURDAY = 6, _("Saturday")
        SUNDAY = 7, _("Sunday")

    centre = models.ForeignKey(Centre, models.CASCADE, related_name="opening_hours")
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday)
    opens_at = models.TimeField(_("opens"))
    closes_at = models.TimeField(_("closes"))

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        ordering = ("weekday", "opens_at")
        constraints = [
            ends_after_start("centres_openinghours_ends_after_start"),
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")),
                name="centres_openinghours_closes_after_opening",
                violation_error_message=_("Closing time must be after opening time."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens_at:%H:%M}–{self.closes_at:%H:%M}"


class HelpLineQuerySet(models.QuerySet["HelpLine"]):
    def unchecked(self, on: dt.date | None = None) -> HelpLineQuerySet:
        """Numbers that nobody has checked for longer than they may be trusted (§10 of the domain)."""
        return self.filter(verified_on__lt=(on or timezone.localdate()) - HELP_LINE_TRUSTED_FOR)


class HelpLine(models.Model):
    """A number to call in need; it stands on every public page and on the error pages."""

    name = models.CharField(_("name"), max_length=100)
    number = models.CharField(_("number"), max_length=20, unique=True, help_text=_("As people read it: 800 12 00 02"))
    note = models.CharField(_("for whom"), max_length=120, blank=True)
    hours = models.CharField(_("hours"), max_length=80, blank=True)
    source = models.CharField(_("source"), max_length=200, blank=True)
    verified_on = models.DateField(_("checked on"))
    order = models.PositiveSmallIntegerField(_("order"), default=1)

    objects = HelpLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("help line")
        verbose_name_plural = _("help lines")
        ordering = ("order",)

    def __str__(self) -> str:
        return f"{self.name} {self.number}"

    @property
    def tel(self) -> str:
        """The `tel:` address of the number."""
        digits = "".join(ch for ch in self.number if ch.isdigit())
        return f"tel:+48{digits}" if len(digits) == 9 else f"tel:{digits}"  # noqa: PLR2004 - a full Polish number


class ServiceQuerySet(models.QuerySet["Service"]):
    def offered(self) -> ServiceQuerySet:
        """What at least one centre offers now."""
        return self.filter(models.Exists(Service.centres.through.objects.filter(service=models.OuterRef("pk"))))


class Service(models.Model):
    """One kind of help from the offer, given by one of the partners."""

    class Form(models.TextChoices):
        INDIVIDUAL = "individual", _("individual")
        COUPLE = "couple", _("couple")
        FAMILY = "family", _("family")
        GROUP = "group", _("group")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(_("code, without Polish letters"), unique=True)
    name = models.CharField(_("name"), max_length=120, unique=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    form = models.CharField(_("form"), max_length=10, choices=Form)
    minutes = models.PositiveSmallIntegerField(
        _("usual length in minutes"), default=50, validators=[MinValueValidator(5), MaxValueValidator(480)]
    )
    provider = models.ForeignKey(Organisation, models.PROTECT, related_name="services", verbose_name=_("provider"))
    centres = models.ManyToManyField(Centre, related_name="services", blank=True, verbose_name=_("centres"))
    order = models.PositiveSmallIntegerField(_("order"), default=1)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        ordering = ("order", "name")

    def __str__(self) -> str:
        return self.name


class Room(models.Model):
    """A room where meetings take place."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="rooms", verbose_name=_("centre"))
    name = models.CharField(_("name"), max_length=60)
    seats = models.PositiveSmallIntegerField(_("seats"), default=4)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        ordering = ("centre", "name")
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "name"],
                name="centres_room_name_is_unique_in_its_centre",
                violation_error_message=_("This centre already has a room of this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name

"""The dictionaries of the centres in the administration: facts about places and services, nothing about families."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from centres.administration import Card, DatedFormSet, Lines, ModelForm, RecordedAdmin, put_on_record
from centres.models import (
    HELP_LINE_TRUSTED_FOR,
    Address,
    Centre,
    HelpLine,
    OpeningHours,
    Organisation,
    OrganisationSpelling,
    RoleAssignment,
    Room,
    Service,
    StaffMember,
)
from centres.user_admin import RoleAssignmentAdmin, StaffMemberAdmin, UserAdmin
from foundation.formats import format_date
from foundation.phones import normalise_phone

admin.site.register(User, UserAdmin)
admin.site.register(StaffMember, StaffMemberAdmin)
admin.site.register(RoleAssignment, RoleAssignmentAdmin)

# Three centres and three partners are ticked, not searched for; and ticking works without JavaScript.
TICKED: dict[type[models.Field[Any, Any]], dict[str, Any]] = {
    models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple}
}


class AddressForm(ModelForm):
    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"]
        return normalise_phone(phone) if phone else ""


class AddressFormSet(DatedFormSet):
    held_twice = _("A centre has one address at a time: give the old one its last day.")

    def open_as(self, line: Address) -> Hashable:
        return None


class AddressCards(Card):
    model = Address
    formset = AddressFormSet
    form = AddressForm
    fields = ("line", ("postcode", "city"), "phone", "email", ("from_on", "to_on"))


class OpeningHoursLines(Lines):
    model = OpeningHours
    extra = 1
    fields = ("weekday", "opens_at", "closes_at", "from_on", "to_on")


@admin.register(Centre)
class CentreAdmin(RecordedAdmin):
    fields = (
        "name",
        "place",
        "slug",
        "letter",
        "diagnosis",
        "audience",
        "about",
        "partners",
        "logs_time_around",
        "order",
    )
    inlines = (AddressCards, OpeningHoursLines)
    list_display = ("name", "place", "letter", "diagnosis")
    formfield_overrides = TICKED

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Case numbers and addresses of pages are out in the world."""
        return ("slug", "letter") if obj else ()


@admin.register(Room)
class RoomAdmin(RecordedAdmin):
    list_display = ("name", "centre", "seats", "is_active")
    list_filter = ("centre", "is_active")
    list_select_related = ("centre",)


@admin.register(Service)
class ServiceAdmin(RecordedAdmin):
    """A service that no centre offers any more is taken from the centres; it stays for the records."""

    fields = ("name", "slug", "description", "form", "minutes", "provider", "centres", "order")
    list_display = ("name", "form", "provider", "where")
    list_filter = ("form", "provider", "centres")
    list_select_related = ("provider",)
    formfield_overrides = TICKED

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Service]:
        return super().get_queryset(request).prefetch_related("centres")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else {"slug": ("name",)}

    @admin.display(description=_("where"))
    def where(self, service: Service) -> str:
        return ", ".join(centre.place for centre in service.centres.all())


class SpellingLines(Lines):
    model = OrganisationSpelling


@admin.register(Organisation)
class OrganisationAdmin(RecordedAdmin):
    inlines = (SpellingLines,)
    list_display = ("name", "short_name", "is_partner")
    list_filter = ("is_partner",)
    search_fields = ("name", "short_name", "spellings__spelling")


@admin.register(HelpLine)
class HelpLineAdmin(RecordedAdmin):
    """Numbers that people in need will dial: somebody has to try them now and then."""

    may_be_deleted = True
    list_display = ("name", "number", "hours", "checked", "to_be_checked")
    actions = ("checked_today",)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "GET" and HelpLine.objects.unchecked().exists():
            self.message_user(
                request,
                _("Some help numbers have not been checked for over %(days)s days. Call them and confirm.")
                % {"days": HELP_LINE_TRUSTED_FOR.days},
                messages.WARNING,
            )
        return super().changelist_view(request, extra_context)

    @admin.display(description=_("checked on"), ordering="verified_on")
    def checked(self, line: HelpLine) -> str:
        return format_date(line.verified_on)

    @admin.display(description=_("state"))
    def to_be_checked(self, line: HelpLine) -> str:
        late = line.verified_on < timezone.localdate() - HELP_LINE_TRUSTED_FOR
        return str(_("⚠ to be checked") if late else _("✓ checked"))

    @admin.action(description=_("I have checked these numbers today"), permissions=["change"])
    @transaction.atomic
    def checked_today(self, request: HttpRequest, lines: models.QuerySet[HelpLine]) -> None:
        chosen = list(lines)
        for line in chosen:
            line.verified_on = timezone.localdate()
            line.save(update_fields=["verified_on"])
            put_on_record(request, "change", line, fields=["verified_on"])
        self.message_user(
            request,
            ngettext("%(count)s number is confirmed.", "%(count)s numbers are confirmed.", len(chosen))
            % {"count": len(chosen)},
            messages.SUCCESS,
        )

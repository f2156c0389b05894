"""What every page of the administration does: it puts each change on record, and shows nothing of families.

Django's own log of the administration is not written: it keeps names, is not sealed and is never purged.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, models
from django.forms import BaseFormSet, Form
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.services import record
from centres.models import (
    Address,
    HelpLine,
    OpeningHours,
    OrganisationSpelling,
    RoleAssignment,
    StaffMember,
    WeeklyHours,
)

if TYPE_CHECKING:  # Django's classes take no parameters at run time
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
    StackedInline = admin.StackedInline[Any, Any]
    ModelForm = forms.ModelForm[Any]
    InlineFormSet = forms.BaseInlineFormSet[Any, Any, Any]
else:
    ModelAdmin, TabularInline, StackedInline = admin.ModelAdmin, admin.TabularInline, admin.StackedInline
    ModelForm, InlineFormSet = forms.ModelForm, forms.BaseInlineFormSet


def administrator(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


@singledispatch
def told_of(obj: models.Model) -> tuple[models.Model, dict[str, Any]]:
    """The record that an entry is about, and facts that name the line under it: codes and dates."""
    return obj, {}


@told_of.register
def _told_of_role(obj: RoleAssignment) -> tuple[models.Model, dict[str, Any]]:
    return obj.user, {
        "role": obj.role,
        "centre": obj.centre.slug if obj.centre else None,
        "organisation": obj.organisation.uuid if obj.organisation else None,
        "from_on": obj.from_on,
        "to_on": obj.to_on,
    }


@told_of.register
def _told_of_staff(obj: StaffMember) -> tuple[models.Model, dict[str, Any]]:
    return obj.user, {"staff": obj.uuid}


@told_of.register(Address)
@told_of.register(OpeningHours)
def _told_of_place(obj: Address | OpeningHours) -> tuple[models.Model, dict[str, Any]]:
    return obj.centre, {"from_on": obj.from_on, "to_on": obj.to_on}


@told_of.register
def _told_of_weekly_hours(obj: WeeklyHours) -> tuple[models.Model, dict[str, Any]]:
    return obj.staff.user, {
        "centre": obj.centre.slug,
        "hours": obj.hours,
        "from_on": obj.from_on,
        "to_on": obj.to_on,
    }


@told_of.register
def _told_of_spelling(obj: OrganisationSpelling) -> tuple[models.Model, dict[str, Any]]:
    return obj.organisation, {}


@told_of.register
def _told_of_help_line(obj: HelpLine) -> tuple[models.Model, dict[str, Any]]:
    return obj, {"number": obj.number, "verified_on": obj.verified_on}


def put_on_record(request: HttpRequest, verb: str, obj: models.Model, **details: Any) -> None:
    """One entry such as `admin.change_room`. `details` are codes, dates and names of fields, never their text."""
    subject, facts = told_of(obj)
    record(administrator(request), f"admin.{verb}_{obj._meta.model_name}", subject, **facts, **details)


# Django's Polish for these fits no noun („Dodaj usługa”): our catalogue says them anew.
SAID_ANEW = (_("Add %(name)s"), _("Add another %(verbose_name)s"))


class PlainChoices:
    """Choices without icons beside them that open other records in a window of their own."""

    def formfield_for_dbfield(self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc] # of Django's class beside this one
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field


class RecordedAdmin(PlainChoices, ModelAdmin):
    """The base of every page of the administration."""

    on_record = True
    list_per_page = 50
    show_full_result_count = False
    may_be_added = True
    may_be_deleted = False  # most things are only ended or switched off: what happened with them stays readable

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may_be_added and super().has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.may_be_deleted and super().has_delete_permission(request, obj)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Under the name of what it lists: Django's own title does not decline Polish nouns."""
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        context["title"] = capfirst(self.opts.verbose_name)
        return super().render_change_form(request, context, add=add, change=change, form_url=form_url, obj=obj)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """On saving, under a lock: what the forms check must still hold when it is written."""
        obj = super().get_object(request, object_id, from_field)
        if obj and request.method == "POST" and connection.in_atomic_block:
            self.model._default_manager.select_for_update(no_key=True).get(pk=obj.pk)
        return obj

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without Django's mass deletion, which runs in no transaction."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def construct_change_message(
        self, request: HttpRequest, form: Form, formsets: Iterable[BaseFormSet[Any]], add: bool = False
    ) -> Any:
        """Put what changed in the tables under the record on record; the record's own fields go to the log_… below."""
        for formset in formsets or []:
            for obj in getattr(formset, "new_objects", []):
                put_on_record(request, "add", obj)
            for obj, fields in getattr(formset, "changed_objects", []):
                put_on_record(request, "change", obj, fields=sorted(fields))
            for obj in getattr(formset, "deleted_objects", []):
                put_on_record(request, "delete", obj)
        return sorted(form.changed_data)

    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        put_on_record(request, "add", obj)

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        if message:
            put_on_record(request, "change", obj, fields=message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for obj in queryset:
            put_on_record(request, "delete", obj)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """History is the audit log, which is the data protection officer's to read."""
        raise PermissionDenied


class DatedFormSet(InlineFormSet):
    """Lines with a time of validity under one record, looked at together.

    Django leaves the record's key out when it checks a line's constraints, and knows only what was saved before. So
    the uniqueness of what holds now is checked here, over all lines as they are about to be; then what ends is saved
    before what begins.
    """

    held_twice: Any = ""

    def open_as(self, line: Any) -> Hashable:
        """What no second line without an end may be."""
        raise NotImplementedError

    def is_deleted(self, form: Any) -> bool:
        deleted: bool = self._should_delete_form(form)  # type: ignore[attr-defined] # Django's own, left out of the stubs
        return deleted

    def kept(self) -> list[Any]:
        """The lines as they will be stored."""
        return [
            form.instance
            for form in self.forms
            if (form.instance.pk or form.has_changed()) and not self.is_deleted(form)
        ]

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        still_open = [self.open_as(line) for line in self.kept() if line.to_on is None]
        if len(still_open) > len(set(still_open)):
            raise ValidationError(self.held_twice, code="held_twice")

    def save_existing_objects(self, commit: bool = True) -> Any:
        stored = self.initial_form_count()
        self.forms[:stored] = sorted(
            self.forms[:stored], key=lambda form: (not self.is_deleted(form), form.instance.to_on is None)
        )
        return super().save_existing_objects(commit)


class KeptByAdministrators(PlainChoices):
    """Lines under a record: who may open the administration may keep them, for their models stand nowhere else."""

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return request.user.has_perm("accounts.use_admin")

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return request.user.has_perm("accounts.use_admin")

    has_change_permission = has_delete_permission = has_view_permission


class Lines(KeptByAdministrators, TabularInline):
    extra = 1


class Card(KeptByAdministrators, StackedInline):
    extra = 0

"""Users in the administration: who signs in, who they are, and which roles they hold from when to when."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.internal.flows.password_reset import request_password_reset
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.forms import SetPasswordForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters

from accounts.models import User
from audit.services import record
from centres.administration import Card, DatedFormSet, Lines, ModelForm, RecordedAdmin, administrator
from centres.models import Role, RoleAssignment, StaffMember, WeeklyHours
from foundation.formats import format_date
from foundation.search import search_key


class StaffMemberCard(Card):
    model = StaffMember
    fields = ("first_name", "last_name", "job_title", "organisation")
    min_num = max_num = 1
    can_delete = False

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, validate_min=True, **kwargs)


class RoleFormSet(DatedFormSet):
    """A person's roles."""

    by: User
    held_twice = _("This person already holds this role there.")

    def open_as(self, line: RoleAssignment) -> Hashable:
        return line.role, line.centre_id, line.organisation_id

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        kept: list[RoleAssignment] = self.kept()
        for number, role in enumerate(kept):
            role.refuse_beside(kept[:number])
        if self.instance == self.by and not any(holds_for_good(role) for role in kept):
            stored = self.get_queryset().filter(role=Role.ADMIN)
            if any(holds_for_good(role) for role in stored):
                raise ValidationError(
                    _("You can't take the administrator's role from yourself. Ask another administrator to do it."),
                    code="own_admin_role",
                )


def holds_for_good(role: RoleAssignment) -> bool:
    return role.role == Role.ADMIN and role.from_on <= timezone.localdate() and role.to_on is None


class RoleLines(Lines):
    model = RoleAssignment
    formset = RoleFormSet
    fields = ("role", "centre", "organisation", "from_on", "to_on")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset: Any = super().get_formset(request, obj, **kwargs)
        formset.by = administrator(request)
        return formset


class UserForm(ModelForm):
    by: User

    class Meta:
        model = User
        fields = ("email", "is_active")

    def clean_is_active(self) -> bool:
        active: bool = self.cleaned_data["is_active"]
        if not active and self.instance == self.by:
            raise ValidationError(_("You can't lock yourself out. Ask another administrator to do it."), code="self")
        return active


class HoldsRole(admin.SimpleListFilter):
    """People who hold a role today."""

    title = _("role today")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return Role.choices

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[User]) -> models.QuerySet[User]:
        if self.value() not in Role.values:
            return queryset
        held = RoleAssignment.objects.current().filter(user=models.OuterRef("pk"), role=self.value())
        return queryset.filter(models.Exists(held))


class UserAdmin(RecordedAdmin):
    form = UserForm
    fields = ("email", "is_active")
    inlines = (StaffMemberCard, RoleLines)
    list_display = ("email", "person", "roles_today", "is_active", "second_factor")
    list_filter = ("is_active", HoldsRole)
    search_fields = ("email",)  # what is typed is looked for by get_search_results
    search_help_text = _("Name or e-mail")
    ordering = ("staff__name_sort", "email")
    actions = ("send_password_link", "reset_second_factor")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[User]:
        current = RoleAssignment.objects.current().select_related("centre", "organisation").order_by("id")
        totp = Authenticator.objects.filter(user=models.OuterRef("pk"), type=Authenticator.Type.TOTP)
        users: models.QuerySet[User] = super().get_queryset(request)
        return (
            users.select_related("staff")
            .prefetch_related(models.Prefetch("role_assignments", current, to_attr="roles_now"))
            .annotate(has_second_factor=models.Exists(totp))
        )

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[User], search_term: str
    ) -> tuple[models.QuerySet[User], bool]:
        """By name and e-mail without case and diacritics (A3); staff are few enough to be looked through."""
        words = search_key(search_term).split()
        if not words:
            return queryset, False
        people = User.objects.values_list("pk", "email", "staff__first_name", "staff__last_name")
        found = [
            pk for pk, *names in people if all(word in search_key(" ".join(filter(None, names))) for word in words)
        ]
        return queryset.filter(pk__in=found), False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.by = administrator(request)
        return form

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            end_sessions(obj)

    def response_add(self, request: HttpRequest, obj: User, post_url_continue: str | None = None) -> HttpResponse:
        """A new person has no password yet: the next step stands on the page that follows."""
        messages.success(
            request, _("The person was added. Send the link for setting a password, or set an initial one.")
        )
        return redirect("admin:accounts_user_change", obj.pk)

    # --- columns -----------------------------------------------------------------------------------------------------

    @admin.display(description=_("person"), ordering="staff__name_sort")
    def person(self, user: User) -> str:
        return str(getattr(user, "staff", ""))

    @admin.display(description=_("roles today"))
    def roles_today(self, user: User) -> str:
        return "; ".join(str(role) for role in user.roles_now)  # type: ignore[attr-defined] # by get_queryset

    @admin.display(description=_("second sign-in step"), boolean=True, ordering="has_second_factor")
    def second_factor(self, user: User) -> bool:
        return bool(user.has_second_factor)  # type: ignore[attr-defined] # by get_queryset

    # --- what an administrator does for a person --------------------------------------------------------------------

    @admin.action(description=_("Send a link for setting the password"), permissions=["change"])
    def send_password_link(self, request: HttpRequest, users: models.QuerySet[User]) -> None:
        reached = [user for user in users if user.is_active]
        for user in reached:
            with transaction.atomic():
                record(administrator(request), "admin.send_password_link", user)
                request_password_reset(request, user.email, [user], default_token_generator)
        self.message_user(
            request,
            ngettext(
                "A link for setting the password was sent to %(count)s person. It works for an hour.",
                "A link for setting the password was sent to %(count)s people. It works for an hour.",
                len(reached),
            )
            % {"count": len(reached)},
            messages.SUCCESS if reached else messages.WARNING,
        )

    @admin.action(description=_("Reset the second sign-in step"), permissions=["change"])
    def reset_second_factor(self, request: HttpRequest, users: models.QuerySet[User]) -> None:
        """For somebody who lost the telephone: they sign in again and set up a new one."""
        others = [user for user in users if user != request.user]
        for user in others:
            with transaction.atomic():
                deleted, _rows = Authenticator.objects.filter(user=user).delete()
                end_sessions(user)
                record(administrator(request), "admin.reset_second_factor", user, deleted=deleted)
        self.message_user(
            request,
            ngettext(
                "%(count)s person will set up the second sign-in step anew and was signed out.",
                "%(count)s people will set up the second sign-in step anew and were signed out.",
                len(others),
            )
            % {"count": len(others)},
        )
        if len(others) < len(users):
            self.message_user(request, _("You change your own second sign-in step in “My account”."), messages.WARNING)

    def get_urls(self) -> list[URLPattern]:
        def page(view: Any) -> Any:
            guarded = self.admin_site.admin_view(view)
            guarded.model_admin = self  # as Django marks its own pages
            return guarded

        return [
            path("<int:user_id>/password-link/", page(self.password_link_view), name="accounts_user_password_link"),
            path("<int:user_id>/second-factor/", page(self.second_factor_view), name="accounts_user_second_factor"),
            path("<int:user_id>/password/", page(self.password_view), name="accounts_user_password"),
            *super().get_urls(),
        ]

    def password_link_view(self, request: HttpRequest, user_id: int) -> HttpResponse:
        return self._do_for(request, user_id, self.send_password_link)

    def second_factor_view(self, request: HttpRequest, user_id: int) -> HttpResponse:
        return self._do_for(request, user_id, self.reset_second_factor)

    def _do_for(self, request: HttpRequest, user_id: int, action: Any) -> HttpResponse:
        """One of the list's actions, for the person whose page it stands on."""
        user = get_object_or_404(User, pk=user_id)
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        if request.method == "POST":
            action(request, User.objects.filter(pk=user.pk))
        return redirect("admin:accounts_user_change", user.pk)

    @method_decorator(sensitive_post_parameters())
    def password_view(self, request: HttpRequest, user_id: int) -> HttpResponse:
        """Set an initial password, for somebody whom no mail reaches."""
        user = get_object_or_404(User, pk=user_id)
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        if user == request.user:
            return redirect("account_change_password")
        form = SetPasswordForm(user, request.POST or None)
        if form.is_valid():
            with transaction.atomic():
                form.save()
                end_sessions(user)
                record(administrator(request), "admin.set_password", user)
            messages.success(request, _("The password is set. Ask the person to change it after signing in."))
            return redirect("admin:accounts_user_change", user.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Set an initial password"),
            "subtitle": str(user),
            "opts": self.opts,
            "original": user,
            "form": form,
        }
        return TemplateResponse(request, "admin/accounts/user/set_password.html", context)


def end_sessions(user: User) -> None:
    """Sign somebody out everywhere."""
    for session in UserSession.objects.filter(user=user):
        session.end()


class WeeklyHoursFormSet(DatedFormSet):
    """A person's hours for meetings, at one centre one number at a time."""

    held_twice = _("A person has one number of hours at a time: give the old one its last day.")

    def open_as(self, line: WeeklyHours) -> Hashable:
        return line.centre_id

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        kept: list[WeeklyHours] = self.kept()
        for number, one in enumerate(kept):
            if any(one.centre_id == other.centre_id and one.meets(other) for other in kept[:number]):
                raise ValidationError(self.held_twice, code="held_twice")


class WeeklyHoursForm(ModelForm):
    class Meta:
        model = WeeklyHours
        fields = ("centre", "hours", "from_on", "to_on")
        localized_fields = ("hours",)  # 4,5 as well as 4.5


class WeeklyHoursLines(Lines):
    model = WeeklyHours
    form = WeeklyHoursForm
    formset = WeeklyHoursFormSet
    fields = ("centre", "hours", "from_on", "to_on")


class StaffMemberAdmin(RecordedAdmin):
    """The names of people who work here; a person is added together with the user."""

    may_be_added = False
    inlines = (WeeklyHoursLines,)
    fields = ("user", "first_name", "last_name", "job_title", "organisation")
    readonly_fields = ("user",)
    list_display = ("last_name", "first_name", "job_title", "organisation")
    list_select_related = ("organisation",)
    list_filter = ("organisation",)


class RoleAssignmentAdmin(RecordedAdmin):
    """Who holds and held which role; given and ended on the person's page, where all of a person's roles are seen."""

    may_be_added = False
    list_display = ("person", "role", "centre", "organisation", "from_day", "to_day")
    list_display_links = None
    list_select_related = ("user__staff", "centre", "organisation")
    list_filter = ("role", "centre", ("to_on", admin.EmptyFieldListFilter))
    ordering = ("user__staff__name_sort", "-from_on")

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    @admin.display(description=_("person"), ordering="user__staff__name_sort")
    def person(self, role: RoleAssignment) -> SafeString:
        page = reverse("admin:accounts_user_change", args=[role.user_id])
        return format_html('<a href="{}">{}</a>', page, getattr(role.user, "staff", role.user))

    @admin.display(description=_("from"), ordering="from_on")
    def from_day(self, role: RoleAssignment) -> str:
        return format_date(role.from_on)

    @admin.display(description=_("to"), ordering="to_on")
    def to_day(self, role: RoleAssignment) -> str:
        return format_date(role.to_on) if role.to_on else ""

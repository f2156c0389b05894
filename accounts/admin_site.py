"""The administration pages: users, roles and dictionaries, for the admin role alone, through the portal's sign-in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from accounts.signals import access_denied


class PortalAdminSite(AdminSite):
    site_title = site_header = _("Administration · Family Centres")
    index_title = _("Users, roles and dictionaries")
    enable_nav_sidebar = False

    def register(
        self,
        model_or_iterable: type[models.Model] | Iterable[type[models.Model]],
        admin_class: type[ModelAdmin[Any]] | None = None,
        **options: Any,
    ) -> None:
        """Only what is put on record stands here: sign-in details, sessions and groups of libraries stay out."""
        if getattr(admin_class, "on_record", False):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and request.user.has_perm("accounts.use_admin")

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """Sign-in happens in one place, with its second factor and its limits."""
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            access_denied.send(
                sender=None,
                request=request,
                view_name="admin:index",
                permission="accounts.use_admin",
                model="",
                key=None,
            )
            raise PermissionDenied
        return redirect_to_login(request.get_full_path())

    def password_change(  # type: ignore[override] # Django's own answer is a page
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """A password is changed in one place too, where its owner is told by mail."""
        return redirect("account_change_password")

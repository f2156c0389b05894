"""Who is signed in, and what their roles permit: what each app grants to a role, a person has who holds it today."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib import admin
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import AnonymousUser
from django.db import models

from accounts.models import User
from centres.duties import active_person, duties_of
from centres.models import Role


class RoleBackend(BaseBackend):
    """Only permissions; passwords are checked by allauth's backend."""

    def get_all_permissions(self, user_obj: User | AnonymousUser, obj: models.Model | None = None) -> set[str]:
        if not isinstance(user_obj, User):
            return set()
        duties = duties_of(user_obj)
        permissions = set(duties.permissions)
        if Role.ADMIN in duties.roles:
            permissions |= _dictionary_permissions()
        return permissions

    def has_perm(self, user_obj: User | AnonymousUser, perm: str, obj: models.Model | None = None) -> bool:
        return perm in self.get_all_permissions(user_obj)

    def has_module_perms(self, user_obj: User | AnonymousUser, app_label: str) -> bool:
        return any(perm.startswith(f"{app_label}.") for perm in self.get_all_permissions(user_obj))

    def get_user(self, user_id: int) -> User | None:
        return User.objects.filter(pk=user_id, is_active=True).first()


class SignInBackend(AuthenticationBackend):  # type: ignore[misc] # allauth has no types
    """Checks passwords as allauth does, and loads a session's person with what every request needs to know."""

    def get_user(self, user_id: int) -> User | None:
        return active_person(user_id)

    # Permissions come from roles alone: nobody has any of their own.

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return False

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return False

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()


def _dictionary_permissions() -> set[str]:
    """What stands in the admin is what an administrator may keep; no case content is registered there."""
    return {
        f"{model._meta.app_label}.{action}_{model._meta.model_name}"
        for model in admin.site._registry
        for action in ("view", "add", "change", "delete")
    }

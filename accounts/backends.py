"""Who is signed in: asked with every request, so the answer carries what every request needs to know."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef

from accounts.models import User


class SignInBackend(AuthenticationBackend):  # type: ignore[misc] # allauth has no types
    """Checks passwords as allauth does, and loads a session's person."""

    def get_user(self, user_id: int) -> User | None:
        """The active person of a session, with `has_second_factor`: known anew each time, without another query."""
        totp = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
        return User.objects.filter(pk=user_id, is_active=True).annotate(has_second_factor=Exists(totp)).first()

    # Permissions come from roles alone (centres.backends): nobody has any of their own.

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return False

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return False

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()

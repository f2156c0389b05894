"""How allauth works here: no sign-up, limits by e-mail and address together, encrypted second factor."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.demo import DEMO_PASSWORD, demo_mode
from accounts.models import User
from foundation.fields import decrypt_text, encrypt_text

TOTP_CONTEXT = "mfa.authenticator.secret"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth has no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        if credentials.get("password") == DEMO_PASSWORD and not demo_mode():
            credentials["password"] = ""
        user: User | None = super().authenticate(request, **credentials)
        return user

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # Counting by e-mail alone would let anybody lock a colleague out.
        key = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{key}:{self.get_client_ip(request)}"

    def validate_unique_email(self, email: str) -> str:
        if User.objects.filter(email__iexact=email).exists():
            raise ValidationError(_("This e-mail is already in use."))
        return email


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc] # allauth has no types
    def encrypt(self, text: str) -> str:
        return encrypt_text(text, TOTP_CONTEXT)

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt_text(encrypted_text, TOTP_CONTEXT)

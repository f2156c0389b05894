"""How allauth works here: no sign-up, limits by e-mail and address together, encrypted second factor."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts.models import KeptForm, User
from accounts.signals import sign_in_blocked
from foundation.fields import decrypt_text, encrypt_text

logger = logging.getLogger(__name__)

SECRET_CONTEXT = "mfa.authenticator.secret"  # noqa: S105 - what the secret is, not the secret


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth has no types
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("The e-mail or the password is wrong."),
        "too_many_login_attempts": _(
            "Too many failed attempts. Wait five minutes and try again. "
            "If you have forgotten the password, set a new one."
        ),
        "incorrect_password": _("This password is wrong."),
        "enter_current_password": _("This is not your current password."),
        "password_mismatch": _("The two passwords differ. Enter the same one twice."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            sign_in_blocked.send(sender=None, request=request, email=credentials.get("email", ""))
            raise

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Whoever typed something that came too late is first shown what was kept, then led on to where they were."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        page, onward = reverse("accounts:kept_forms"), response.headers["Location"]
        if not KeptForm.objects.waiting_for(user).exists():
            return response
        return redirect(page if onward == page else f"{page}?{urlencode({'next': onward})}")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # Counting by e-mail alone would let anybody lock a colleague out. allauth has no public way to say this;
        # tests/accounts/test_sign_in.py would notice if the method went away.
        key = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{key}:{self.get_client_ip(request)}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail server that is away must not stop anybody, nor tell by an error which addresses are known."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException):
            logger.exception("The mail “%s” could not be sent", template_prefix)


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc] # allauth has no types
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is wrong or has run out. Enter the one that the app shows now."),
        "unverified_email": _("Your e-mail is not confirmed. Ask the administrator to save your account again."),
    }

    def encrypt(self, text: str) -> str:
        return encrypt_text(text, SECRET_CONTEXT)

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt_text(encrypted_text, SECRET_CONTEXT)

"""What the audit log hears from sign-in and from refusals."""

from __future__ import annotations

import uuid
from typing import Any

from allauth.account.signals import password_changed, password_reset
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
    authenticator_used,
)
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.idle import was_signed_out_as_idle
from accounts.models import KeptForm, User
from accounts.signals import access_denied, form_kept, kept_form_discarded, sign_in_blocked
from audit.services import record, record_about
from foundation.search import keyed_hash


@receiver(user_logged_in)
def signed_in(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    record(user, "accounts.sign_in", user)


@receiver(user_logged_out)
def signed_out(sender: object, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        record(user, "accounts.sign_out", user, idle=was_signed_out_as_idle(request))


@receiver(user_login_failed)
def sign_in_failed(
    sender: object, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    person = request.user if request is not None and hasattr(request, "user") else None
    if isinstance(person, User):
        record(person, "accounts.reauthentication_failed", person)
    else:
        _without_sign_in("accounts.sign_in_failed", credentials.get("email") or credentials.get("username") or "")


@receiver(sign_in_blocked)
def sign_in_stopped(sender: object, email: str, **kwargs: Any) -> None:
    _without_sign_in("accounts.sign_in_blocked", email)


def _without_sign_in(action: str, typed: str) -> None:
    # People type their password into the e-mail field: what was typed is kept only as a keyed hash.
    typed = typed.strip().lower()
    known = User.objects.filter(email=typed.replace("\x00", "")).first()
    record(None, action, known, typed=keyed_hash(typed)[:16])


@receiver(password_changed)
def changed_password(sender: object, user: User, **kwargs: Any) -> None:
    record(user, "accounts.change_password", user)


@receiver(password_reset)
def reset_password(sender: object, user: User, **kwargs: Any) -> None:
    record(user, "accounts.reset_password", user)


@receiver(authenticator_added)
def added_second_factor(sender: object, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    if authenticator.type == Authenticator.Type.TOTP:  # recovery codes come along
        record(user, "accounts.add_second_factor", user)


@receiver(authenticator_removed)
def removed_second_factor(sender: object, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    if authenticator.type == Authenticator.Type.TOTP:
        record(user, "accounts.remove_second_factor", user)


@receiver(authenticator_reset)
def renewed_recovery_codes(sender: object, user: User, **kwargs: Any) -> None:
    record(user, "accounts.renew_recovery_codes", user)


@receiver(authenticator_used)
def used_recovery_code(sender: object, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        record(user, "accounts.use_recovery_code", user)


@receiver(authentication_failed)
def second_factor_failed(sender: object, user: User, **kwargs: Any) -> None:
    record(user, "accounts.second_factor_failed", user)


@receiver(form_kept)
def kept_form(sender: object, kept: KeptForm, **kwargs: Any) -> None:
    record(kept.user, "accounts.keep_form", kept, path=kept.path.partition("?")[0])


@receiver(kept_form_discarded)
def discarded_kept_form(sender: object, kept: KeptForm, **kwargs: Any) -> None:
    record(kept.user, "accounts.discard_kept_form", kept, path=kept.path.partition("?")[0])


@receiver(access_denied)
def denied(
    sender: object, request: HttpRequest, view_name: str, permission: str, model: str, key: object, **kwargs: Any
) -> None:
    details = {"view": view_name, "method": request.method}
    if permission:
        details["permission"] = permission
    record_uuid = key if isinstance(key, uuid.UUID) else None
    if key is not None and record_uuid is None:
        details["key"] = str(key)[:100]
    person = request.user if isinstance(request.user, User) else None
    record_about(person, "accounts.denied", model, record_uuid, **details)

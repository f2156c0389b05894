"""What the audit log hears from sign-in and from refusals."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import User
from accounts.signals import access_denied
from audit.services import record
from foundation.search import keyed_hash


@receiver(user_logged_in)
def signed_in(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    record(user, "accounts.sign_in", user)


@receiver(user_logged_out)
def signed_out(sender: object, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        record(user, "accounts.sign_out", user)


@receiver(user_login_failed)
def sign_in_failed(sender: object, credentials: dict[str, Any], **kwargs: Any) -> None:
    # People type their password into the e-mail field: what was typed is kept only as a keyed hash.
    typed = str(credentials.get("email") or credentials.get("username") or "").strip().lower()
    known = User.objects.filter(email=typed).first()
    record(None, "accounts.sign_in_failed", known, typed=keyed_hash(typed)[:16])


@receiver(access_denied)
def denied(
    sender: object, request: HttpRequest, view_name: str, reason: str, object_id: str, **kwargs: Any
) -> None:
    user = request.user
    with transaction.atomic(durable=False):
        record(
            user if isinstance(user, User) else None,
            "accounts.denied",
            None,
            view=view_name,
            reason=reason,
            object=object_id,
            method=request.method,
        )

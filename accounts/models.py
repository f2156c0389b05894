from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Iterable
from functools import cached_property
from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from django.contrib.auth import get_backends
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Lower
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.fields import EncryptedTextField

KEPT_FOR = dt.timedelta(days=7)
CODE = re.compile(r"[a-z0-9_.:,+-]*|True|False|\d{4}-\d\d-\d\dT[\d:+]+|/[\w/-]*(\?[\w=&%.-]*)?")
"""What forms send for a choice, a date, a number, a record or a page. Whatever else there is, somebody has typed."""


class UserManager(BaseUserManager["User"]):
    @transaction.atomic
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A person who may sign in. The address is vouched for by the administrator, so it counts as verified."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.full_clean()
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser):
    """Somebody who signs in, known by e-mail. What they may do comes from their roles; nobody is a superuser."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail"), unique=True, error_messages={"unique": _("This e-mail is already in use.")})
    is_active = models.BooleanField(
        _("may sign in"), default=True, help_text=_("Switch this off instead of deleting a person who has left.")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    is_superuser = False

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        permissions = [("use_admin", "May use the administration pages")]
        constraints = [models.UniqueConstraint(Lower("email"), name="accounts_user_email_ignores_case")]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        super().clean()
        self.email = self.email.strip().lower()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the person together with allauth's copy of the address.

        allauth keeps addresses in a table of its own, and a single unverified one there would block the second factor.
        """
        with transaction.atomic():
            super().save(*args, **kwargs)
            only = kwargs.get("update_fields")
            if only is None or "email" in only:
                addresses = EmailAddress.objects.filter(user=self)
                addresses.exclude(email=self.email).delete()
                EmailAddress.objects.update_or_create(
                    user=self, email=self.email, defaults={"verified": True, "primary": True}
                )

    def check_password(self, raw_password: str | None) -> bool:
        """Also wherever a password is asked once more: the published one opens nothing outside a demonstration."""
        from accounts.demo import DEMO_PASSWORD, demo_mode

        right = super().check_password(raw_password)
        return right and (raw_password != DEMO_PASSWORD or demo_mode())

    @property
    def is_staff(self) -> bool:
        """What Django's admin asks before it lets somebody in."""
        return self.has_perm("accounts.use_admin")

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        """Whether one of the person's current roles grants this permission."""
        if not self.is_active:
            return False
        for backend in get_backends():
            if not hasattr(backend, "has_perm"):
                continue
            try:
                if backend.has_perm(self, perm, obj):
                    return True
            except PermissionDenied:
                return False
        return False

    def has_perms(self, perm_list: Iterable[str], obj: models.Model | None = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and any(
            backend.has_module_perms(self, app_label)
            for backend in get_backends()
            if hasattr(backend, "has_module_perms")
        )


class Submission(models.Model):
    """One POST form that was sent: `once` makes a double click one record and one answer."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)  # the constraint has one
    once = models.UUIDField()
    answer = models.TextField(blank=True)  # where the browser was sent; empty while the first POST is at work
    answer_to_htmx = models.BooleanField(default=False)  # whether it was sent there by htmx's own header
    content = models.CharField(max_length=64, blank=True)  # `accounts.kept.content_of`: whether it is the same again
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        default_permissions = ()
        constraints = [
            # Each person has their own: somebody else's token neither answers nor stands in the way.
            models.UniqueConstraint(fields=["user", "once"], name="accounts_submission_once_for_each_person")
        ]

    def __str__(self) -> str:
        return str(self.once)


def texts_among(values: Iterable[str]) -> list[str]:
    """What somebody has typed."""
    return [value for value in values if not CODE.fullmatch(value.strip())]


class KeptFormQuerySet(models.QuerySet["KeptForm"]):
    def waiting(self) -> KeptFormQuerySet:
        """Forms that may still be sent: not older than a week, and not sent in the meantime after all."""
        sent = Submission.objects.filter(user=OuterRef("user"), once=OuterRef("once")).exclude(answer="")
        return self.filter(~Exists(sent), kept_at__gt=timezone.now() - KEPT_FOR)

    def waiting_for(self, user: User) -> KeptFormQuerySet:
        """This person's own; nobody sees what somebody else has typed."""
        return self.filter(user=user).waiting().order_by("kept_at")

    def left_on(self, path: str) -> KeptForm | None:
        """The latest one of this page."""
        return self.filter(path=path).order_by("kept_at").last()


class KeptForm(models.Model):
    """A form that was not sent, or came when its person had just been signed out as idle: it waits for them."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)  # the constraint has one
    once = models.UUIDField()  # the form's own: a draft replaces the draft before it
    path = models.TextField()  # where it was sent
    data = EncryptedTextField()  # JSON, see `accounts.kept.keep`
    kept_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = KeptFormQuerySet.as_manager()

    class Meta:
        verbose_name = _("kept form")
        verbose_name_plural = _("kept forms")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "once"], name="accounts_keptform_once_for_each_person")]

    def __str__(self) -> str:
        return str(self.uuid)

    @cached_property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.data)
        return content

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Everything that was sent, to be sent again as it was."""
        return [(name, value) for name, value in self.content["fields"]]

    @property
    def texts(self) -> list[str]:
        """What a person recognises: the words they typed."""
        return texts_among(value for _name, value in self.fields)

    @property
    def files(self) -> list[str]:
        """Names of files that came along and were not kept."""
        return list(self.content["files"])

    @property
    def title(self) -> str:
        """What the page with the form was called, as its script said; without one, what every such page is called."""
        return str(self.content["title"] or getattr(self._view, "page_title", ""))

    @property
    def page_to_go_on(self) -> str:
        """The page that takes the form up again, to be finished there; empty where there is none."""
        return f"{self.path}?kept" if getattr(self._view, "takes_up", False) and "?" not in self.path else ""

    @cached_property
    def _view(self) -> object:
        try:
            return resolve(self.path.partition("?")[0]).func
        except Resolver404:  # a page of an older portal
            return None

    def as_initial(self) -> dict[str, Any]:
        """All that was on the form, for a form that goes on with it: with its own `once`, so that both are one."""
        initial: dict[str, Any] = {}
        for name, value in self.fields:
            initial.setdefault(name, []).append(value)
        return {name: values if len(values) > 1 else values[0] for name, values in initial.items()}

    @property
    def is_draft(self) -> bool:
        """Whether a page sent it that saves drafts by itself, and may still be open."""
        return bool(self.content["is_draft"])

    @property
    def kept_until(self) -> dt.datetime:
        return self.kept_at + KEPT_FOR


class DemoMode(models.Model):
    """The marker row of a demonstration: while it stands, the demo password works and no second factor is asked."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    since = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="accounts_demomode_is_one_row")]

    def __str__(self) -> str:
        return f"demo since {self.since:%Y-%m-%d}"

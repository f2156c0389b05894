from typing import ClassVar

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Sign-in")
    # role → permissions; the backend in centres gathers what every app grants to each role
    role_permissions: ClassVar[dict[str, set[str]]] = {"admin": {"accounts.use_admin"}}

    def ready(self) -> None:
        from accounts import checks  # noqa: F401 - registers the system check

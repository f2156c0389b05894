from typing import ClassVar

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = _("Audit log")
    role_permissions: ClassVar[dict[str, set[str]]] = {"dpo": {"audit.view_log"}}

    def ready(self) -> None:
        from audit import listeners  # noqa: F401 - connects to the sign-in and denial signals

from typing import ClassVar

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CentresConfig(AppConfig):
    name = "centres"
    verbose_name = _("Centres and staff")
    role_permissions: ClassVar[dict[str, set[str]]] = {"lead": {"centres.set_weekly_hours"}}

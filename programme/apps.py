from typing import ClassVar

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProgrammeConfig(AppConfig):
    name = "programme"
    verbose_name = _("Programme and reports")
    role_permissions: ClassVar[dict[str, set[str]]] = {
        "analyst": {"programme.view_programme", "programme.view_reports", "programme.request_report"},
        "lead": {"programme.view_programme", "programme.view_reports"},
        "clinical_lead": {"programme.view_programme"},
        "unit": {"programme.view_programme"},
        "project_officer": {"programme.view_programme"},
    }

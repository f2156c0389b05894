from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class KrakowFamilyConfig(AppConfig):
    name = "krakow_family"
    verbose_name = "Kraków's family-support centres"

    def ready(self) -> None:
        from krakow_family import today  # noqa: F401 - connects what „Dziś” asks


class PortalAdminConfig(AdminConfig):
    """Django's admin, behind the portal's own door."""

    default_site = "accounts.admin_site.PortalAdminSite"

"""The portal's addresses. Only uuids and slugs, never row numbers or names (design part 7)."""

from django.contrib import admin
from django.urls import include, path

from krakow_family import health

urlpatterns = [
    path("", include("centres.urls")),
    path("", include("cases.urls")),
    path("", include("programme.urls")),
    path("audit/", include("audit.urls")),
    path("accounts/", include("accounts.urls")),
    path("accounts/", include("accounts.sign_in_urls")),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

handler400 = "krakow_family.errors.bad_request"
handler403 = "krakow_family.errors.permission_denied"
handler404 = "krakow_family.errors.page_not_found"
handler500 = "krakow_family.errors.server_error"

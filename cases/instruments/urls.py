from django.urls import path

from cases.instruments import trial_views, views

urlpatterns = [
    path("instruments/", views.instruments, name="instruments"),
    path("instruments/import/", views.import_instrument, name="import_instrument"),
    path("instruments/<uuid:version>/", views.instrument_version, name="instrument_version"),
    path("instruments/<uuid:version>/compare/", views.compare_instrument, name="compare_instrument"),
    path("instruments/<uuid:version>/preview/", trial_views.preview_instrument, name="preview_instrument"),
    path("instruments/<uuid:version>/try/", trial_views.try_instrument, name="try_instrument"),
    path("instruments/<uuid:version>/approve/", views.approve_instrument, name="approve_instrument"),
    path("instruments/<uuid:version>/retire/", views.retire_instrument, name="retire_instrument"),
    path("instruments/<uuid:version>/discard/", views.discard_instrument, name="discard_instrument"),
    path("instruments/<uuid:version>/export/", views.export_instrument, name="export_instrument"),
]

from django.urls import path

from cases.sessions import series_views

urlpatterns = [
    path("cases/<uuid:case>/series/new/", series_views.plan_series, name="plan_series"),
    path("series/<uuid:series>/", series_views.series, name="series"),
    path("series/<uuid:series>/edit/", series_views.edit_series, name="edit_series"),
    path("series/<uuid:series>/prolong/", series_views.prolong_series, name="prolong_series"),
    path("series/<uuid:series>/end/", series_views.end_series, name="end_series"),
]

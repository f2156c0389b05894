from django.urls import path

from programme.reports import views

urlpatterns = [
    path("reports/", views.reports, name="reports"),
    path("reports/new/", views.request_report, name="request_report"),
    path("reports/<uuid:report>/", views.report, name="report"),
    path("reports/<uuid:report>/progress/", views.report_progress, name="report_progress"),
    path("reports/<uuid:report>/download/", views.download_report, name="download_report"),
    path("reports/<uuid:report>/retry/", views.retry_report, name="retry_report"),
]

from django.urls import path

from cases.assessments import summary_views

urlpatterns = [
    path("assessments/summary/", summary_views.assessment_summary, name="assessment_summary"),
    path("assessments/summary/export/", summary_views.export_assessment_summary, name="export_assessment_summary"),
]

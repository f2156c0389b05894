"""Filling in. The result has its own addresses in `result_urls`."""

from django.urls import path

from cases.assessments import sheet_views, views

urlpatterns = [
    path("cases/<uuid:case>/assessments/start/", views.start_assessment, name="start_assessment"),
    path("assessments/<uuid:assessment>/", views.assessment, name="assessment"),
    path("assessments/<uuid:assessment>/narrative/", views.write_narrative, name="write_narrative"),
    path("assessments/<uuid:assessment>/narrative/autosave/", views.autosave_narrative, name="autosave_narrative"),
    path("assessments/<uuid:assessment>/judge/<slug:area>/", views.judge_area, name="judge_area"),
    path("assessments/<uuid:assessment>/finalise/", views.finalise_assessment, name="finalise_assessment"),
    path("assessments/<uuid:assessment>/abandon/", views.abandon_assessment, name="abandon_assessment"),
    path("assessments/<uuid:assessment>/answers/", sheet_views.assessment_answers, name="assessment_answers"),
    path("interviews/<uuid:interview>/", sheet_views.date_interview, name="date_interview"),
    path("interviews/<uuid:interview>/<slug:area>/", sheet_views.assessment_sheet, name="assessment_sheet"),
    path("interviews/<uuid:interview>/<slug:area>/autosave/", sheet_views.autosave_sheet, name="autosave_sheet"),
]

from django.urls import path

from cases.assessments import case_views

urlpatterns = [
    path("cases/<uuid:case>/assessments/", case_views.case_assessments, name="case_assessments"),
]

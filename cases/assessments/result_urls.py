from django.urls import path

from cases.assessments import result_views

urlpatterns = [
    path("assessments/<uuid:assessment>/decide/", result_views.decide_proposals, name="decide_proposals"),
    path("assessments/<uuid:assessment>/addendum/", result_views.add_addendum, name="add_addendum"),
    path("assessments/<uuid:assessment>/override/", result_views.request_override, name="request_override"),
    path("assessments/<uuid:assessment>/pdf/", result_views.assessment_pdf, name="assessment_pdf"),
    path("overrides/<uuid:override>/", result_views.decide_override, name="decide_override"),
    path("alerts/<uuid:alert>/", result_views.acknowledge_alert, name="acknowledge_alert"),
]

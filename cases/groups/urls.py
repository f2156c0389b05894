from django.urls import path

from cases.groups import enrolment_views, views

urlpatterns = [
    path("groups/", views.groups, name="groups"),
    path("groups/new/", views.plan_group, name="plan_group"),
    path("groups/<uuid:group>/", views.group, name="group"),
    path("groups/<uuid:group>/edit/", views.edit_group, name="edit_group"),
    path("groups/<uuid:group>/log/", views.log_group_session, name="log_group_session"),
    path("groups/<uuid:group>/enrol/", enrolment_views.choose_case, name="choose_case"),
    path("cases/<uuid:case>/groups/enrol/", enrolment_views.enrol_in_group, name="enrol_in_group"),
    path("enrolments/<uuid:enrolment>/seat/", enrolment_views.give_seat, name="give_seat"),
    path("enrolments/<uuid:enrolment>/leave/", enrolment_views.leave_group, name="leave_group"),
]

from django.urls import path

from cases.casefile import people_views, views

urlpatterns = [
    path("referrals/<uuid:referral>/accept/", views.accept_referral, name="accept_referral"),
    path("cases/<uuid:case>/coordinator/", views.assign_coordinator, name="assign_coordinator"),
    path("cases/<uuid:case>/team/add/", views.add_care_team_member, name="add_care_team_member"),
    path("cases/<uuid:case>/team/<uuid:member>/end/", views.end_care_team_membership, name="end_care_team_membership"),
    path("cases/<uuid:case>/diagnosis/", views.record_diagnosis, name="record_diagnosis"),
    path("cases/<uuid:case>/waitlist/", views.put_on_waitlist, name="put_on_waitlist"),
    path("cases/<uuid:case>/therapy/", views.start_therapy, name="start_therapy"),
    path("cases/<uuid:case>/follow-up/", views.start_follow_up, name="start_follow_up"),
    path("cases/<uuid:case>/close/", views.close_case, name="close_case"),
    path("cases/<uuid:case>/family/", people_views.edit_family, name="edit_family"),
    path("cases/<uuid:case>/people/add/", people_views.add_person, name="add_person"),
    path("cases/<uuid:case>/people/<uuid:member>/edit/", people_views.edit_person, name="edit_person"),
    path("cases/<uuid:case>/people/<uuid:member>/end/", people_views.end_membership, name="end_membership"),
    path("cases/<uuid:case>/people/<uuid:member>/pesel/", people_views.reveal_pesel, name="reveal_pesel"),
]

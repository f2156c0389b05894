from django.urls import path

from cases.intake import views

urlpatterns = [
    path("referrals/", views.referrals, name="referrals"),
    path("referrals/new/", views.add_referral, name="add_referral"),
    path("referrals/<uuid:referral>/", views.referral, name="referral"),
    path("referrals/<uuid:referral>/edit/", views.edit_referral, name="edit_referral"),
    path("referrals/<uuid:referral>/decline/", views.decline_referral, name="decline_referral"),
    path("referrals/<uuid:referral>/withdraw/", views.withdraw_referral, name="withdraw_referral"),
    path("referrals/<uuid:referral>/redirect/", views.redirect_referral, name="redirect_referral"),
]

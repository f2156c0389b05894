from django.urls import path

from cases.reminders import views

PERSON = "cases/<uuid:case>/people/<uuid:member>"

urlpatterns = [
    path("sessions/<uuid:session>/told/", views.mark_told, name="mark_told"),
    path(f"{PERSON}/safe-contact/", views.mark_safe_contact, name="mark_safe_contact"),
    path(f"{PERSON}/safe-contact/withdraw/", views.withdraw_safe_contact, name="withdraw_safe_contact"),
    path(f"{PERSON}/safe-contact/reveal/", views.reveal_safe_contact, name="reveal_safe_contact"),
]

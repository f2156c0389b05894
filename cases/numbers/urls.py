from django.urls import path

from cases.numbers import views

urlpatterns = [
    path("sessions/numbers/", views.numbers, name="numbers"),
    path("sessions/numbers/export/", views.export_numbers, name="export_numbers"),
    path("sessions/numbers/hours/", views.set_weekly_hours, name="set_weekly_hours"),
]

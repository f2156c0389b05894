from django.urls import path

from cases.calendar import absence_views, feed_views, free_times_views, views

urlpatterns = [
    path("calendar/", views.calendar, name="calendar"),
    path("calendar/free/", free_times_views.free_times, name="free_times"),
    path("calendar/feed/", feed_views.calendar_feed, name="calendar_feed"),
    path("calendar/feed/revoke/", feed_views.revoke_calendar_feed, name="revoke_calendar_feed"),
    path("calendar/feed/<str:token>/", feed_views.read_feed, name="read_calendar_feed"),
    path("calendar/absences/", absence_views.absences, name="absences"),
    path("calendar/absences/new/", absence_views.add_absence, name="add_absence"),
    path("calendar/absences/<uuid:absence>/", absence_views.absence, name="absence"),
    path("calendar/absences/<uuid:absence>/end/", absence_views.end_absence, name="end_absence"),
]

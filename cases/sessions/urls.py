from django.urls import path

from cases.sessions import list_views, views

urlpatterns = [
    path("cases/<uuid:case>/sessions/", views.case_sessions, name="case_sessions"),
    path("cases/<uuid:case>/sessions/new/", views.log_session, name="log_session"),
    path("sessions/", list_views.my_sessions, name="my_sessions"),
    path("sessions/unresolved/", list_views.unresolved_sessions, name="unresolved_sessions"),
    path("sessions/<uuid:session>/", views.session_page, name="session"),
    path("sessions/<uuid:session>/resolve/", views.resolve_session, name="resolve_session"),
    path("sessions/<uuid:session>/edit/", views.edit_session, name="edit_session"),
]

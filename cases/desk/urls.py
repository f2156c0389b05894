from django.urls import path

from cases.desk import views

urlpatterns = [
    path("today/", views.today, name="today"),
    path("cases/", views.caseload, name="caseload"),
    path("cases/search/", views.search, name="search"),
    path("cases/<uuid:case>/", views.case_page, name="case"),
    path("cases/<uuid:case>/history/", views.case_history, name="case_history"),
    path("waitlist/", views.waitlist, name="waitlist"),
]

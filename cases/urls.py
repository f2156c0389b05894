"""One flat namespace for the pages of all subjects."""

from cases.casefile.urls import urlpatterns as casefile
from cases.desk.urls import urlpatterns as desk
from cases.intake.urls import urlpatterns as intake
from cases.sessions.urls import urlpatterns as sessions

app_name = "cases"
urlpatterns = [*desk, *sessions, *casefile, *intake]

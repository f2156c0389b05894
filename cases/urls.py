"""One flat namespace for the pages of all subjects."""

from cases.assessments.case_urls import urlpatterns as assessments_of_cases
from cases.assessments.result_urls import urlpatterns as results
from cases.assessments.summary_urls import urlpatterns as summary
from cases.assessments.urls import urlpatterns as assessments
from cases.calendar.urls import urlpatterns as calendar
from cases.casefile.urls import urlpatterns as casefile
from cases.desk.urls import urlpatterns as desk
from cases.groups.urls import urlpatterns as groups
from cases.instruments.urls import urlpatterns as instruments
from cases.intake.urls import urlpatterns as intake
from cases.numbers.urls import urlpatterns as numbers
from cases.reminders.urls import urlpatterns as reminders
from cases.sessions.note_urls import urlpatterns as notes
from cases.sessions.series_urls import urlpatterns as series
from cases.sessions.urls import urlpatterns as sessions

app_name = "cases"
urlpatterns = [
    *desk,
    *numbers,
    *calendar,
    *groups,
    *reminders,
    *sessions,
    *series,
    *notes,
    *assessments,
    *results,
    *assessments_of_cases,
    *summary,
    *instruments,
    *casefile,
    *intake,
]

from programme.plan.urls import urlpatterns as plan
from programme.reports.urls import urlpatterns as reports

app_name = "programme"
urlpatterns = [*plan, *reports]

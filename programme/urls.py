from programme.plan.urls import urlpatterns as plan
from programme.reports.urls import urlpatterns as reports
from programme.results.urls import urlpatterns as results

app_name = "programme"
urlpatterns = [*plan, *results, *reports]

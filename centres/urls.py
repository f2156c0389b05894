from django.urls import path

from centres import views

app_name = "centres"
urlpatterns = [
    path("", views.home, name="home"),
    path("centres/<slug:centre>/", views.centre, name="centre"),
    path("dostepnosc/", views.accessibility, name="accessibility"),
    path("robots.txt", views.robots, name="robots"),
]

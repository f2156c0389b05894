from django.urls import URLPattern, path

from programme.plan import views

urlpatterns: list[URLPattern] = [path("programme/about/", views.about, name="about")]

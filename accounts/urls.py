from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("stay/", views.stay, name="stay"),
    path("idle/", views.idle_seconds, name="idle"),
    path("keep/", views.keep_form, name="keep_form"),
    path("kept/", views.kept_forms, name="kept_forms"),
]

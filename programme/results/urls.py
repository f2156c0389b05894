from django.urls import URLPattern, path, register_converter

from programme.results import views


class IndicatorCodeConverter:
    """A task's number, a full stop, the indicator's number in it: 1.1"""

    regex = "[1-9][0-9]{0,2}[.][1-9][0-9]?"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(IndicatorCodeConverter, "indicator")

urlpatterns: list[URLPattern] = [
    path("programme/", views.programme, name="programme"),
    path("programme/indicators/<indicator:code>/", views.indicator, name="indicator"),
]

"""An error page says what happened and whom to call, whatever has broken."""

from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string

PAGES = ["400.html", "403.html", "404.html", "405.html", "429.html", "500_source.html", "csrf_failure.html"]
BLUE_LINE = SimpleNamespace(
    name="Niebieska Linia", number="800 12 00 02", tel="tel:+48800120002", hours="całą dobę", note=""
)


@pytest.mark.parametrize("page", PAGES)
def test_it_shows_the_help_numbers(page):
    html = render_to_string(page, {"help_lines": [BLUE_LINE]})
    assert '<a href="tel:+48800120002">800 12 00 02</a>' in html


@pytest.mark.parametrize("page", PAGES)
def test_it_stands_without_database_request_and_help_lines(page):
    html = render_to_string(page)
    assert 'href="tel:112"' in html
    assert html.count("<h1>") == 1


@pytest.mark.parametrize("page", PAGES)
def test_it_shows_the_way_out(page):
    html = render_to_string(page)
    assert "data-quick-exit" in html
    assert 'href="/"' in html

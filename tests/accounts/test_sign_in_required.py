"""Whoever is not signed in comes back, after signing in, to the page where they were."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from accounts.sign_in import page_of


def page(method: str = "get", path: str = "/cases/?stage=plan", **headers: str) -> str:
    return page_of(getattr(RequestFactory(), method)(path, headers=headers))


def test_a_page_leads_back_to_itself_with_its_filters():
    assert page() == "/cases/?stage=plan"


def test_a_form_leads_back_to_the_page_it_stood_on():
    came_from = "http://testserver/cases/1/log/?day=1#top"
    assert page("post", "/cases/1/log/save/", Referer=came_from) == "/cases/1/log/?day=1"


def test_a_part_of_a_page_leads_back_to_the_page():
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/reports/"}
    assert page("get", "/reports/status/", **headers) == "/reports/"


@pytest.mark.parametrize("came_from", ["https://example.org/cases/", "", "javascript:alert(1)"])
def test_a_form_from_nowhere_leads_to_the_start(came_from):
    assert page("post", "/cases/1/save/", Referer=came_from) == "/"


def test_the_redirect_carries_it(client, db):
    answer = client.get("/audit/?group=read")
    assert answer["Location"] == "/accounts/login/?next=/audit/%3Fgroup%3Dread"


def test_htmx_is_told_to_load_the_sign_in_page_as_a_whole(client, db):
    answer = client.get("/audit/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/audit/"})
    assert answer.status_code == 200
    assert answer["HX-Redirect"] == "/accounts/login/?next=/audit/"

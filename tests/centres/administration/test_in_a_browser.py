"""The administration under our Content-Security-Policy: nothing of Django's is refused by the browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings as portal
from django.urls import reverse

from centres.models import HelpLine, RoleAssignment

CHROMIUM = Path("/usr/bin/chromium")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's Chromium"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def page(monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright runs a loop, and the test asks the database
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 1360, "height": 900})
        browser.close()


def test_pages_and_their_scripts_work_without_a_violation(page, live_server, sign_in, adam, wodna):
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    session = sign_in(adam).cookies[portal.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": portal.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])

    number = HelpLine.objects.get(number="112")
    for url in (
        reverse("admin:index"),
        reverse("admin:accounts_user_changelist"),
        reverse("admin:centres_centre_change", args=[wodna.pk]),
        reverse("admin:centres_helpline_delete", args=[number.pk]),
        reverse("admin:centres_service_add"),
        reverse("admin:accounts_user_password", args=[adam.user.pk + 1]),
        reverse("admin:accounts_user_change", args=[adam.user.pk]),
    ):
        page.goto(f"{live_server.url}{url}")

    # Django's own scripts: another line for a role, and the calendar that fills in a day
    page.click("#role_assignments-group .add-row a")
    row = page.locator("#role_assignments-2")
    row.locator("select[name$=role]").select_option("dpo")
    row.locator(".field-from_on .datetimeshortcuts a").first.click()
    page.click("input[name=_continue]")
    page.wait_for_selector(".messagelist .success")

    assert RoleAssignment.objects.filter(user=adam.user, role="dpo").exists()
    assert [text for text in complaints if "404" not in text] == []

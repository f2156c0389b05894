"""Django's administration under our Content-Security-Policy: nothing of it is refused by the browser."""

from __future__ import annotations

from django.urls import reverse

from centres.models import HelpLine, RoleAssignment


def test_its_pages_and_scripts_work_without_a_violation(open_window, adam, anna, wodna):
    window = open_window(adam)
    number = HelpLine.objects.get(number="112")
    for url in (
        reverse("admin:index"),
        reverse("admin:accounts_user_changelist"),
        reverse("admin:centres_centre_change", args=[wodna.pk]),
        reverse("admin:centres_helpline_delete", args=[number.pk]),
        reverse("admin:centres_service_add"),
        reverse("admin:accounts_user_password", args=[anna.user.pk]),
        reverse("admin:accounts_user_change", args=[adam.user.pk]),
    ):
        answer = window.open(url)
        assert answer.status == 200
        window.page.wait_for_load_state("networkidle")

    # Django's own scripts: one more line for a role, and the shortcut that fills in today
    window.page.click("#role_assignments-group .add-row a")
    row = window.page.locator("#role_assignments-2")
    row.locator("select[name$=role]").select_option("dpo")
    row.locator(".field-from_on .datetimeshortcuts a").first.click()
    window.page.click("input[name=_continue]")
    window.page.wait_for_selector(".messagelist .success")

    assert RoleAssignment.objects.filter(user=adam.user, role="dpo").exists()

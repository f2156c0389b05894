"""Numbers that people in need will dial are checked every 90 days (§10 of the domain)."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry
from centres.models import HelpLine

LIST = "admin:centres_helpline_changelist"


@pytest.fixture
def checked(reference):
    """All numbers were checked today."""
    HelpLine.objects.update(verified_on=timezone.localdate())


def age(days: int) -> None:
    HelpLine.objects.filter(number="116 123").update(verified_on=timezone.localdate() - dt.timedelta(days=days))


def test_numbers_checked_lately_need_nothing(sign_in, adam, checked):
    age(90)
    assert "nie sprawdził od ponad 90 dni" not in sign_in(adam).get(reverse("admin:index")).content.decode()


def test_after_90_days_the_first_page_and_the_list_warn(sign_in, adam, checked):
    age(91)
    browser = sign_in(adam)
    assert "1 numeru pomocy nikt nie sprawdził od ponad 90 dni" in browser.get(reverse("admin:index")).content.decode()
    page = browser.get(reverse(LIST)).content.decode()
    assert "od ponad 90 dni" in page
    assert page.count("⚠ do sprawdzenia") == 1
    assert page.count("✓ sprawdzony") == 5


def test_confirming_ends_the_warning_and_is_on_record(sign_in, adam, checked):
    age(200)
    browser = sign_in(adam)
    line = HelpLine.objects.get(number="116 123")
    browser.post(reverse(LIST), {"action": "checked_today", "_selected_action": [line.pk]})
    line.refresh_from_db()
    assert line.verified_on == timezone.localdate()
    details = AuditEntry.objects.get(action="admin.change_helpline").details
    assert (details["number"], details["fields"]) == ("116 123", ["verified_on"])
    assert "od ponad 90 dni" not in browser.get(reverse("admin:index")).content.decode()


def test_a_number_that_is_no_more_is_deleted_with_an_entry(sign_in, adam, checked):
    line = HelpLine.objects.get(number="116 123")
    sign_in(adam).post(reverse("admin:centres_helpline_delete", args=[line.pk]), {"post": "yes"})
    assert not HelpLine.objects.filter(number="116 123").exists()
    assert AuditEntry.objects.get(action="admin.delete_helpline").details["number"] == "116 123"


def test_a_new_number_stands_on_the_public_pages(sign_in, adam, client, checked):
    sign_in(adam).post(
        reverse("admin:centres_helpline_add"),
        {"name": "Nowa linia", "number": "800 11 22 33", "verified_on": "22.11.2026", "order": 9},
    )
    assert "800 11 22 33" in client.get("/").content.decode()
    assert AuditEntry.objects.filter(action="admin.add_helpline").exists()

"""Hours for meetings in the administration: where a slip of the pen can be taken out again."""

from __future__ import annotations

import datetime as dt

from django.urls import reverse

from audit.models import AuditEntry
from centres.models import WeeklyHours

CHANGE = "admin:centres_staffmember_change"


def line(centre, hours, from_on, to_on="", **more):
    return {"centre": centre.pk, "hours": hours, "from_on": from_on, "to_on": to_on, **more}


def save(browser, staff, *lines, stored=0):
    form = {
        "first_name": staff.first_name,
        "last_name": staff.last_name,
        "weekly_hours-TOTAL_FORMS": len(lines),
        "weekly_hours-INITIAL_FORMS": stored,
    }
    for number, one in enumerate(lines):
        form |= {f"weekly_hours-{number}-{name}": value for name, value in one.items()}
        form[f"weekly_hours-{number}-staff"] = staff.pk
    return browser.post(reverse(CHANGE, args=[staff.pk]), form)


def test_an_administrator_enters_hours_at_two_centres(sign_in, adam, piotr, wodna, krakowiakow):
    answer = save(
        sign_in(adam), piotr, line(wodna, "20", "01.11.2026"), line(krakowiakow, "4,5", "01.11.2026", "31.12.2026")
    )
    assert answer.status_code == 302
    assert [(row.centre, float(row.hours)) for row in WeeklyHours.objects.all()] == [(wodna, 20), (krakowiakow, 4.5)]
    details = [entry.details for entry in AuditEntry.objects.filter(action="admin.add_weeklyhours").order_by("id")]
    assert details[0] == {"centre": "wodna", "hours": "20", "from_on": "2026-11-01", "to_on": None}


def test_two_numbers_on_one_day_are_refused(sign_in, adam, piotr, wodna):
    browser = sign_in(adam)
    for first, second in (
        (line(wodna, "20", "01.11.2026"), line(wodna, "24", "01.12.2026")),
        (line(wodna, "20", "01.11.2026", "15.12.2026"), line(wodna, "24", "01.12.2026")),
    ):
        answer = save(browser, piotr, first, second)
        assert answer.status_code == 200
        assert "W tym samym czasie obowiązuje jedna liczba godzin" in answer.content.decode()
    assert not WeeklyHours.objects.exists()


def test_more_hours_than_a_week_has_are_refused(sign_in, adam, piotr, wodna):
    answer = save(sign_in(adam), piotr, line(wodna, "60", "01.11.2026"))
    assert answer.status_code == 200
    assert not WeeklyHours.objects.exists()


def test_what_was_entered_by_mistake_is_taken_out_and_on_record(sign_in, adam, piotr, wodna):
    row = WeeklyHours.objects.create(staff=piotr, centre=wodna, hours=20, from_on=dt.date(2026, 11, 1))
    answer = save(sign_in(adam), piotr, line(wodna, "20", "01.11.2026", id=row.pk, DELETE="on"), stored=1)
    assert answer.status_code == 302
    assert not WeeklyHours.objects.exists()
    assert AuditEntry.objects.filter(action="admin.delete_weeklyhours", object_uuid=piotr.user.uuid).exists()

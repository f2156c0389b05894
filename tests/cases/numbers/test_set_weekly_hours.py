"""The head of a centre says how many hours its therapists have for meetings."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from audit.models import AuditEntry
from centres.models import Role, RoleAssignment, WeeklyHours
from centres.weekly_hours import WeeklyHoursError, set_weekly_hours

URL = "/sessions/numbers/hours/"
NOVEMBER, DECEMBER, JANUARY = dt.date(2026, 11, 1), dt.date(2026, 12, 1), dt.date(2027, 1, 1)


def entered(staff):
    rows = WeeklyHours.objects.filter(staff=staff).order_by("from_on")
    return [(float(row.hours), row.from_on, row.to_on) for row in rows]


@pytest.fixture
def say(piotr, wodna, marek):
    """`say("20", NOVEMBER)`: Marek enters Piotr's hours."""

    def said(hours, from_on, staff=piotr, centre=wodna, by=marek):
        return set_weekly_hours(staff, centre, hours=Decimal(hours), from_on=from_on, by=by.user)

    return said


def posted(browser, **facts):
    return browser.post(URL, {"once": str(uuid.uuid4()), **facts})


def test_a_head_enters_hours_on_the_page(sign_in, marek, piotr):
    browser = sign_in(marek)
    answer = posted(browser, staff=str(piotr.uuid), hours="22,5", from_on="2026-12-01")
    assert answer.status_code == 302
    assert entered(piotr) == [(22.5, DECEMBER, None)]
    page = browser.get(answer.url).content.decode()
    assert "Godziny zostały zapisane." in page
    assert re.search(r"<b>22,5</b>\s*od 1.12.2026", page)


def test_new_hours_end_those_before(say, piotr):
    say("20", NOVEMBER)
    say("24", DECEMBER)
    assert entered(piotr) == [(20, NOVEMBER, dt.date(2026, 11, 30)), (24, DECEMBER, None)]


def test_hours_entered_afterwards_for_an_earlier_day_hold_until_the_later_ones(say, piotr):
    say("24", JANUARY)
    say("20", NOVEMBER)
    say("22", DECEMBER)
    assert entered(piotr) == [
        (20, NOVEMBER, dt.date(2026, 11, 30)),
        (22, DECEMBER, dt.date(2026, 12, 31)),
        (24, JANUARY, None),
    ]


def test_the_same_day_again_puts_the_number_right(say, piotr):
    say("20", NOVEMBER)
    say("24", DECEMBER)
    say("18", NOVEMBER)
    assert entered(piotr) == [(18, NOVEMBER, dt.date(2026, 11, 30)), (24, DECEMBER, None)]


def test_what_holds_already_is_not_written_again(say, piotr):
    say("20", NOVEMBER)
    say("20", DECEMBER)
    assert entered(piotr) == [(20, NOVEMBER, None)]
    assert AuditEntry.objects.filter(action="centres.set_weekly_hours").count() == 1


def test_it_is_on_record_without_a_name(say, piotr):
    say("20", NOVEMBER)
    say("24", DECEMBER)
    details = AuditEntry.objects.filter(action="centres.set_weekly_hours").latest("id").details
    assert details == {
        "staff": str(piotr.uuid),
        "centre": "wodna",
        "from_on": "2026-12-01",
        "before": "20.00",
        "after": "24",
    }


def test_only_the_head_of_the_centre_enters_them(say, piotr, anna, ewa, make_staff, krakowiakow, sign_in):
    beata = make_staff("Beata", "Inna", Role.LEAD, centre=krakowiakow)
    for stranger in (anna, piotr, beata):
        with pytest.raises(WeeklyHoursError) as error:
            say("20", NOVEMBER, by=stranger)
        assert error.value.code == "not_yours"
    assert sign_in(anna).get(URL).status_code == 403


def test_of_somebody_who_does_not_work_at_the_centre_there_are_none(say, ewa, sign_in, marek):
    with pytest.raises(WeeklyHoursError) as error:
        say("20", NOVEMBER, staff=ewa)
    assert error.value.code == "other_centre"
    answer = posted(sign_in(marek), staff=str(ewa.uuid), hours="20", from_on="2026-11-01")
    assert answer.status_code == 200
    assert entered(ewa) == []


def test_who_begins_next_month_can_have_hours_already(say, make_staff, wodna):
    zofia = make_staff("Zofia", "Przyszła")
    RoleAssignment.objects.create(user=zofia.user, role=Role.THERAPIST, centre=wodna, from_on=DECEMBER)
    say("20", DECEMBER, staff=zofia)
    assert entered(zofia) == [(20, DECEMBER, None)]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"hours": "49"}, "48"),
        ({"hours": "-1"}, "0"),
        ({"hours": "dużo"}, "liczb"),
        ({"hours": ""}, "pole"),
        ({"from_on": "1999-01-01"}, "z ostatnich trzech lat"),
        ({"from_on": "2028-01-01"}, "z ostatnich trzech lat"),
        ({"from_on": "2199-01-01"}, "Podaj rok od 1900 do 2100"),
        ({"from_on": "wczoraj"}, "dat"),
        ({"staff": "nikt"}, "Wybierz poprawną wartość"),
    ],
)
def test_what_cannot_be_is_told_beside_the_field_and_kept(sign_in, marek, piotr, typed, said):
    facts = {"staff": str(piotr.uuid), "hours": "20", "from_on": "2026-12-01", **typed}
    answer = posted(sign_in(marek), **facts)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "error-summary" in page
    assert said in page
    assert entered(piotr) == []


def test_a_head_of_two_centres_chooses_one(sign_in, marek, krakowiakow, make_staff):
    RoleAssignment.objects.create(user=marek.user, role=Role.LEAD, centre=krakowiakow)
    olga = make_staff("Olga", "Obca", Role.THERAPIST, centre=krakowiakow)
    page = sign_in(marek).get(URL, {"centre": "krakowiakow"}).content.decode()
    assert "Olga Obca" in page
    assert "Olga Obca" not in sign_in(marek).get(URL).content.decode()
    answer = sign_in(marek).post(
        f"{URL}?centre=krakowiakow",
        {"once": str(uuid.uuid4()), "staff": str(olga.uuid), "hours": "8", "from_on": "2026-12-01"},
    )
    assert answer.url == f"{URL}?centre=krakowiakow"
    assert WeeklyHours.objects.get().centre == krakowiakow


@pytest.mark.parametrize(
    "second",
    [
        {"hours": 20, "from_on": NOVEMBER, "to_on": NOVEMBER},
        {"hours": 20, "from_on": DECEMBER},
        {"hours": 49, "from_on": DECEMBER, "to_on": JANUARY},
        {"hours": -1, "from_on": DECEMBER, "to_on": JANUARY},
        {"hours": 20, "from_on": JANUARY, "to_on": DECEMBER},
    ],
)
def test_the_database_keeps_out_what_contradicts_itself(say, piotr, wodna, second):
    say("20", NOVEMBER)
    with pytest.raises(IntegrityError), transaction.atomic():
        WeeklyHours.objects.create(staff=piotr, centre=wodna, **second)


@pytest.mark.postgresql
def test_on_postgresql_no_two_hold_on_one_day(say, piotr, wodna):
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL's exclusion constraint")
    say("20", NOVEMBER)
    with pytest.raises(IntegrityError), transaction.atomic():
        WeeklyHours.objects.create(staff=piotr, centre=wodna, hours=5, from_on=DECEMBER, to_on=JANUARY)

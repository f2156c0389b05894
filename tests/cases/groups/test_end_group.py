"""Ending a group says before and afterwards what becomes of its people."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.urls import reverse

from cases.sessions.series import end_series
from tests.cases.groups.conftest import meetings_of
from tests.cases.sessions.conftest import at, fields_of, people_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def families(make_case, wodna, anna):
    """Three more families of Anna's, each of two."""
    return [
        make_case(wodna, f"Rodzina {name}", coordinator=anna, received_on=dt.date(2026, 11, 1))
        for name in ("Druga", "Trzecia", "Czwarta")
    ]


@pytest.fixture
def full(enrol, families):
    """Two of the four seats are taken, one is promised from 23 December on, and one person waits."""
    enrol(case=families[0], persons=people_of(families[0]))
    (promised,) = enrol(case=families[1], persons=people_of(families[1])[:1], from_on=dt.date(2026, 12, 23))
    (waiting,) = enrol(case=families[2], persons=people_of(families[2])[:1], from_on=None)
    return promised, waiting


def url_of(group):
    return reverse("cases:end_series", args=[group.series.uuid])


def ended(browser, group, step, since=2):
    data = fields_of(browser.get(url_of(group)).context["form"])
    data |= {"since": str(meetings_of(group)[since].uuid), "status": "by_centre", "reason": "Za mało osób"}
    return browser.post(url_of(group), data | {"step": step}, follow=True).content.decode()


SENTENCES = (
    "2 osoby kończą udział w grupie; ostatni dzień: 8.12.2026.",
    "1 osoba nie zajmie obiecanego miejsca.",
    "1 osoba przestaje czekać na miejsce.",
)


def test_the_page_names_the_group_and_says_how_many_people_it_is_about(sign_in, anna, group, full):
    browser = sign_in(anna)
    page = ended(browser, group, "preview")
    assert page.count("Zakończ grupę: TUS młodsi") == 3  # title, heading, button
    assert "Zakończ cykl spotkań" not in page
    for sentence in SENTENCES:
        assert sentence in page
    done = ended(browser, group, "save")
    assert " ".join(["Grupa się zakończyła; odwołano 2 spotkania.", *SENTENCES]) in done


def test_what_it_said_is_what_became_of_them(sign_in, anna, group, full):
    ended(sign_in(anna), group, "save")
    assert group.enrolments.filter(to_on=dt.date(2026, 12, 8), from_on__isnull=False).count() == 2
    assert not group.enrolments.open().exists()


def test_a_group_without_people_says_nothing_of_them(sign_in, anna, group):
    page = ended(sign_in(anna), group, "preview", since=0)
    assert ("udział w grupie" in page, "czekać na miejsce" in page) == (False, False)


@pytest.mark.parametrize("whose", ["promised", "waiting"])
def test_nobody_has_waited_into_the_future(anna, group, full, whose):
    enrolment = full[["promised", "waiting"].index(whose)]
    with time_machine.travel(at("2026-11-27", "12:00"), tick=False):
        series = group.series
        end_series(
            series, since=meetings_of(group)[2], status="by_centre", reason="Za mało osób", version=1, by=anna.user
        )
    enrolment.refresh_from_db()
    assert (enrolment.asked_on, enrolment.from_on, enrolment.to_on) == (
        dt.date(2026, 11, 22),
        None,
        dt.date(2026, 11, 27),
    )

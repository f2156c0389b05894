from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone


def page_of(client, slug: str) -> str:
    answer = client.get(reverse("centres:centre", args=[slug]))
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_centre_tells_whom_it_serves_what_it_offers_and_who_leads_it(client, reference):
    page = page_of(client, "wodna")
    assert "Pary i rodziny mieszkające w Krakowie" in page
    assert "Terapia wielorodzinna" in page
    assert "Prowadzi: MCPU" in page
    assert "bezpłatnie" in page
    assert "Trening umiejętności społecznych" not in page  # Krakowiaków's


def test_known_hours_are_told_and_unknown_ones_say_whom_to_ask(client, reference):
    assert "poniedziałek–piątek" in page_of(client, "wadowicka")
    assert "poniedziałek" not in page_of(client, "wodna")


def test_an_address_of_the_past_is_not_shown(client, wodna):
    today = timezone.localdate()
    wodna.addresses.update(to_on=today - dt.timedelta(days=1))
    wodna.addresses.create(line="ul. Nowa 7", postcode="30-001", phone="+48124219999", from_on=today)
    page = page_of(client, "wodna")
    assert "ul. Nowa 7" in page
    assert "30-001" in page
    assert 'href="tel:+48124219999"' in page
    assert "12 421 99 99" in page
    assert "ul. Wodna 2B" not in page


def test_a_centre_between_two_addresses_says_whom_to_ask(client, wodna):
    wodna.addresses.all().delete()
    assert "skontaktuj się z MOPS" in page_of(client, "wodna")


def test_what_an_administrator_writes_is_shown_as_text(client, wodna):
    wodna.about = "<script>alert(1)</script>"
    wodna.save()
    assert "<script>alert" not in page_of(client, "wodna")


@pytest.mark.parametrize("path", ["/centres/nieznane/", "/centres/WODNA/", "/centres/wodna2/", "/centres/%00/"])
def test_an_unknown_centre_is_not_found(client, reference, path):
    assert client.get(path).status_code == 404


def test_the_page_takes_a_handful_of_queries(client, reference, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        client.get(reverse("centres:centre", args=["wodna"]))


def test_somebody_who_is_signed_in_sees_it_too(sign_in, ewa):
    assert sign_in(ewa).get(reverse("centres:centre", args=["wodna"])).status_code == 200

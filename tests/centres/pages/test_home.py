"""The front page, for somebody who has never been here."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from centres.models import Centre, HelpLine


def test_a_stranger_reads_what_the_centres_are_and_that_help_is_free(client, reference):
    page = client.get(reverse("centres:home")).content.decode()
    for words in ("Wodna 2B", "Krakowiaków 2", "Wadowicka 8W", "Terapia rodzinna", "MOPS", "bezpłatna", "14 dni"):
        assert words in page
    assert "Terapia to nie jest interwencja kryzysowa" in page


def test_help_numbers_can_be_dialled_from_the_page(client, reference):
    page = client.get(reverse("centres:home")).content.decode()
    for line in HelpLine.objects.all():
        assert f'href="{line.tel}"' in page


def test_unknown_hours_say_whom_to_ask(client, reference):
    page = client.get(reverse("centres:home")).content.decode()
    assert "skontaktuj się z MOPS" in page
    assert "poniedziałek–piątek" in page  # Wadowicka's are known


def test_the_page_stands_before_anything_is_loaded(client, db):
    page = client.get(reverse("centres:home"))
    assert page.status_code == 200
    assert "skontaktuj się z MOPS" in page.content.decode()


def test_somebody_who_is_signed_in_sees_it_too(sign_in, anna):
    assert sign_in(anna).get(reverse("centres:home")).status_code == 200


def test_the_page_takes_a_handful_of_queries_however_many_centres(client, reference, django_assert_max_num_queries):
    for number in range(5):
        letter = "ABCEF"[number]
        Centre.objects.create(slug=letter.lower(), letter=letter, name="Centrum", place=letter, diagnosis="norr")
    with django_assert_max_num_queries(9):
        client.get(reverse("centres:home"))


def test_only_reading_is_answered(client, reference):
    assert client.post(reverse("centres:home")).status_code == 405


def test_public_pages_carry_no_foreign_script_and_no_inline_style(client, reference):
    for url in (reverse("centres:home"), reverse("centres:centre", args=["wodna"]), reverse("centres:accessibility")):
        answer = client.get(url)
        page = answer.content.decode()
        assert "style=" not in page
        assert "<style" not in page
        assert page.count("<script") == page.count('<script src="/')
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert answer["X-Frame-Options"] == "DENY"


def test_robots_are_shown_the_public_pages_only():
    answer = Client().get("/robots.txt")
    assert answer["Content-Type"].startswith("text/plain")
    assert answer.content.decode().splitlines()[-1] == "Disallow: /"

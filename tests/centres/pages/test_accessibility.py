from __future__ import annotations

from django.urls import reverse


def test_the_statement_says_what_is_met_what_is_missing_and_whom_to_ask(client, db):
    page = client.get("/dostepnosc/").content.decode()
    for words in (
        "częściowo zgodny",
        "Czego jeszcze brakuje",
        "skontaktuj się z MOPS",
        "Rzecznika Praw Obywatelskich",
    ):
        assert words in page


def test_every_public_page_leads_to_it(client, reference):
    assert f'href="{reverse("centres:accessibility")}"' in client.get("/").content.decode()

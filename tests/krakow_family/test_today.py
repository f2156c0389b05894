"""„Dziś” of the roles without cases."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.urls import reverse

from centres.models import HelpLine


@pytest.fixture
def programme_loaded(reference):
    call_command("load_programme", yes=True, verbosity=0)


def tiles_of(client) -> dict[str, int]:
    return {str(tile.words): tile.number for tile in client.get("/today/").context["page"].tiles}


def test_an_analyst_sees_how_the_indicators_stand(programme_loaded, jan, sign_in):
    tiles = tiles_of(sign_in(jan))

    assert sum(number for words, number in tiles.items() if "sprawozda" not in words) == 78
    assert any("sprawozda" in words for words in tiles)


def test_before_the_programme_is_loaded_there_is_simply_nothing(jan, sign_in):
    assert tiles_of(sign_in(jan)) == {}


def test_the_data_protection_officer_sees_refusals(iga, ewa, annas_case, sign_in):
    sign_in(ewa).get(annas_case.get_absolute_url())

    assert tiles_of(sign_in(iga))["odmowa dostępu od wczoraj"] == 1


def test_the_administrator_sees_help_numbers_to_check(adam, sign_in):
    HelpLine.objects.update(verified_on="2020-01-01")

    assert tiles_of(sign_in(adam))["numerów pomocowych do sprawdzenia"] == HelpLine.objects.count()


def test_each_tile_leads_to_a_page_that_opens(programme_loaded, jan, iga, adam, sign_in):
    for person in (jan, iga, adam):
        client = sign_in(person)
        for tile in client.get("/today/").context["page"].tiles:
            assert client.get(tile.url).status_code == 200, tile.url


def test_health_is_told_without_signing_in(client, db):
    assert client.get(reverse("healthz")).content == b"ok"


def test_readiness_names_what_is_missing(client, db):
    response = client.get(reverse("readyz"))

    assert response.status_code == 503
    assert response.json()["database"] is True
    assert response.json()["worker"] is False


def test_a_heartbeat_makes_the_portal_ready(client, db):
    from krakow_family.tasks import heartbeat

    heartbeat()

    assert client.get(reverse("readyz")).status_code == 200


def test_an_old_heartbeat_counts_as_none(client, db):
    import datetime as dt

    from django.utils import timezone

    from krakow_family.models import Heartbeat

    Heartbeat.objects.create(name="worker", at=timezone.now() - dt.timedelta(minutes=5))

    assert client.get(reverse("readyz")).json()["worker"] is False

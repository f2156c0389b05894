"""The web's log says nothing about people, and demo data stay on this machine."""

import logging

import pytest

from accounts.models import DemoMode
from krakow_family import gunicorn
from krakow_family.addresses import reachable_by_others


@pytest.mark.parametrize(
    ("line", "logged"),
    [
        ("GET /cases/?q=Kowalska HTTP/1.1", "GET /cases/?… HTTP/1.1"),
        ("Error handling request POST /search/?pesel=44051401359", "Error handling request POST /search/?…"),
        ("127.0.0.1 GET /cases/44051401359/ 404 12345 12ms", "127.0.0.1 GET /cases/…/ 404 12345 12ms"),
        ("127.0.0.1 GET /calendar/feed/aB3_x-9/ 200 512 8ms", "127.0.0.1 GET /calendar/feed/…/ 200 512 8ms"),
        (
            "GET /cases/0b7f3f0e-35ab-4a3c-9d5e-2f1b6c1d7e90/ 200",
            "GET /cases/0b7f3f0e-35ab-4a3c-9d5e-2f1b6c1d7e90/ 200",
        ),
    ],
)
def test_a_log_line_holds_neither_searches_nor_numbers_of_people(line, logged):
    assert gunicorn.without_personal_data(line) == logged


def test_arguments_of_a_log_line_are_cleaned_too():
    record = logging.makeLogRecord({"msg": "Error handling request %s", "args": ("/cases/?q=Nowak",)})

    gunicorn._WithoutPersonalData().filter(record)

    assert record.getMessage() == "Error handling request /cases/?…"


def test_the_access_log_has_no_place_for_a_query_string():
    fields = gunicorn.access_log_format

    assert not any(field in fields for field in ("%(q)s", "%(r)s", "%(f)s", "{referer}i", "{raw_uri}e"))


@pytest.mark.parametrize(
    ("host", "others"),
    [
        ("127.0.0.1", False),
        ("127.0.0.2", False),
        ("::1", False),
        ("localhost", False),
        ("0.0.0.0", True),
        ("::", True),
        ("192.168.1.5", True),
        ("portal.example.org", True),
    ],
)
def test_only_this_machine_reaches_a_loopback_address(host, others):
    assert reachable_by_others(host) is others


@pytest.mark.django_db
def test_demo_data_are_not_served_to_other_machines(monkeypatch):
    DemoMode.objects.create()
    monkeypatch.setattr(gunicorn, "_host", "0.0.0.0")
    monkeypatch.setattr("django.db.connections.close_all", lambda: None)

    with pytest.raises(SystemExit, match=r"HOST=0\.0\.0\.0 would let other machines in"):
        gunicorn.on_starting(None)


@pytest.mark.django_db
def test_real_data_are_served_wherever_they_should_be(monkeypatch):
    monkeypatch.setattr(gunicorn, "_host", "0.0.0.0")
    monkeypatch.setattr("django.db.connections.close_all", lambda: None)

    gunicorn.on_starting(None)


@pytest.mark.django_db
def test_this_machine_may_see_demo_data(monkeypatch):
    DemoMode.objects.create()
    monkeypatch.setattr(gunicorn, "_host", "127.0.0.1")

    gunicorn.on_starting(None)

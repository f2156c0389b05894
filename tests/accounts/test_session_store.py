"""Where who is signed in is kept."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.session_store import SessionStore


@pytest.fixture
def key(db) -> str:
    store = SessionStore()
    store["seen"] = "Wodna"
    store.create()
    assert store.session_key
    return store.session_key


def test_each_session_is_found_under_its_own_key(key):
    other = SessionStore()
    other["seen"] = "Krakowiaków"
    other.create()
    assert [SessionStore(one)["seen"] for one in (key, other.session_key, key)] == ["Wodna", "Krakowiaków", "Wodna"]
    with CaptureQueriesContext(connection) as queries:
        assert SessionStore(key)["seen"] == "Wodna"
    assert len(queries) == 1


@pytest.mark.parametrize("unknown", ["0" * 32, "", "short", "'; --", "a\x00bcdefgh", "ż" * 40])
def test_under_another_key_there_is_nothing_and_it_is_not_kept(key, unknown):
    store = SessionStore(unknown)
    assert dict(store.items()) == {}
    assert store.session_key is None


def test_it_ends_when_its_time_has_come(key):
    ends_at = Session.objects.get(pk=key).expire_date
    for seconds, seen in ((-1, "Wodna"), (1, None)):
        with time_machine.travel(ends_at + dt.timedelta(seconds=seconds), tick=False):
            assert SessionStore(key).get("seen") == seen
    assert ends_at > timezone.now()


@pytest.mark.parametrize("nonsense", ['"abcdefgh\\000"', "a" * 5000, "' OR 1=1"])
def test_a_cookie_of_nonsense_signs_nobody_in(db, nonsense):
    assert Client().get("/today/", headers={"cookie": f"sessionid={nonsense}"}).status_code == 302

"""How the portal speaks with PostgreSQL."""

from __future__ import annotations

import runpy
from typing import Any

import pytest

from krakow_family import settings


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("DATABASE_URL", "postgres://portal@db.example.org/portal?sslmode=verify-full")
    monkeypatch.setenv("DATABASE_POOL", "true")
    found: dict[str, Any] = runpy.run_path(settings.__file__)["DATABASES"]["default"]["OPTIONS"]
    return found


def test_the_encryption_that_the_address_asks_for_is_not_lost_beside_the_pool(options):
    assert options["sslmode"] == "verify-full"
    assert options["pool"]["max_size"] == 12


def test_statements_are_prepared(options):
    assert options["server_side_binding"]
    assert options["prepare_threshold"] == 5

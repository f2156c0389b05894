"""A table of papers: the smallest model on which encryption, pages and forms can be seen at work."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps.registry import Apps
from django.db import connection, models
from django.utils import timezone

from foundation.fields import EncryptedTextField


class Paper(models.Model):
    """In a registry of its own, so that no migration check ever sees it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.IntegerField(default=0)
    due_on = models.DateField(default=dt.date(2026, 11, 22))
    at = models.DateTimeField(default=timezone.now)
    name = models.CharField(max_length=40, blank=True, default="")
    version = models.PositiveIntegerField(default=1, editable=False)
    note = EncryptedTextField("notatka", blank=True, null=True)
    phone = EncryptedTextField("telefon", blank=True, default="", max_plain_length=20)

    class Meta:
        app_label = "foundation"
        apps = Apps()

    def __str__(self) -> str:
        return self.name


@pytest.fixture(scope="session")
def _paper_table(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.create_model(Paper)
    yield
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.delete_model(Paper)


@pytest.fixture
def papers(_paper_table: None, db: None) -> type[Paper]:
    return Paper

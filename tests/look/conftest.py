from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _files_without_a_manifest(settings: Any) -> None:
    """These tests draw pages before any file has been collected."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }

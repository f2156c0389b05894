from __future__ import annotations

import importlib.util
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

from scripts import keys

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def silent_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose environment says nothing about the portal."""
    for name in (*keys.KEYS, "PORT", "HOST", "DATA_DIR", "DATABASE_URL", "CELERY_BROKER_URL", "ENV_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run(silent_environment: None) -> ModuleType:
    """The script ./run as a module."""
    loader = SourceFileLoader("run", str(ROOT / "run"))
    spec = importlib.util.spec_from_loader("run", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module

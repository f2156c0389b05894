"""Rows are locked so that nobody else changes them, and never so that nobody can refer to them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APPS = ("accounts", "audit", "cases", "centres", "foundation", "krakow_family", "programme")


def locks():
    """Each call of `select_for_update`, with where it stands."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "select_for_update":
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", {one.arg for one in node.keywords}


FOUND = dict(locks())


@pytest.mark.parametrize("place", FOUND)
def test_a_lock_lets_others_write_foreign_keys_to_its_row(place):
    """A plain FOR UPDATE waits for who has just written one, and they may be waiting for us (decision 0113)."""
    assert "no_key" in FOUND[place]


def test_there_are_locks():
    assert len(FOUND) > 20

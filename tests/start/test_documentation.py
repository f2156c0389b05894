"""Whoever runs the portal finds every variable described."""

import re

import pytest

from scripts.translations import OURS, ROOT

READ = re.compile(r"""\b(?:env(?:\.\w+)?|setting)\(\s*"([A-Z_]{3,})""")


def variables() -> list[str]:
    paths = [ROOT / "run", *(path for folder in (*OURS, "scripts") for path in (ROOT / folder).rglob("*.py"))]
    return sorted({name for path in paths for name in READ.findall(path.read_text(encoding="utf-8"))})


@pytest.mark.parametrize("name", [name for name in variables() if name != "TEST_DB_SUFFIX"])
def test_every_variable_is_documented(name):
    assert f"`{name}`" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_documented_keys_are_those_that_run_generates(run):
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    assert set(re.findall(r"^\| `(\w+)` \| – \(.*generate", text, re.MULTILINE)) == set(run.KEYS)

"""What the documents say is there: variables, commands, accounts, files and the pages that they link to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from krakow_family.demo.accounts import AT_EVERY_CENTRE, AT_LARGE
from scripts.translations import OURS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PAGES = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in DOCUMENTS}

READ_BY_CODE = re.compile(r"""\b(?:env(?:\.\w+)?|setting|environ\.\w+)\(\s*["']([A-Z_]{3,})""")
READ_BY_COMPOSE = re.compile(r"\$\{([A-Z_]+)")
NOT_FOR_OPERATORS = {"TEST_DB_SUFFIX", "WELCOME", "PYTHONUNBUFFERED", "DJANGO_SETTINGS_MODULE"}
"""For tests (docs/architecture.md), or handed from one of our own processes to the next."""


def read_variables() -> set[str]:
    paths = [ROOT / "run", *(path for folder in (*OURS, "scripts") for path in (ROOT / folder).rglob("*.py"))]
    found = {name for path in paths for name in READ_BY_CODE.findall(path.read_text(encoding="utf-8"))}
    return (found | set(READ_BY_COMPOSE.findall(COMPOSE))) - NOT_FOR_OPERATORS


def documented_variables() -> set[str]:
    cells = re.findall(r"^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*) \|", README, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"[A-Z_]+", cell)}


def own_commands() -> set[str]:
    return {name for name, app in get_commands().items() if (ROOT / app.split(".")[0] / "management").is_dir()}


def test_every_variable_that_is_read_stands_in_the_readme():
    assert read_variables() - documented_variables() == set()


def test_every_variable_in_the_readme_is_read():
    assert documented_variables() - read_variables() == set()


def test_every_command_of_ours_is_in_the_readme():
    assert {name for name in own_commands() if f"`{name}" not in README} == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_is_named_exists(page):
    named = set(re.findall(r"(?:manage\.py|\./run manage) ([a-z][a-z_]+)", PAGES[page])) - {"help"}
    assert named <= set(get_commands())


@pytest.mark.parametrize("page", PAGES)
def test_every_way_of_calling_run_exists(page):
    usage = (ROOT / "run").read_text(encoding="utf-8")
    named = set(re.findall(r"\./run (test|check|manage|env|help|[a-z]{3,})\b(?=[`\n ]*(?:[`#…]|\n|  ))", PAGES[page]))
    assert {name for name in named if f"./run {name}" not in usage} == set()


def test_the_demo_accounts_are_those_that_are_made():
    names = {word for word, *_ in AT_EVERY_CENTRE} | {word for word, *_ in AT_LARGE}
    listed = re.findall(r"^\| ((?:`[a-z0-9.]+`(?:, )?)+) \|", README, re.MULTILINE)
    accounts = {name.removesuffix(".wodna") for cell in listed for name in re.findall(r"[a-z0-9.]+", cell)}
    assert accounts == names


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", PAGES[page]):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        file = (ROOT / page).parent / name if name else ROOT / page
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file.read_text(encoding="utf-8")), target


def anchors(text: str) -> set[str]:
    """The ids of a page's headings, as GitHub and GitLab make them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [page for page in PAGES if not page.startswith("docs/decisions/")])
def test_every_file_that_is_named_is_there(page):
    """Decisions tell what was true when they were made; the other pages what is true today."""
    named = re.findall(r"`([a-z_]+(?:/[\w.-]+)+/?)`", PAGES[page])
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_no_screenshot_is_too_large_to_clone():
    sizes = {path.name: path.stat().st_size for path in (ROOT / "docs" / "screenshots").iterdir()}
    assert len(sizes) == 3
    assert max(sizes.values()) < 200_000


def test_decisions_are_numbered_once_and_begin_with_their_number():
    decisions = [page for page in PAGES if page.startswith("docs/decisions/")]
    numbers = [Path(page).name[:4] for page in decisions]
    assert len(numbers) == len(set(numbers))
    assert [page for page in decisions if not PAGES[page].startswith(f"# {Path(page).name[:4]} ")] == []

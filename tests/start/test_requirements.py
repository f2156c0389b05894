"""The pinned packages are those that pyproject.toml asks for."""

import shutil
from pathlib import Path

import pytest

from scripts import requirements


@pytest.fixture
def project(tmp_path):
    for name in ("pyproject.toml", *requirements.GROUPS):
        shutil.copy(requirements.ROOT / name, tmp_path)
    return tmp_path


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_they_fit():
    assert requirements.problems() == []


def test_a_new_dependency_must_be_pinned(project):
    replace(project / "pyproject.toml", "dependencies = [\n", 'dependencies = [\n    "holy-grail>=1",\n')

    assert "requirements.txt does not pin holy-grail" in requirements.problems(project)


def test_a_pin_must_be_within_what_is_asked_for(project):
    replace(project / "pyproject.toml", '"polib>=1.2"', '"polib>=99"')

    assert "requirements.txt pins polib 1.2.0, and pyproject.toml asks for >=99" in requirements.problems(project)


def test_the_larger_files_have_the_same_versions(project):
    replace(project / "requirements-dev.txt", "polib==1.2.0", "polib==1.2.1")

    assert "requirements-dev.txt has polib 1.2.1, and a smaller file has 1.2.0" in requirements.problems(project)


def test_every_pin_has_a_hash(project):
    with (project / "requirements.txt").open("a", encoding="utf-8") as file:
        file.write("spam==1.0\n")

    assert "requirements.txt: spam has no hash" in requirements.problems(project)


def test_no_registry_address_is_written_down(project):
    replace(project / "requirements-test.txt", "polib==", "--index-url https://example.org\npolib==")

    assert "requirements-test.txt names an index or a place" in requirements.problems(project)

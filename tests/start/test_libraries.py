"""What the system lacks is installed by root, and named to everybody else."""

import subprocess
from collections.abc import Sequence

import pytest

from scripts import libraries
from scripts.terminal import StopError


def done(command: Sequence[str], code: int, stderr: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess(command, code, "", stderr)


@pytest.fixture(autouse=True)
def bare_debian(monkeypatch, tmp_path):
    monkeypatch.setattr(libraries, "missing_packages", lambda: ["python3-venv", "libpango-1.0-0"])
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(libraries, "APT_LISTS", tmp_path)
    (tmp_path / "mirror_debian_dists_bookworm_main_binary-amd64_Packages").touch()


def test_an_ordinary_user_gets_the_exact_line():
    with pytest.raises(StopError) as stop:
        libraries.install_libraries()

    assert "    sudo apt-get install python3-venv libpango-1.0-0\n" in str(stop.value)


def test_a_machine_whose_apt_knows_no_package_yet_gets_an_update_first(monkeypatch, tmp_path):
    monkeypatch.setattr(libraries, "APT_LISTS", tmp_path / "empty")

    with pytest.raises(StopError, match=r"apt-get update && sudo apt-get install"):
        libraries.install_libraries()


def test_root_needs_to_do_nothing(monkeypatch):
    called = []
    monkeypatch.setattr("os.geteuid", lambda: 0)

    def finished(command, env):
        called.append(command)
        return done(command, 0)

    monkeypatch.setattr(libraries, "finished", finished)

    libraries.install_libraries()

    assert [command[:2] for command in called] == [["apt-get", "install"]]
    assert called[0][-2:] == ["python3-venv", "libpango-1.0-0"]


def test_an_apt_with_old_lists_is_updated_and_asked_again(monkeypatch):
    called = []

    def finished(command, env):
        called.append(command[1])
        return done(command, 100 if called == ["install"] else 0)

    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(libraries, "finished", finished)

    libraries.install_libraries()

    assert called == ["install", "update", "install"]


def test_apt_without_a_network_is_one_sentence(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(libraries, "finished", lambda command, env: done(command, 100, "E: Failed to fetch it\n"))

    with pytest.raises(StopError, match=r"\(E: Failed to fetch it\)\. By hand: sudo apt-get install"):
        libraries.install_libraries()


def test_another_distribution_is_told_what_is_missing(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)

    with pytest.raises(StopError, match=r"The system lacks what Debian calls python3-venv, libpango-1.0-0"):
        libraries.install_libraries()

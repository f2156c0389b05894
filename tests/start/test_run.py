"""./run says in one sentence what is wrong with a machine, before it does anything slow."""

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def busy_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield str(server.getsockname()[1])


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return str(port)


def test_help_fits_on_one_screen(run, capsys):
    assert run.main(["help"]) == 0

    usage = capsys.readouterr().out.splitlines()
    assert len(usage) < 24
    assert max(map(len, usage)) < 120


@pytest.mark.parametrize("arguments", [["fly"], ["start", "now"], ["check", "everything"]])
def test_an_unknown_command_shows_the_known_ones(run, capsys, arguments):
    assert run.main(arguments) == 2

    assert "./run test" in capsys.readouterr().err


def test_a_sentence_reaches_the_person_without_a_traceback(tmp_path):
    environment = {**os.environ, "PORT": "eighty", "DATA_DIR": str(tmp_path)}
    started = subprocess.run(
        [sys.executable, ROOT / "run"], env=environment, capture_output=True, text=True, check=False
    )

    assert started.returncode == 1
    assert started.stderr == "run: PORT must be a number from 1 to 65535, not 'eighty'.\n"


def test_a_busy_port_is_named_with_a_way_out(run, busy_port):
    with pytest.raises(run.StopError, match=rf"Port {busy_port} is in use .* PORT=\d+ \./run"):
        run.check_port("127.0.0.1", busy_port)


def test_a_free_port_is_fine(run, free_port):
    run.check_port("127.0.0.1", free_port)


@pytest.mark.parametrize("port", ["0", "65536", "-1", "8000x", ""])
def test_a_port_that_is_none_is_refused(run, port):
    with pytest.raises(run.StopError, match="PORT must be a number"):
        run.check_port("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused(run):
    with pytest.raises(run.StopError, match="is not an address of this machine"):
        run.check_port("192.0.2.1", "8000")


@pytest.mark.parametrize("name", ["DATABASE_URL", "CELERY_BROKER_URL"])
def test_a_server_that_does_not_answer_is_named(run, monkeypatch, free_port, name):
    scheme = "postgres" if name == "DATABASE_URL" else "redis"
    monkeypatch.setenv(name, f"{scheme}://somebody:secret@127.0.0.1:{free_port}/x")

    with pytest.raises(run.StopError, match=rf"at 127\.0\.0\.1:{free_port} does not answer \({name}\)") as stop:
        run.check_servers()

    assert "secret" not in str(stop.value)


def test_embedded_database_and_queue_need_no_server(run, monkeypatch, tmp_path):
    monkeypatch.setenv("ENV_FILE", str(tmp_path / ".env"))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/x.sqlite3")

    run.check_servers()


def test_a_second_start_on_the_same_data_says_where_the_first_one_is(run, tmp_path):
    lock = run.lock_data(tmp_path, "http://127.0.0.1:8000")

    with pytest.raises(run.StopError, match=rf"already started, at http://127\.0\.0\.1:8000 by process {os.getpid()}"):
        run.lock_data(tmp_path, "http://127.0.0.1:8001")

    os.close(lock)
    os.close(run.lock_data(tmp_path, "http://127.0.0.1:8001"))


def done(command: Sequence[object], code: int, stderr: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess([str(part) for part in command], code, "", stderr)


class TestPackages:
    @pytest.fixture(autouse=True)
    def project(self, run, monkeypatch, tmp_path):
        """A project with an environment, in which every command succeeds and is written down."""
        for name in run.REQUIREMENTS:
            (tmp_path / name).write_text("django==5.2", encoding="utf-8")
        (tmp_path / ".venv").mkdir()
        monkeypatch.setattr(run, "ROOT", tmp_path)
        monkeypatch.setattr(run, "VENV", tmp_path / ".venv")
        monkeypatch.setattr(run, "works", lambda python: True)
        monkeypatch.setattr(run, "finished", self.finished)
        self.commands: list[list[str]] = []

    def finished(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        self.commands.append(command)
        if "--clear" in command:
            Path(command[-1]).mkdir(exist_ok=True)
        return done(command, 0)

    def installed(self) -> list[str]:
        return [Path(command[-1]).name for command in self.commands if "install" in command]

    def test_they_are_installed_with_their_hashes(self, run):
        run.install_packages(run.TO_RUN)

        assert self.installed() == ["requirements.txt"]
        assert "--require-hashes" in self.commands[0]

    def test_a_second_start_installs_nothing(self, run):
        run.install_packages(run.TO_RUN)
        run.install_packages(run.TO_RUN)

        assert self.installed() == ["requirements.txt"]

    def test_the_packages_for_checks_are_enough_for_everything(self, run):
        run.install_packages(run.TO_CHECK)
        run.install_packages(run.TO_TEST)
        run.install_packages(run.TO_RUN)

        assert self.installed() == ["requirements-dev.txt"]

    def test_tests_need_more_than_a_start(self, run):
        run.install_packages(run.TO_RUN)
        run.install_packages(run.TO_TEST)

        assert self.installed() == ["requirements.txt", "requirements-test.txt"]

    def test_a_changed_requirement_is_installed(self, run, tmp_path):
        run.install_packages(run.TO_RUN)
        (tmp_path / "requirements.txt").write_text("django==5.2.1", encoding="utf-8")

        run.install_packages(run.TO_RUN)

        assert self.installed() == ["requirements.txt", "requirements.txt"]

    def test_an_unfinished_installation_is_done_again(self, run, monkeypatch):
        monkeypatch.setattr(run, "finished", lambda command: done(command, 1, "ERROR: interrupted"))
        with pytest.raises(run.StopError):
            run.install_packages(run.TO_RUN)
        monkeypatch.setattr(run, "finished", self.finished)

        run.install_packages(run.TO_RUN)

        assert self.installed() == ["requirements.txt"]

    def test_an_environment_of_another_place_is_made_anew(self, run, tmp_path):
        stamp = run.fingerprint() | {"place": "/elsewhere", "level": run.TO_CHECK}
        (tmp_path / ".venv" / "installed.json").write_text(run.json.dumps(stamp), encoding="utf-8")

        run.install_packages(run.TO_RUN)

        assert "--clear" in self.commands[0]

    def test_the_environment_of_another_checkout_is_left_alone(self, run, tmp_path):
        stamp = run.fingerprint() | {"place": "/elsewhere", "level": run.TO_CHECK}
        theirs = tmp_path / "theirs"
        (tmp_path / ".venv").rename(theirs)
        (theirs / "installed.json").write_text(run.json.dumps(stamp), encoding="utf-8")
        (tmp_path / ".venv").symlink_to(theirs)

        run.install_packages(run.TO_RUN)

        assert (theirs / "installed.json").exists()
        assert not (tmp_path / ".venv").is_symlink()


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("WARNING: Retrying after connection broken by 'NewConnectionError'", "connect this machine to the network"),
        ("connection broken by 'SSLError(… CERTIFICATE_VERIFY_FAILED …)'", "PIP_CERT"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "no space left"),
        ("noise\nERROR: No matching distribution found for x==1\n", "No matching distribution found for x==1"),
        ("", "no reason given"),
    ],
)
def test_what_pip_says_becomes_one_sentence(run, output, sentence):
    assert sentence in run.why_pip_failed(output)


def test_an_environment_that_may_not_be_written_is_named(run, monkeypatch, tmp_path):
    monkeypatch.setattr(run, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run.os, "access", lambda path, mode: False)

    with pytest.raises(run.StopError, match=rf"No permission to write to {tmp_path}"):
        run.set_up(run.TO_RUN)


def test_a_data_folder_that_may_not_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    environment = {**os.environ, "DATA_DIR": str(tmp_path / "file" / "var")}
    started = subprocess.run(
        [sys.executable, ROOT / "run"], env=environment, capture_output=True, text=True, check=False
    )

    assert started.returncode == 1
    assert started.stderr == f"run: {os.strerror(errno.ENOTDIR)}: {tmp_path}/file/var.\n"

"""Web, worker and beat: how each is started, and how they stop together."""

import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from scripts import probe, serve


def test_the_web_is_gunicorn_with_the_portals_settings():
    assert serve.command("web")[1:] == [
        "-m",
        "gunicorn",
        "--config",
        "python:krakow_family.gunicorn",
        "krakow_family.wsgi",
    ]


def test_the_worker_gives_its_memory_back():
    worker = serve.command("worker")

    assert "--concurrency=1" in worker
    assert "--max-tasks-per-child=20" in worker


@pytest.mark.parametrize(("broker", "quiet"), [("sqla+sqlite:///x", True), ("redis://127.0.0.1/0", False)])
def test_only_the_embedded_queue_goes_without_heartbeats(monkeypatch, broker, quiet):
    monkeypatch.setattr(serve, "CELERY_BROKER_URL", broker)

    assert ("--without-heartbeat" in serve.command("worker")) is quiet


def test_beat_keeps_its_timetable_among_the_data(settings):
    assert f"--schedule={settings.DATA_DIR / 'beat-schedule'}" in serve.command("beat")


def test_a_process_that_does_not_exist_is_refused():
    with pytest.raises(SystemExit, match="web, worker, beat"):
        serve.command("cron")


@pytest.fixture
def together(monkeypatch):
    """Three small programs in place of the real ones; returns a function that starts them."""
    monkeypatch.setattr(serve, "answers", lambda: True)

    def start(**programs):
        sleep = "exec sleep 60"
        script = (
            "import scripts.serve as s, sys\n"
            f"programs = {programs!r}\n"
            "s.answers = lambda: True\n"
            f"s.command = lambda name: ['sh', '-c', programs.get(name, {sleep!r})]\n"
            "sys.exit(s.main([]))\n"
        )
        return subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "WELCOME": "Here we are."}, start_new_session=True,
        )  # fmt: skip

    return start


def read_until(process: "subprocess.Popen[str]", text: str) -> str:
    seen = ""
    while text not in seen:
        assert process.stdout
        line = process.stdout.readline()
        assert line, seen
        seen += line
    return seen


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0), (signal.SIGHUP, 0)])
def test_a_signal_stops_all_of_them(together, signum, code):
    process = together()
    read_until(process, "Here we are.")
    process.send_signal(signum)

    assert process.communicate(timeout=20)[0].strip().endswith("The portal is stopped.")
    assert process.returncode == code


def test_when_one_dies_all_stop_and_its_name_is_told(together):
    process = together(worker="echo out of memory; exit 3")

    output = process.communicate(timeout=20)[0]

    assert "worker | out of memory" in output
    assert "run: worker stopped by itself, so everything was stopped." in output
    assert process.returncode == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent has died")
def test_kill_9_leaves_nothing_behind(together):
    process = together(web="echo pid $$; exec sleep 60")
    pid = int(read_until(process, "pid ").rsplit("pid ", 1)[1])
    process.kill()
    process.communicate(timeout=20)

    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("the web outlived its parent")


def test_nothing_answers_where_nothing_listens(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("PORT", str(port))

    assert not probe.answers()


class Picky(http.server.BaseHTTPRequestHandler):
    """A web that answers at one address under one name, and writes no log."""

    def do_GET(self) -> None:
        known = (self.path, self.headers["Host"]) == ("/healthz", "portal.example.org")
        self.send_response(200 if known else 400)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.mark.parametrize(("names", "answers"), [([".portal.example.org"], True), (["other.example.org"], False)])
def test_the_probe_asks_for_a_name_that_the_portal_listens_to(monkeypatch, names, answers):
    with http.server.HTTPServer(("127.0.0.1", 0), Picky) as web:
        threading.Thread(target=web.handle_request, daemon=True).start()
        monkeypatch.setenv("HOST", "0.0.0.0")
        monkeypatch.setenv("PORT", str(web.server_port))
        monkeypatch.setattr(probe, "ALLOWED_HOSTS", names)

        assert probe.answers() is answers

"""Keep web, worker and beat together: they start together, and when one stops, all stop.

    python -m scripts.serve             all three, under one process
    python -m scripts.serve worker      one of them alone, as a container runs it
"""

from __future__ import annotations

import ctypes
import os
import shlex
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

from honcho import manager as honcho
from honcho.printer import Message, Printer
from honcho.process import Process

from krakow_family.addresses import web_address
from krakow_family.settings import CELERY_BROKER_URL, DATA_DIR, env

GRACE_SECONDS = 15  # a worker's current task, a web request: then they are killed
PR_SET_PDEATHSIG = 1


def command(name: str) -> list[str]:
    """The command line of one of the processes."""
    celery = [sys.executable, "-m", "celery", "--app", "krakow_family"]
    level = f"--loglevel={env.str('LOG_LEVEL', default='INFO')}"
    match name:
        case "web":
            config = "python:krakow_family.gunicorn"
            return [sys.executable, "-m", "gunicorn", "--config", config, "krakow_family.wsgi"]
        case "worker":
            # Rendering memory goes back to the system with the child process that used it.
            bounds = [f"--concurrency={env.int('WORKER_PROCESSES', default=1)}", "--max-tasks-per-child=20"]
            embedded = CELERY_BROKER_URL.startswith("sqla+")  # which cannot broadcast
            quiet = ["--without-mingle", "--without-gossip", *(["--without-heartbeat"] if embedded else [])]
            return [*celery, "worker", level, *bounds, *quiet]
        case "beat":
            return [*celery, "beat", level, f"--schedule={DATA_DIR / 'beat-schedule'}", "--pidfile="]
        case _:
            raise SystemExit(f"There is no process {name!r}: web, worker, beat.")


def die_with_parent(signum: int) -> None:
    """Linux ends this process when its parent dies, however it dies; elsewhere nothing happens."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signum)


class Child(Process):  # type: ignore[misc] # honcho has no types
    """One process of the portal. Not even kill -9 of ours leaves it behind."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        start = self._child_ctor
        self._child_ctor = lambda *a, **k: start(*a, preexec_fn=lambda: die_with_parent(signal.SIGTERM), **k)

    def run(self, *args: Any, **kwargs: Any) -> None:
        die_with_parent(signal.SIGKILL)
        super().run(*args, **kwargs)


class Leaders:
    """Signals the leader of each group of processes, which then ends its own children in its own order."""

    def terminate(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)

    def kill(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


class Lines(Printer):  # type: ignore[misc] # honcho has no types
    """The children's lines, without honcho's own; a closed terminal is no reason to fail."""

    def write(self, message: Message) -> None:
        if message.name != honcho.SYSTEM_PRINTER_NAME:
            with suppress(OSError):
                super().write(message)


class Together(honcho.Manager):  # type: ignore[misc] # honcho has no types
    """Web, worker and beat."""

    def __init__(self) -> None:
        super().__init__(Lines(sys.stdout))
        self._process_ctor = Child
        self._procmgr = Leaders()
        self.died: list[str] = []

    def terminate(self) -> None:
        if self.returncode not in {130, 143}:
            self.died = self.died or [name for name, process in self._processes.items() if "returncode" in process]
        super().terminate()


def tell_when_it_answers(url: str, text: str) -> None:
    """Print the text as soon as the web answers."""
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=2).close()  # noqa: S310 - our own address
        except urllib.error.HTTPError:
            break  # an answer all the same
        except OSError:
            time.sleep(0.2)
        else:
            break
    else:
        text = f"The web has not answered at {url} for a minute; its messages stand above."
    with suppress(OSError):
        print(f"\n{text}\n", flush=True)


def main(arguments: list[str]) -> int:
    if arguments:
        argv = command(arguments[0])
        os.execv(argv[0], argv)
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    os.environ.setdefault("ACCESS_LOG", "false")
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    host, port = web_address()
    text = os.environ.pop("WELCOME", f"The portal runs at http://{host}:{port} – Ctrl-C stops it.")
    honcho.KILL_WAIT = GRACE_SECONDS
    together = Together()
    for name in ("web", "worker", "beat"):
        together.add_process(name, f"exec {shlex.join(command(name))}")
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))  # the terminal was closed
    near = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    url = f"http://{near}:{port}/healthz"
    threading.Thread(target=tell_when_it_answers, args=(url, text), daemon=True).start()
    together.loop()
    with suppress(OSError):
        if together.died:
            print(f"run: {together.died[0]} stopped by itself, so everything was stopped.", file=sys.stderr)
        else:
            print("The portal is stopped.")
    if together.died:
        return 1
    return 130 if together.returncode == 130 else 0


if __name__ == "__main__":
    Path(DATA_DIR).mkdir(parents=True, exist_ok=True)
    sys.exit(main(sys.argv[1:]))

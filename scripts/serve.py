"""Keep web, worker and beat together: they start together, and when one stops, all stop.

python -m scripts.serve             all three, under one process
python -m scripts.serve worker      one of them alone, as a container runs it
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import shlex
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from honcho import manager as honcho
from honcho.printer import Message, Printer
from honcho.process import Process

from krakow_family.addresses import web_address
from krakow_family.settings import CELERY_BROKER_URL, DATA_DIR, env
from scripts.probe import answers

GRACE_SECONDS = 15  # a worker's current task, a web request: then they are killed
PR_SET_PDEATHSIG = 1
STOP_SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
INTERRUPTED, TERMINATED = (reason["rc"] for reason in (honcho.SIGNALS[signal.SIGINT], honcho.SIGNALS[signal.SIGTERM]))


def command(name: str) -> list[str]:
    """The command line of one of the processes."""
    # Celery's remark about root is for those who would send it pickles; the portal's tasks take JSON.
    celery = [sys.executable, "-W", "ignore:::celery.platforms", "-m", "celery", "--quiet", "--app", "krakow_family"]
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
        start: Any = self._child_ctor
        self._child_ctor: Any = lambda *a, **k: start(*a, preexec_fn=self._before_exec, **k)

    def _before_exec(self) -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        die_with_parent(signal.SIGTERM)
        if os.getppid() != self._runner:
            os._exit(1)  # the parent died before Linux was asked to watch it

    def run(self, *args: Any, **kwargs: Any) -> None:
        die_with_parent(signal.SIGKILL)
        self._runner = os.getpid()
        parent = multiprocessing.parent_process()
        if parent is None or parent.is_alive():  # not dead before Linux was asked to watch it
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
    """Web, worker and beat, and what to do once they are started."""

    def __init__(self, *, then: Callable[[], None]) -> None:
        super().__init__(Lines(sys.stdout))
        self._process_ctor = Child
        self._procmgr = Leaders()
        self.died: list[str] = []
        self._then = then

    def _start(self) -> None:
        """Start the processes; a signal in the midst of it waits, or it would reach a process half made."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        super()._start()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        self._then()

    def terminate(self) -> None:
        if not self._all_started():  # then there is no pid yet to send a signal to
            again = threading.Timer(0.1, self.terminate)
            again.daemon = True
            again.start()
            return
        if self.returncode not in {INTERRUPTED, TERMINATED}:
            self.died = self.died or [name for name, process in self._processes.items() if "returncode" in process]
        super().terminate()


def tell_when_it_answers(text: str) -> None:
    """Print the text as soon as the web answers."""
    for _ in range(300):
        if answers():
            break
        time.sleep(0.2)
    else:
        text = "The web has not answered for a minute; its messages stand above."
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
    telling = threading.Thread(target=tell_when_it_answers, args=(text,), daemon=True)
    together = Together(then=telling.start)
    for name in ("web", "worker", "beat"):
        together.add_process(name, f"exec {shlex.join(command(name))}")
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))  # the terminal was closed
    together.loop()
    with suppress(OSError):
        if together.died:
            print(f"run: {together.died[0]} stopped by itself, so everything was stopped.", file=sys.stderr)
        else:
            print("The portal is stopped.")
    if together.died:
        return 1
    return INTERRUPTED if together.returncode == INTERRUPTED else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

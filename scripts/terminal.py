"""How ./run talks to the person at the keyboard, and runs other programs."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


class StopError(Exception):
    """Why we cannot go on, as one sentence for the person at the keyboard."""


def say(line: str) -> None:
    """Tell what is going on. Standard output belongs to the command that was asked for."""
    print(line, file=sys.stderr, flush=True)


def finished(command: Sequence[str | Path], env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, quietly."""
    return subprocess.run(command, check=False, env=env, capture_output=True, text=True, errors="replace")

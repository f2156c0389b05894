"""What the benchmark says while it works."""

from __future__ import annotations

import sys
import time


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class told:  # noqa: N801 - reads as a statement
    """Say what is being done and how long it took."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __enter__(self) -> None:
        self.began = time.monotonic()

    def __exit__(self, *error: object) -> None:
        say(f"{self.what}: {time.monotonic() - self.began:.0f} s")

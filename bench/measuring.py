"""Timing several things in turn, so that a busy minute of the machine slows all of them down alike.

Where the machine has other work to do, every wait for the database becomes a wait for a processor, and what asks the
database more often looks slower than it is. `--clock cpu` counts the work instead: the time on a processor of this
process and of PostgreSQL's, which Linux tells.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection
from django.test.utils import CaptureQueriesContext

WARM_UP = 3

Clock = Callable[[], float]


@dataclass
class Thing:
    """Something that is done again and again, and how long it took each time."""

    name: str
    act: Callable[[], object]
    seconds: list[float] = field(default_factory=list)

    @property
    def median_ms(self) -> float:
        return statistics.median(self.seconds) * 1000


def work_done() -> Clock:
    """A clock that runs only while we, or our PostgreSQL on this machine, are at work."""
    if connection.vendor != "postgresql":
        return time.process_time
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
    return lambda: time.process_time() + int(backend.read_text(encoding="ascii").split()[0]) / 1e9


def take_turns(things: Sequence[Thing], rounds: int, clock: Clock = time.perf_counter) -> None:
    """Do each thing once a round, each round beginning with another one."""
    for thing in things:
        for _ in range(WARM_UP):
            thing.act()
    gc.collect()
    for number in range(rounds):
        start = number % len(things)
        for thing in (*things[start:], *things[:start]):
            began = clock()
            thing.act()
            thing.seconds.append(clock() - began)


def ratio(thing: Thing, floor: Thing) -> float:
    """How many times the floor: the median over the rounds, each thing against the floor of its own round."""
    return statistics.median(ours / theirs for ours, theirs in zip(thing.seconds, floor.seconds, strict=True))


def queries_of(act: Callable[[], object]) -> int:
    """How many statements it takes, transactions included."""
    act()
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)

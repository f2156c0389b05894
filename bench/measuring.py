"""Timing several things in turn, so that a busy minute of the machine slows all of them down alike."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.test.utils import CaptureQueriesContext

WARM_UP = 3


@dataclass
class Thing:
    """Something that is done again and again, and how long it took each time."""

    name: str
    act: Callable[[], object]
    seconds: list[float] = field(default_factory=list)

    @property
    def median_ms(self) -> float:
        return statistics.median(self.seconds) * 1000


def take_turns(things: Sequence[Thing], rounds: int) -> None:
    """Do each thing once a round, each round beginning with another one."""
    for thing in things:
        for _ in range(WARM_UP):
            thing.act()
    gc.collect()
    for number in range(rounds):
        start = number % len(things)
        for thing in (*things[start:], *things[:start]):
            began = time.perf_counter()
            thing.act()
            thing.seconds.append(time.perf_counter() - began)


def ratio(thing: Thing, floor: Thing) -> float:
    """How many times the floor: the median over the rounds, each thing against the floor of its own round."""
    return statistics.median(ours / theirs for ours, theirs in zip(thing.seconds, floor.seconds, strict=True))


def queries_of(act: Callable[[], object]) -> int:
    """How many statements it takes, transactions included."""
    act()
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)

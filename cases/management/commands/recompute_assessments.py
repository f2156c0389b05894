"""`manage.py recompute_assessments`: whether what is stored still gives the results that are stored (N8).

For whoever keeps the portal: after an upgrade, after restoring a backup, and now and then. It only reads.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import multiprocessing
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict
from typing import Any

import django
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases.assessments.recomputing import Difference, Outcome, batches, check_batch
from cases.instruments.scoring import ENGINE_VERSION

WAITING_PER_PROCESS = 3
"""So many batches wait for each process, so that memory stays the same however many assessments there are."""


class Command(BaseCommand):
    """Ends with 1 where anything differs. A result of an earlier engine that comes out the same today only counts."""

    help = "Compute every finalised assessment again; exit 1 and name each whose stored result does not agree."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=_day, metavar="DATE", help="only those finalised on this day or later")
        parser.add_argument("--json", action="store_true", help="one JSON object a line, the summary last")
        parser.add_argument("--processes", type=_count, default=1, metavar="N", help="work in so many processes (1)")

    def handle(self, *args: Any, since: dt.date | None, processes: int, **options: Any) -> None:
        started, total, differing = time.monotonic(), Outcome(), 0
        for outcome in _in_processes(since, processes) if processes > 1 else map(check_batch, batches(since)):
            total.checked += outcome.checked
            total.engines += outcome.engines
            differing += len(outcome.differences)
            for difference in outcome.differences:
                self._tell(difference, as_json=options["json"])
        seconds = time.monotonic() - started
        per_second = round(total.checked / seconds) if seconds else 0
        if options["json"]:
            summary = {
                "checked": total.checked,
                "differing": differing,
                "engine": ENGINE_VERSION,
                "agreeing_by_other_engines": dict(total.engines),
                "per_second": per_second,
            }
            self.stdout.write(json.dumps(summary))
        else:
            self.stdout.write(f"Computed {total.checked} assessments again, {per_second} per second.")
            for engine, number in sorted(total.engines.items()):
                self.stdout.write(f"{number} of them by engine {engine}, with the same result as {ENGINE_VERSION}.")
        if differing:
            raise CommandError(f"{differing} of {total.checked} stored results do not agree.")
        if not options["json"]:
            self.stdout.write(self.style.SUCCESS("All stored results agree."))

    def _tell(self, difference: Difference, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({**asdict(difference), "engine_now": ENGINE_VERSION}, ensure_ascii=False))
        else:
            engines = f"engine {difference.engine}, now {ENGINE_VERSION}"
            self.stdout.write(f"{difference.assessment} ({engines}): {'; '.join(difference.what)}")


def _in_processes(since: dt.date | None, processes: int) -> Iterator[Outcome]:
    """Batch by batch, in order. Processes are started anew, so that none has this one's connections."""
    waiting: deque[Future[Outcome]] = deque()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=django.setup) as pool:
        for ids in batches(since):
            waiting.append(pool.submit(check_batch, ids))
            if len(waiting) >= processes * WAITING_PER_PROCESS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("a day looks like 2026-10-31") from None


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 64:  # noqa: PLR2004 - more than any machine of ours has
        raise argparse.ArgumentTypeError("a number from 1 to 64")
    return int(text)

"""Measure the budgets: `.venv/bin/python -m bench --sessions 100000`. docs/benchmarks.md says what and how.

It works in a database and a folder of its own, which it makes and removes: `bench_portal` on the server that
DATABASE_URL names, or a file of the embedded database.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from urllib.parse import urlsplit

from scripts.keys import KEYS

DATABASE = "bench_portal"


@contextmanager
def own_database(url: str) -> Iterator[str]:
    """An empty database on that server for as long as it is measured."""
    import psycopg
    from psycopg.sql import SQL, Identifier

    name = Identifier(DATABASE)
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(SQL("CREATE DATABASE {}").format(name))
        try:
            yield urlsplit(url)._replace(path=f"/{DATABASE}").geturl()
        finally:
            server.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(name))  # our own connections are still open


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the portal against its budgets.")
    parser.add_argument("--sessions", type=int, default=1000, help="about how many meetings there are (1000)")
    parser.add_argument("--rounds", type=int, default=40, help="how often each page is opened (40, at least 30)")
    parser.add_argument(
        "--clock",
        choices=("wall", "cpu"),
        default="wall",
        help="cpu counts the work, on a machine that is busy (wall)",
    )
    parser.add_argument("--no-reports", action="store_true", help="leave the PDF reports out")
    parser.add_argument(
        "--assessments", type=int, metavar="N", help="only make so many assessments and compute them again"
    )
    parser.add_argument(
        "--clashes", action="store_true", help="only let twenty people at a time plan meetings in the same slots"
    )
    arguments = parser.parse_args()
    url = os.environ.get("DATABASE_URL", "")
    with tempfile.TemporaryDirectory() as folder, own_database(url) if url else nullcontext("") as database:
        os.environ.update({name: generate() for name, (_, generate) in KEYS.items()})
        os.environ.update(
            DJANGO_SETTINGS_MODULE="krakow_family.settings",
            ENV_FILE=os.devnull,
            DATA_DIR=folder,
            ALLOWED_HOSTS="127.0.0.1,testserver",
            LOG_LEVEL="ERROR",
        )
        if not arguments.clashes:  # which asks the portal itself, with the queue and the cache that it has
            os.environ.update(CELERY_BROKER_URL="memory://", CACHE_URL="locmemcache://")
        if database:
            os.environ["DATABASE_URL"] = database
        import django

        django.setup()
        if arguments.clashes:
            from bench import clashes

            return clashes.run()
        if arguments.assessments:
            from bench import assessments

            return assessments.run(arguments.assessments)
        from bench.run import run

        return run(
            arguments.sessions,
            max(30, arguments.rounds),
            cpu=arguments.clock == "cpu",
            reports=not arguments.no_reports,
        )


if __name__ == "__main__":
    sys.exit(main())

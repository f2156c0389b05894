"""Bring the data up to this version of the portal; what is up to date costs nothing.

python -m scripts.prepare            for docker compose and for upgrades
python -m scripts.prepare --serve    the same, with demo data for an empty embedded database, then serve
python -m scripts.prepare --files    translations and the files of the pages only, for building the image
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command, get_commands
from django.db import DEFAULT_DB_ALIAS, Error, connection, connections
from django.db.migrations.executor import MigrationExecutor

from krakow_family.addresses import reachable_by_others, web_address
from scripts.translations import compile_catalogue


@contextmanager
def step(what: str) -> Iterator[None]:
    """Tell what is being done, and how long it took."""
    print(f"{what} …", end="", flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print(flush=True)
        raise
    print(f" {time.monotonic() - began:.0f} s", flush=True)


def quiet() -> StringIO:
    """Where a command's own report goes: the step that calls it has a line already."""
    return StringIO()


def try_database() -> None:
    """Connect once without the pool, which would try for half a minute before it says what is wrong."""
    plain = connections.create_connection(DEFAULT_DB_ALIAS)
    options = {name: value for name, value in plain.settings_dict["OPTIONS"].items() if name != "pool"}
    plain.settings_dict = {**plain.settings_dict, "OPTIONS": options}
    plain.ensure_connection()
    plain.close()


def migrate() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        with step("Updating the database"):
            call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)


def collect_static() -> None:
    """Gather the files of the pages, with their hashed names, if one of them has changed."""
    state = hashlib.sha256()
    for name, path in sorted(
        (name, storage.path(name)) for finder in get_finders() for name, storage in finder.list([])
    ):
        state.update(name.encode())
        state.update(Path(path).read_bytes())
    wanted = state.hexdigest()
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return
    with step("Collecting the files of the pages"):
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(wanted, encoding="ascii")


def has_any(app: str, model: str) -> bool:
    return bool(apps.get_model(app, model).objects.exists())


def load_reference() -> None:
    """Load the centres, the example instrument and the Programme into an empty portal.

    Later changes of them are for people to decide on.
    """
    if not has_any("centres", "Centre"):
        with step("Loading the centres"):
            call_command("load_centres", stdout=quiet())
    if not has_any("cases", "Instrument"):
        with step("Loading the example instrument"):
            call_command("load_example_instrument", stdout=quiet())
    if not has_any("programme", "Programme"):
        with step("Loading the Programme"):
            call_command("load_programme", stdout=quiet())


def seed_demo() -> None:
    """Fill an empty embedded database with demo data; a database of one's own never."""
    if os.environ.get("DATABASE_URL") or has_any("accounts", "User"):
        return
    host, _ = web_address()
    if reachable_by_others(host):
        print(f"No demo data: with HOST={host} other machines could sign in with its published password.")
        return
    with step("Inventing demo data"):
        call_command("seed_demo", stdout=quiet(), stderr=quiet())


def welcome() -> str:
    """What to tell once the portal answers."""
    host, port = web_address()
    lines = [f"The portal runs at http://{host}:{port} – Ctrl-C stops it."]
    if has_any("accounts", "DemoMode"):
        from accounts.demo import DEMO_PASSWORD

        emails = apps.get_model("accounts", "User").objects.order_by("email").values_list("email", flat=True)
        lines += ["", f"Demo accounts, password {DEMO_PASSWORD}:", *(f"  {email}" for email in emails)]
    return "\n".join(lines)


def prepare_files() -> None:
    compile_catalogue()
    django.setup()
    collect_static()


def check_reminders() -> None:
    """Reminders that are switched on by half would write families' addresses to the log: the portal does not start."""
    for problem in run_checks(tags=["reminders"]):
        raise CommandError(f"{problem.msg} {problem.hint}")


def prepare_data(*, with_demo: bool) -> None:
    check_reminders()
    try_database()
    migrate()
    load_reference()
    if with_demo:
        seed_demo()
    if "write_error_pages" in get_commands():
        call_command("write_error_pages", stdout=quiet())


def main(arguments: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "krakow_family.settings")
    serve = "--serve" in arguments
    try:
        prepare_files()
        if "--files" not in arguments:
            prepare_data(with_demo=serve)
    except (Error, CommandError, ImproperlyConfigured) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        what = "The database refuses" if isinstance(error, Error) else "The portal cannot start"
        print(f"run: {what}: {reason}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"run: {error.strerror}: {error.filename}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if serve:
        os.environ["WELCOME"] = welcome()
        sys.stdout.flush()
        # A process of its own: this one has Django in its memory, which keeping others together does not need.
        os.execv(sys.executable, [sys.executable, "-m", "scripts.serve"])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`manage.py load_programme [PATH]`: the programme's indicators and targets from its table.

The table is loaded exactly or not at all. It comes again whenever the programme changes on its way (R3), so the
command shows what a changed file would change and asks before it does so.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.translation import gettext as _

from centres.services import load_reference
from programme.plan import services, source
from programme.plan.services import Change, Decision
from programme.plan.source import Plan, PlanFileError
from programme.results.services import keep_counting_rules

YES = {"y", "yes", "t", "tak"}
LONGEST_RESOLUTION, LONGEST_REASON = 60, 500


class Command(BaseCommand):
    help = "Load the programme's indicators and targets from its table."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "path", nargs="?", type=Path, default=source.SHIPPED, help=_("the table (CSV with semicolons)")
        )
        parser.add_argument("--yes", action="store_true", help=_("make the changes without asking"))
        parser.add_argument(
            "--resolution", default="", metavar="NR", help=_("number of the resolution that changed the targets")
        )
        parser.add_argument("--decided-on", type=_date, metavar="DATE", help=_("its date, as 2026-03-31"))
        parser.add_argument("--reason", default="", metavar="TEXT", help=_("why the targets changed"))

    def handle(self, *args: Any, path: Path, yes: bool, **options: Any) -> None:
        decision = Decision(options["resolution"].strip(), options["decided_on"], options["reason"].strip())
        if len(decision.resolution) > LONGEST_RESOLUTION or len(decision.reason) > LONGEST_REASON:
            raise CommandError(_("The resolution's number or the reason is too long."))
        try:
            plan = source.read_plan(path, years=_years(), known=services.known_codes())
            if services.is_loaded():
                shown = services.load_plan(plan, decision, by=None, dry_run=True)
                if shown:
                    self._ask(shown, yes)
            else:
                shown = None
            changes = _load(plan, decision, shown)
            if not changes and any((decision.resolution, options["decided_on"], decision.reason)):
                raise CommandError(
                    _("The file changes nothing, so there is no revision that the resolution could stand beside.")
                )
        except PlanFileError as error:
            raise CommandError(_("%(why)s Nothing was loaded.") % {"why": error}) from None
        counts = {"indicators": len(plan.rows), "tasks": len({row.task.number for row in plan.rows})}
        if changes:
            self.stdout.write(_("Loaded: %(indicators)d indicators, %(tasks)d tasks.") % counts)
        else:
            self.stdout.write(_("No changes: %(indicators)d indicators, %(tasks)d tasks.") % counts)

    def _ask(self, changes: list[Change], yes: bool) -> None:
        for line in services.in_lines(changes):
            self.stdout.write(line)
        if yes:
            return
        if not sys.stdin.isatty():
            raise CommandError(
                _("The file changes the programme. Nobody can be asked here: add --yes to agree. Nothing was loaded.")
            )
        try:
            answer = input(_("Make these changes? [y/N] "))
        except (EOFError, KeyboardInterrupt):
            answer = ""
        if answer.strip().lower() not in YES:
            raise CommandError(_("Nothing was changed."))


@transaction.atomic
def _load(plan: Plan, decision: Decision, shown: list[Change] | None) -> list[Change]:
    load_reference()  # or the partners among the units would come without what they do in the centres
    changes = services.load_plan(plan, decision, by=None)
    keep_counting_rules()
    if shown is not None and changes and changes != shown:
        raise CommandError(_("Somebody else has just changed the programme. Nothing was changed; run this again."))
    return changes


def _years() -> range:
    about = source.about()
    return range(about["first_year"], about["last_year"] + 1)


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(_("a date looks like 2026-03-31")) from None

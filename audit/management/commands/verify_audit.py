from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit.verifying import verify_log


class Command(BaseCommand):
    """Why it exists: somebody with access to the database could change what the log says about them.

    They cannot make the signatures fit, because the key is not in the database. Ends with 1 where anything is wrong.
    """

    help = "Check every entry of the audit log, every seal and the chain; exit 1 and name what is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head",
            metavar="NUMBER:MAC",
            help="a seal as the process log or an earlier check showed it: the chain must still contain it",
        )

    def handle(self, *args: Any, head: str | None = None, **options: Any) -> None:
        result = verify_log(_known(head) if head else None)
        self.stdout.write(f"Checked {result.entries} entries and {result.seals} seals.")
        if result.purged_seals:
            self.stdout.write(f"{result.purged_seals} seals are checkpoints: their entries were purged.")
        if result.waiting and result.waiting_since:
            minutes = int((timezone.now() - result.waiting_since).total_seconds() // 60)
            self.stdout.write(f"{result.waiting} entries wait for a seal, the oldest for {minutes} minutes.")
            if minutes >= 60:  # noqa: PLR2004 - beat seals every minute
                self.stderr.write(self.style.WARNING("Nothing was sealed for an hour: do beat and the worker run?"))
        if result.head:
            self.stdout.write(f"Head of the chain: {result.head}")
        if result.problem_count:
            for problem in result.problems:
                self.stderr.write(self.style.ERROR(problem))
            raise CommandError(f"The audit log is not whole: {result.problem_count} problems.")
        self.stdout.write(self.style.SUCCESS("The audit log is whole."))


def _known(head: str) -> tuple[int, str]:
    number, _colon, mac = head.partition(":")
    if not number.isdecimal() or not mac:
        raise CommandError("--head is a seal's number, a colon and its MAC, as an earlier check printed them.")
    return int(number), mac

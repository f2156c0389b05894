from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.purging import plan_purge, purge_log
from audit.verifying import verify_log


class Command(BaseCommand):
    """Why it exists: the log holds personal data of staff, and its retention ends (D3). Nothing else deletes entries.

    The log is checked first: a purge would carry away the traces of a change.
    """

    help = "Delete entries in whole sealed months older than AUDIT_RETENTION_MONTHS; their seals stay as checkpoints."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would be deleted")

    def handle(self, *args: Any, dry_run: bool = False, **options: Any) -> None:
        if dry_run:
            plan = plan_purge()
            self.stdout.write(
                f"Would delete {plan.entries} entries in {plan.seals} seals, all from before {plan.before:%Y-%m-%d}."
            )
            return
        if problems := verify_log().problems:
            raise CommandError(f"The audit log is not whole, so nothing is deleted. {problems[0]} See verify_audit.")
        purge = purge_log()
        self.stdout.write(
            self.style.SUCCESS(
                f"Deleted {purge.entries} entries in {purge.seals} seals, all from before {purge.before:%Y-%m-%d}."
            )
        )

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.instruments.services import InstrumentError, load_example


class Command(BaseCommand):
    """For an empty portal, and after an upgrade that ships a newer version of the example."""

    help = "Add the example instrument of this release as a draft, for a clinical lead to approve, if it is missing."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            version = load_example()
        except InstrumentError as refused:
            raise CommandError(" ".join(refused.messages)) from None
        self.stdout.write(f"Added {version} as a draft." if version else "Nothing was missing.")

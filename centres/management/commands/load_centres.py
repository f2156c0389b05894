from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from centres.services import load_reference


class Command(BaseCommand):
    """For an empty portal, and after an upgrade that ships a new service, partner or help number."""

    help = "Add the centres, partners, services and help numbers that are missing. Changes nothing that is there."

    def handle(self, *args: Any, **options: Any) -> None:
        added = load_reference()
        if not any(added.values()):
            self.stdout.write("Nothing was missing.")
            return
        self.stdout.write(
            f"Added: {added['centres']} centres, {added['organisations']} partners, "
            f"{added['services']} services, {added['help_lines']} help numbers."
        )

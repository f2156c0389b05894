from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import StaticFilesStorage, staticfiles_storage
from django.core.management.base import BaseCommand
from django.db import DatabaseError
from django.template.loader import render_to_string
from django.utils import translation

from centres.models import HelpLine


class Command(BaseCommand):
    """A page that needs nothing must be made while everything still works: at every start (design part 6)."""

    help = "Write 500.html with the help numbers of today; it is shown when nothing else can be."

    def handle(self, *args: Any, **options: Any) -> None:
        page = Path(settings.DATA_DIR) / "500.html"
        replace(page, f"{render().strip()}\n")
        self.stdout.write(f"Wrote {page.name}.")


def render() -> str:
    try:
        help_lines = list(HelpLine.objects.all())
    except DatabaseError:
        help_lines = []  # the template still tells the emergency number
    with translation.override(settings.LANGUAGE_CODE):
        try:
            return render_to_string("500_source.html", {"help_lines": help_lines})
        except ValueError:
            # The files of the pages are not collected, so they have no hashed names: plain ones do, the page is
            # readable without them anyway.
            storage: Any = staticfiles_storage  # a lazy object, which holds the real one
            hashed, storage._wrapped = storage._wrapped, StaticFilesStorage()
            try:
                return render_to_string("500_source.html", {"help_lines": help_lines})
            finally:
                storage._wrapped = hashed


def replace(page: Path, text: str) -> None:
    """Put the text in the page's place at once, so that nobody is shown half of it."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=page.parent, prefix=f".{page.name}.", delete=False
    ) as draft:
        draft.write(text)
    Path(draft.name).chmod(0o644)
    Path(draft.name).replace(page)

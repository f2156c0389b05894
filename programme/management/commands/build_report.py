"""`manage.py build_report 2026-10 centra`: make a report here and now, without a broker and a worker.

For whoever sets the portal up or restores it: the same steps as in the background, with the outcome on the terminal.
"""

from __future__ import annotations

import argparse
import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from centres.models import Centre
from programme.reports import services, tasks
from programme.reports.models import NAMES, Report
from programme.reports.services import Outcome


class Command(BaseCommand):
    help = "Make the report of a completed month."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("month", type=_month, help=_("the month, as 2026-10"))
        parser.add_argument("scope", type=str.lower, help=_("centra, program, or the name of a centre: wodna"))

    def handle(self, *args: Any, **options: Any) -> None:
        scope, centre = _subject(options["scope"])
        try:
            asked = services.request_report(options["month"], scope, centre=centre, by=None)
        except services.ReportError as error:
            raise CommandError(" ".join(error.messages)) from None
        report = asked.report
        if asked.outcome is not Outcome.UNCHANGED:
            tasks.build_report(str(report.uuid))
            report.refresh_from_db()
        if report.status != Report.Status.READY:
            raise CommandError(f"{report.number}: {report.error or report.get_status_display()}")
        self.stdout.write(f"{report.number} {report.file}")


def _subject(name: str) -> tuple[str, Centre | None]:
    for scope, known in NAMES.items():
        if name == known.lower():
            return scope, None
    try:
        return Report.Scope.CENTRE, Centre.objects.get(slug=name)
    except Centre.DoesNotExist:
        raise CommandError(_("There is no such scope: choose one from the list.")) from None


def _month(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        raise argparse.ArgumentTypeError(_("a month looks like 2026-10")) from None

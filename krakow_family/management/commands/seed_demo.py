"""Fill an empty portal with invented families, so that somebody can try it (design part 7)."""

from __future__ import annotations

import datetime as dt
import json
from argparse import ArgumentParser
from contextlib import suppress
from random import Random
from typing import Any
from uuid import UUID

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.demo import forget_demo_mode
from accounts.models import DemoMode, User
from cases.casefile.models import Case
from cases.instruments.models import InstrumentVersion
from cases.instruments.services import approve_version, load_example
from cases.intake.models import Referral
from cases.sessions.models import Session
from centres.models import Centre, RoleAssignment
from centres.services import load_reference
from krakow_family.demo.accounts import make_accounts
from krakow_family.demo.assessments import make_assessments
from krakow_family.demo.families import make_families
from krakow_family.demo.groups import make_groups
from krakow_family.demo.late import correct_some
from programme.plan.models import Programme
from programme.reports.models import Report
from programme.reports.services import ReportError, request_report, subjects
from programme.results.services import seed_demo_results

MOST_FAMILIES = 20_000


class Command(BaseCommand):
    help = "Fill an empty portal with invented, visibly made-up data. The same seed and day give the same data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--families", type=int, default=120, help="how many families (120)")
        parser.add_argument("--months", type=int, default=14, help="over how many months (14)")
        parser.add_argument("--seed", type=int, default=2026, help="another seed gives other data")
        parser.add_argument("--today", type=dt.date.fromisoformat, help="the last day of the data, YYYY-MM-DD (today)")
        parser.add_argument("--json", action="store_true", help="print accounts and uuids as JSON at the end")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["families"] <= MOST_FAMILIES or not 1 <= options["months"] <= 120:  # noqa: PLR2004
            raise CommandError(f"Give 1 to {MOST_FAMILIES} families and 1 to 120 months.")
        if User.objects.exists() or Referral.objects.exists():
            raise CommandError("This database already holds data. Demo data goes only into an empty one.")
        load_reference()
        load_example()
        if not Programme.objects.exists():
            call_command("load_programme", yes=True, stdout=self.stderr)
        with transaction.atomic():
            self._fill(options)
        forget_demo_mode()
        cases, sessions = Case.objects.count(), Session.objects.count()
        self.stderr.write(f"Demo data: {Referral.objects.count()} referrals, {cases} cases, {sessions} meetings.")
        if options["json"]:
            self.stdout.write(json.dumps(self._summary(), ensure_ascii=False))

    def _fill(self, options: dict[str, Any]) -> None:
        rng = Random(options["seed"])  # noqa: S311 - the same data again is the point
        today = options["today"] or timezone.localdate()
        DemoMode.objects.create()
        since = today.replace(year=today.year - options["months"] // 12 - 2, month=1, day=1)
        staff = make_accounts(lambda: UUID(int=rng.getrandbits(128), version=4), since)
        example = _approve_example(User.objects.get(email="clinical.lead@example.org"), since)
        make_families(rng, staff, families=options["families"], months=options["months"], today=today)
        correct_some(today)
        make_groups(options["seed"], staff, today=today)
        make_assessments(options["seed"], today=today, version=example)
        seed_demo_results(Programme.objects.get(), today, rng)
        last_month = (today.replace(day=1) - dt.timedelta(days=1)).replace(day=1)
        for scope, centre in subjects():
            with suppress(ReportError):  # a single month of data has no completed month yet
                request_report(last_month, scope, centre=centre, by=None)
        for report in Report.objects.order_by("id"):
            Report.objects.filter(pk=report.pk).update(uuid=UUID(int=rng.getrandbits(128), version=4))

    def _summary(self) -> dict[str, Any]:
        roles: dict[str, list[dict[str, str | None]]] = {}
        for held in RoleAssignment.objects.select_related("user", "centre").order_by("id"):
            place = held.centre.slug if held.centre else None
            roles.setdefault(held.user.email, []).append({"role": held.role, "centre": place})
        return {
            "base": "/",
            "users": [{"email": email, "roles": held} for email, held in roles.items()],
            "centres": {centre.slug: self._of(centre) for centre in Centre.objects.order_by("order")},
        }

    @staticmethod
    def _of(centre: Centre) -> dict[str, list[str]]:
        return {
            "cases": [str(uuid) for uuid in centre.cases.order_by("id").values_list("uuid", flat=True)],
            "sessions": [str(uuid) for uuid in centre.sessions.order_by("id").values_list("uuid", flat=True)],
            "reports": [str(uuid) for uuid in Report.objects.filter(centre=centre).values_list("uuid", flat=True)],
        }


def _approve_example(clinical_lead: User, since: dt.date) -> InstrumentVersion:
    """Nobody imported the example, so any clinical lead may approve it."""
    version = InstrumentVersion.objects.filter(instrument__is_example=True).latest("imported_at")
    return approve_version(version, valid_from=since, version=version.version, by=clinical_lead)

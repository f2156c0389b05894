"""What „Dziś” shows to roles without cases: the rooms below the desk cannot speak to it themselves."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from accounts.models import User
from audit.models import AuditEntry
from cases.desk.signals import Tile, today_asked
from centres.models import HelpLine
from foundation.formats import format_month
from programme.reports.models import Report
from programme.reports.months import last_completed
from programme.results.board import board_of, current_programme
from programme.results.pace import last_complete_month

CHECK_EVERY = dt.timedelta(days=90)  # help numbers are looked at anew (domain part 10)


@receiver(today_asked)
def for_the_data_protection_officer(sender: object, user: User, today: dt.date, **kwargs: Any) -> list[Tile]:
    """Refusals and failed sign-ins of the last day."""
    if not user.has_perm("audit.view_log"):
        return []
    lately = AuditEntry.objects.filter(at__gte=timezone.now() - dt.timedelta(days=1))
    denied = lately.filter(action="accounts.denied").count()
    failed = lately.filter(action="accounts.sign_in_failed").count()
    log = reverse("audit:log")
    return [
        Tile(
            denied,
            ngettext("refusal in the last day", "refusals in the last day", denied),
            log,
            "warn" if denied else "",
        ),
        Tile(failed, ngettext("failed sign-in in the last day", "failed sign-ins in the last day", failed), log),
    ]


@receiver(today_asked)
def for_the_administrator(sender: object, user: User, today: dt.date, **kwargs: Any) -> list[Tile]:
    """Help numbers that nobody has checked for three months."""
    if not user.has_perm("accounts.use_admin"):
        return []
    stale = HelpLine.objects.filter(verified_on__lt=today - CHECK_EVERY).count()
    active = User.objects.filter(is_active=True).count()
    return [
        Tile(active, ngettext("active account", "active accounts", active), reverse("admin:accounts_user_changelist")),
        Tile(
            stale,
            ngettext("help number to check", "help numbers to check", stale),
            reverse("admin:centres_helpline_changelist"),
            "warn" if stale else "",
        ),
    ]


@receiver(today_asked)
def for_who_follows_the_programme(sender: object, user: User, today: dt.date, **kwargs: Any) -> list[Tile]:
    """How the indicators stand at the end of the last month, and whether its reports are there."""
    if not user.has_perm("programme.view_programme") or user.has_perm("cases.view_caseload"):
        return []
    programme = current_programme()
    if programme is None:
        return []
    on = last_complete_month(today)
    board = board_of(programme, on.year, on, None, "")
    page = reverse("programme:programme")
    tiles = [
        Tile(
            tile.count, tile.label, f"{page}?ocena={tile.assessment.value}", tile.assessment.tone if tile.count else ""
        )
        for tile in board.tiles
    ]
    if user.has_perm("programme.view_reports"):
        month = last_completed(today)
        ready = Report.objects.readable_by(user).filter(month=month, status=Report.Status.READY).count()
        words = ngettext("report ready for %(month)s", "reports ready for %(month)s", ready)
        tiles.append(Tile(ready, words % {"month": format_month(month)}, reverse("programme:reports")))
    return tiles

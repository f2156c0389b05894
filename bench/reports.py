"""Counting a month, and making its report."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

from django.conf import settings
from django.db import connection
from django.utils import timezone

from centres.models import Centre
from programme.reports import counting as report_counting
from programme.reports.models import Report
from programme.reports.months import last_completed
from programme.reports.rendering import html_of
from programme.reports.services import request_report
from programme.reports.tasks import build_report
from programme.results import counting

RULE = "held_sessions"


def counted_by_the_portal(year: int, centre: Centre) -> dict[dt.date, int]:
    """What one centre did in each month of a year, as the Programme page counts it."""
    return counting.monthly(RULE, year, until=dt.date(year, 12, 31), centre=centre)


def counted_by_hand(year: int, centre: Centre) -> dict[dt.date, int]:
    """The same as the best SQL that we can write: one statement that reads the covering index and nothing else."""
    rule = counting.rule_on(RULE, dt.date(year, 12, 31))
    assert rule is not None  # noqa: S101 - it is shipped
    zone = timezone.get_default_timezone()
    firsts = [dt.datetime(year, month, 1, tzinfo=zone) for month in range(1, 13)]
    after = dt.datetime(year + 1, 1, 1, tzinfo=zone)
    months = " ".join("WHEN starts_at < %s THEN %s" for _ in firsts[1:])
    slugs = sorted(rule.services)
    statement = (
        f"SELECT CASE {months} ELSE 12 END AS month, count(*) FROM cases_session "  # noqa: S608 - only places
        f"WHERE centre_id = %s AND starts_at >= %s AND starts_at < %s AND status = 'held' "
        f"AND service_id IN (SELECT id FROM centres_service WHERE slug IN ({', '.join(['%s'] * len(slugs))})) "
        f"GROUP BY 1"
    )
    edges = [value for month, first in enumerate(firsts[1:], start=1) for value in (first, month)]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*edges, centre.pk, firsts[0], after, *slugs])
        found = dict(cursor.fetchall())
    return {dt.date(year, month, 1): found.get(month, 0) for month in range(1, 13)}


def count_for_report(centre: Centre) -> object:
    """All the numbers of a centre's monthly report."""
    return report_counting.count_month(last_completed(), [centre.pk], data_at=timezone.now())


def make_report(centre: Centre) -> Report:
    """Ask for a report and make it, as the web and the worker do: row, claim, numbers, HTML, PDF, file, entry."""
    Report.objects.of(last_completed(), Report.Scope.CENTRE, centre).delete()
    report = request_report(last_completed(), Report.Scope.CENTRE, centre=centre, by=None).report
    build_report(str(report.uuid))
    report.refresh_from_db()
    if report.status != Report.Status.READY:
        raise RuntimeError(f"The report failed: {report.error}")
    return report


def frozen_html(report: Report) -> str:
    return html_of(report)


def plain_weasyprint(html: str) -> bytes:
    """The same HTML through WeasyPrint in a process of its own."""
    command = [sys.executable, "-m", "bench.plain_weasyprint"]
    done = subprocess.run(  # noqa: S603 - ours
        command, input=html.encode(), capture_output=True, cwd=settings.BASE_DIR, check=True
    )
    return done.stdout

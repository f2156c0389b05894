"""How a series goes, in words: how far it has come, whether it drifts, when it must be reviewed (P2)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from cases.casefile.models import Case
from cases.sessions.recurrence import due_by
from cases.sessions.series_models import SessionSeries
from foundation.formats import count_of, format_date

AHEAD = dt.timedelta(days=14)
DRIFTS_FROM = 2
"""So many rhythms without a meeting, or so many meetings that fell out and were not made up for: somebody is told."""


@dataclass(frozen=True)
class Progress:
    """A series as its pages and „Dziś” show it."""

    series: SessionSeries
    held: int
    to_come: int
    unresolved: int
    cancelled: int
    missed: int
    due: int
    """How many meetings the rhythm wanted by now."""
    lacking: int
    """How many of the series' meetings are neither held, nor to come, nor still to be settled."""
    without_for: int
    """How many rhythms have passed since the last meeting that took place, or may have."""
    since: dt.date
    """The day of that meeting; before the first one, the day on which the series was to begin."""
    first_on: dt.date | None
    """The day of the first meeting that was not called off; where the rhythm began is the series' own `first_on`."""
    last_on: dt.date | None
    today: dt.date

    @property
    def behind(self) -> int:
        """Fewer held than the rhythm says; those still to be settled may have been held."""
        return max(0, self.due - self.held - self.unresolved)

    @property
    def drifts(self) -> bool:
        return self.without_for >= DRIFTS_FROM or self.lacking >= DRIFTS_FROM

    @property
    def ends_soon(self) -> bool:
        """The half-year, or the last planned meeting, is at most two weeks away: extend, or close."""
        soon = self.today + AHEAD
        return self.series.review_on <= soon or self.last_on is None or self.last_on <= soon

    @property
    def needs_attention(self) -> bool:
        return self.series.ended_on is None and (self.drifts or self.ends_soon)

    @property
    def drift_words(self) -> str:
        """Do 22.11.2026 rytm przewidywał 8 spotkań, odbyło się 6."""
        if not self.behind:
            return ""
        return _("By %(day)s the rhythm called for %(due)s; held: %(held)d.") % {
            "day": format_date(self.today),
            "due": _meetings(self.due),
            "held": self.held,
        }

    @property
    def reasons(self) -> list[str]:
        """Why the coordinator should look at the series today, in sentences."""
        said = []
        if self.without_for >= DRIFTS_FROM:
            said.append(_("No meeting has been held since %(day)s.") % {"day": format_date(self.since)})
        if self.lacking >= DRIFTS_FROM:
            said.append(_("Not made up for: %(number)s.") % {"number": _meetings(self.lacking)})
        if self.ends_soon:
            said.append(self._end_words())
        return said

    def _end_words(self) -> str:
        if self.to_come == 0:
            return _("No meeting is planned any more.")
        if self.last_on is not None and self.last_on <= self.today + AHEAD:
            return _("The last meeting is on %(day)s.") % {"day": format_date(self.last_on)}
        return _("The half-year ends on %(day)s.") % {"day": format_date(self.series.review_on)}


def progress_of(series: SessionSeries, now: dt.datetime | None = None) -> Progress:
    """Needs a series `with_progress`."""
    now = now or timezone.now()
    today = timezone.localdate(now)
    counted: dict[str, Any] = vars(series)
    held, to_come, unresolved = counted["held_count"], counted["to_come_count"], counted["unresolved_count"]
    latest = max((one for one in (counted["last_held_at"], counted["last_unresolved_at"]) if one), default=None)
    rhythm = 7 * series.weeks_between
    since = timezone.localdate(latest) if latest else series.first_on
    rhythms = (today - since).days // rhythm - (1 if latest else 0)  # the first meeting itself may be missing
    return Progress(
        series=series,
        held=held,
        to_come=to_come,
        unresolved=unresolved,
        cancelled=counted["cancelled_count"],
        missed=counted["missed_count"],
        due=due_by(series.first_on, series.weeks_between, series.count, today),
        lacking=max(0, series.count - held - to_come - unresolved),
        without_for=max(0, rhythms) if to_come else 0,
        since=since,
        first_on=timezone.localdate(counted["first_at"]) if counted["first_at"] else None,
        last_on=timezone.localdate(counted["last_at"]) if counted["last_at"] else None,
        today=today,
    )


def progress_of_case(case: Case, now: dt.datetime | None = None) -> list[Progress]:
    """All series of a case, the latest first; one query."""
    all_of_them = case.series.whole().with_progress(now).order_by("-first_on", "-id")
    return [progress_of(series, now) for series in all_of_them]


def series_to_review(user: User, now: dt.datetime | None = None) -> list[Progress]:
    """Series of this coordinator's cases that drift or come to their end, the nearest end first; one query."""
    now = now or timezone.now()
    running = SessionSeries.objects.coordinated_by(user).open().whole().with_progress(now)
    all_of_them = [progress_of(series, now) for series in running.order_by("review_on", "id")]
    return [one for one in all_of_them if one.needs_attention]


def _meetings(number: int) -> str:
    return count_of(number, "spotkanie", "spotkania", "spotkań")

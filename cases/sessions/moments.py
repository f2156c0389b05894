"""When a meeting takes place: a day and an hour on the clock of Kraków, and the half-open times that they make."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.formats import format_date, format_time

QUARTER = 15  # minutes


def overlap(a_from: dt.datetime, a_to: dt.datetime, b_from: dt.datetime, b_to: dt.datetime) -> bool:
    """Whether two meetings share a moment. One may begin in the minute in which the other ends."""
    return a_from < b_to and b_from < a_to


def local_moment(day: dt.date, time: dt.time) -> dt.datetime:
    """The moment at which the clocks of Kraków show this time on this day.

    Raises ValidationError for the hour that a spring night leaves out and for the one that an autumn night has twice.
    """
    naive = dt.datetime.combine(day, time)
    zone = timezone.get_default_timezone()
    earlier, later = naive.replace(tzinfo=zone), naive.replace(tzinfo=zone, fold=1)
    if earlier.utcoffset() == later.utcoffset():
        return earlier
    words = {"time": format_time(time), "date": format_date(day)}
    if earlier.astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None) != naive:
        raise ValidationError(
            _("There is no %(time)s on %(date)s: the clocks go forward that night."),
            code="no_such_time",
            params=words,
        )
    raise ValidationError(
        _("%(time)s comes twice on %(date)s: the clocks go back that night. Choose another hour."),
        code="ambiguous_time",
        params=words,
    )


def on_the_clock(moment: dt.datetime) -> tuple[dt.date, dt.time]:
    """The day and the hour that the clocks of Kraków show then."""
    local = timezone.localtime(moment)
    return local.date(), local.time()


def midnight(day: dt.date) -> dt.datetime:
    """The moment at which a day begins in Kraków."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


def after(start: dt.datetime, minutes: int) -> dt.datetime:
    """So many minutes later, counted as they pass and not as the clock shows them."""
    return start.astimezone(dt.UTC) + dt.timedelta(minutes=minutes)


def just_over(minutes: int, now: dt.datetime | None = None) -> dt.datetime:
    """When a meeting of this length began that ends at the quarter of an hour that has just passed."""
    end = (now or timezone.now()).replace(second=0, microsecond=0)
    end -= dt.timedelta(minutes=end.minute % QUARTER)
    return timezone.localtime(end - dt.timedelta(minutes=minutes))


def in_words(start: dt.datetime, end: dt.datetime) -> str:
    """16:00–17:00"""
    return f"{format_time(start)}–{format_time(end)}"

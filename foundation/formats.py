"""How dates, numbers, money and counted things are written in Polish (A2, A3).

The words are Polish here and not in the translation catalogue: these functions are about the Polish language itself
(cases, plurals, order), and lists call them thousands of times a page. Digits are grouped with no-break spaces;
between words stands an ordinary space, so that text wraps and can be searched.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from dateutil.relativedelta import relativedelta
from django.utils import timezone

NBSP = "\u00a0"
MINUS = "\u2212"

NO_DEADLINE = dt.date(9999, 12, 31)
"""What a deadline column holds when there is nothing to wait for (it may not be empty: lists are ordered by it)."""

WEEKDAYS = ("poniedziałek", "wtorek", "środa", "czwartek", "piątek", "sobota", "niedziela")
MONTHS = (
    "styczeń", "luty", "marzec", "kwiecień", "maj", "czerwiec",
    "lipiec", "sierpień", "wrzesień", "październik", "listopad", "grudzień",
)  # fmt: skip
MONTHS_GENITIVE = (
    "stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca",
    "lipca", "sierpnia", "września", "października", "listopada", "grudnia",
)  # fmt: skip

CENT = Decimal("0.01")
FEW_FROM, FEW_TO, TEENS_FROM, TEENS_TO = 2, 4, 12, 14


def _local(d: dt.date) -> dt.date:
    """A moment is written as the day and hour that it is in Kraków."""
    if isinstance(d, dt.datetime) and d.tzinfo is not None:
        return timezone.localtime(d)
    return d


def format_date(d: dt.date) -> str:
    """22.11.2026; the day without a leading zero, as Polish clerks write it."""
    if isinstance(d, dt.datetime):
        d = _local(d)
    return f"{d.day}.{d.month:02d}.{d.year}"


def format_date_long(d: dt.date) -> str:
    """niedziela, 22 listopada 2026"""
    d = _local(d)
    return f"{WEEKDAYS[d.weekday()]}, {d.day} {MONTHS_GENITIVE[d.month - 1]} {d.year}"


def format_month(d: dt.date) -> str:
    """październik 2026"""
    d = _local(d)
    return f"{MONTHS[d.month - 1]} {d.year}"


def format_time(t: dt.time | dt.datetime) -> str:
    """9:30 on the 24-hour clock."""
    if isinstance(t, dt.datetime) and t.tzinfo is not None:
        t = timezone.localtime(t)
    return f"{t.hour}:{t.minute:02d}"


def format_number(n: int | float | Decimal, decimals: int | None = None) -> str:
    """8 412 or 1 234,5: thousands parted by a no-break space, a decimal comma.

    Without ``decimals`` the number keeps the places it has (12.50 stays 12,50); with it, it is rounded half up,
    the way people round.
    """
    if type(n) is int and decimals is None:
        text = f"{n:,}" if n >= 0 else f"{MINUS}{-n:,}"
        return text.replace(",", NBSP)
    value = n if isinstance(n, Decimal) else Decimal(str(n))
    if decimals is not None:
        value = value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    text = f"{abs(value):,f}".replace(",", NBSP).replace(".", ",")
    return f"{MINUS}{text}" if value < 0 else text


def format_money(amount: Decimal | int) -> str:
    """1 234,50 zł; always two places, held together by no-break spaces."""
    return f"{format_number(Decimal(amount), decimals=2)}{NBSP}zł"


def plural(n: int, one: str, few: str, many: str) -> str:
    """The word that goes with the number: 1 rodzina, 2–4 rodziny, 5 rodzin, 21 rodzin, 22 rodziny (A3)."""
    n = abs(n)
    if n == 1:
        return one
    if FEW_FROM <= n % 10 <= FEW_TO and not TEENS_FROM <= n % 100 <= TEENS_TO:
        return few
    return many


def count_of(n: int, one: str, few: str, many: str) -> str:
    """The number with its word: 5 rodzin."""
    return f"{format_number(n)} {plural(n, one, few, many)}"


def _days(n: int) -> str:
    return f"{n} dzień" if n == 1 else f"{format_number(n)} dni"


@lru_cache(maxsize=1024)
def _days_left(n: int) -> str:
    if n < 0:
        return f"po terminie {_days(-n)}"
    if n == 0:
        return "dziś"
    return f"{plural(n, 'został', 'zostały', 'zostało')} {_days(n)}"


def days_left(due: dt.date, today: dt.date) -> str:
    """What a date means for me now: „po terminie 3 dni”, „dziś”, „został 1 dzień”, „zostało 5 dni”."""
    if due == NO_DEADLINE:
        return "bez terminu"
    return _days_left((due - today).days)


def duration_months_days(start: dt.date, end: dt.date) -> str:
    """4 mies. 12 dni: whole calendar months, then the days left over. An end before the start is no time at all."""
    if end <= start:
        return _days(0)
    gap = relativedelta(end, start)
    months = gap.years * 12 + gap.months
    if not months:
        return _days(gap.days)
    return f"{months} mies. {_days(gap.days)}" if gap.days else f"{months} mies."


def join_and(items: Iterable[object]) -> str:
    """a, b i c"""
    words = [str(item) for item in items]
    if len(words) < 2:  # noqa: PLR2004 - two is what "and" needs
        return "".join(words)
    return f"{', '.join(words[:-1])} i {words[-1]}"

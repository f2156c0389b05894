"""Small numbers in what is published: one family must not be recognised by a count (D7).

Published is everything an analyst, a unit or the public gets, and every file. The same function answers for page, PDF,
CSV and XLSX, so they cannot differ.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings

from foundation.formats import format_number

HIDDEN = "—"


def is_small(count: int) -> bool:
    """1–4: few enough to point at somebody. Nobody (0) is not few."""
    return 0 < count < settings.SUPPRESS_BELOW


def published(count: int, families: int | None = None) -> str:
    """The text of a count: „<5” when 1–4 distinct families stand behind it, else the number itself.

    ``families`` says how many families stand behind, when ``count`` counts something else (sessions, people).
    """
    if count and is_small(count if families is None else families):
        return f"<{settings.SUPPRESS_BELOW}"
    return format_number(count)


def published_percentage(numerator: int, denominator: int) -> str:
    """The text of a share, „93%”; „—” where it is of too few, or where it would give a small number away.

    93 % of 30 is 28, so the two who are missing would be known: a small complement hides the share as well.
    """
    if denominator < settings.PERCENT_DENOMINATOR_MIN or is_small(numerator) or is_small(denominator - numerator):
        return HIDDEN
    share = (Decimal(100 * numerator) / denominator).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return f"{format_number(int(share))}%"

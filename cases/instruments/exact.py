"""Numbers that come out the same on every machine: `Decimal` in a context of our own, no float anywhere (N8)."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, DecimalException, DivisionByZero, InvalidOperation, Overflow

EXACT = Context(
    prec=80,
    rounding=ROUND_HALF_EVEN,
    Emin=-999,
    Emax=999,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
"""Sums and products of an instrument's numbers are exact in it; only a division rounds, far behind what is kept."""

STEP = Decimal("0.000001")
"""Scores are kept to it, as `AreaLevel.score` stores them."""


def kept(value: Decimal) -> Decimal:
    """A score as it is stored: to six decimals, a half to the even digit, without zeros at the end."""
    return plain(EXACT.quantize(value, STEP))


def plain(value: Decimal) -> Decimal:
    """The same number without zeros at the end and without an exponent; -0 is 0."""
    return Decimal(text_of(value))


def text_of(value: Decimal) -> str:
    """Canonical text: equal numbers have the same one."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def number(text: str) -> Decimal:
    """A finite number from canonical text. Raises ValueError."""
    try:
        value = Decimal(text)
    except DecimalException:
        raise ValueError(f"{text!r} is not a number.") from None
    if not value.is_finite():
        raise ValueError(f"{text!r} is not a number to compute with.")
    return value

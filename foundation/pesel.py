"""PESEL, the number of a person in Poland: checked when typed, masked when shown (A4, D4)."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from stdnum import exceptions
from stdnum.pl import pesel as stdnum_pesel

LENGTH = 11
MASK = "•" * LENGTH


def validate_pesel(value: str) -> str:
    """The bare eleven digits, or a ValidationError whose code says what is wrong: digits, checksum or date.

    The mistyped number never stands in the message: messages reach logs and screenshots.
    """
    try:
        return str(stdnum_pesel.validate(value))
    except exceptions.InvalidChecksum:
        raise ValidationError(
            _("This PESEL has a mistake: its check digit does not fit. Compare it with the document."), code="checksum"
        ) from None
    except exceptions.InvalidComponent:
        raise ValidationError(
            _("This PESEL has a mistake: it holds a date that does not exist."), code="date"
        ) from None
    except exceptions.ValidationError:
        raise ValidationError(_("PESEL has 11 digits."), code="digits") from None


def birth_date_of(pesel: str) -> dt.date:
    """The date of birth; the century is coded in the month."""
    return stdnum_pesel.get_birth_date(pesel)


def sex_of(pesel: str) -> Literal["f", "m"]:
    """The sex it was issued for: the last digit but one is even for women."""
    return "f" if stdnum_pesel.get_gender(pesel) == "F" else "m"


def mask_pesel(pesel: str | None) -> str:
    """Dots in place of every digit; nothing where there is no PESEL."""
    return MASK if pesel else ""

"""Phone numbers: stored as E.164, shown as people in Poland read them (A2)."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

POLAND = "+48"
# Emergency and help numbers, dialled as they are: 112, 997, 116 111, 19 115. They have no international form.
SHORT = re.compile(r"1\d{2}|9\d{2}|116\d{3}|19\d{3}", re.ASCII)
NATIONAL = re.compile(r"[1-9]\d{8}", re.ASCII)
INTERNATIONAL = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
PUNCTUATION = re.compile(r"[\s().\-/\u2010-\u2015]+")
MOBILE = ("45", "50", "51", "53", "57", "60", "66", "69", "72", "73", "78", "79", "88")
INFOLINE = ("800", "801")


def normalise_phone(value: str) -> str:
    """``12 421-92-82`` → ``+48124219282``; short numbers stay as they are. Raises ValidationError, code "phone"."""
    number = PUNCTUATION.sub("", value)
    if number.startswith("00"):
        number = f"+{number[2:]}"
    if SHORT.fullmatch(number):
        return number
    if NATIONAL.fullmatch(number):
        return f"{POLAND}{number}"
    if number.startswith(POLAND):
        if NATIONAL.fullmatch(number.removeprefix(POLAND)):
            return number
        raise ValidationError(_("A Polish phone number has 9 digits after +48."), code="phone")
    if INTERNATIONAL.fullmatch(number):
        return number
    raise ValidationError(
        _("This is not a phone number. Give 9 digits, for example 12 421 92 82, or start with + and the country."),
        code="phone",
    )


def validate_phone(value: str) -> None:
    """For a model field that holds E.164."""
    if normalise_phone(value) != value:
        raise ValidationError(_("Write the phone number as +48 and 9 digits, without spaces."), code="phone")


def format_phone(number: str) -> str:
    """``+48124219282`` → „12 421 92 82”, a mobile „512 345 678”, „800 12 00 02”, „116 111”."""
    if number.startswith(POLAND):
        n = number.removeprefix(POLAND)
        if n.startswith(INFOLINE):
            return f"{n[:3]} {n[3:5]} {n[5:7]} {n[7:]}"
        if n.startswith(MOBILE):
            return f"{n[:3]} {n[3:6]} {n[6:]}"
        return f"{n[:2]} {n[2:5]} {n[5:7]} {n[7:]}"
    if number.startswith("116"):
        return f"{number[:3]} {number[3:]}".strip()
    if number.startswith("19") and len(number) == len("19115"):
        return f"{number[:2]} {number[2:]}"
    return number

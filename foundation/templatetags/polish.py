"""The Polish formats in templates: {% load polish %}. What is not there shows as nothing, never as „None”."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone

from foundation import formats, phones

register = template.Library()


@register.filter
def pl_date(value: dt.date | None) -> str:
    """22.11.2026"""
    return formats.format_date(value) if value else ""


@register.filter
def pl_date_long(value: dt.date | None) -> str:
    """niedziela, 22 listopada 2026"""
    return formats.format_date_long(value) if value else ""


@register.filter
def pl_month(value: dt.date | None) -> str:
    """październik 2026"""
    return formats.format_month(value) if value else ""


@register.filter
def pl_time(value: dt.time | dt.datetime | None) -> str:
    """9:30"""
    return "" if value is None or value == "" else formats.format_time(value)


@register.filter
def pl_number(value: int | float | Decimal | None, decimals: int | None = None) -> str:
    """8 412; {{ hours|pl_number:1 }} rounds to one place."""
    return "" if value is None or value == "" else formats.format_number(value, decimals)


@register.filter
def pl_money(value: Decimal | int | None) -> str:
    """1 234,50 zł"""
    return "" if value is None or value == "" else formats.format_money(value)


@register.filter
def pl_phone(value: str | None) -> str:
    """12 421 92 82"""
    return phones.format_phone(value) if value else ""


@register.filter
def days_left(due: dt.date | None, today: dt.date | None = None) -> str:
    """{{ case.next_deadline_on|days_left }}, or |days_left:today in a long list."""
    return formats.days_left(due, today or timezone.localdate()) if due else ""


@register.filter
def duration(start: dt.date, end: dt.date) -> str:
    """{{ case.received_on|duration:today }} → 4 mies. 12 dni"""
    return formats.duration_months_days(start, end)


@register.simple_tag
def count_of(n: Any, one: str, few: str, many: str) -> str:
    """{% count_of families "rodzina" "rodziny" "rodzin" %} → 5 rodzin"""
    return formats.count_of(int(n or 0), one, few, many)

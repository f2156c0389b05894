"""The list of cases: {% load case_table %}."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.safestring import SafeString

from cases.desk.caseload import Row
from cases.desk.table import rows_as_html

register = template.Library()


@register.simple_tag
def case_rows(rows: Iterable[Row]) -> SafeString:
    """{% case_rows rows %}: the rows of the table."""
    return rows_as_html(rows)

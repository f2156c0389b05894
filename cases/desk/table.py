"""A row of the list of cases as HTML.

Fifty rows through the template language take longer than all the rest of the page together; written out here, they
take a quarter of it (docs/benchmarks.md). Everything is escaped by `format_html`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases.assessments.levels import Mark
from cases.casefile.deadlines import Nearness
from cases.desk.caseload import Row
from foundation.formats import format_date

NOTHING = mark_safe("—")


def rows_as_html(rows: Iterable[Row]) -> SafeString:
    """The body of the table; on a narrow screen a column's name stands before each cell."""
    family, stage, deadline, risk = _("Family"), _("Stage"), _("Deadline"), _("Risk (NORR)")
    coordinator, meeting = _("Coordinator"), _("Next meeting")
    hidden = format_html('<span class="sub">{}</span>', _("name hidden"))
    unread = format_html('<span class="sub">{}</span>', pgettext("risk", "hidden"))
    nobody = format_html(
        '<span class="tag warn"><i class="bi bi-person-exclamation" aria-hidden="true"></i>{}</span>', _("nobody yet")
    )
    return format_html_join(
        "",
        '<tr><th scope="row">{}</th><td data-label="{}">{}</td><td data-label="{}"><span class="tag">{}</span></td>'
        '<td data-label="{}">{}</td><td data-label="{}">{}</td><td data-label="{}">{}</td><td data-label="{}">{}</td>'
        "</tr>\n",
        (
            (
                format_html('<a href="{}">{}</a>', row.url, row.case.number) if row.url else row.case.number,
                family,
                format_html('{}<div class="sub">{}</div>', row.family, row.heads) if row.url else hidden,
                stage,
                row.stage,
                deadline,
                deadline_as_html(row.nearness),
                risk,
                risk_as_html(row.risk) if row.url else unread,
                coordinator,
                row.coordinator or nobody,
                meeting,
                _meetings(row),
            )
            for row in rows
        ),
    )


def deadline_as_html(nearness: Nearness | None) -> SafeString:
    """How near a deadline is, as `cases/_deadline.html` shows it."""
    if nearness is None:
        return NOTHING
    return format_html(
        '<span class="tag {}" title="{}"><i class="bi bi-{}" aria-hidden="true"></i>{}</span>',
        nearness.state,
        format_date(nearness.due_on),
        nearness.icon,
        nearness.words,
    )


@lru_cache(maxsize=256)
def risk_as_html(mark: Mark | None) -> SafeString:
    """The worst level of the latest assessment, as `cases/assessments/_level.html` shows it; „—” without one."""
    if mark is None:
        return NOTHING
    level = format_html(
        '<span class="tag {}"><i class="bi bi-{}" aria-hidden="true"></i>{}</span>', mark.state, mark.icon, mark.label
    )
    return format_html('{}<div class="sub">{}</div>', level, _("example")) if mark.is_example else level


def _meetings(row: Row) -> SafeString:
    coming = format_html('<time datetime="{}">{}</time>', row.next_at, row.next_words) if row.next_at else NOTHING
    return format_html('{}<div class="sub">{}</div>', coming, row.other_meetings) if row.other_meetings else coming

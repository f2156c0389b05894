"""A row of the list of cases as HTML.

Fifty rows through the template language take longer than all the rest of the page together; written out here, they
take a tenth of it (docs/benchmarks.md). Whatever somebody has typed is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from html import escape

from django.utils.html import format_html
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
    family = f'<td class="typed" data-label="{escape(_("Family"))}">'
    stage, deadline, risk, coordinator, meeting = (
        f'<td data-label="{escape(label)}">'
        for label in (_("Stage"), _("Deadline"), _("Risk (NORR)"), _("Coordinator"), _("Next meeting"))
    )
    hidden = f'<span class="sub">{escape(_("name hidden"))}</span>'
    unread = f'<span class="sub">{escape(pgettext("risk", "hidden"))}</span>'
    nobody = format_html(
        '<span class="tag warn"><i class="bi bi-person-exclamation" aria-hidden="true"></i>{}</span>', _("nobody yet")
    )
    drawn = (
        f'<tr><th scope="row">{_number(row)}</th>'
        f"{family}{_family(row) if row.url else hidden}</td>"
        f'{stage}<span class="tag">{escape(row.stage)}</span></td>'
        f"{deadline}{deadline_as_html(row.nearness)}</td>"
        f"{risk}{risk_as_html(row.risk) if row.url else unread}</td>"
        f"{coordinator}{escape(row.coordinator) if row.coordinator else nobody}</td>"
        f"{meeting}{_meetings(row)}</td></tr>\n"
        for row in rows
    )
    return mark_safe("".join(drawn))  # noqa: S308 - whatever somebody has typed is escaped


def _number(row: Row) -> str:
    return f'<a href="{row.url}">{escape(row.case.number)}</a>' if row.url else escape(row.case.number)


def _family(row: Row) -> str:
    return f'{escape(row.family)}<div class="sub">{escape(row.heads)}</div>'


@lru_cache(maxsize=1024)
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


def _meetings(row: Row) -> str:
    coming = f'<time datetime="{row.next_at}">{row.next_words}</time>' if row.next_at else NOTHING
    return f'{coming}<div class="sub">{escape(row.other_meetings)}</div>' if row.other_meetings else coming

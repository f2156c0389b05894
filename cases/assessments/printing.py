"""The one-page file of a finalised assessment, for the family's file.

It carries the case's number and nobody's name but those who sign: each of the family may ask to see the file, and
partners do not see each other's answers (N7), so of critical answers it says how many there are.
"""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import User
from cases.assessments.alerts import couple_work_stopped
from cases.assessments.models import Assessment
from cases.assessments.rendering import result_in_words
from centres.duties import duties_of
from foundation.formats import format_date, format_time
from foundation.pdf import render_pdf

TIMEOUT_S = 30
SHORT_HASH = 12


def render(assessment: Assessment, user: User) -> bytes:
    """The PDF, made in a process of its own. Raises PdfError."""
    return render_pdf(html_of(assessment, user), timeout_s=TIMEOUT_S)


def html_of(assessment: Assessment, user: User) -> str:
    with translation.override("pl"):
        return render_to_string("cases/assessments/pdf/assessment.html", printed(assessment, user))


def printed(assessment: Assessment, user: User) -> dict[str, Any]:
    """What the template of the file needs."""
    words = result_in_words(assessment, whole=True)
    now = timezone.now()
    stamp = _("%(case)s · printed by %(name)s on %(date)s, %(time)s · hash of the answers %(hash)s") % {
        "case": assessment.case.number,
        "name": duties_of(user).name,
        "date": format_date(now),
        "time": format_time(now),
        "hash": words.stored.inputs_sha256[:SHORT_HASH],
    }
    return {
        "assessment": assessment,
        "case": assessment.case,
        "definition": assessment.instrument_version.definition,
        "words": words,
        "couple_work_stopped": couple_work_stopped(assessment.case.family_id),
        "overrides": list(assessment.overrides.filter(granted=True).select_related("signed_by", "decided_by")),
        "addenda": list(assessment.addenda.select_related("author")),
        "stamp": stamp,
    }


def file_name(assessment: Assessment) -> str:
    """Of letters that every system takes: the case's number, and the day on which it was finalised."""
    day = f"{timezone.localtime(assessment.finalised_at):%Y-%m-%d}"
    return f"ocena-{assessment.case.number.replace('/', '-')}-{day}.pdf"

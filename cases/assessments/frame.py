"""What assessments add to the frame of a case: its tab, its next step, and that couple work is stopped (N7).

The file of a case may not know of assessments; the pages of its tabs take their frame from here.
"""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from cases.assessments.standing import Standing, standing_of
from cases.casefile.frame import Action, case_frame
from cases.casefile.models import Case, Stage
from centres.duties import duties_of
from centres.models import Centre, Role


def assessment_frame(case: Case, user: User) -> dict[str, Any]:
    """`case_frame` with the assessments' part: one more query."""
    frame = case_frame(case, user)
    standing = standing_of(case)
    draft = standing.draft
    assesses = case.centre.diagnosis == Centre.Diagnosis.NORR
    conducts = draft is not None and _conducts(draft.assessor_id, case, frame, user)
    frame |= {
        "assesses": assesses,
        "latest": standing.latest,
        "couple_work_stopped": standing.couple_work_stopped,
        "may_start_assessment": assesses and frame["may_manage"] and draft is None,
        "draft_url": reverse("cases:assessment", args=[draft.uuid]) if draft and conducts else "",
    }
    if case.stage == Stage.DIAGNOSIS:
        frame["next_steps"] = [*_first_step(case, frame, standing), *frame["next_steps"]]
    return frame


def _first_step(case: Case, frame: dict[str, Any], standing: Standing) -> list[Action]:
    """Before the diagnosis is written down, the assessment is made; one on paper may still be written down alone."""
    if frame["draft_url"]:
        return [Action(_("Continue the assessment"), frame["draft_url"])]
    if frame["may_start_assessment"] and not standing.has_start:
        return [Action(_("Start the NORR assessment"), reverse("cases:start_assessment", args=[case.uuid]))]
    return []


def _conducts(assessor_id: int, case: Case, frame: dict[str, Any], user: User) -> bool:
    """`Assessment.objects.conducted_by` for the draft of a case whose frame is at hand: no query.

    Its assessor is let in as far as the case may be read at all, so somebody who has left the team is not here.
    """
    duties = duties_of(user)
    coordinator = frame["coordinator"]
    coordinates = coordinator is not None and coordinator.pk == duties.staff_id
    return assessor_id == duties.staff_id or (coordinates and case.centre_id in duties.centres(Role.COORDINATOR))

from collections.abc import Set
from typing import ClassVar

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

_EVERYBODY_WITH_CASES = {"cases.view_today", "cases.view_caseload", "cases.view_calendar"}
_AT_A_CENTRE = _EVERYBODY_WITH_CASES | {"cases.plan_meetings"}


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = _("Cases")
    # what a role may open; which records it finds there is the verb's business
    role_permissions: ClassVar[dict[str, Set[str]]] = {
        "coordinator": _AT_A_CENTRE | {"cases.view_referrals", "cases.add_referral", "cases.view_waitlist"},
        "lead": _AT_A_CENTRE
        | {"cases.view_referrals", "cases.add_referral", "cases.view_waitlist", "cases.assign_coordinator"}
        | {"cases.view_assessment_summary"},
        "therapist": _AT_A_CENTRE,
        "clinical_lead": _EVERYBODY_WITH_CASES
        | {"cases.view_waitlist", "cases.manage_instruments", "cases.countersign_override"}
        | {"cases.supervise_notes"}
        | {"cases.view_assessment_summary"},
        # „Dziś” is everybody's first page; what stands on it depends on the role
        "analyst": {"cases.view_today", "cases.view_assessment_summary"},
        **dict.fromkeys(("project_officer", "unit", "dpo", "admin"), frozenset({"cases.view_today"})),
    }

    def ready(self) -> None:
        from cases.sessions import leaving  # noqa: F401 - connects to what cases and families tell

from collections.abc import Set
from typing import ClassVar

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

_EVERYBODY_WITH_CASES = {"cases.view_today", "cases.view_caseload", "cases.view_calendar"}
_AT_A_CENTRE = _EVERYBODY_WITH_CASES | {"cases.plan_meetings", "cases.view_numbers"}
_GROUPS = {"cases.view_groups"}
_PLANS_GROUPS = _GROUPS | {"cases.plan_groups"}
_REFERRALS = {"cases.view_referrals", "cases.add_referral", "cases.view_waitlist"}


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = _("Cases")
    # what a role may open; which records it finds there is the verb's business
    role_permissions: ClassVar[dict[str, Set[str]]] = {
        "coordinator": _AT_A_CENTRE | _PLANS_GROUPS | _REFERRALS,
        "lead": _AT_A_CENTRE
        | _PLANS_GROUPS
        | _REFERRALS
        | {"cases.assign_coordinator", "cases.view_assessment_summary"},
        "therapist": _AT_A_CENTRE | _GROUPS,
        "clinical_lead": _EVERYBODY_WITH_CASES
        | _GROUPS
        | {"cases.view_waitlist", "cases.manage_instruments", "cases.countersign_override"}
        | {"cases.supervise_notes"}
        | {"cases.view_assessment_summary", "cases.view_numbers"},
        # „Dziś” is everybody's first page; what stands on it depends on the role
        "analyst": {"cases.view_today", "cases.view_assessment_summary", "cases.view_numbers"},
        **dict.fromkeys(("project_officer", "unit", "dpo", "admin"), frozenset({"cases.view_today"})),
    }

    def ready(self) -> None:
        from cases.groups import leaving  # noqa: F401 - connects to what cases and families tell
        from cases.reminders import (
            checks,  # noqa: F401 - registers the system check
            outdated,  # noqa: F401 - answers when meetings are moved or called off
        )

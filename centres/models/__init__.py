"""Gathers the models of centres: places, and who works there."""

from centres.models.absences import LONGEST_ABSENCE, Absence, AbsenceQuerySet
from centres.models.dated import Dated, ends_after_start
from centres.models.places import (
    HELP_LINE_TRUSTED_FOR,
    Address,
    Centre,
    HelpLine,
    OpeningHours,
    Organisation,
    OrganisationSpelling,
    Room,
    Service,
)
from centres.models.staff import AT_A_CENTRE, WITH_CASES, Role, RoleAssignment, StaffMember, StaffMemberQuerySet
from centres.models.weekly_hours import MOST_WEEKLY_HOURS, WeeklyHours, WeeklyHoursQuerySet

__all__ = [
    "AT_A_CENTRE",
    "HELP_LINE_TRUSTED_FOR",
    "LONGEST_ABSENCE",
    "MOST_WEEKLY_HOURS",
    "WITH_CASES",
    "Absence",
    "AbsenceQuerySet",
    "Address",
    "Centre",
    "Dated",
    "HelpLine",
    "OpeningHours",
    "Organisation",
    "OrganisationSpelling",
    "Role",
    "RoleAssignment",
    "Room",
    "Service",
    "StaffMember",
    "StaffMemberQuerySet",
    "WeeklyHours",
    "WeeklyHoursQuerySet",
    "ends_after_start",
]

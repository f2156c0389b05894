"""Gathers the models of all subjects, because a Django app has one `models` module."""

from programme.plan.models import Indicator, Programme, ProgrammeTask, Target, TargetRevision, TaskUnit
from programme.reports.models import Report
from programme.results.models import CountingRule, Result

__all__ = [
    "CountingRule",
    "Indicator",
    "Programme",
    "ProgrammeTask",
    "Report",
    "Result",
    "Target",
    "TargetRevision",
    "TaskUnit",
]

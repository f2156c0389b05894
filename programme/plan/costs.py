"""What a task costs, and what one unit of its result does (R7)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch

from programme.plan.models import Indicator, Programme, ProgrammeTask, Target


@dataclass(frozen=True)
class BudgetedTask:
    """A task with money of its own."""

    number: int
    title: str
    budget: int
    planned: Decimal | None
    """What all years' targets add up to, where they do add up (R1); families and states of several years do not."""
    unit_of_measure: str

    @property
    def unit_cost(self) -> Decimal | None:
        """PLN for one unit of the result: 220 for a service of task 1, 44 for an hour of task 35."""
        return Decimal(self.budget) / self.planned if self.planned else None


def budgeted_tasks(programme: Programme) -> list[BudgetedTask]:
    """The tasks that have a budget, in the programme's order; three statements."""
    indicators = Indicator.objects.as_of(None).prefetch_related(Prefetch("targets", Target.objects.as_of(None)))
    tasks = programme.tasks.exclude(budget=None).prefetch_related(Prefetch("indicators", indicators))
    return [_budgeted(task, task.budget) for task in tasks.order_by("number") if task.budget is not None]


def _budgeted(task: ProgrammeTask, budget: int) -> BudgetedTask:
    indicators = list(task.indicators.all())
    planned = None
    if len(indicators) == 1 and indicators[0].kind == Indicator.Kind.COUNT:
        planned = sum((target.value or Decimal(0) for target in indicators[0].targets.all()), Decimal(0))
    unit = indicators[0].unit_of_measure if indicators else ""
    return BudgetedTask(task.number, task.title, budget, planned, unit)

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import StaffRequest, scoped
from programme.plan.costs import budgeted_tasks
from programme.plan.models import Programme


@scoped("programme.view_programme")
@require_safe
def about(request: StaffRequest) -> HttpResponse:
    """„O Programie”: what the programme says of itself, and what its basic tasks cost."""
    programme = Programme.objects.current().first()
    if programme is None:
        raise Http404(_("The programme has not been loaded yet."))
    tasks = budgeted_tasks(programme)
    total = sum(task.budget for task in tasks)
    return render(request, "programme/plan/about.html", {"programme": programme, "tasks": tasks, "total": total})

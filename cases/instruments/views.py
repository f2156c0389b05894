from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import StaffRequest, scoped
from audit.services import record
from cases.instruments import forms, services
from cases.instruments.comparison import comparison_of, previous_of
from cases.instruments.models import InstrumentVersion
from cases.instruments.problems import BadFile, Problem
from cases.instruments.version_page import areas_in_words, rules_in_words
from centres.duties import duties_of
from foundation.forms import Stale


@scoped("cases.manage_instruments", versions=InstrumentVersion.objects.managed_by)
@require_safe
def instruments(request: StaffRequest, versions: QuerySet[InstrumentVersion]) -> HttpResponse:
    """Every instrument with its versions, the newest first."""
    found = versions.annotate(uses=Count("assessments")).order_by(
        "instrument__is_example", "instrument__code", "-major", "-minor", "-patch"
    )
    groups = [(instrument, list(of_it)) for instrument, of_it in groupby(found, key=lambda one: one.instrument)]
    return render(request, "cases/instruments/instruments.html", {"groups": groups})


@scoped("cases.manage_instruments")
@require_http_methods(["GET", "HEAD", "POST"])
def import_instrument(request: StaffRequest) -> HttpResponse:
    form = forms.ImportInstrumentForm(request.POST or None, request.FILES or None)
    problems: list[tuple[Problem, str]] = []
    if form.is_valid():
        content = form.content()
        try:
            version = services.import_version(content, by=request.user)
        except BadFile as bad:
            text = form.show_text_of(content)
            problems = [(problem, _line(text, problem.line)) for problem in bad.problems]
            form.add_error(None, ValidationError(_("This is no instrument yet: see below what to correct.")))
        except services.InstrumentError as error:
            form.show_text_of(content)
            form.add_error(None, error)
        else:
            messages.success(
                request, _("Version %(number)s is in the portal as a draft.") % {"number": version.number}
            )
            return redirect(version)
    page = {"form": form, "problems": problems}
    return render(request, "cases/instruments/import_instrument.html", page)


def _line(text: str, number: int) -> str:
    lines = text.split("\n", number)
    return lines[number - 1].strip()[:120] if len(lines) >= number else ""


@scoped(version=InstrumentVersion.objects.readable_by)
@require_safe
def instrument_version(request: StaffRequest, version: InstrumentVersion) -> HttpResponse:
    """What a version asks and how it counts; for clinical leads with what they may do about it."""
    definition = version.definition
    manages = request.user.has_perm("cases.manage_instruments")
    page = {
        "version": version,
        "definition": definition,
        "areas": areas_in_words(definition),
        "rules": rules_in_words(definition),
        "manages": manages,
        "imported_it": version.imported_by_id is not None
        and version.imported_by_id == duties_of(request.user).staff_id,
        "previous": previous_of(version) if manages else None,
        "uses": version.assessments.count() if manages else None,
    }
    return render(request, "cases/instruments/instrument_version.html", page)


@scoped("cases.manage_instruments", version=InstrumentVersion.objects.managed_by)
@require_safe
def compare_instrument(request: StaffRequest, version: InstrumentVersion) -> HttpResponse:
    """What has changed, item by item, since the version before or the one that was chosen."""
    others = list(InstrumentVersion.objects.filter(instrument=version.instrument).exclude(pk=version.pk))
    chosen = next((one for one in others if str(one.uuid) == request.GET.get("with")), None)
    other = chosen or previous_of(version) or (others[0] if others else None)
    form = forms.CompareForm(others=others, initial={"with": str(other.uuid)}) if other else None
    page = {
        "version": version,
        "other": other,
        "form": form,
        "comparison": comparison_of(other, version) if other else None,
    }
    return render(request, "cases/instruments/compare_instrument.html", page)


@scoped("cases.manage_instruments", version=InstrumentVersion.objects.managed_by)
@require_http_methods(["GET", "HEAD", "POST"])
def approve_instrument(request: StaffRequest, version: InstrumentVersion) -> HttpResponse:
    if too_late := _not_now(request, version, InstrumentVersion.Status.DRAFT):
        return too_late
    form = forms.ApproveInstrumentForm(request.POST or None, initial={"version": version.version})
    previous = previous_of(version, approved=True)
    return _step(
        request,
        version,
        form,
        services.approve_version,
        _("The version is approved. Assessments can be started with it from its first day of validity."),
        "cases/instruments/approve_instrument.html",
        previous=previous,
        comparison=comparison_of(previous, version) if previous else None,
    )


@scoped("cases.manage_instruments", version=InstrumentVersion.objects.managed_by)
@require_http_methods(["GET", "HEAD", "POST"])
def retire_instrument(request: StaffRequest, version: InstrumentVersion) -> HttpResponse:
    if too_late := _not_now(request, version, InstrumentVersion.Status.APPROVED):
        return too_late
    form = forms.RetireInstrumentForm(request.POST or None, initial={"version": version.version})
    return _step(
        request,
        version,
        form,
        services.retire_version,
        _("The version is retired. Assessments begun with it can still be finished."),
        "cases/instruments/retire_instrument.html",
        drafts=version.assessments.filter(status="draft").count(),
    )


@scoped("cases.manage_instruments", version=InstrumentVersion.objects.managed_by)
@require_http_methods(["GET", "HEAD", "POST"])
def discard_instrument(request: StaffRequest, version: InstrumentVersion) -> HttpResponse:
    if too_late := _not_now(request, version, InstrumentVersion.Status.DRAFT):
        return too_late
    form = forms.DiscardInstrumentForm(request.POST or None, initial={"version": version.version})
    return _step(
        request,
        version,
        form,
        services.discard_draft,
        _("The draft is discarded."),
        "cases/instruments/discard_instrument.html",
        then="cases:instruments",
    )


def _not_now(request: StaffRequest, version: InstrumentVersion, wanted: str) -> HttpResponse | None:
    """Back to the version, where a form would only be refused."""
    if request.method == "POST" or version.status == wanted:
        return None
    state = _("This can't be done now: the version is in the state „%(state)s”.")
    messages.info(request, state % {"state": version.get_status_display()})
    return redirect(version)


def _step(
    request: StaffRequest,
    version: InstrumentVersion,
    form: Any,
    service: Callable[..., Any],
    done: str,
    template: str,
    then: Any = None,
    **page: Any,
) -> HttpResponse:
    """A form that moves a version on. What somebody has changed meanwhile is looked at anew and not signed blind."""
    form.cancel_url = version.get_absolute_url()
    if form.is_valid():
        try:
            service(version, **form.cleaned_data, by=request.user)
        except Stale:
            messages.warning(request, _("Somebody changed this version in the meantime. Look at it once more."))
            return redirect(version)
        except services.InstrumentError as error:
            form.add_error(None, error)
        else:
            messages.success(request, done)
            return redirect(then or version)
    return render(request, template, {"version": version, "form": form, **page})


@scoped("cases.manage_instruments", version=InstrumentVersion.objects.managed_by)
@require_safe
def export_instrument(request: StaffRequest, version: InstrumentVersion) -> HttpResponse:
    """The file in canonical form, byte for byte; who took it is put on record, for the text may be licensed."""
    record(request.user, "cases.export_instrument", version, number=version.number, sha256=version.sha256)
    name = f"{version.instrument.code}-{version.number}.yaml"
    return HttpResponse(
        version.source.encode(),
        content_type="application/yaml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"},
    )

"""An instrument as practitioners get it: to look at, and to try on a made-up family. Nothing is stored."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import StaffRequest, scoped
from cases.instruments.families import FAMILIES, family_called
from cases.instruments.models import InstrumentVersion
from cases.instruments.questions import questions_of, talks_of
from cases.instruments.sheet_form import SheetForm
from cases.instruments.trial import Trial
from cases.instruments.words import talk_words


@scoped("cases.manage_instruments", version=InstrumentVersion.objects.managed_by)
@require_http_methods(["GET", "HEAD", "POST"])
def preview_instrument(request: StaffRequest, version: InstrumentVersion) -> HttpResponse:
    """One page of one interview, as in an assessment. Sending it shows what its answers bring up."""
    definition = version.definition
    family = family_called(request.GET.get("family", ""))
    talks = talks_of(definition, family.participants)
    talk = next((one for one in talks if one.key == request.GET.get("interview")), talks[0] if talks else None)
    areas = [
        area for area in definition.areas if talk and any(questions_of(definition, family.participants, talk, area))
    ]
    area = next((one for one in areas if one.id == request.GET.get("area")), areas[0] if areas else None)
    form = None
    if talk and area:
        form = SheetForm(
            request.POST or None,
            definition=definition,
            participants=family.participants,
            talk=talk,
            area=area,
            names=family.names,
            answers={},
        )
        form.is_valid()
    page = {
        "version": version,
        "families": FAMILIES,
        "family": family,
        "talks": [(one, talk_words(one, family.names)) for one in talks],
        "talk": talk,
        "areas": areas,
        "area": area,
        "form": form,
    }
    return render(request, "cases/instruments/preview_instrument.html", page)


@scoped("cases.manage_instruments", version=InstrumentVersion.objects.managed_by)
@require_http_methods(["GET", "HEAD", "POST"])
def try_instrument(request: StaffRequest, version: InstrumentVersion) -> HttpResponse:
    """All interviews of a made-up family on one page; sent, it answers with the result and the same page."""
    family = family_called(request.GET.get("family", ""))
    trial = Trial(version.definition, family, request.POST or None)
    result = trial.result() if request.method == "POST" and trial.is_valid() else None
    page = {
        "version": version,
        "families": FAMILIES,
        "family": family,
        "trial": trial,
        "result": result,
        "wrong": _("Some answers can't be read. Look for the marked questions below.") if trial.wrong else "",
    }
    return render(request, "cases/instruments/try_instrument.html", page)

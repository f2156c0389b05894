"""One series: planned on two pages, then looked at, changed, extended and ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import StaffRequest, scoped
from accounts.kept import kept_as
from accounts.models import User
from audit.services import record
from cases.casefile.models import Case
from cases.casefile.services import CaseError
from cases.sessions import series as services
from cases.sessions import series_forms as forms
from cases.sessions.departures import leaving_of_series, way_out_of_series
from cases.sessions.group_ending import who_leaves
from cases.sessions.presets import asked_for, preset_for
from cases.sessions.progress import progress_of
from cases.sessions.rendering import rows_of
from cases.sessions.rules import SessionError, case_to_log, logs_as, manages
from cases.sessions.series_models import SessionSeries, SessionSeriesQuerySet
from cases.sessions.series_preview import Preview, Row, dates_in
from cases.sessions.telling import tell_what_follows
from foundation.forms import Stale, VersionMixin

NAMED_AT_MOST = 5
Save = Callable[[Preview], HttpResponse]


def _visible(user: User) -> SessionSeriesQuerySet:
    return SessionSeries.objects.visible_to(user).whole().prefetch_related("co_therapists")


def _open(user: User) -> SessionSeriesQuerySet:
    return _changeable(user).open()


def _changeable(user: User) -> SessionSeriesQuerySet:
    return SessionSeries.objects.changed_by(user).changeable().whole().prefetch_related("co_therapists")


@scoped(series=_visible)
@require_safe
def series(request: StaffRequest, series: SessionSeries) -> HttpResponse:
    """How the series goes: its meetings, how far it has drifted, what was decided about it."""
    if series.group:
        return redirect(series.group)
    record(request.user, "cases.read_series", series)
    now = timezone.now()
    counted = SessionSeries.objects.whole().with_progress(now).get(pk=series.pk)
    meetings = series.sessions.for_list().select_related("resolved_by").order_by("starts_at", "id")
    rows = rows_of(meetings, now)
    leaving = leaving_of_series(series, [row.session for row in rows], now)
    may_change = SessionSeries.objects.changed_by(request.user).changeable().filter(pk=series.pk).exists()
    context = {
        "series": counted,
        "progress": progress_of(counted, now),
        "rows": rows,
        "leaving": leaving,
        "way_out": way_out_of_series(series, request.user, now) if leaving else None,
        "reviews": series.reviews.select_related("by").order_by("-on", "-id"),
        "may_change": may_change,
        "may_continue": may_change and series.ended_on is None,
    }
    return render(request, "cases/sessions/series.html", context)


@scoped(case=case_to_log)
@kept_as(_lazy("Plan a series"))
@require_http_methods(["GET", "POST"])
def plan_series(request: StaffRequest, case: Case) -> HttpResponse:
    me, managing = logs_as(case, request.user)
    form = forms.PlanSeriesForm(
        request.POST or None,
        owner=case,
        me=me,
        managing=managing,
        initial=preset_for(case, me, "planned") | asked_for(request.GET) if request.method == "GET" else None,
    )

    def save(preview: Preview) -> HttpResponse:
        made = services.plan_series(case, **form.planned(preview), by=request.user)
        messages.success(request, _planned_words(made.count))
        return redirect(made)

    return two_pages(request, form, save, "cases/sessions/plan_series.html", {"case": case})


@scoped(series=_changeable)
@kept_as(_lazy("Change the series"))
@require_http_methods(["GET", "POST"])
def edit_series(request: StaffRequest, series: SessionSeries) -> HttpResponse:
    form = forms.EditSeriesForm(
        request.POST or None,
        series=series,
        since=request.GET.get("since", ""),
        managing=manages(series.owner, request.user),
    )

    def save(preview: Preview) -> HttpResponse:
        number = len(services.change_series(series, **form.changed(preview), by=request.user))
        words = ngettext("%(number)d meeting has been changed.", "%(number)d meetings have been changed.", number)
        unchanged = _("The series has been changed; its meetings stay as they were.")
        changed = words % {"number": number} if number else unchanged
        messages.success(request, " ".join([changed, *(_staying_words(preview.staying) if number else [])]))
        tell_what_follows(request, preview.moves)
        return redirect(series)

    return two_pages(request, form, save, "cases/sessions/edit_series.html", _about(series))


@scoped(series=_open)
@kept_as(_lazy("Add meetings to the series"))
@require_http_methods(["GET", "POST"])
def prolong_series(request: StaffRequest, series: SessionSeries) -> HttpResponse:
    lacking = progress_of(SessionSeries.objects.with_progress().get(pk=series.pk)).lacking
    managing = manages(series.owner, request.user)
    form = forms.ProlongSeriesForm(request.POST or None, series=series, lacking=lacking, managing=managing)

    def save(preview: Preview) -> HttpResponse:
        services.prolong_series(series, **form.prolonged(preview), by=request.user)
        messages.success(request, _planned_words(len(preview.starts)))
        return redirect(series)

    return two_pages(request, form, save, "cases/sessions/prolong_series.html", _about(series))


@scoped(series=_open)
@kept_as(_lazy("End the series"))
@require_http_methods(["GET", "POST"])
def end_series(request: StaffRequest, series: SessionSeries) -> HttpResponse:
    form = forms.EndSeriesForm(request.POST or None, series=series, since=request.GET.get("since", ""))
    step = request.POST.get("step", "")
    confirming = form.is_valid() and step != "back"
    told: list[str] = []
    if confirming and series.group:
        told = who_leaves(series.group, services.last_day_of(series, since=form.first))
    if confirming and step == "save":
        try:
            number = services.end_series(series, **form.ended(), by=request.user)
        except Stale as stale:
            form.show_conflict({}, version=stale.version)
        except SessionError as error:
            form.add_error(None, error)
        else:
            messages.success(request, " ".join([_ended_words(series, number), *told]))
            tell_what_follows(request, form.affected)
            return redirect(series)
    context = _about(series) | {"form": form, "confirming": confirming}
    if confirming:
        context["told"] = told
        context["affected"] = rows_of(form.affected, timezone.now())
        context["staying"] = len(form.coming) - len(form.affected)
    return render(request, "cases/sessions/end_series.html", context)


def _ended_words(series: SessionSeries, number: int) -> str:
    if series.group:
        ended = _("The group has ended.")
        words = ngettext(
            "The group has ended; %(number)d meeting is called off.",
            "The group has ended; %(number)d meetings are called off.",
            number,
        )
    else:
        ended = _("The series has ended.")
        words = ngettext(
            "The series has ended; %(number)d meeting is called off.",
            "The series has ended; %(number)d meetings are called off.",
            number,
        )
    return words % {"number": number} if number else ended


def _planned_words(number: int) -> str:
    words = ngettext("%(number)d meeting is planned.", "%(number)d meetings are planned.", number)
    return words % {"number": number}


def _staying_words(rows: Sequence[Row]) -> list[str]:
    """Which meetings have no part in a change, with whom they stay; the first few by their dates."""
    if not rows:
        return []
    number = len(rows)
    words = ngettext(
        "%(number)d meeting stays as it was: %(which)s.", "%(number)d meetings stay as they were: %(which)s.", number
    )
    named = [f"{row.before}, {row.keeps}" for row in rows[:NAMED_AT_MOST]] + ["…"] * (number > NAMED_AT_MOST)
    return [words % {"number": number, "which": "; ".join(named)}]


def _about(series: SessionSeries) -> dict[str, Any]:
    return {"case": series.case, "group": series.group, "series": series}


def two_pages(
    request: StaffRequest,
    form: forms.PlanSeriesForm | forms.EditSeriesForm | forms.ProlongSeriesForm,
    save: Save,
    first_page: str,
    context: dict[str, Any],
) -> HttpResponse:
    """First what repeats, then all dates; the second page comes again until no date is blocked, and then saves.

    Of dates when the centre is closed it asks once. Where who leads works there on none of the days, the first page
    says so, on which somebody else can be chosen.
    A race that was lost shows the second page anew, with the clash marked and everything as it was typed. Dates that
    were typed go along while the first page is seen again.
    """
    step = request.POST.get("step", "")
    preview = None
    if (
        isinstance(form, forms.EditSeriesForm)
        and form.is_valid()
        and form.cleaned_data["version"] != form.series.version
    ):
        form.show_conflict(form.stored(), version=form.series.version)
    if form.is_valid() and step != "back":
        preview = form.preview(request.POST)
        if step == "stay" and preview.form.is_bound:
            preview = form.preview(preview.keep_blocked_in_place())
        if step == "preview" and (refusal := preview.nobody_leads):
            form.add_error(None, refusal)
            preview = None
    if preview:
        if step == "skip":
            preview.leave_out_blocked()
        if step == "save" and not preview.kept:
            nothing = _("No meeting would change. Choose somebody else or another hour, or give other dates.")
            sentence = nothing if preview.moving else _("Leave at least one date.")
            form.add_error(None, SessionError(sentence, code="no_dates"))
        if step == "save" and preview.may_be_saved:
            try:
                return save(preview)
            except Stale as stale:
                preview = form.preview(request.POST)
                if isinstance(form, VersionMixin):
                    form.show_conflict({}, version=stale.version)
            except (SessionError, CaseError) as error:
                preview = form.preview(request.POST)
                form.add_error(None, error)
    if preview and step == "save":
        preview.ask()
    context |= {
        "form": form,
        "preview": preview,
        "dates": [] if preview else dates_in(request.POST),
        "outdated": preview is not None and preview.form.outdated and step != "preview",  # the first page tells it
    }
    return render(request, "cases/sessions/series_preview.html" if preview else first_page, context)

"""One meeting: planned, logged, settled, moved; and the meetings of one case."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import StaffRequest, scoped
from accounts.kept import kept_as, taken_up
from accounts.models import KeptForm, User
from audit.services import record
from cases.assessments.alerts import couple_work_stopped
from cases.assessments.frame import assessment_frame
from cases.casefile.models import Case
from cases.casefile.services import CaseError
from cases.sessions import forms, services, whole
from cases.sessions.corrections import corrections_of
from cases.sessions.departures import leaving_of, way_out_of
from cases.sessions.group_models import Group
from cases.sessions.models import Attendance, Session, cases_to_log
from cases.sessions.moments import in_words
from cases.sessions.note_models import TherapyNote
from cases.sessions.notes import NOTHING_WRITTEN, words_of
from cases.sessions.presence_forms import NOT_INVITED
from cases.sessions.presets import asked_for, preset_for
from cases.sessions.progress import progress_of_case
from cases.sessions.rendering import PRESENCE_TAGS, rows_of, tag_of
from cases.sessions.returning import way_back
from cases.sessions.rules import case_to_log, logs_as, manages, may_read_case, may_write_note
from cases.sessions.telling import tell_what_follows
from centres.duties import duties_of
from centres.models import Service
from foundation.formats import format_date, format_time
from foundation.forms import Stale
from foundation.pages import keyset_page
from foundation.search import sort_key

Status = Session.Status


def _words(session: Session) -> dict[str, str]:
    return {"date": format_date(session.starts_at), "time": in_words(session.starts_at, session.ends_at)}


# --- the meetings of a case -----------------------------------------------------------------------------------------


@scoped(case=Case.objects.readable_by)
@require_safe
def case_sessions(request: StaffRequest, case: Case) -> HttpResponse:
    """The tab „Spotkania”: what was and what is to come, the latest first; of a group, the own family's people."""
    record(request.user, "cases.read_sessions", case)
    page = keyset_page(
        Session.objects.of_case(case).for_list().defer(None).with_people(of=case),
        order=("-starts_at", "-id"),
        cursor=request.GET.get("cursor"),
    )
    context = assessment_frame(case, request.user) | {
        "tab": "sessions",
        "page": page,
        "rows": rows_of(page.items, timezone.now()),
        "series": progress_of_case(case),
        "enrolments": case.enrolments.open().for_case(),
        "may_enrol": case.is_open and manages(case, request.user),
        "may_log": cases_to_log(request.user).filter(pk=case.pk).exists(),
    }
    return render(request, "cases/sessions/case_sessions.html", context)


@scoped(case=case_to_log)
@kept_as(_lazy("Log a meeting"), takes_up=True)
@require_http_methods(["GET", "POST"])
def log_session(request: StaffRequest, case: Case) -> HttpResponse:
    me, managing = logs_as(case, request.user)
    planning = request.GET.get("status") == Status.PLANNED
    left: KeptForm | None = None
    arguments: dict[str, Any] = {"case": case, "me": me, "managing": managing}
    if request.method == "GET":
        arguments["initial"] = preset_for(case, me, Status.PLANNED if planning else Status.HELD)
        if planning:
            arguments["initial"] |= asked_for(request.GET)
        else:
            arguments["initial"], left = taken_up(request, request.user, arguments["initial"])
    form: forms.PlanSessionForm | forms.LogSessionForm
    if planning:
        form = forms.PlanSessionForm(request.POST or None, **arguments)
    else:
        form = forms.LogSessionForm(request.POST or None, with_note=me is not None, **arguments)
    if form.is_valid():
        try:
            session = services.log_session(case, **form.logged(), by=request.user)
        except (services.SessionError, CaseError) as error:
            form.add_error(None, error)
        else:
            saved = _("The meeting of %(date)s, %(time)s is saved.")
            messages.success(request, saved % _words(session))
            return redirect("cases:case_sessions", case.uuid)
    context = {"case": case, "form": form, "planning": planning, "left": left}
    return render(request, "cases/sessions/log_session.html", context)


# --- one meeting ----------------------------------------------------------------------------------------------------


@scoped(session=whole.visible_to)
@require_safe
def session_page(request: StaffRequest, session: Session) -> HttpResponse:
    record(request.user, "cases.read_session", session)
    notes = list(
        session.notes.readable_by(request.user).select_related("author").prefetch_related("addenda__author", "writers")
    )
    for note in notes:
        record(request.user, "cases.read_note", note, session=session.uuid)
    now = timezone.now()
    attendances = _attendances_shown(request.user, session)
    context = _context(request.user, session) | {
        "notes": notes,
        "attendances": [(row, PRESENCE_TAGS[row.Presence(row.presence)]) for row in attendances],
        "co_therapists": session.leaders[1:],
        "corrections": corrections_of(session),
        "tag": tag_of(session.status, session.starts_at, session.ends_at, now),
        "unresolved": session.is_unresolved(now),
        "to_come": session.starts_at > now,
        "leaving": leaving_of(session, now),
        "may_record": Session.objects.changed_by(request.user).filter(pk=session.pk).exists(),
        "unnamed": session.attendances.count() - len(attendances) if session.group_id else 0,
        "may_write": may_write_note(session, request.user),
        "own_note": next((note for note in notes if _is_own(note, request.user)), None),
        "group_note": next((note for note in notes if note.is_of_group), None),
    }
    if context["leaving"] and context["may_record"] and manages(session.owner, request.user):
        context["way_out"] = way_out_of(session)
    couple_planned = session.status == Status.PLANNED and session.service.form == Service.Form.COUPLE
    if session.case and context["may_read"] and couple_planned:
        context["stopped"] = couple_work_stopped(session.case.family_id)
    return render(request, "cases/sessions/session.html", context)


@scoped(session=whole.changed_by)
@kept_as(_lazy("Settle a meeting"), takes_up=True)
@require_http_methods(["GET", "POST"])
def resolve_session(request: StaffRequest, session: Session) -> HttpResponse:
    started, back = session.starts_at <= timezone.now(), way_back(request)
    typed_before, left = taken_up(request, request.user, {})
    asked = request.POST.get("asked") or typed_before.get("asked") or request.GET.get("status", "")
    may_write = started and may_write_note(session, request.user)
    written = words_of(session, request.user) if may_write else NOTHING_WRITTEN
    form = forms.ResolveSessionForm(
        request.POST or None,
        initial=typed_before,
        session=session,
        started=started,
        # What was typed before another tab signed the note comes back with the form.
        words=written.texts if request.method == "POST" or not written.is_signed else {},
        words_version=written.version,
        status=asked,
    )
    if form.is_valid():
        try:
            services.resolve_session(session, **form.resolved(), by=request.user)
        except Stale:
            now = words_of(Session.objects.get(pk=session.pk), request.user)
            stored = _stored(session, form) | form.refresh_words(now.texts, now.version)
            form.take_in_who_came()
            form.show_conflict(stored)
            form.name_who_left(session.owner)
        except services.SessionError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _became(session, form.cleaned_data["status"], started) % _words(session))
            if not started:  # later nobody can be told any more
                tell_what_follows(request, [session])
            return redirect(back or session)
    asked = asked if asked == forms.NOT_HELD else ""  # else a choice on the page says it
    context = _context(request.user, session) | {"form": form, "started": started, "back": back}
    return render(request, "cases/sessions/resolve_session.html", context | {"asked": asked, "left": left})


@scoped(session=whole.changed_by)
@kept_as(_lazy("Change a meeting"))
@require_http_methods(["GET", "POST"])
def edit_session(request: StaffRequest, session: Session) -> HttpResponse:
    form = forms.EditSessionForm(
        request.POST or None, session=session, me=None, managing=manages(session.owner, request.user)
    )
    if form.is_valid():
        try:
            session = services.edit_session(session, **form.edited(), by=request.user)
        except Stale:
            form.show_conflict(_stored(session, form))
        except (services.SessionError, CaseError) as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The meeting is now on %(date)s, %(time)s.") % _words(session))
            tell_what_follows(request, [session])
            return redirect(session)
    return render(request, "cases/sessions/edit_session.html", _context(request.user, session) | {"form": form})


def _became(before: Session, status: str, started: bool) -> str:
    """What has happened to the meeting, in words."""
    if status == Status.PLANNED:
        return _("The meeting of %(date)s, %(time)s is planned again.")
    if not started and before.is_cancelled:
        return _("The cancellation of the meeting of %(date)s, %(time)s is changed.")
    if status == before.status:  # who came, how long, or what was written; perhaps nothing
        return _("The meeting of %(date)s, %(time)s is saved.")
    if before.status != Status.PLANNED:
        return _("What became of the meeting of %(date)s, %(time)s is corrected.")
    if status in {Status.HELD, Status.NO_SHOW}:
        return _("The meeting of %(date)s, %(time)s is settled.")
    return _("The meeting of %(date)s, %(time)s is called off.")


def _is_own(note: TherapyNote, user: User) -> bool:
    return not note.is_of_group and note.author_id == duties_of(user).staff_id


def _attendances_shown(user: User, session: Session) -> list[Attendance]:
    """Of a group's meeting, who does not lead it or head its centre sees the people of readable cases only."""
    attendances = session.attendances.select_related("person")
    if session.group_id is None:
        return list(attendances.order_by("person__birth_date", "id"))
    if not Group.objects.known_by_name_to(user).filter(pk=session.group_id).exists():
        attendances = attendances.filter(case__in=Case.objects.readable_by(user).values("pk"))
    return sorted(attendances, key=lambda row: sort_key(f"{row.person.last_name} {row.person.first_name}"))


def _context(user: User, session: Session) -> dict[str, Any]:
    """What the head of each of these pages says; the family by name only to who may read its case."""
    may_read = may_read_case(session, user)
    return {"session": session, "may_read": may_read, "when": in_words(session.starts_at, session.ends_at)}


def _stored(session: Session, form: BaseForm) -> dict[str, Any]:
    """What is stored now and differs from what was typed, as people read it, for a form whose version has passed."""
    now = Session.objects.whole().get(pk=session.pk)
    if form.cleaned_data["version"] == now.version:  # only what is written about it has changed
        return {"version": now.version}
    start = timezone.localtime(now.starts_at)
    stored: dict[str, tuple[Any, Any]] = {
        "day": (start.date(), format_date(start)),
        "time": (start.time(), format_time(start)),
        "minutes": (now.minutes, now.minutes),
        "service": (now.service, str(now.service)),
        "therapist": (now.therapist, str(now.therapist)),
        "co_therapists": (set(now.leaders[1:]), ", ".join(map(str, now.leaders[1:]))),
        "room": (now.room, str(now.room or "")),
        "is_online": (now.is_online, _("online") if now.is_online else _("not online")),
        "status": (now.status, now.get_status_display()),
        "travel_minutes": (now.travel_minutes, now.travel_minutes),
        "paperwork_minutes": (now.paperwork_minutes, now.paperwork_minutes),
    }
    typed = dict(form.cleaned_data)
    if now.status == Status.PLANNED:  # what is still to be settled says nothing against what was typed
        del stored["status"]
    if now.cancel_reason:
        stored["reason"] = (now.cancel_reason, now.cancel_reason)
    question = "absence" if now.status == Status.NO_SHOW else "presence"
    for row in now.attendances.all():
        asked = f"{question}_{row.person.uuid.hex}"
        if row.presence != row.Presence.EXPECTED:
            stored[asked] = (row.presence, row.get_presence_display())
            stored[f"late_{row.person.uuid.hex}"] = (row.is_late, _("came late") if row.is_late else _("in time"))
        elif typed.get(asked) == NOT_INVITED:
            stored[asked] = (row.presence, row.get_presence_display())
    if "co_therapists" in typed:
        typed["co_therapists"] = set(typed["co_therapists"])
    differs = {name: words for name, (value, words) in stored.items() if typed.get(name) != value}
    return differs | {"version": now.version}

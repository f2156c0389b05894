"""Groups: the list, one group with its people and meetings, planning and changing it."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import StaffRequest, scoped
from accounts.kept import kept_as, taken_up
from accounts.models import User
from audit.services import record
from cases.groups import forms, services
from cases.groups.lists import people_of
from cases.sessions.departures import leaving_of_series, way_out_of_series
from cases.sessions.group_models import Group, GroupQuerySet
from cases.sessions.models import Attendance, Session
from cases.sessions.moments import in_words
from cases.sessions.presets import preset_for_group
from cases.sessions.progress import progress_of
from cases.sessions.rendering import rows_of
from cases.sessions.rules import SessionError, manages
from cases.sessions.series_models import SessionSeries
from cases.sessions.series_preview import Preview
from cases.sessions.series_views import two_pages
from cases.sessions.services import log_session
from centres.duties import duties_of
from centres.models import Centre, Role
from foundation.formats import format_date
from foundation.forms import Stale
from foundation.pages import keyset_page


def _seen(user: User) -> GroupQuerySet:
    return Group.objects.seen_by(user).with_rights(user).whole()


def _recorded(user: User) -> GroupQuerySet:
    return Group.objects.recorded_by(user).whole()


def _managed(user: User) -> GroupQuerySet:
    return Group.objects.managed_by(user).whole()


@scoped("cases.view_groups", groups=Group.objects.seen_by)
@require_safe
def groups(request: StaffRequest, groups: GroupQuerySet) -> HttpResponse:
    """Groups of all centres, the latest cycle first: coordinators send families to where there is a seat."""
    form = forms.GroupsForm(request.GET)
    form.is_valid()  # what can't be chosen is said on the page and narrows nothing
    ended = request.GET.get("state") == "ended"
    listed = groups.exclude(series__ended_on=None) if ended else groups.open()
    if centre := form.cleaned_data.get("centre"):
        listed = listed.filter(centre=centre)
    if service := form.cleaned_data.get("service"):
        listed = listed.filter(service=service)
    page = keyset_page(
        listed.whole().with_counts(), order=("-series__first_on", "-id"), cursor=request.GET.get("cursor")
    )
    context = {"form": form, "page": page, "ended": ended}
    return render(request, "cases/groups/groups.html", context)


@scoped(group=_seen)
@require_safe
def group(request: StaffRequest, group: Group) -> HttpResponse:
    record(request.user, "cases.read_group", group)
    now, today = timezone.now(), timezone.localdate()
    series = SessionSeries.objects.whole().with_progress(now).prefetch_related("co_therapists").get(group=group)
    came = Count("attendances", filter=Q(attendances__presence=Attendance.Presence.PRESENT))
    meetings = group.sessions.for_list().select_related("resolved_by").order_by("starts_at", "id")
    meetings = meetings.annotate(came_count=came, invited_count=Count("attendances"))
    managing = manages(group, request.user)
    people = people_of(group, request.user)
    rows = rows_of(meetings, now)
    opens = set(Session.objects.visible_to(request.user).filter(group=group).values_list("pk", flat=True))
    seen = [row.session for row in rows if row.session.pk in opens]
    leaving = leaving_of_series(series, seen, now, all_shown=managing)
    to_come = any(one.session.status == Session.Status.PLANNED and one.session.starts_at > now for one in rows)
    context = {
        "group": group,
        "series": series,
        "progress": progress_of(series, now),
        "rows": rows,
        "reviews": series.reviews.select_related("by").order_by("-on", "-id"),
        "people": people,
        "seats_to_give": services.free_from([one.enrolment for one in people.seated], group.seats, today) is not None,
        "taken": sum(one.enrolment.to_on is None or one.enrolment.to_on > today for one in people.seated),
        "opens": opens,
        "leaving": leaving,
        "way_out": way_out_of_series(series, request.user, now) if leaving else None,
        "may_manage": managing,
        "may_change": managing and series.ended_on is None,
        "may_move": managing and (series.ended_on is None or to_come),
        "may_enrol": series.ended_on is None and request.user.has_perm("cases.plan_groups"),
    }
    return render(request, "cases/groups/group.html", context)


@scoped("cases.plan_groups")
@kept_as(_lazy("Plan a group"))
@require_http_methods(["GET", "POST"])
def plan_group(request: StaffRequest) -> HttpResponse:
    """The group and its cycle on the first page, all dates on the second."""
    here = Centre.objects.filter(pk__in=duties_of(request.user).centres(Role.COORDINATOR, Role.LEAD))
    centres = list(here)
    centre = next((one for one in centres if one.slug == request.GET.get("centre")), centres[0])
    form = forms.PlanGroupForm(request.POST or None, centre=centre)

    def save(preview: Preview) -> HttpResponse:
        made = services.plan_group(centre, **form.facts(), **form.planned(preview), by=request.user)
        words = ngettext(
            "The group has been planned with %(number)d meeting.",
            "The group has been planned with %(number)d meetings.",
            len(preview.starts),
        )
        messages.success(request, words % {"number": len(preview.starts)})
        return redirect(made)

    context = {"centre": centre, "centres": centres}
    return two_pages(request, form, save, "cases/groups/plan_group.html", context)


@scoped(group=_managed)
@kept_as(_lazy("Change the group"))
@require_http_methods(["GET", "POST"])
def edit_group(request: StaffRequest, group: Group) -> HttpResponse:
    form = forms.EditGroupForm(request.POST or None, group=group)
    form.cancel_url = group.get_absolute_url()
    if form.is_valid():
        try:
            services.edit_group(group, **form.cleaned_data, by=request.user)
        except Stale as stale:
            group.refresh_from_db(fields=["name", "about", "seats"])
            stored = {"name": group.name, "about": group.about, "seats": group.seats}
            form.show_conflict(stored, version=stale.version)
        except SessionError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The group has been changed."))
            return redirect(group)
    return render(request, "cases/groups/edit_group.html", {"group": group, "form": form})


@scoped(group=_recorded)
@kept_as(_lazy("Enter a meeting"), takes_up=True)
@require_http_methods(["GET", "POST"])
def log_group_session(request: StaffRequest, group: Group) -> HttpResponse:
    """A meeting that took place and that nobody had planned, with its roll."""
    duties = duties_of(request.user)
    initial, left = taken_up(request, request.user, preset_for_group(group))
    form = forms.LogGroupSessionForm(
        request.POST or None,
        group=group,
        heads=group.centre_id in duties.centres(Role.LEAD),
        leads=duties.staff_id in {one.pk for one in group.leaders},
        initial=initial,
    )
    if form.is_valid():
        try:
            session = log_session(group, **form.logged(), by=request.user)
        except SessionError as error:
            form.add_error(None, error)
        else:
            saved = _("The meeting of %(date)s, %(time)s is saved.")
            when = {"date": format_date(session.starts_at), "time": in_words(session.starts_at, session.ends_at)}
            messages.success(request, saved % when)
            return redirect(session)
    return render(request, "cases/groups/log_group_session.html", {"group": group, "form": form, "left": left})

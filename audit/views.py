from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import StaffRequest, scoped
from audit.actions import Group, action_of, kind_of
from audit.forms import FilterForm
from audit.models import AuditEntry, AuditEntryQuerySet
from audit.services import record
from audit.signing import mac_of_entry
from audit.standing import standing
from foundation.pages import keyset_page
from foundation.spreadsheets import CONTENT_TYPE, csv_lines

NEWEST_FIRST = ("-at", "-id")
EXPORTED_AT_MOST = 100_000


@scoped("audit.view_log", entries=AuditEntry.objects.shown_to)
@require_safe
def log(request: StaffRequest, entries: AuditEntryQuerySet) -> HttpResponse:
    """Who did, read or was refused what; newest first. Reading it is itself put on record."""
    form = FilterForm(request.GET)
    context: dict[str, Any] = {"form": form, "groups": Group, "standing": standing()}
    if not form.is_valid():
        return render(request, "audit/log.html", context, status=400)
    found, asked = form.chosen(entries)
    page = keyset_page(found.select_related("actor"), order=NEWEST_FIRST, cursor=request.GET.get("cursor"))
    record(request.user, "audit.read_log", shown=len(page.items), **asked)
    context |= {"page": page, "rows": [_row(entry) for entry in page.items], "asked": asked}
    return render(request, "audit/log.html", context)


@scoped("audit.view_log", entry=AuditEntry.objects.shown_to)
@require_safe
def entry(request: StaffRequest, entry: AuditEntry) -> HttpResponse:
    """One entry with its details, and whether its signature and its seal hold."""
    record(request.user, "audit.read_entry", entry)
    sealed = getattr(entry, "in_seal", None)
    return render(
        request,
        "audit/entry.html",
        {
            "row": _row(entry),
            "details": [_detail(key, value) for key, value in sorted(entry.details.items())],
            "seal": sealed.seal if sealed else None,
            "is_genuine": mac_of_entry(entry) == entry.mac,
        },
    )


@scoped("audit.view_log", entries=AuditEntry.objects.shown_to)
@require_safe
def export(request: StaffRequest, entries: AuditEntryQuerySet) -> HttpResponseBase:
    """The filtered log as a file. What leaves the portal is put on record before its first line leaves."""
    form = FilterForm(request.GET)
    if not form.is_valid():
        return render(request, "audit/log.html", {"form": form, "groups": Group, "standing": standing()}, status=400)
    found, asked = form.chosen(entries)
    found = found.order_by(*NEWEST_FIRST)
    if found.values("pk")[EXPORTED_AT_MOST : EXPORTED_AT_MOST + 1].exists():
        messages.error(request, _("These are more than 100 000 entries. Choose a shorter time, then export again."))
        return redirect(f"{reverse('audit:log')}?{request.GET.urlencode()}")
    record(request.user, "audit.export_log", **asked)
    name = f"dziennik-{timezone.localtime():%Y-%m-%d-%H%M}.csv"
    return StreamingHttpResponse(
        csv_lines(_lines(found)),
        content_type=CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _lines(found: AuditEntryQuerySet) -> Iterator[list[Any]]:
    yield [_("when"), _("who"), _("code"), _("action"), _("kind"), _("record"), _("details"), _("entry")]
    for one in found.select_related("actor").iterator(2_000):
        details = json.dumps(one.details, ensure_ascii=False, sort_keys=True) if one.details else ""
        action = action_of(one.action)
        who = one.actor.email if one.actor else ""
        yield [one.at, who, one.action, str(action.label), one.object_type, one.object_uuid, details, one.uuid]


def _row(entry: AuditEntry) -> dict[str, Any]:
    """An entry in words."""
    return {
        "entry": entry,
        "who": entry.actor.email if entry.actor else "",
        "action": action_of(entry.action),
        "kind": kind_of(entry.object_type),
        "record": entry.object_uuid,
    }


def _detail(key: str, value: Any) -> dict[str, Any]:
    """A detail as code, and whether it is a record that the log can be searched by."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    try:
        return {"key": key, "text": text, "record": uuid.UUID(text)}
    except ValueError:
        return {"key": key, "text": text, "record": None}

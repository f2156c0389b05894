from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.actions import Group, filter_of
from audit.models import AuditEntryQuerySet
from foundation.forms import FormMixin

PEOPLE_AT_MOST = 50


class FilterForm(FormMixin, forms.Form):
    """Which entries to show. It is sent by GET: nothing in it says anything about a family."""

    who = forms.CharField(label=_("Who"), required=False, max_length=254, help_text=_("The e-mail or a part of it."))
    from_on = forms.DateField(label=_("From"), required=False)
    to_on = forms.DateField(label=_("To"), required=False)
    record = forms.UUIDField(label=_("Record"), required=False, help_text=_("Its identifier, as in the log."))
    group = forms.ChoiceField(choices=[("", ""), *Group.choices], required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        start, end = cleaned.get("from_on"), cleaned.get("to_on")
        if start and end and end < start:
            self.add_error("to_on", forms.ValidationError(_("This day is before the first one."), code="order"))
        return cleaned

    def chosen(self, entries: AuditEntryQuerySet) -> tuple[AuditEntryQuerySet, dict[str, Any]]:
        """The entries that fit a valid form, and what to put on record about the question: uuids, codes and dates."""
        asked: dict[str, Any] = {}
        if who := self.cleaned_data["who"].strip():
            people = dict(User.objects.filter(email__icontains=who).values_list("id", "uuid")[:PEOPLE_AT_MOST])
            entries = entries.filter(actor__in=list(people))
            asked["who"] = sorted(str(person) for person in people.values())
        if group := self.cleaned_data["group"]:
            entries = entries.filter(filter_of(Group(group)))
            asked["group"] = group
        if record := self.cleaned_data["record"]:
            entries = entries.filter(object_uuid=record)
            asked["record"] = record
        start, end = self.cleaned_data["from_on"], self.cleaned_data["to_on"]
        entries = entries.between(_midnight(start), _midnight(end + dt.timedelta(days=1) if end else None))
        asked |= {name: day for name, day in (("from_on", start), ("to_on", end)) if day}
        return entries, asked


def _midnight(day: dt.date | None) -> dt.datetime | None:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min)) if day else None

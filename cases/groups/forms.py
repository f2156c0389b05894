from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cases.casefile.models import Case
from cases.groups.services import name_is_taken
from cases.sessions.choices import leaders_for
from cases.sessions.forms import LoggingForm, TherapistPick
from cases.sessions.group_models import LEAVING_REASON_LIMIT, MOST_SEATS, Group, GroupEnrolment, GroupQuerySet
from cases.sessions.models import Attendance, Session
from cases.sessions.note_forms import group_note_field
from cases.sessions.presence_forms import family_now, seated_on
from cases.sessions.series_forms import PlanSeriesForm
from cases.sessions.series_models import SessionSeries
from centres.models import Centre, Service
from foundation.forms import FilterForm, FormMixin, OnceMixin, Pick, VersionMixin

SEAT, WAIT = "seat", "wait"


def _name_field() -> forms.CharField:
    return forms.CharField(
        label=_("Name of the group"),
        max_length=Group._meta.get_field("name").max_length,
        help_text=_("As people at the centre call it, without anybody's name: “TUS, younger children, Tuesdays”."),
    )


def _about_field() -> forms.CharField:
    return forms.CharField(
        label=_("For whom"),
        required=False,
        max_length=Group._meta.get_field("about").max_length,
        help_text=_("Age, difficulty, what to expect. Coordinators of all centres read it."),
    )


def _seats_field() -> forms.IntegerField:
    return forms.IntegerField(label=_("Seats"), min_value=1, max_value=MOST_SEATS)


class PlanGroupForm(PlanSeriesForm):
    """The group, and the cycle of its meetings; all dates are shown on the next page."""

    def __init__(self, *args: Any, centre: Centre, **kwargs: Any) -> None:
        super().__init__(*args, owner=Group(centre=centre), me=None, managing=True, **kwargs)
        self.fields["weeks_between"].initial = SessionSeries.Rhythm.FORTNIGHTLY  # P2
        self.fields["name"] = _name_field()
        self.fields["about"] = _about_field()
        self.fields["seats"] = _seats_field()

    def clean_name(self) -> str:
        """Said here, and not only when all dates have been looked at."""
        name = str(self.cleaned_data["name"])
        if name_is_taken(self.owner.centre, name):
            raise ValidationError(_("This centre already has a group of this name."), code="same_name")
        return name

    @property
    def leaders(self) -> str:
        """Who shall lead it, for the page with all dates."""
        sent = self.cleaned_data
        return ", ".join(map(str, [sent["therapist"], *sent["co_therapists"]]))

    def facts(self) -> dict[str, Any]:
        """The arguments of `plan_group` about the group itself."""
        return {name: self.cleaned_data[name] for name in ("name", "about", "seats")}


class EditGroupForm(VersionMixin, OnceMixin, forms.Form):
    submit_label = _("Save changes")

    def __init__(self, *args: Any, group: Group, **kwargs: Any) -> None:
        initial = {"name": group.name, "about": group.about, "seats": group.seats, "version": group.version}
        super().__init__(*args, initial=initial, **kwargs)
        self.fields["name"] = _name_field()
        self.fields["about"] = _about_field()
        self.fields["seats"] = _seats_field()


class GroupsForm(FilterForm):
    """Which groups the list shows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["centre"] = Pick(
            Centre.objects.order_by("order"),
            to_field_name="slug",
            label=_("Centre"),
            required=False,
            empty_label=_("every centre"),
        )
        self.fields["service"] = Pick(
            Service.objects.filter(form=Service.Form.GROUP),
            to_field_name="slug",
            label=_("Service"),
            required=False,
            empty_label=_("every service"),
        )


class GroupPick(Pick):
    """A group with what one chooses it by: when, where, and how many seats are free."""

    def __init__(self, groups: GroupQuerySet, **kwargs: Any) -> None:
        super().__init__(groups.select_related("centre", "series").with_counts(), **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        free = max(0, obj.seats - obj.taken_count)
        seats = ngettext("%(free)s free seat", "%(free)s free seats", free) % {"free": free}
        series = obj.series
        when = f"{series.get_weekday_display()} {series.time:%H:%M}, {series.get_weeks_between_display()}"
        return f"{obj.name} – {obj.centre.place}, {when}, {seats}"


class LeaveOutField(forms.BooleanField):
    """Offered from the start, needed only where somebody is somewhere else at some of the meetings."""

    def __init__(self) -> None:
        super().__init__(
            required=False,
            label=_("Leave out meetings at which they are somewhere else"),
            help_text=_("Without it, nothing is saved where a time clashes, and you are told which."),
        )


class EnrolInGroupForm(OnceMixin, forms.Form):
    """Who of one family joins which group: from when on, or on the list of those who wait for a seat."""

    submit_label = _("Enrol")

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = family_now(case)
        self.people = {str(person.uuid): person for person, _label in people}
        self.fields["group"] = GroupPick(
            Group.objects.open().order_by("centre__order", "name"),
            label=_("Group"),
            empty_label="—",
        )
        self.fields["persons"] = forms.MultipleChoiceField(
            label=_("Who takes part"),
            choices=[(str(person.uuid), label) for person, label in people],
            widget=forms.CheckboxSelectMultiple,
        )
        self.fields["place"] = forms.ChoiceField(
            label=_("Place"),
            choices=[(SEAT, _("a seat in the group")), (WAIT, _("the waiting list, until a seat is free"))],
            widget=forms.RadioSelect,
            initial=SEAT,
        )
        self.fields["from_on"] = forms.DateField(
            label=_("First day in the group"),
            required=self.data.get("place") != WAIT,
            initial=timezone.localdate,
            error_messages={"required": _("Give the day of the first meeting.")},
            help_text=_("They are expected at all meetings from this day on. Not needed for the waiting list."),
        )
        self.fields["leave_out_clashes"] = LeaveOutField()

    def enrolled(self) -> dict[str, Any]:
        """The arguments of `enrol_in_group`."""
        sent = self.cleaned_data
        return {
            "group": sent["group"],
            "persons": [self.people[key] for key in sent["persons"]],
            "from_on": sent["from_on"] if sent["place"] == SEAT else None,
            "leave_out_clashes": sent["leave_out_clashes"],
        }


class ChooseCaseForm(FormMixin, forms.Form):
    """Whose family joins the group; the next page asks who of them. Sent by GET."""

    def __init__(self, *args: Any, cases: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["case"] = CasePick(cases, label=_("Case"), empty_label="—")


class CasePick(Pick):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.family.label} · {obj.number}"


class GiveSeatForm(VersionMixin, OnceMixin, forms.Form):
    submit_label = _("Give the seat")

    def __init__(self, *args: Any, enrolment: GroupEnrolment, from_on: dt.date | None, **kwargs: Any) -> None:
        """`from_on` is the first day on which a seat is free."""
        super().__init__(*args, initial={"version": enrolment.version}, **kwargs)
        self.fields["from_on"] = forms.DateField(
            label=_("First day in the group"),
            initial=from_on,
            help_text=_("They are expected at all meetings from this day on."),
        )
        self.fields["leave_out_clashes"] = LeaveOutField()


class LeaveGroupForm(VersionMixin, OnceMixin, forms.Form):
    submit_label = _("End the place in the group")

    def __init__(self, *args: Any, enrolment: GroupEnrolment, **kwargs: Any) -> None:
        today: dt.date = timezone.localdate()
        initial = {"version": enrolment.version, "to_on": max(today, enrolment.from_on or today)}
        super().__init__(*args, initial=initial, **kwargs)
        if not enrolment.is_waiting:
            self.fields["to_on"] = forms.DateField(
                label=_("Last day"), help_text=_("Meetings after it do not expect them any more; the seat is free.")
            )
        self.fields["reason"] = forms.CharField(
            label=_("Reason"),
            max_length=LEAVING_REASON_LIMIT,
            help_text=_("Everybody who sees the list of people reads it."),
        )

    def left(self) -> dict[str, Any]:
        """The arguments of `leave_group`; who only waited leaves the list today."""
        sent = self.cleaned_data
        return {
            "to_on": sent.get("to_on") or timezone.localdate(),
            "reason": sent["reason"],
            "version": sent["version"],
        }


class LogGroupSessionForm(LoggingForm):
    """A meeting that is over and that nobody had planned; its roll names who had a seat on its day."""

    def __init__(self, *args: Any, group: Group, heads: bool, leads: bool, **kwargs: Any) -> None:
        """Who heads the centre enters it for anybody, who leads the group for those who lead it."""
        super().__init__(*args, owner=group, me=None, managing=True, **kwargs)
        if not heads:
            theirs = leaders_for(group).among(lambda one: one in group.leaders)
            self.fields["therapist"] = TherapistPick(theirs, label=_("Therapist"), empty_label="—")
        self.fields["co_therapists"].initial = self.initial.get("co_therapists")
        over = [Session.Status.HELD, Session.Status.NO_SHOW]
        self.fields["status"] = forms.ChoiceField(
            label=_("State"), choices=[(status.value, status.label) for status in over]
        )
        self.ask_about(seated_on(group, self._day()))
        self.ask_about_time_around(group.centre)
        if leads:
            self.fields["group_note"] = group_note_field(rows=8)

    def _day(self) -> dt.date:
        """Whose roll is shown: the day typed, where it is one."""
        try:
            return self.fields["day"].clean(self["day"].value())  # type: ignore[no-any-return]
        except ValidationError:
            return timezone.localdate()

    def clean(self) -> dict[str, Any]:
        """The roll that was sent is of the day shown before; of another day it may name other people."""
        cleaned = super().clean()
        if "day" in cleaned and {name for name in self.data if name.startswith("presence_")} != self.people.keys():
            for name in self.people.keys() - self.data.keys():
                self._put(name, Attendance.Presence.PRESENT)
            self.add_error(
                "day",
                ValidationError(
                    _("Other people have a seat on this day. The list below is of this day now: check it, and save."),
                    code="another_roll",
                ),
            )
        return cleaned

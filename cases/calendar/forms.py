from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from cases.casefile.models import CareTeamMember, Case
from cases.sessions.models import LONGEST, SHORTEST, cases_to_log
from cases.sessions.moments import local_moment
from cases.sessions.rules import FURTHEST
from centres.absences import staff_kept_by
from centres.models import Absence, Centre, Role, Room, Service, StaffMember, StaffMemberQuerySet
from foundation.forms import FormMixin, OnceMixin, Pick, PickSeveral, VersionMixin

WEEK, FORTNIGHT = 7, 14
DAY = dt.timedelta(days=1)


class AddAbsenceForm(OnceMixin, forms.Form):
    submit_label = _("Save the absence")

    kind = forms.ChoiceField(
        label=_("Kind of absence"),
        choices=Absence.Kind.choices,
        help_text=_("Only this person, their head of centre and you see it. Others see “absence”. Write no reason."),
    )
    first_day = forms.DateField(label=_("First day"))
    last_day = forms.DateField(
        label=_("Last day"), required=False, help_text=_("Empty: the same day. For example 27.11.2026.")
    )
    from_time = forms.TimeField(
        label=_("From what time"), required=False, help_text=_("Only for a part of the first day.")
    )
    to_time = forms.TimeField(
        label=_("Until what time"), required=False, help_text=_("Only for a part of the last day.")
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.staff = staff_kept_by(user)
        self.me = StaffMember.objects.filter(user=user).first()
        self.fields["staff"] = Pick(self.staff, label=_("Who is away"), empty_label=None, initial=self.me)
        self.order_fields(["staff", "kind", "first_day", "last_day", "from_time", "to_time"])

    def clean(self) -> dict[str, Any]:
        """Turn days and hours into the two moments that the service works with."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if first := cleaned.get("first_day"):
            self._put_moment("from_at", first, cleaned.get("from_time"), "from_time")
        if (last := cleaned.get("last_day") or first) and "last_day" in cleaned:
            if cleaned.get("to_time"):
                self._put_moment("to_at", last, cleaned["to_time"], "to_time")
            else:
                self._put_moment("to_at", last + DAY, None, "last_day")
        return cleaned

    def _put_moment(self, name: str, day: dt.date, time: dt.time | None, beside: str) -> None:
        try:
            self.cleaned_data[name] = local_moment(day, time or dt.time())
        except ValidationError as error:
            self.add_error(beside, error)

    def added(self) -> dict[str, Any]:
        """The arguments of `add_absence`."""
        return {name: self.cleaned_data[name] for name in ("staff", "kind", "from_at", "to_at")}


class EndAbsenceForm(VersionMixin, OnceMixin, forms.Form):
    submit_label = _("End the absence")


class CalendarFeedForm(OnceMixin, forms.Form):
    """A button; there is nothing to fill in."""


class CasePick(Pick):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.family.label} · {obj.number}"


class FreeTimesForm(FormMixin, forms.Form):
    """What is looked for. It changes nothing, so it is sent in the address and carries no token."""

    ANY_ROOM, NO_ROOM = "any", ""

    minutes = forms.IntegerField(
        label=_("Minutes"),
        required=False,
        min_value=SHORTEST.seconds // 60,
        max_value=LONGEST.seconds // 60,
        help_text=_("Empty: the service's usual length."),
    )
    every = forms.TypedChoiceField(
        label=_("How often"),
        required=False,
        coerce=int,
        choices=[
            ("", pgettext_lazy("how often a meeting takes place", "once")),
            (WEEK, pgettext_lazy("how often a meeting takes place", "every week")),
            (FORTNIGHT, pgettext_lazy("how often a meeting takes place", "every two weeks")),
        ],
    )
    earliest = forms.DateField(label=_("Not before"), required=False, help_text=_("Empty: from today on."))
    from_time = forms.TimeField(label=_("From what time"), required=False)
    to_time = forms.TimeField(label=_("Until what time"), required=False)

    def __init__(
        self,
        *args: Any,
        user: User,
        centre: Centre,
        managing: bool,
        case: Case | None,
        hours_are_known: bool,
        **kwargs: Any,
    ):
        """Who is not `managing` looks for nobody but themselves. Where nobody has entered the centre's opening hours,
        somebody has to say when to look.
        """
        super().__init__(*args, **kwargs)
        self.centre, self.case = centre, case
        if not hours_are_known:
            message = _("This centre's opening hours are not in the portal: say between what times to look.")
            for name in ("from_time", "to_time"):
                self.fields[name].required = True
                self.fields[name].error_messages["required"] = message
        me = StaffMember.objects.filter(user=user)
        self.staff: StaffMemberQuerySet = StaffMember.objects.working_at(centre) if managing else me
        cases = cases_to_log(user).filter(centre=centre, closed_on=None).select_related("family")
        self.fields["case"] = CasePick(
            cases.order_by("family__label_sort", "id"),
            label=_("Family"),
            required=False,
            empty_label=_("no family yet – only look"),
            initial=case,
        )
        self.fields["service"] = Pick(Service.objects.filter(centres=centre), label=_("Service"), empty_label="—")
        if managing:
            self.fields["therapist"] = PickSeveral(
                self.staff,
                not_listed=_("Choose therapists from the list."),
                label=_("Therapists"),
                widget=forms.CheckboxSelectMultiple,
                help_text=_("None ticked: all therapists of the centre."),
                initial=self._team(case),
            )
        rooms = [(str(room.uuid), str(room)) for room in self._rooms()]
        self.fields["room"] = forms.ChoiceField(
            label=_("Room"),
            required=False,
            choices=[(self.ANY_ROOM, _("any free room")), (self.NO_ROOM, _("no room needed")), *rooms],
            initial=self.ANY_ROOM,
        )
        self.order_fields(
            ["case", "service", "minutes", "every", "earliest", "from_time", "to_time", "therapist", "room"]
        )

    def _rooms(self) -> list[Room]:
        return list(Room.objects.filter(centre=self.centre, is_active=True))

    def _team(self, case: Case | None) -> list[Any]:
        """The therapists who know the family already."""
        if case is None:
            return []
        team = CareTeamMember.objects.current().filter(case=case, staff__in=self.staff)
        return [str(uuid) for uuid in team.values_list("staff__uuid", flat=True)]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        start, end = cleaned.get("from_time"), cleaned.get("to_time")
        if start and end and end <= start:
            self.add_error("to_time", ValidationError(_("The end must be after the start."), code="order"))
        if (earliest := cleaned.get("earliest")) and earliest > timezone.localdate() + FURTHEST:
            self.add_error("earliest", ValidationError(_("Plan meetings at most a year ahead."), code="too_far"))
        return cleaned

    def wished(self) -> dict[str, Any]:
        """The arguments of a `Wish`."""
        cleaned = self.cleaned_data
        chosen = list(cleaned.get("therapist") or [])
        if not chosen:
            therapists = (
                self.staff.with_role(Role.THERAPIST, self.centre) if "therapist" in self.fields else self.staff
            )
            chosen = list(therapists) or list(self.staff)
        room = cleaned["room"]
        rooms = [] if room == self.NO_ROOM else self._rooms()
        return {
            "centre": self.centre,
            "minutes": cleaned["minutes"] or cleaned["service"].minutes,
            "every": cleaned["every"] or 0,
            "earliest": cleaned["earliest"] or timezone.localdate(),
            "therapists": chosen,
            "rooms": [one for one in rooms if room in {self.ANY_ROOM, str(one.uuid)}],
            "from_time": cleaned["from_time"],
            "to_time": cleaned["to_time"],
            "family": self.case.family_id if self.case else None,
        }

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.numbers.periods import LONGEST, Period, last_completed_day, periods, span
from cases.numbers.sight import Sight, first_day
from centres.models import MOST_WEEKLY_HOURS, Centre, Service, StaffMember, StaffMemberQuerySet
from foundation.forms import FormMixin, OnceMixin, Pick

ALL, OWN = "all", "own"
EXACT, PUBLISHED = "exact", "published"
FURTHEST = dt.timedelta(days=366)


class NumbersForm(FormMixin, forms.Form):
    """What to count. It is sent by GET: nothing in it says anything about a family."""

    period = forms.ChoiceField(
        label=_("Period"),
        required=False,
        error_messages={"invalid_choice": _("Nothing is counted for such a period: choose one from the list.")},
    )
    from_on = forms.DateField(label=_("From"), required=False, help_text=_("Instead of the period above."))
    to_on = forms.DateField(label=_("To"), required=False, help_text=_("At most two years from the first day."))
    centre = forms.ChoiceField(
        label=_("Whose meetings"),
        required=False,
        error_messages={"invalid_choice": _("There is no such centre for you: choose one from the list.")},
    )
    service = forms.ChoiceField(
        label=_("Service"),
        required=False,
        error_messages={"invalid_choice": _("There is no such service: choose one from the list.")},
    )
    therapist = forms.ChoiceField(
        label=_("Therapist"),
        required=False,
        error_messages={"invalid_choice": _("There is no such therapist for you: choose one from the list.")},
    )
    numbers = forms.ChoiceField(
        label=_("Small numbers"),
        required=False,
        choices=[(EXACT, _("shown – for you alone")), (PUBLISHED, _("hidden – to be passed on"))],
    )

    def __init__(self, *args: Any, sight: Sight, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sight = sight
        self.today = timezone.localdate()
        self._wants_published = self.data.get("numbers") == PUBLISHED and bool(sight.centres)
        self.published = sight.is_published or self._wants_published
        if sight.is_published or not sight.centres:
            del self.fields["numbers"]
        self._offer_periods()
        self._offer_places()
        self.services = {str(one.uuid): one for one in Service.objects.all()}
        self._offer("service", [("", _("all services")), *((key, one.name) for key, one in self.services.items())])
        self.staff = {} if self.published else {str(one.uuid): one for one in sight.staff}
        if self.staff:
            self._offer("therapist", [("", _("everybody")), *((key, str(one)) for key, one in self.staff.items())])
        else:
            del self.fields["therapist"]
        if self.published:
            del self.fields["from_on"], self.fields["to_on"]
        self._fill_in_what_was_not_chosen()
        self.order_fields(["period", "centre", "service", "therapist", "from_on", "to_on", "numbers"])

    def _fill_in_what_was_not_chosen(self) -> None:
        """So that the form shows what was counted, or, of a period that is not over, what can be passed on instead."""
        data = self._own_data()
        self.is_not_over = bool(data.get("period")) and self._wants_published and data["period"] not in self.periods
        if self.is_not_over:
            data["period"] = ""
        for name in ("period", "centre"):
            if not data.get(name):
                data[name] = self.fields[name].initial
        self.data = data

    def _offer(self, name: str, choices: list[Any]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined] # a choice field, as declared above

    def _offer_periods(self) -> None:
        """Published are months that are over: what still changes would be seen twice."""
        last = last_completed_day(self.today) if self.published else self.today
        first = first_day(self.sight) or self.today
        found = periods(min(first, last), last)
        self.periods = {one.key: one.up_to(last) if self.published else one for _year, group in found for one in group}
        self._offer("period", [(str(year), [(one.key, one.label) for one in group]) for year, group in found])
        self.fields["period"].initial = f"{last:%Y-%m}"

    def _offer_places(self) -> None:
        """Centres, all of them together, and what one led oneself."""
        self.places: dict[str, Centre | None] = {ALL: None} if self.sight.together else {}
        self.places |= {centre.slug: centre for centre in self.sight.centres}
        choices: list[tuple[str, Any]] = [
            (key, centre or _("all centres together")) for key, centre in self.places.items()
        ]
        if self.sight.own and not self.published:
            choices.append((OWN, _("meetings that I lead")))
        self._offer("centre", choices)
        self.fields["centre"].initial = choices[0][0] if choices else ""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.is_not_over:
            message = _("Only months that are over can be passed on: the newest of them is chosen now.")
            self.add_error("period", ValidationError(message, code="not_over"))
        first, last = cleaned.get("from_on"), cleaned.get("to_on")
        if first and not last and not self.has_error("to_on"):
            self.add_error("to_on", ValidationError(_("Give the last day as well."), code="incomplete"))
        if last and not first and not self.has_error("from_on"):
            self.add_error("from_on", ValidationError(_("Give the first day as well."), code="incomplete"))
        if first and last:
            if last < first:
                self.add_error("to_on", ValidationError(_("The end may not be before the start."), code="order"))
            elif last > first + LONGEST:
                self.add_error("to_on", ValidationError(_("Choose at most two years."), code="too_long"))
            elif last > self.today + FURTHEST:
                self.add_error("to_on", ValidationError(_("Choose a day within the next year."), code="too_far"))
        if cleaned.get("centre") == OWN and cleaned.get("therapist"):
            message = _("Choose either your own meetings or a therapist.")
            self.add_error("therapist", ValidationError(message, code="both"))
        elif cleaned.get("therapist") and not self._names_are_shown():
            message = _("Of this centre you see sums without therapists.")
            self.add_error("therapist", ValidationError(message, code="no_names"))
        return cleaned

    def _names_are_shown(self) -> bool:
        place = self.places.get(self._chosen("centre"))
        wanted = {place.pk} if place else {centre.pk for centre in self.sight.everywhere}
        return wanted <= self.sight.with_names

    def _chosen(self, name: str) -> str:
        return str(self.cleaned_data.get(name) or "")

    @property
    def period_chosen(self) -> Period:
        if self.cleaned_data.get("from_on"):
            return span(self.cleaned_data["from_on"], self.cleaned_data["to_on"])
        return self.periods[self._chosen("period")]

    @property
    def place_chosen(self) -> str:
        """ALL, OWN or the slug of a centre."""
        return self._chosen("centre")

    @property
    def service_chosen(self) -> Service | None:
        return self.services.get(self._chosen("service"))

    @property
    def therapist_chosen(self) -> StaffMember | None:
        return self.staff.get(str(self.cleaned_data.get("therapist", "")))


class SetWeeklyHoursForm(OnceMixin, forms.Form):
    submit_label = _("Save the hours")

    hours = forms.DecimalField(
        label=_("Hours a week for meetings"),
        min_value=0,
        max_value=MOST_WEEKLY_HOURS,
        decimal_places=2,
        localize=True,
        help_text=_(
            "What is left for meetings once documentation, travel and team work are taken off. For example 24."
        ),
    )
    from_on = forms.DateField(label=_("From what day"), initial=timezone.localdate)

    def __init__(self, *args: Any, staff: StaffMemberQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["staff"] = Pick(staff, label=_("Therapist"), empty_label="—")
        self.order_fields(["staff", "hours", "from_on"])

from __future__ import annotations

import datetime as dt
from itertools import groupby
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from centres.models import Centre
from foundation.formats import MONTHS
from foundation.forms import OnceMixin
from programme.reports.models import Report
from programme.reports.months import months_back
from programme.reports.services import first_month


class RequestReportForm(OnceMixin, forms.Form):
    """A completed month, and whom the report is about."""

    submit_label = _("Order the report")

    month = forms.TypedChoiceField(
        label=_("Month"),
        coerce=lambda value: dt.date.fromisoformat(f"{value}-01"),
        help_text=_("Only months that are over can be reported."),
        error_messages={"invalid_choice": _("There is no report of such a month: choose one from the list.")},
    )
    scope = forms.ChoiceField(
        label=_("Scope"),
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("There is no such scope: choose one from the list.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cancel_url = reverse("programme:reports")
        oldest = first_month(Report.Scope.PROGRAMME)
        months = months_back(oldest) if oldest else []
        self.has_months = bool(months)
        self.fields["month"].choices = [  # type: ignore[attr-defined] # a choice field, as declared above
            (year, [(f"{month:%Y-%m}", f"{MONTHS[month.month - 1]} {year}") for month in of_year])
            for year, of_year in groupby(months, key=lambda month: month.year)
        ]
        self.centres = {centre.slug: centre for centre in Centre.objects.all()}
        self.fields["scope"].choices = [  # type: ignore[attr-defined] # as above
            (Report.Scope.CENTRES, _("all three centres")),
            *((slug, str(centre)) for slug, centre in self.centres.items()),
            (Report.Scope.PROGRAMME, _("the Programme: all indicators")),
        ]

    def clean(self) -> dict[str, Any]:
        """The scope of the list becomes the service's two: what kind, and which centre."""
        cleaned = super().clean() or {}
        chosen = cleaned.get("scope")
        centre = self.centres.get(chosen or "")
        cleaned["centre"] = centre
        if centre:
            cleaned["scope"] = Report.Scope.CENTRE
        return cleaned


class RetryReportForm(OnceMixin, forms.Form):
    """Nothing to fill in: only the wish to have it made once more."""

    submit_label = _("Try again")

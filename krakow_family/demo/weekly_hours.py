"""How many hours a week the invented therapists have for meetings. Of one nobody has entered it, as in life."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from uuid import uuid5

from centres.models import Centre, Role, WeeklyHours
from krakow_family.demo.accounts import Staff

HOURS = {
    "wodna": ("24", "18"),
    "krakowiakow": ("20", "7.5"),
    "wadowicka": ("22", ""),
}
"""For each centre's therapists in their order; at Krakowiaków one has too little."""


def weekly_hours(staff: Staff, since: dt.date) -> Iterator[WeeklyHours]:
    """Rows for all therapists whose hours are entered, unsaved."""
    centres = Centre.objects.in_bulk(list(staff), field_name="slug")
    for slug, hours in HOURS.items():
        for therapist, each in zip(staff[slug][Role.THERAPIST], hours, strict=True):
            if each:
                yield WeeklyHours(
                    uuid=uuid5(therapist.uuid, "weekly hours"),
                    staff=therapist,
                    centre=centres[slug],
                    hours=Decimal(each),
                    from_on=since,
                )

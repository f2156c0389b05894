"""Two stored versions of one instrument beside each other."""

from __future__ import annotations

from cases.instruments.comparing import Comparison, differences
from cases.instruments.models import InstrumentVersion


def previous_of(version: InstrumentVersion, *, approved: bool = False) -> InstrumentVersion | None:
    """The version with the next lower number; with `approved`, the next that has been approved."""
    lower = [
        other
        for other in InstrumentVersion.objects.filter(instrument=version.instrument_id)
        if other.numbers < version.numbers and not (approved and other.is_draft)
    ]
    return max(lower, key=lambda other: other.numbers, default=None)


def comparison_of(one: InstrumentVersion, other: InstrumentVersion) -> Comparison:
    """What the higher number of the two changes in the lower."""
    old, new = sorted((one, other), key=lambda version: version.numbers)
    return differences(old.definition, new.definition)

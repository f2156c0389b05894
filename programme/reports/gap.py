"""The named gap of a monthly report: how many meetings are unresolved, of which services as far as it may be said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from centres.models import Centre, Service
from programme.results.gaps import Gap, Total, listed

Frozen = dict[str, Any]


@dataclass(frozen=True)
class Named:
    """What is printed beside the numbers that unresolved meetings lower; no words where there are none."""

    words: str = ""
    by_centre: str = ""
    short: str = ""


def frozen(gap: Gap, centres: Sequence[int]) -> Frozen:
    """All of it, exactly and with what may be printed; each centre's share where there are several."""
    shown, counts = gap.shown_services(), gap.services
    services = Service.objects.filter(pk__in=counts).order_by("order", "name") if counts else ()
    found: Frozen = {
        "count": gap.count,
        "families": gap.families,
        "total": frozen_total(gap.total),
        "services": [
            {"slug": one.slug, "name": one.name, "count": counts[one.pk], "shown": one.pk in shown} for one in services
        ],
    }
    if len(centres) > 1 and counts:
        of_centres = gap.centres
        found["centres"] = [
            {"slug": one.slug, "place": one.place, "total": frozen_total(of_centres[one.pk].total)}
            for one in Centre.objects.all()
            if one.pk in of_centres
        ]
    return found


def frozen_total(total: Total) -> Frozen:
    return {"number": total.number, "exact": total.is_exact}


def total_of(row: Frozen) -> Total:
    return Total(row["number"], row["exact"])


def named(unresolved: Frozen) -> Named | None:
    """None for a report of a format that did not know what is unresolved."""
    if "total" not in unresolved:
        return None
    if not unresolved["count"]:
        return Named()
    total = total_of(unresolved["total"])
    numbered = [(one["name"], one["count"]) for one in unresolved["services"] if one["shown"]]
    has_rest = len(numbered) < len(unresolved["services"])
    text = ngettext(
        "Unresolved: %(meetings)s (%(which)s). It is not counted as held: nobody has said yet whether it took place.",
        "Unresolved: %(meetings)s (%(which)s). They are not counted as held: nobody has said yet whether they took "
        "place.",
        total.declined_as,
    )
    shares = [f"{one['place']}: {total_of(one['total']).text}" for one in unresolved.get("centres", ())]
    return Named(
        words=text % {"meetings": total.words, "which": listed(numbered, has_rest=has_rest)},
        by_centre=_("By centre: %(shares)s.") % {"shares": ", ".join(shares)} if shares else "",
        short=short(total),
    )


def short(total: Total) -> str:
    """„nierozliczone: 7”"""
    return _("unresolved: %(number)s") % {"number": total.text}

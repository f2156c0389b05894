"""Does a family fit a centre? It explains and suggests; a person decides (C2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from cases.people.models import District

WODNA, KRAKOWIAKOW, WADOWICKA = "wodna", "krakowiakow", "wadowicka"


@dataclass(frozen=True)
class Fit:
    """Whether a family fits as far as a referral tells, why, and which centre would fit better (its slug or "")."""

    fits: bool
    reasons: tuple[Any, ...]
    better: str = ""


def fit_of(slug: str, *, adults: int, children: int, district: str) -> Fit:
    """What a centre's rule says about a family of so many adults and children under 18 (domain part 1)."""
    rule = RULES.get(slug)
    if rule is None:
        return Fit(fits=True, reasons=(_("The portal knows no rule for this centre."),))
    return rule(adults, children, district)


def _wodna(adults: int, children: int, district: str) -> Fit:
    """Couples and families living in Kraków."""
    if district == District.OUTSIDE:
        return Fit(fits=False, reasons=(_("The family lives outside Kraków; this centre serves residents."),))
    if adults < 2 and children:  # noqa: PLR2004 - a couple
        reason = _("One adult with children: the centre is above all for couples and partners.")
        return Fit(fits=False, reasons=(reason,), better=KRAKOWIAKOW)
    return Fit(fits=True, reasons=(_("A couple or a family living in Kraków."),))


def _krakowiakow(adults: int, children: int, district: str) -> Fit:
    """Families with children under 18."""
    if not children:
        reason = _("No child under 18: this centre serves families with children.")
        return Fit(fits=False, reasons=(reason,), better=WODNA)
    return Fit(fits=True, reasons=(_("A family with a child under 18."),))


def _wadowicka(adults: int, children: int, district: str) -> Fit:
    """Children under 18 who suffered violence or a crime, and the carers who protect them."""
    if not children:
        reason = _("No child under 18: this centre serves children who suffered violence.")
        return Fit(fits=False, reasons=(reason,), better=WODNA)
    reason = _("There is a child under 18. Make sure that it is about violence or a crime against the child.")
    return Fit(fits=True, reasons=(reason,))


RULES: dict[str, Callable[[int, int, str], Fit]] = {
    WODNA: _wodna,
    KRAKOWIAKOW: _krakowiakow,
    WADOWICKA: _wadowicka,
}

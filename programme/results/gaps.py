"""Unresolved meetings: what may have taken place and counts nowhere, because nobody has said so yet.

A number that they lower is a lower bound, and says by how much it may be too low. What is said of them is published
as well (D7): behind every number that is printed, and behind every difference of two such numbers, stand enough
families or none. A service is named only with its number: beside a total, names alone would bound the numbers that
are kept back (three meetings of three services are one of each).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.sessions.models import SessionQuerySet
from centres.models import Centre, Service
from foundation.formats import format_number
from foundation.suppression import is_small
from programme.results import counting
from programme.results import families as families_of
from programme.results.families import at_least


@dataclass(frozen=True)
class Part:
    """The unresolved meetings of one service at one centre, and the families behind them."""

    count: int
    families: frozenset[int]


@dataclass(frozen=True)
class Total:
    """How many there are, as far as it may be said: exactly, at the least, or only that there are few families."""

    number: int
    is_exact: bool = True

    @property
    def is_small(self) -> bool:
        return not self.is_exact and self.number == 0

    @property
    def text(self) -> str:
        if self.is_small:
            return f"<{settings.SUPPRESS_BELOW}"
        return format_number(self.number) if self.is_exact else _("at least %(n)s") % {"n": format_number(self.number)}

    @property
    def declined_as(self) -> int:
        """The number by which words are declined: „<5 spotkań” as five would be."""
        return settings.SUPPRESS_BELOW if self.is_small else self.number

    @property
    def words(self) -> str:
        """„7 spotkań”"""
        text = ngettext("%(number)s meeting", "%(number)s meetings", self.declined_as)
        return text % {"number": self.text}


SMALL = Total(0, is_exact=False)


@dataclass(frozen=True)
class Gap:
    """Unresolved meetings by centre and service."""

    parts: Mapping[tuple[int, int], Part]

    @property
    def count(self) -> int:
        return sum(part.count for part in self.parts.values())

    @property
    def families(self) -> int:
        """How many stand behind all of them, at the least one."""
        return _families(self.parts.values())

    @property
    def centres(self) -> dict[int, Gap]:
        """The same of each centre that has any."""
        found: dict[int, dict[tuple[int, int], Part]] = {}
        for (centre, service), part in self.parts.items():
            found.setdefault(centre, {})[centre, service] = part
        return {centre: Gap(parts) for centre, parts in found.items()}

    @property
    def services(self) -> dict[int, int]:
        """Service → how many of its meetings are unresolved."""
        found: dict[int, int] = {}
        for (_centre, service), part in self.parts.items():
            found[service] = found.get(service, 0) + part.count
        return found

    @property
    def total(self) -> Total:
        """Beside it each centre prints a total of its own, so what is left for those that may not must not be few."""
        centres = self.centres.values()
        hidden = [one for one in centres if is_small(one.families)]
        if not hidden or not is_small(_families(part for one in hidden for part in one.parts.values())):
            return Total(self.count)
        return Total(sum(one.count for one in centres if one not in hidden), is_exact=False)

    def shown_services(self) -> set[int]:
        """The services whose number may be printed beside the totals of the centres.

        Of one centre: those with enough families, as long as those that are not printed have together enough as well;
        else further ones are kept back, the fewest families first. Of several centres: only sums of what each of them
        prints itself, so that nothing can be learnt by comparing their reports.
        """
        centres = self.centres
        if len(centres) == 1:
            return self._shown_of_one()
        shown = {centre: gap.shown_services() for centre, gap in centres.items()}
        kept_back = {service for centre, service in self.parts if service not in shown[centre]}
        return set(self.services) - kept_back

    def _shown_of_one(self) -> set[int]:
        parts = {service: part for (_centre, service), part in self.parts.items()}
        if is_small(self.families):
            return set()
        fewest_first = sorted(parts, key=lambda service: (len(parts[service].families), parts[service].count, service))
        shown = [service for service in fewest_first if not is_small(_families([parts[service]]))]
        while shown and _is_few(parts, shown):
            del shown[0]
        return set(shown)


def _is_few(parts: Mapping[int, Part], shown: Collection[int]) -> bool:
    """Whether what is not shown stands for a few families only."""
    rest = [part for service, part in parts.items() if service not in shown]
    return bool(rest) and is_small(_families(rest))


def _families(parts: Iterable[Part]) -> int:
    parts = list(parts)
    return at_least(sum(part.count for part in parts), len(frozenset().union(*(part.families for part in parts))))


def listed(numbered: Sequence[tuple[str, int]], *, has_rest: bool) -> str:
    """The services whose number is printed: „w tym: Terapia rodzinna – 5; reszta bez podziału na usługi”.

    Of the rest neither the names are told nor how many services it is.
    """
    shown = ", ".join(f"{name} – {format_number(count)}" for name, count in numbered)
    if not shown:
        return _("not divided by service")
    if has_rest:
        return _("of these: %(shown)s; the rest not divided by service") % {"shown": shown}
    return _("of these: %(shown)s") % {"shown": shown}


def in_words(gap: Gap, names: Mapping[int, str]) -> str:
    """„11 spotkań (w tym: …)”; the names of services in the order in which they are listed."""
    shown, counts = gap.shown_services(), gap.services
    numbered = [(name, counts[pk]) for pk, name in names.items() if pk in shown]
    return f"{gap.total.words} ({listed(numbered, has_rest=len(shown) < len(counts))})"


def lower_bound(total: Total) -> str:
    """That a result may be too low, and by how much."""
    text = ngettext(
        "The number is a lower bound: since January %(meetings)s of counselling and therapy is still unresolved.",
        "The number is a lower bound: since January %(meetings)s of counselling and therapy are still unresolved.",
        total.declined_as,
    )
    return text % {"meetings": total.words}


@dataclass(frozen=True)
class CentreLine:
    """What one centre has not settled yet, in words."""

    centre: Centre
    words: str


@dataclass(frozen=True)
class Said:
    """A gap in words, for a published page: what it means for the number, and where it is."""

    lower_bound: str
    lines: list[CentreLine]


def said_of(gap: Gap) -> Said | None:
    """Nothing where every meeting is settled."""
    if not gap.count:
        return None
    names = dict(Service.objects.filter(pk__in=gap.services).order_by("order", "name").values_list("pk", "name"))
    centres = gap.centres
    lines = [CentreLine(one, in_words(centres[one.pk], names)) for one in Centre.objects.all() if one.pk in centres]
    return Said(lower_bound(gap.total), lines)


def gap_of(unresolved: SessionQuerySet) -> Gap:
    """Put unresolved meetings together, in two statements; one where there are none."""
    counted = unresolved.order_by().values_list("centre_id", "service_id").annotate(count=Count("*"))
    counts = {(centre, service): count for centre, service, count in counted}
    if not counts:
        return Gap({})
    families = families_of.of_all(unresolved, "centre_id", "service_id")
    return Gap({key: Part(count, frozenset(families[key])) for key, count in sorted(counts.items())})


def gap_in(code: str, year: int, *, until: dt.date, now: dt.datetime, centre: Centre | None = None) -> Gap:
    """What a rule would count in a year up to a day, had somebody said that it took place."""
    parts: dict[tuple[int, int], Part] = {}
    for meetings in counting.unresolved_of(code, year, until=until, now=now, centre=centre):
        for key, part in gap_of(meetings).parts.items():
            before = parts.get(key, Part(0, frozenset()))
            parts[key] = Part(before.count + part.count, before.families | part.families)
    return Gap(parts)

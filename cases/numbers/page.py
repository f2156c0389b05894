"""What the page shows to somebody for what they asked: the tables, and the words above them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.numbers.capacity_tables import people_table, weeks_table
from cases.numbers.counting import UNRESOLVED, Asked, Tally, count, count_by_therapist, grouped, summed
from cases.numbers.forms import OWN, NumbersForm
from cases.numbers.outlook import Outlook, capacity_ahead
from cases.numbers.periods import Period
from cases.numbers.publishing import Scope, publish
from cases.numbers.publishing_ahead import publish_ahead
from cases.numbers.sight import Sight
from cases.numbers.tables import (
    Table,
    figure,
    outcome_table,
    published_months,
    published_outcomes,
    published_services,
    tally_table,
)
from centres.models import Centre, Service, StaffMember

USUAL_MINUTES = 50
"""Where a centre offers nothing yet."""


@dataclass(frozen=True)
class Page:
    """What was asked for, counted and put into words."""

    period: Period
    place: str
    published: bool
    service: Service | None
    therapist: StaffMember | None
    now: dt.datetime
    tables: list[Table]
    ahead: list[Table]
    """Of the weeks to come."""
    unresolved: str
    """How many meetings nobody has settled, empty where it is none."""
    unresolved_url: str
    asked: dict[str, str] = field(default_factory=dict)
    """For the audit log and the name of a file: codes, no person."""

    @property
    def all_tables(self) -> list[Table]:
        return [*self.tables, *self.ahead]

    @property
    def has_hidden(self) -> bool:
        return self.published


def build(form: NumbersForm, sight: Sight, *, now: dt.datetime | None = None) -> Page:
    """Count what a valid form asks for."""
    now = now or timezone.now()
    if form.published:
        return _published(form, sight, now)
    return _exact(form, sight, now)


def _page(
    form: NumbersForm, now: dt.datetime, tables: list[Table], ahead: list[Table], unresolved: str, url: str
) -> Page:
    place, service, therapist = form.place_chosen, form.service_chosen, form.therapist_chosen
    asked = {"period": form.period_chosen.key, "place": place, "numbers": "published" if form.published else "exact"}
    if service:
        asked["service"] = service.slug
    if therapist:
        asked["therapist"] = str(therapist.uuid)
    return Page(
        period=form.period_chosen,
        place=_place_label(form),
        published=form.published,
        service=service,
        therapist=therapist,
        now=now,
        tables=tables,
        ahead=ahead,
        unresolved=unresolved,
        unresolved_url=url,
        asked=asked,
    )


def _place_label(form: NumbersForm) -> str:
    if form.place_chosen == OWN:
        return _("meetings that I lead")
    return str(form.places[form.place_chosen] or _("all centres together"))


# --- exact -----------------------------------------------------------------------------------------------------------


def _exact(form: NumbersForm, sight: Sight, now: dt.datetime) -> Page:
    place, service, chosen = form.place_chosen, form.service_chosen, form.therapist_chosen
    own = place == OWN
    person = sight.own if own else chosen
    centres = _centres(form, sight)
    asked = Asked(
        period=form.period_chosen,
        centres=tuple(centre.pk for centre in centres),
        now=now,
        service=service.pk if service else None,
        therapist=person.pk if person else None,
    )
    cells = count(asked)
    total = summed(cells.values())
    by_centre, by_service, by_month = (grouped(cells, what) for what in ("centre", "service", "month"))
    several = len(centres) > 1
    centre_rows = [(str(centre), by_centre.get(centre.pk, Tally())) for centre in centres]
    tables = [
        outcome_table(centre_rows if several else [(_place_label(form), total)], total if several else None, total),
        tally_table(
            "services",
            _("By service"),
            _("Service"),
            [(one.name, by_service[one.pk]) for one in form.services.values() if one.pk in by_service],
            total,
            chart=True,
        ),
    ]
    if several:
        tables.append(tally_table("centres", _("By centre"), _("Centre"), centre_rows, total))
    names = not own and {centre.pk for centre in centres} <= sight.with_names
    if names and person is None:
        tables.append(_therapists(asked))
    months = asked.period.months
    if len(months) > 1:
        rows = [(month.label, by_month.get(i, Tally())) for i, month in enumerate(months)]
        tables.append(tally_table("months", _("By month"), _("Month"), rows, total, chart=True))
    outlook = capacity_ahead(asked.centres, today=timezone.localdate(now), only=asked.therapist)
    ahead = [weeks_table(outlook, None, usual_minutes(centres, service))]
    if names or (own and several):
        ahead.append(people_table(outlook, _people(outlook, centres)))
    unresolved = total.unresolved
    return _page(form, now, tables, ahead, str(unresolved) if unresolved else "", _worklist(own, sight, centres))


def _centres(form: NumbersForm, sight: Sight) -> list[Centre]:
    if form.place_chosen == OWN:
        return [centre for centre in sight.everywhere if centre.pk in sight.own_centres]
    centre = form.places[form.place_chosen]
    return [centre] if centre else list(sight.everywhere)


def _therapists(asked: Asked) -> Table:
    found = count_by_therapist(asked)
    people = sorted(StaffMember.objects.in_bulk(list(found)).values(), key=lambda one: (one.name_sort, one.pk))
    rows = list(zip(_labels(people), (found[one.pk] for one in people), strict=True))
    return tally_table(
        "therapists",
        _("By therapist"),
        _("Therapist"),
        rows,
        summed(found.values()),
        with_total=False,
        note=_(
            "A meeting led by two counts for both, with its whole length; the sums above count it once. Travel and "
            "documentation stand with the meeting's therapist."
        ),
        chart=True,
    )


def _labels(people: Iterable[StaffMember]) -> list[str]:
    """Names; namesakes with their job or a number, because rows of a file must be told apart."""
    people = list(people)
    names = Counter(str(one) for one in people)
    seen: Counter[str] = Counter()
    found = []
    for one in people:
        name = str(one)
        seen[name] += 1
        found.append(f"{name} ({seen[name]})" if names[name] > 1 else name)
    return found


def _people(outlook: Outlook, centres: list[Centre]) -> list[tuple[str, int, int]]:
    order = {centre.pk: place for place, centre in enumerate(centres)}
    keys = sorted(outlook.loads, key=lambda key: (order[key[0]], outlook.staff[key[1]].name_sort, key[1]))
    places = {centre.pk: centre.place for centre in centres}
    labels = _labels(outlook.staff[staff] for _centre, staff in keys)
    if len(centres) > 1:
        labels = [f"{outlook.staff[staff]}, {places[centre]}" for centre, staff in keys]
    return [(label, centre, staff) for label, (centre, staff) in zip(labels, keys, strict=True)]


def _worklist(own: bool, sight: Sight, centres: list[Centre]) -> str:
    """The widest list of unresolved meetings that this person has."""
    scope = "all" if sight.together else "centre" if {centre.pk for centre in centres} <= sight.with_names else "mine"
    return f"{reverse('cases:unresolved_sessions')}?scope={'mine' if own else scope}"


def usual_minutes(centres: Iterable[Centre], service: Service | None = None) -> int:
    """How long a meeting usually lasts: the service's length, else the commonest of those offered, groups left aside;
    of equally common ones the longer.
    """
    if service:
        return service.minutes
    offered = Service.objects.filter(centres__in=[centre.pk for centre in centres]).exclude(form=Service.Form.GROUP)
    lengths = Counter(minutes for _pk, minutes in offered.order_by().values_list("pk", "minutes").distinct())
    return max(lengths, key=lambda minutes: (lengths[minutes], minutes), default=USUAL_MINUTES)


# --- published -------------------------------------------------------------------------------------------------------


def _published(form: NumbersForm, sight: Sight, now: dt.datetime) -> Page:
    place, service = form.places[form.place_chosen], form.service_chosen
    scope: Scope = place.pk if place else None
    everywhere = tuple(centre.pk for centre in sight.everywhere)
    asked = Asked(period=form.period_chosen, centres=everywhere, now=now)
    cells = count(asked)
    publication = publish(asked, cells)
    counted = publication.services()
    services = [(one.name, one.pk) for one in form.services.values() if one.pk in counted]
    if service:
        services = [(service.name, service.pk)]
    tables = []
    if not service:
        rows: list[tuple[str, Scope]] = [(str(place), scope)]
        if place is None:
            rows = [*((str(centre), centre.pk) for centre in sight.everywhere), (_("all centres together"), None)]
        tables.append(published_outcomes(publication, rows))
    tables.append(published_services(publication, scope, services, with_total=not service, title=_("By service")))
    months = asked.period.months
    if len(months) > 1 and not service:
        labels = [month.label for month in months]
        tables.append(published_months(publication, scope, labels, title=_("By month")))
    outlook = capacity_ahead(everywhere, today=timezone.localdate(now))
    minutes = usual_minutes([place] if place else sight.everywhere, service)
    ahead = [weeks_table(outlook, scope, minutes, publish_ahead(outlook, everywhere))]
    gap = publication.state(scope, UNRESOLVED)
    has_gap = not service and (not gap.is_shown or gap.at_least or gap.count)
    return _page(form, now, tables, ahead, figure(gap).text if has_gap else "", "")

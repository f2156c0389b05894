"""The invented families: their referrals, people and cases over some months, the same for the same seed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from random import Random

from dateutil.relativedelta import relativedelta

from cases.casefile.deadlines import DEFAULTS, set_next_deadline
from cases.casefile.models import (
    CareTeamMember,
    Case,
    CaseNumberSequence,
    CoordinatorAssignment,
    Stage,
    StageChange,
)
from cases.intake.models import Referral, Source
from cases.intake.services import write_search_text
from cases.people.models import District, Family, FamilyMember, FamilyRole, Person
from cases.people.services import describe
from cases.sessions.models import Attendance, Occupancy, Session
from cases.sessions.note_models import TherapyNote
from cases.sessions.series_models import SeriesReview, SessionSeries
from centres.models import Centre, Role, Room, Service, StaffMember, WeeklyHours
from foundation.search import search_key, sort_key
from krakow_family.demo import words
from krakow_family.demo.accounts import Staff
from krakow_family.demo.family_world import DAY, World
from krakow_family.demo.forgotten import forget_some
from krakow_family.demo.meetings import diagnosis_meeting, therapy
from krakow_family.demo.weekly_hours import weekly_hours

ROOMS = ("Pokój niebieski", "Pokój zielony", "Pokój żółty", "Sala rodzinna")
SOURCES = tuple(Source)
SOURCE_WEIGHTS = (30, 10, 5, 14, 16, 6, 6, 5, 3, 4, 1)


FATES = {11: Referral.Status.REDIRECTED, 17: Referral.Status.WITHDRAWN, 23: Referral.Status.DECLINED}
"""What becomes of one referral in thirty each, so that there are some on every day that the demonstration is made."""


def make_families(rng: Random, staff: Staff, *, families: int, months: int, today: dt.date) -> None:
    """Everything about families; a few queries a family, meetings in bulk."""
    world = World(rng=rng, today=today, start=today - relativedelta(months=months), staff=staff)
    centres = list(Centre.objects.order_by("order"))
    for centre in centres:
        world.services[centre.slug] = list(centre.services.exclude(form=Service.Form.GROUP).order_by("order", "slug"))
        world.rooms[centre.slug] = [
            Room.objects.create(uuid=world.uid(), centre=centre, name=name, seats=4 + 2 * index)
            for index, name in enumerate(ROOMS)
        ]
    days = max((today - world.start).days, 1)
    # The last days are always there: a demonstration needs a diagnosis that is due and one that is late.
    received = sorted(
        world.start + DAY * (rng.randrange(days) if index % 4 else days - rng.randrange(min(24, days)))
        for index in range(families)
    )
    for index, day in enumerate(received):
        _referral(world, centres[index % len(centres)], centres, day, index)
    forget_some(world.sessions, world.attendances, world.notes, staff, today)
    SessionSeries.objects.bulk_create(world.series)
    SeriesReview.objects.bulk_create(world.series_reviews)
    Session.objects.bulk_create(world.sessions, batch_size=500)
    Attendance.objects.bulk_create(world.attendances, batch_size=1000)
    Occupancy.objects.bulk_create(world.occupancies, batch_size=1000)
    TherapyNote.objects.bulk_create(world.notes, batch_size=500)
    WeeklyHours.objects.bulk_create(weekly_hours(staff, world.start))
    for (centre_id, year), last in world.numbers.items():
        CaseNumberSequence.objects.create(centre_id=centre_id, year=year, last=last)


def _referral(world: World, centre: Centre, centres: list[Centre], received: dt.date, index: int) -> None:
    rng = world.rng
    woman, man, plural = words.SURNAMES[rng.randrange(len(words.SURNAMES))]
    children = rng.choice((0, 1, 1, 2)) if centre.slug == "wodna" else rng.choice((1, 1, 2, 2, 3))
    adults = rng.choice((1, 2, 2, 2))
    coordinators = world.staff[centre.slug][Role.COORDINATOR]
    first_name = rng.choice(words.WOMEN)
    facts = {
        "source": rng.choices(SOURCES, SOURCE_WEIGHTS)[0],
        "received_on": received,
        "family_label": f"Rodzina {plural}",
        "contact_first_name": first_name,
        "contact_last_name": woman,
        "contact_role": FamilyRole.MOTHER if children else FamilyRole.PARTNER,
        "contact_phone": words.phone_of_nobody(rng),
        "district": rng.choice([value for value in District.values if value]),
        "adults": adults,
        "children": children,
        "concern": rng.choice(words.CONCERNS),
        "created_at": world.moment(received),
        "created_by": coordinators[0],
    }
    referral = Referral(uuid=world.uid(), centre=centre, **facts)
    write_search_text(referral)
    decided = min(received + DAY * rng.randrange(5), world.today)
    fate = FATES.get(index % 30, Referral.Status.ACCEPTED)
    age = (world.today - received).days
    if age <= 6 and rng.random() < 0.6:
        referral.save()
        return
    referral.decided_on = decided
    referral.decided_by = world.staff[centre.slug][Role.LEAD][0]
    if fate == Referral.Status.WITHDRAWN:
        referral.status, referral.reason = Referral.Status.WITHDRAWN, rng.choice(words.WITHDRAWN)
    elif fate == Referral.Status.DECLINED:
        referral.status, referral.reason = Referral.Status.DECLINED, rng.choice(words.DECLINED)
    elif fate == Referral.Status.REDIRECTED:
        there = centres[(centres.index(centre) + 1) % len(centres)]
        referral.status, referral.reason = Referral.Status.REDIRECTED, rng.choice(words.REDIRECTED)
        referral.redirected_to = there
        referral.save()
        referral = Referral(
            uuid=world.uid(),
            centre=there,
            redirected_from=referral,
            status=Referral.Status.ACCEPTED,
            decided_on=decided,
            decided_by=world.staff[there.slug][Role.LEAD][0],
            **facts,
        )
        write_search_text(referral)
    else:
        referral.status = Referral.Status.ACCEPTED
    referral.save()
    if referral.status == Referral.Status.ACCEPTED:
        family, people = _family_of(world, referral, (first_name, woman, man), adults, children)
        _case(world, referral, family, people, decided, index)


def _family_of(
    world: World, referral: Referral, names: tuple[str, str, str], adults: int, children: int
) -> tuple[Family, list[Person]]:
    rng = world.rng
    first_name, woman, man = names
    family = Family.objects.create(
        uuid=world.uid(),
        label=referral.family_label,
        label_sort=sort_key(referral.family_label)[:500],
        district=referral.district,
        created_at=world.moment(referral.received_on),
    )
    roles: list[tuple[FamilyRole, str, bool, int]] = [
        (FamilyRole.MOTHER if children else FamilyRole.PARTNER, first_name, True, rng.randrange(28, 50))
    ]
    if adults > 1:
        parent = FamilyRole.FATHER if children else FamilyRole.PARTNER
        roles.append((parent, rng.choice(words.MEN), False, rng.randrange(28, 55)))
    for _ in range(children):
        girl = rng.random() < 0.5
        role = FamilyRole.DAUGHTER if girl else FamilyRole.SON
        roles.append((role, rng.choice(words.WOMEN if girl else words.MEN), girl, rng.randrange(3, 18)))
    if rng.random() < 0.15:
        roles.append((FamilyRole.GRANDMOTHER, rng.choice(words.WOMEN), True, rng.randrange(60, 82)))
    people = []
    for role, name, is_woman, age in roles:
        known = rng.random()
        born = world.today - relativedelta(years=age) - DAY * rng.randrange(360)
        person = Person(uuid=world.uid(), created_at=world.moment(referral.received_on))
        facts: dict[str, object] = {
            "first_name": name,
            "last_name": woman if is_woman else man,
            "birth_date": None if known > 0.95 else born,
            "sex": Person.Sex.FEMALE if is_woman else Person.Sex.MALE,
        }
        if known < 0.6:
            facts["pesel"] = words.pesel_of_nobody(rng, born, woman=is_woman)
        else:
            facts["no_pesel_reason"] = "nie podano na pierwszym spotkaniu"
        if age >= 18:
            facts["phone"] = words.phone_of_nobody(rng)
        describe(person, facts)
        if person.pesel_hash and Person.objects.filter(pesel_hash=person.pesel_hash).exists():
            describe(person, {"pesel": "", "no_pesel_reason": "nie podano na pierwszym spotkaniu"})
        person.birth_date = None if known > 0.95 else born
        person.save()
        people.append(person)
        FamilyMember.objects.create(
            uuid=world.uid(), family=family, person=person, role=role, from_on=referral.received_on
        )
    family.search_text = search_key(" ".join([family.label, *map(str, people)]))
    family.save(update_fields=["search_text"])
    return family, people


def _case(world: World, referral: Referral, family: Family, people: list[Person], opened: dt.date, index: int) -> None:
    rng, today = world.rng, world.today
    centre = referral.centre
    key = (centre.pk, opened.year)
    world.numbers[key] += 1
    case = Case(
        uuid=world.uid(),
        number=f"{centre.letter}/{opened.year}/{world.numbers[key]:04}",
        family=family,
        centre=centre,
        referral=referral,
        received_on=referral.received_on,
        opened_on=opened,
        stage=Stage.DIAGNOSIS,
        stage_since_on=opened,
    )
    staff = world.staff[centre.slug]
    coordinator = staff[Role.COORDINATOR][index // 3 % 2]
    therapist = staff[Role.THERAPIST][index // 3 % 2]
    steps = list(_steps(world, case, therapist))
    set_next_deadline(case, DEFAULTS)
    case.save()
    for stage, day in steps:
        StageChange.objects.create(case=case, stage=stage, on=day, by=coordinator, at=world.moment(day))
    fresh = (today - opened).days < 4  # a few new cases still wait for their coordinator
    if not (fresh and index % 2):
        CoordinatorAssignment.objects.create(case=case, coordinator=coordinator, started_on=opened)
    if case.therapy_started_on:
        CareTeamMember.objects.create(uuid=world.uid(), case=case, staff=therapist, from_on=case.therapy_started_on)
        therapy(world, case, people, therapist, case.therapy_started_on, case.closed_on)
    elif case.stage == Stage.DIAGNOSIS and rng.random() < 0.7:
        diagnosis_meeting(world, case, people, therapist)


def _steps(world: World, case: Case, therapist: StaffMember) -> Iterator[tuple[Stage, dt.date]]:
    """How far the case has come by today; writes its dates and its stage."""
    rng, today = world.rng, world.today
    yield Stage.DIAGNOSIS, case.opened_on
    day = max(case.received_on + DAY * rng.choice((5, 7, 8, 9, 10, 11, 12, 13, 14, 14, 17)), case.opened_on)
    if day > today:
        return
    if (today - case.received_on).days < 24 and rng.random() < 0.5:  # some are late, still undone
        return
    case.diagnosed_on, case.diagnosed_by = day, therapist
    case.stage, case.stage_since_on = Stage.PLAN, day
    yield Stage.PLAN, day
    day += DAY * rng.randrange(4, 12)
    waits = rng.random() < 0.55
    if waits and day <= today:
        case.stage, case.stage_since_on = Stage.WAITING, day
        yield Stage.WAITING, day
        day += DAY * rng.choice((20, 40, 60, 90, 120, 150, 175))
    if day > today:
        return
    case.therapy_started_on = day
    case.stage, case.stage_since_on = Stage.THERAPY, day
    yield Stage.THERAPY, day
    day += DAY * rng.randrange(170, 190)
    if day > today:
        return
    case.stage, case.stage_since_on = Stage.FOLLOW_UP, day
    yield Stage.FOLLOW_UP, day
    day += DAY * rng.randrange(20, 60)
    if day > today:
        return
    case.stage, case.stage_since_on, case.closed_on = Stage.CLOSED, day, day
    yield Stage.CLOSED, day

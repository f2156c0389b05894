"""Twenty people who plan a meeting in the same forty slots at the same moment: `python -m bench --clashes`.

Each slot is wanted by all twenty, each for a family of their own. Only one thing stands in their way, and it is the
same for several slots in a row, so that a meeting begins in the minute in which the one before it ends: first one
therapist, then one room, then one child whom all twenty families have.
"""

from __future__ import annotations

import datetime as dt
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import chain
from threading import Barrier

from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from accounts.demo import DEMO_PASSWORD
from accounts.models import User
from bench.serving import PATIENCE, Answer, Browser, running_portal
from bench.telling import say, told
from cases.casefile.models import Case
from cases.casefile.services import assign_coordinator
from cases.people.models import FamilyMember, FamilyRole, Person
from cases.sessions.models import Occupancy, Session
from cases.sessions.moments import in_words
from centres.models import Centre, Role, RoleAssignment, Room, Service, StaffMember
from scripts.translations import compile_catalogue

CLIENTS, SLOTS, MINUTES = 20, 40, 15
PROCESSES, THREADS = 5, 4  # as many requests in hand at once as there are clients

SENTENCES = {
    "therapist": "Terapeuta ma w tym czasie inne spotkanie ({when}).",
    "room": "Pokój jest w tym czasie zajęty ({when}).",
    "child": "Zosia Wspólna ma w tym czasie inne spotkanie ({when}).",
}


@dataclass(frozen=True)
class Slot:
    starts_at: dt.datetime
    contested: str  # therapist, room, child

    @property
    def when(self) -> str:
        return in_words(self.starts_at, self.starts_at + dt.timedelta(minutes=MINUTES))


@dataclass
class Client:
    """Somebody who coordinates one family, at their browser."""

    staff: StaffMember
    room: Room
    case: Case
    member: str
    browser: Browser = field(init=False)
    page: Answer | None = None
    """The form that is open: a refused one is corrected and sent again, with the same `once`."""


@dataclass(frozen=True)
class Cast:
    service: Service
    therapist: StaffMember
    room: Room
    child: Person
    clients: list[Client]
    slots: list[Slot]


def run() -> int:
    """Book every slot, one after the other; call all off; book all of them anew, in every order at once."""
    with told("Preparing the database"):
        compile_catalogue()
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        call_command("seed_demo", families=150, months=3, stderr=sys.stderr)
    cast = _cast()
    say(f"{connection.vendor}: {CLIENTS} people, {SLOTS} slots, {PROCESSES} processes of {THREADS} threads.\n")
    with running_portal(processes=PROCESSES, threads=THREADS) as base, ThreadPoolExecutor(CLIENTS) as pool:
        for client in cast.clients:
            client.browser = Browser(base)
            client.browser.sign_in(client.staff.user.email)
        good = [
            _booked("one slot after the other", cast, _slot_by_slot(cast, pool)),
            _cancelled(cast, pool),
            _booked("all slots at once", cast, _in_any_order(cast, pool)),
        ]
    return 0 if all(good) else 1


# --- who and what ----------------------------------------------------------------------------------------------------


def _cast() -> Cast:
    """Twenty coordinators with a family each, and what they will clash over."""
    centre = Centre.objects.get(slug="wodna")
    password = make_password(DEMO_PASSWORD)
    people = [_employed(centre, f"client{number}", password) for number in range(CLIENTS)]
    cases = Case.objects.open().filter(centre=centre).exclude(family__members=None).order_by("id")[:CLIENTS]
    child = Person.objects.create(first_name="Zosia", last_name="Wspólna", birth_date=dt.date(2015, 5, 1))
    lead = User.objects.get(email="lead.wodna@example.org")
    clients = []
    for number, (staff, case) in enumerate(zip(people, cases, strict=True)):
        assign_coordinator(case, staff, by=lead)
        member = FamilyMember.objects.current().filter(family=case.family).order_by("id")[0]
        FamilyMember.objects.create(
            family=case.family, person=child, role=FamilyRole.DAUGHTER, from_on=timezone.localdate()
        )
        room = Room.objects.create(centre=centre, name=f"Sala {number}")
        clients.append(Client(staff, room, case, str(member.person.uuid)))
    return Cast(
        service=Service.objects.filter(centres=centre, form=Service.Form.FAMILY)[0],
        therapist=_employed(centre, "contested", password),
        room=Room.objects.create(centre=centre, name="Sala sporna"),
        child=child,
        clients=clients,
        slots=_slots(),
    )


def _employed(centre: Centre, name: str, password: str) -> StaffMember:
    """A therapist who coordinates too."""
    user = User.objects.create(email=f"{name}@example.org", password=password)
    for role in (Role.COORDINATOR, Role.THERAPIST):
        RoleAssignment.objects.create(user=user, role=role, centre=centre, from_on=timezone.localdate())
    return StaffMember.objects.create(user=user, first_name=name, last_name="Demo")


def _slots() -> list[Slot]:
    """From 8:00 on, each beginning when the one before ends, on a day for which the demonstration plans nothing."""
    day = timezone.localdate() + dt.timedelta(days=200)
    first = dt.datetime.combine(day, dt.time(8), timezone.get_default_timezone())
    kinds = list(SENTENCES)
    return [
        Slot(first + number * dt.timedelta(minutes=MINUTES), kinds[number * len(kinds) // SLOTS])
        for number in range(SLOTS)
    ]


# --- what they do ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Try:
    slot: Slot
    answer: Answer
    seconds: float

    @property
    def outcome(self) -> str:
        if self.answer.status == HTTPStatus.FOUND:
            return "planned"
        sentence = SENTENCES[self.slot.contested].format(when=self.slot.when)
        if self.answer.status == HTTPStatus.OK and sentence in self.answer.text:
            return f"refused for the {self.slot.contested}"
        errors = re.search(r'id="form-errors".*?<ul[^>]*>(.*?)</ul>', self.answer.text, re.DOTALL)
        return f"answered {self.answer.status} {' '.join(strip_tags(errors[1]).split()) if errors else ''}"


def _plan(cast: Cast, client: Client, slot: Slot, ready: Callable[[], object] = lambda: None) -> Try:
    """Fill in the form of planning, wait until all are `ready`, and send it."""
    url = f"{reverse('cases:log_session', args=[client.case.uuid])}?status=planned"
    page = client.page or client.browser.get(url)
    contested = {
        "therapist": str((cast.therapist if slot.contested == "therapist" else client.staff).uuid),
        "room": str((cast.room if slot.contested == "room" else client.room).uuid),
        "presences": [str(cast.child.uuid) if slot.contested == "child" else client.member],
    }
    local = timezone.localtime(slot.starts_at)
    when = {"day": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}", "minutes": str(MINUTES)}
    ready()
    began = time.monotonic()
    answer = client.browser.post(url, page.hidden | contested | when | {"service": str(cast.service.uuid)})
    client.page = answer if answer.status == HTTPStatus.OK else None
    return Try(slot, answer, time.monotonic() - began)


def _slot_by_slot(cast: Cast, pool: ThreadPoolExecutor) -> Iterable[Try]:
    """All twenty send their forms for the same slot at the same moment, then for the next one."""
    barrier = Barrier(CLIENTS, timeout=2 * PATIENCE)
    for slot in cast.slots:
        yield from pool.map(lambda client, slot=slot: _plan(cast, client, slot, barrier.wait), cast.clients)


def _in_any_order(cast: Cast, pool: ThreadPoolExecutor) -> Iterable[Try]:
    """Each of the twenty goes through the slots in an order of their own, so that neighbours are booked together."""

    def all_slots(number: int, client: Client) -> list[Try]:
        order = random.Random(number).sample(cast.slots, SLOTS)  # noqa: S311 - the same orders every time
        return [_plan(cast, client, slot) for slot in order]

    return chain.from_iterable(pool.map(all_slots, range(CLIENTS), cast.clients))


# --- what came of it -------------------------------------------------------------------------------------------------


def _planned(cast: Cast) -> list[Session]:
    first, last = cast.slots[0].starts_at, cast.slots[-1].starts_at
    cases = [client.case for client in cast.clients]
    return list(Session.objects.planned().filter(case__in=cases, starts_at__range=(first, last)).order_by("starts_at"))


def _overlapping() -> int:
    """How many rows say that something is taken up while another meeting takes it up too."""
    same = Q(staff=OuterRef("staff")) | Q(room=OuterRef("room")) | Q(person=OuterRef("person"))
    others = Occupancy.objects.filter(same, from_at__lt=OuterRef("to_at"), to_at__gt=OuterRef("from_at"))
    today = timezone.now()
    return Occupancy.objects.filter(Exists(others.exclude(pk=OuterRef("pk"))), from_at__gt=today).count()


def _booked(name: str, cast: Cast, tries: Iterable[Try]) -> bool:
    """Whether each slot has one meeting, and everybody else heard why they have none."""
    began = time.monotonic()
    made = list(tries)
    took = time.monotonic() - began
    outcomes = Counter(one.outcome for one in made)
    expected = {"planned": SLOTS}
    for slot in cast.slots:
        key = f"refused for the {slot.contested}"
        expected[key] = expected.get(key, 0) + CLIENTS - 1
    taken = [session.starts_at for session in _planned(cast)]
    overlapping = _overlapping()
    good = outcomes == expected and taken == [slot.starts_at for slot in cast.slots] and not overlapping
    slowest = max(one.seconds for one in made)
    say(f"{name}: {'ok' if good else 'NOT AS IT SHOULD BE'}")
    say(f"    {len(made)} forms in {took:.0f} s, the slowest answer after {slowest:.2f} s")
    say(f"    {', '.join(f'{number} {what}' for what, number in outcomes.most_common())}")
    say(f"    {len(taken)} meetings in {len(set(taken))} slots, {overlapping} overlapping")
    return good


def _cancelled(cast: Cast, pool: ThreadPoolExecutor) -> bool:
    """Everybody calls off what they have planned; it takes up nobody any more."""
    sessions = _planned(cast)
    browsers: dict[int | None, Browser] = {client.case.pk: client.browser for client in cast.clients}

    def call_off(session: Session) -> int:
        browser, url = browsers[session.case_id], reverse("cases:resolve_session", args=[session.uuid])
        hidden = browser.get(url).hidden
        return browser.post(url, hidden | {"status": "by_centre", "reason": "Próba obciążenia"}).status

    answers = Counter(pool.map(call_off, sessions))
    left = Occupancy.objects.filter(session__in=[session.pk for session in sessions]).count()
    good = answers == {HTTPStatus.FOUND: SLOTS} and not _planned(cast) and not left
    say(f"called off: {'ok' if good else 'NOT AS IT SHOULD BE'}")
    say(f"    {dict(answers)}, {left} people and rooms still taken")
    return good

"""The cast. Anna coordinates and Marek leads at Wodna; Ewa coordinates at Krakowiaków and must see none of it."""

from __future__ import annotations

import datetime as dt
import gc
import os
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from accounts.demo import forget_demo_mode
from accounts.models import User
from cases.casefile.models import Case, CoordinatorAssignment, Stage, StageChange
from cases.intake.models import Referral, Source
from cases.people.models import Family, FamilyMember, FamilyRole, Person
from centres.models import Centre, Organisation, Role, RoleAssignment, Room, Service, StaffMember
from centres.services import load_reference
from foundation.search import search_key, sort_key
from tests.browser.chromium import _one_request_at_a_time, chromium  # noqa: F401 - fixtures, for every folder

# How long something takes is nobody's mistake in a test: the machine may have other work to do.
hypothesis.settings.register_profile("portal", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("portal")

# Nobody needs the tests' data after the power has failed: PostgreSQL does not wait for the disk at each commit.
os.environ.setdefault("PGOPTIONS", "-c synchronous_commit=off")


def pytest_collection_finish() -> None:
    """Garbage is looked for less often, and never again among what lasts for the whole run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture(autouse=True)
def _no_second_factor_by_default(settings: Any) -> None:
    """Tests of the second factor switch it on; all others are about something else."""
    settings.REQUIRE_SECOND_FACTOR = False


@pytest.fixture(autouse=True)
def _nothing_counted_yet(settings: Any) -> None:
    """Each test counts attempts from nothing, in whatever cache the portal uses: Redis is shared by all workers."""
    settings.CACHES = {"default": settings.CACHES["default"] | {"KEY_PREFIX": uuid.uuid4().hex}}


@pytest.fixture(scope="session", autouse=True)
def _plain_static_files() -> Iterator[None]:
    """Pages are drawn without collecting files first; that the manifest holds is what `./run` proves at start.

    Every test client makes the middleware anew, and WhiteNoise would look at all 1,200 files every time.
    """
    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    with override_settings(STORAGES=settings.STORAGES | plain, WHITENOISE_AUTOREFRESH=True):
        yield


@pytest.fixture(autouse=True)
def _fresh_memory() -> Iterator[None]:
    forget_demo_mode()
    yield
    forget_demo_mode()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The reference data is loaded once; a test's rollback leaves it in place."""
    with django_db_blocker.unblock():
        load_reference()
    yield
    if connection.vendor == "postgresql":
        # A thread of a race or of a browser's server may still be giving its connection back: the database is
        # dropped next, and PostgreSQL refuses that while anybody is connected.
        with django_db_blocker.unblock():
            connection.close_pool()  # type: ignore[attr-defined] # PostgreSQL's alone
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            connection.close()
            connection.close_pool()  # type: ignore[attr-defined] # the cursor has opened it again


@pytest.fixture
def reference(db: None) -> None:
    """The three centres with their offer, partners and help numbers, as the portal ships them."""
    if not Centre.objects.exists():  # a test with real transactions has emptied the tables
        load_reference()


@pytest.fixture
def wodna(reference: None) -> Centre:
    return Centre.objects.get(slug="wodna")


@pytest.fixture
def krakowiakow(reference: None) -> Centre:
    return Centre.objects.get(slug="krakowiakow")


@pytest.fixture
def wadowicka(reference: None) -> Centre:
    return Centre.objects.get(slug="wadowicka")


def new_user(email: str) -> User:
    """What `create_user` leaves in the database, in two statements instead of fourteen (`test_new_user.py`)."""
    user = User(email=email)
    user.set_unusable_password()
    User.objects.bulk_create([user])
    EmailAddress.objects.bulk_create([EmailAddress(user=user, email=email, verified=True, primary=True)])
    return user


StaffMaker = Callable[..., StaffMember]


@pytest.fixture
def make_staff(reference: None) -> StaffMaker:
    """Make a member of staff: `make_staff("Anna", "Nowa", Role.COORDINATOR, centre=wodna)`."""

    def make(
        first_name: str,
        last_name: str,
        *roles: Role,
        centre: Centre | None = None,
        organisation: Organisation | None = None,
    ) -> StaffMember:
        user = new_user(f"{search_key(first_name)}.{search_key(last_name)}@example.org")
        staff = StaffMember.objects.create(user=user, first_name=first_name, last_name=last_name)
        since = dt.date(2025, 1, 1)
        held = [
            RoleAssignment(user=user, role=role, centre=centre, organisation=organisation, from_on=since)
            for role in roles
        ]
        for one in held:  # as saving one by one does; a new person has no others
            one.refuse_beside(held)
        RoleAssignment.objects.bulk_create(held)
        return staff

    return make


@pytest.fixture
def anna(make_staff: StaffMaker, wodna: Centre) -> StaffMember:
    """Coordinates at Wodna."""
    return make_staff("Anna", "Przykład", Role.COORDINATOR, centre=wodna)


@pytest.fixture
def marek(make_staff: StaffMaker, wodna: Centre) -> StaffMember:
    """Heads Wodna."""
    return make_staff("Marek", "Wzór", Role.LEAD, centre=wodna)


@pytest.fixture
def piotr(make_staff: StaffMaker, wodna: Centre) -> StaffMember:
    """A therapist at Wodna."""
    return make_staff("Piotr", "Próbny", Role.THERAPIST, centre=wodna)


@pytest.fixture
def ewa(make_staff: StaffMaker, krakowiakow: Centre) -> StaffMember:
    """Coordinates at Krakowiaków; nothing of Wodna's is hers to see."""
    return make_staff("Ewa", "Inna", Role.COORDINATOR, centre=krakowiakow)


@pytest.fixture
def clara(make_staff: StaffMaker) -> StaffMember:
    """Clinical lead of all three centres."""
    return make_staff("Klara", "Kliniczna", Role.CLINICAL_LEAD)


@pytest.fixture
def jan(make_staff: StaffMaker) -> StaffMember:
    """MOPS analyst: aggregates only, never a person."""
    return make_staff("Jan", "Liczący", Role.ANALYST)


@pytest.fixture
def iga(make_staff: StaffMaker) -> StaffMember:
    """Data protection officer."""
    return make_staff("Iga", "Strażnik", Role.DPO)


@pytest.fixture
def adam(make_staff: StaffMaker) -> StaffMember:
    """Administrator of users and dictionaries."""
    return make_staff("Adam", "Słownik", Role.ADMIN)


SignIn = Callable[[StaffMember], Client]


@pytest.fixture
def sign_in() -> SignIn:
    """A browser in which this person is signed in."""

    def signed_in(staff: StaffMember) -> Client:
        client = Client()
        client.force_login(staff.user, backend="centres.backends.SignInBackend")
        return client

    return signed_in


CaseMaker = Callable[..., Case]


@pytest.fixture
def make_case(reference: None) -> CaseMaker:
    """An open case as the services leave it: `make_case(wodna, "Rodzina Przykładowych", coordinator=anna)`."""
    numbers: dict[str, int] = {}

    def make(
        centre: Centre,
        label: str = "Rodzina Przykładowych",
        *,
        coordinator: StaffMember | None = None,
        received_on: dt.date | None = None,
        stage: Stage = Stage.DIAGNOSIS,
        members: tuple[tuple[str, str, FamilyRole, dt.date | None], ...] = (
            ("Maria", "Przykładowa", FamilyRole.MOTHER, dt.date(1988, 5, 1)),
            ("Zofia", "Przykładowa", FamilyRole.DAUGHTER, dt.date(2017, 3, 9)),
        ),
    ) -> Case:
        received = received_on or timezone.localdate()
        names = " ".join(f"{first} {last}" for first, last, _, _ in members)
        family = Family.objects.create(
            label=label, label_sort=sort_key(label), search_text=search_key(f"{label} {names}")
        )
        people = Person.objects.bulk_create(
            Person(first_name=first, last_name=last, birth_date=born) for first, last, _role, born in members
        )
        FamilyMember.objects.bulk_create(
            FamilyMember(family=family, person=person, role=role, from_on=received)
            for person, (_first, _last, role, _born) in zip(people, members, strict=True)
        )
        referral = Referral.objects.create(
            centre=centre,
            source=Source.SELF,
            received_on=received,
            family_label=label,
            contact_first_name="Maria",
            contact_role=FamilyRole.MOTHER,
            status=Referral.Status.ACCEPTED,
            decided_on=received,
        )
        numbers[centre.letter] = numbers.get(centre.letter, 0) + 1
        case = Case.objects.create(
            number=f"{centre.letter}/{received.year}/{numbers[centre.letter]:04}",
            family=family,
            centre=centre,
            referral=referral,
            received_on=received,
            opened_on=received,
            stage=stage,
            stage_since_on=received,
            next_deadline_kind="diagnosis",
            next_deadline_on=received + dt.timedelta(days=14),
        )
        StageChange.objects.create(case=case, stage=stage, on=received)
        if coordinator:
            CoordinatorAssignment.objects.create(case=case, coordinator=coordinator, started_on=received)
        return case

    return make


@pytest.fixture
def annas_case(make_case: CaseMaker, wodna: Centre, anna: StaffMember) -> Case:
    return make_case(wodna, coordinator=anna)


@pytest.fixture
def room(wodna: Centre) -> Room:
    return Room.objects.create(centre=wodna, name="Pokój 1")


@pytest.fixture
def family_therapy(reference: None) -> Service:
    return Service.objects.get(slug="terapia-rodzinna")

"""Nobody is in two places at once: the rule, its sentences, and twenty people who book at the same moment."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections import Counter
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from cases.people.models import FamilyMember, FamilyRole
from cases.sessions import booking
from cases.sessions.models import Occupancy, Session
from cases.sessions.moments import overlap
from cases.sessions.services import SessionError, edit_session
from centres.models import Role, Room
from tests.cases.sessions.conftest import at, people_of

moments = st.integers(0, 3000).map(lambda n: dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=n))
spans = st.tuples(moments, st.integers(1, 480)).map(lambda span: (span[0], span[0] + dt.timedelta(minutes=span[1])))


@given(spans, spans)
def test_two_meetings_overlap_exactly_when_some_moment_belongs_to_both(a, b):
    latest_start, earliest_end = max(a[0], b[0]), min(a[1], b[1])
    assert overlap(*a, *b) == (latest_start < earliest_end)  # a moment t with start <= t < end in both
    assert overlap(*b, *a) == overlap(*a, *b)


@given(spans, st.integers(1, 480))
def test_a_meeting_may_begin_when_another_ends(first, minutes):
    start, end = first
    assert not overlap(start, end, end, end + dt.timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("time", "minutes", "free"),
    [
        ("15:00", 60, True),  # up to its start
        ("17:00", 60, True),  # from its end on
        ("15:01", 60, False),
        ("16:59", 5, False),
        ("16:20", 20, False),  # within
        ("10:00", 480, False),  # around
        ("09:00", 420, True),
    ],
)
def test_the_database_agrees_with_the_rule(planned, book, time, minutes, free):
    start = at("2026-11-23", time)
    if free:
        assert book(starts_at=start, minutes=minutes)
    else:
        with pytest.raises(SessionError) as error:
            book(starts_at=start, minutes=minutes)
        assert set(error.value.error_dict) == {"therapist", "room", "presences"}


def test_each_clash_is_told_beside_its_field_with_the_time(planned, book):
    with pytest.raises(SessionError) as error:
        book(starts_at=at("2026-11-23", "16:30"))
    told = {name: str(errors[0].message) % errors[0].params for name, errors in error.value.error_dict.items()}
    assert told["therapist"] == "Terapeuta ma w tym czasie inne spotkanie (16:00–17:00)."
    assert told["room"] == "Pokój jest w tym czasie zajęty (16:00–17:00)."
    assert told["presences"] == "Maria Przykładowa ma w tym czasie inne spotkanie (16:00–17:00)."


def test_a_child_of_two_families_is_not_expected_in_two_places(
    planned, book, make_case, annas_case, wodna, anna, marek
):
    daughter = people_of(annas_case)[1]
    other = make_case(wodna, "Rodzina Druga", coordinator=anna, received_on=dt.date(2026, 11, 1))
    FamilyMember.objects.create(
        family=other.family, person=daughter, role=FamilyRole.DAUGHTER, from_on=dt.date(2026, 11, 1)
    )
    with pytest.raises(SessionError) as error:
        book(case=other, therapist=marek, by=marek.user, room=None, present={daughter: "present"})
    assert error.value.code == "person_taken"


@pytest.mark.postgresql
@pytest.mark.skipif(connection.vendor != "postgresql", reason="an exclusion constraint is PostgreSQL's")
@pytest.mark.parametrize("what", ["staff", "room", "person"])
@pytest.mark.django_db
def test_the_database_itself_refuses_and_we_say_the_same_sentence(planned, held, what):
    row = Occupancy.objects.filter(session=planned, **{f"{what}__isnull": False})[0]
    row.pk, row.session = None, held
    with pytest.raises(SessionError) as error, booking.one_at_a_time(), transaction.atomic():
        row.save()
    assert error.value.code == f"{what}_taken"


def test_another_broken_constraint_stays_what_it_is(planned):
    with pytest.raises(IntegrityError), booking.one_at_a_time(), transaction.atomic():
        Occupancy.objects.create(session=planned, from_at=planned.ends_at, to_at=planned.starts_at)


# --- the same moment ------------------------------------------------------------------------------------------------

only_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="needs real concurrency")


def together(*jobs):
    """Run all jobs at the same moment, each on its own connection; what each ended with."""
    barrier = threading.Barrier(len(jobs))
    ended: list[Any] = [None] * len(jobs)

    def run(number, job):
        try:
            barrier.wait()
            ended[number] = job()
        except Exception as error:  # what it was is what the test is about
            ended[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return ended


@pytest.mark.postgresql
@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_of_twenty_people_who_book_one_slot_at_once_exactly_one_gets_it(
    book, annas_case, make_case, wodna, anna, piotr
):
    cases = [make_case(wodna, f"Rodzina {n}", coordinator=anna, received_on=dt.date(2026, 11, 1)) for n in range(20)]
    jobs = [lambda case=case: book(case=case, present={people_of(case)[0]: "present"}, by=anna.user) for case in cases]
    ended = together(*jobs)
    assert Counter(type(one) for one in ended) == {Session: 1, SessionError: 19}
    assert {one.code for one in ended if isinstance(one, SessionError)} == {"staff_taken"}
    assert Occupancy.objects.filter(staff=piotr).count() == 1


@pytest.mark.postgresql
@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_bookings_that_touch_the_same_people_in_another_order_do_not_block_each_other(
    book, annas_case, make_case, make_staff, wodna, anna
):
    """Two families share all their people; therapists and rooms are taken in every combination."""
    shared = people_of(annas_case)
    cases = [annas_case]
    for n in range(3):
        other = make_case(wodna, f"Rodzina {n}", coordinator=anna, received_on=dt.date(2026, 11, 1), members=())
        for person in reversed(shared):
            FamilyMember.objects.create(
                family=other.family, person=person, role=FamilyRole.OTHER, from_on=dt.date(2026, 11, 1)
            )
        cases.append(other)
    staff = [make_staff(f"Terapeutka{n}", "Próbna", Role.THERAPIST, centre=wodna) for n in range(4)]
    rooms = [Room.objects.create(centre=wodna, name=f"Sala {n}") for n in range(4)]

    def job(n):
        people = shared if n % 2 else list(reversed(shared))
        return lambda: book(
            case=cases[n % 4],
            therapist=staff[(n * 3) % 4],
            room=rooms[(n * 2) % 4],
            present=dict.fromkeys(people, "present"),
            starts_at=at("2026-11-24") + dt.timedelta(minutes=30 * (n % 8)),
            minutes=30,
            by=anna.user,
        )

    ended = together(*(job(n) for n in range(24)))
    assert Counter(type(one) for one in ended) == {Session: 8, SessionError: 16}


@pytest.mark.postgresql
@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_moving_two_meetings_into_one_gap_moves_one_of_them(book, piotr, family_therapy, room):
    first, second = book(), book(starts_at=at("2026-11-24", "16:00"))
    gap = at("2026-11-25", "16:00")

    def move(session):
        return lambda: edit_session(
            session,
            service=family_therapy,
            therapist=piotr,
            room=room,
            starts_at=gap,
            ends_at=gap + dt.timedelta(hours=1),
            version=1,
            by=piotr.user,
        )

    ended = together(move(first), move(second))
    assert Counter(type(one) for one in ended) == {Session: 1, SessionError: 1}


@pytest.mark.postgresql
@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_neighbouring_slots_are_each_booked_once_through_the_form_and_again_after_being_called_off(
    annas_case, make_case, make_staff, sign_in, wodna, piotr, room, family_therapy
):
    """Six people want each of four slots in a row; `python -m bench --clashes` does the same with the whole portal."""
    child = people_of(annas_case)[1]
    wanting = []
    for n in range(6):
        staff = make_staff(f"Ida{n}", "Próbna", Role.COORDINATOR, Role.THERAPIST, centre=wodna)
        case = make_case(wodna, f"Rodzina {n}", coordinator=staff, received_on=dt.date(2026, 11, 1))
        FamilyMember.objects.create(
            family=case.family, person=child, role=FamilyRole.DAUGHTER, from_on=dt.date(2026, 11, 1)
        )
        own_room = Room.objects.create(centre=wodna, name=f"Sala {n}")
        wanting.append((sign_in(staff), case, staff, own_room, people_of(case)[0]))
    slots = [at("2026-11-24", "16:00") + n * dt.timedelta(minutes=30) for n in range(4)]

    def book_each():
        """Slot by slot another thing is in the way: the therapist twice, so that their meetings touch."""
        for n, slot in enumerate(slots):
            contested = ("therapist", "therapist", "room", "child")[n]

            def job(client, case, staff, own_room, member, slot=slot, contested=contested):
                return client.post(
                    f"{reverse('cases:log_session', args=[case.uuid])}?status=planned",
                    {
                        "service": family_therapy.uuid,
                        "therapist": (piotr if contested == "therapist" else staff).uuid,
                        "room": (room if contested == "room" else own_room).uuid,
                        "presences": [(child if contested == "child" else member).uuid],
                        "day": f"{slot:%Y-%m-%d}",
                        "time": f"{slot:%H:%M}",
                        "minutes": 30,
                        "once": uuid.uuid4(),
                    },
                )

            ended = together(*(partial(job, *one) for one in wanting))
            assert Counter(one.status_code for one in ended) == {302: 1, 200: 5}
            sentence = {
                "therapist": "Terapeuta ma w tym czasie inne spotkanie",
                "room": "Pokój jest w tym czasie zajęty",
                "child": f"{child} ma w tym czasie inne spotkanie",
            }[contested]
            assert all(sentence in one.content.decode() for one in ended if one.status_code == 200)
        planned = list(Session.objects.planned().order_by("starts_at"))
        assert [one.starts_at for one in planned] == slots
        return planned

    def call_off(session):
        client = next(client for client, case, *_rest in wanting if case.pk == session.case_id)
        return client.post(
            reverse("cases:resolve_session", args=[session.uuid]),
            {"status": "by_centre", "reason": "Choroba", "version": 1, "once": uuid.uuid4()},
        )

    first = book_each()
    assert {one.status_code for one in together(*(partial(call_off, session) for session in first))} == {302}
    assert not Occupancy.objects.exists()
    book_each()

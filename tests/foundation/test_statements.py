"""Kept statements: the SQL is remembered and the answer never; nobody gets what was put together for somebody else."""

from __future__ import annotations

import datetime as dt
import uuid
from functools import partial

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.models.functions import JSONObject
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from cases.casefile.models import Case
from cases.sessions.models import Session
from centres.duties import duties_of
from centres.models import Absence, Centre, Role, RoleAssignment, Room, StaffMember
from foundation.statements import One, kept

BUILT: list[object] = []


@pytest.fixture(autouse=True)
def _nothing_built():
    BUILT.clear()


def counting(build):
    """The same function under `@kept`, telling each time that it is asked to put a statement together."""

    def built(*args, **kwargs):
        BUILT.append(args)
        return build(*args, **kwargs)

    built.__qualname__ = build.__qualname__
    return kept(built)


def again(user):
    """The person as the next request knows them."""
    return User.objects.get(pk=user.pk)


def rooms_at(centre: int):
    return Room.objects.filter(centre=centre).order_by("name")


def readable(user: User):
    return Case.objects.readable_by(user).order_by("id")


def absences_from(*, now: dt.datetime):
    return Absence.objects.filter(from_at__gte=now).select_related("staff")


def test_it_is_put_together_once_and_answers_with_what_is_there_now(wodna, room):
    rooms = counting(rooms_at)
    assert rooms(wodna.pk) == [room]
    Room.objects.create(centre=wodna, name="Aula")
    assert [one.name for one in rooms(wodna.pk)] == ["Aula", "Pokój 1"]
    assert len(BUILT) == 1


def test_what_is_given_by_position_makes_another_statement(wodna, krakowiakow, room):
    rooms = counting(rooms_at)
    assert (rooms(wodna.pk), rooms(krakowiakow.pk), rooms(wodna.pk)) == ([room], [], [room])
    assert len(BUILT) == 2


def test_what_is_given_by_name_is_filled_in_each_time(anna):
    absences = counting(absences_from)
    start = timezone.now()
    Absence.objects.create(
        staff=anna, kind="leave", from_at=start, to_at=start + dt.timedelta(hours=1), entered_by=anna.user
    )
    found = [absences(now=start + dt.timedelta(seconds=step)) for step in (-1, 0, 1)]
    assert [len(rows) for rows in found] == [1, 1, 0]
    assert len(BUILT) == 1
    with CaptureQueriesContext(connection) as queries:
        assert absences(now=start)[0].staff == anna  # with all that the query has joined
    assert len(queries) == 1


def test_a_number_and_a_day_are_filled_in_too(wodna, krakowiakow, anna, ewa):
    def holding(*, centre: int, on: dt.date):
        return RoleAssignment.objects.filter(centre=centre, from_on__lte=on).values_list("user_id", flat=True)

    held = counting(holding)
    assert held(centre=wodna.pk, on=dt.date(2025, 1, 1)) == [anna.user.pk]
    assert held(centre=krakowiakow.pk, on=dt.date(2025, 1, 1)) == [ewa.user.pk]
    assert held(centre=krakowiakow.pk, on=dt.date(2024, 12, 31)) == []
    assert len(BUILT) == 1


def test_several_numbers_are_filled_in_together(wodna, krakowiakow, wadowicka):
    def slugs_of(*, centres: tuple[int, ...]):
        return Centre.objects.filter(pk__in=centres).order_by("slug").values_list("slug", flat=True)

    slugs = counting(slugs_of)
    assert slugs(centres=(wodna.pk, krakowiakow.pk)) == ["krakowiakow", "wodna"]
    assert slugs(centres=(wadowicka.pk, krakowiakow.pk)) == ["krakowiakow", "wadowicka"]
    assert slugs(centres=(wodna.pk,)) == ["wodna"]
    assert len(BUILT) == 2  # one for each length
    assert slugs(centres=()) == []


def test_values_come_back_as_the_orm_gives_them(wodna, anna):
    @kept
    def values(*, user: int):
        return StaffMember.objects.filter(user=user).values_list("uuid", "user__created_at", "user__is_active")

    found = values(user=anna.user.pk)
    assert found == list(
        StaffMember.objects.filter(pk=anna.pk).values_list("uuid", "user__created_at", "user__is_active")
    )
    assert isinstance(found[0][0], uuid.UUID)


def test_what_is_only_sorted_by_is_not_given(wodna):
    for name, seats in (("Aula", 20), ("Pokój 2", 4)):
        Room.objects.create(centre=wodna, name=name, seats=seats)

    @kept
    def names(*, centre: int):
        return Room.objects.filter(centre=centre).order_by("seats").distinct().values_list("name")

    assert names(centre=wodna.pk) == [("Pokój 2",), ("Aula",)]


@pytest.mark.parametrize(
    "build",
    [lambda: Centre.objects.values("slug"), lambda: Centre.objects.prefetch_related("rooms")],
    ids=["dictionaries", "more than one statement"],
)
def test_what_it_cannot_give_is_refused(db, build):
    with pytest.raises(ImproperlyConfigured, match="records, tuples or values"):
        kept(build)()


def test_what_is_not_given_makes_another_statement(wodna, room):
    def rooms_of(*, centre: int | None = None):
        return Room.objects.filter(centre=centre) if centre else Room.objects.none()

    rooms = counting(rooms_of)
    assert (rooms(), rooms(centre=wodna.pk), rooms()) == ([], [room], [])
    assert len(BUILT) == 2


def test_one_record_is_found_by_its_uuid(annas_case, anna, ewa):
    def readable_one(user: User, *, key: uuid.UUID):
        return Case.objects.readable_by(user).filter(uuid=key)

    rows = counting(readable_one)
    annas, ewas = (One(Case, partial(lambda user, key: rows(user, key=key), one.user)) for one in (anna, ewa))
    assert annas.get(uuid=annas_case.uuid) == annas_case
    for somebodys, key in ((annas, uuid.uuid4()), (ewas, annas_case.uuid)):
        with pytest.raises(Case.DoesNotExist):
            somebodys.get(uuid=key)
    assert len(BUILT) == 2


def test_two_people_get_their_own(annas_case, anna, ewa, marek):
    cases = counting(readable)
    assert cases(anna.user) == [annas_case]
    assert cases(ewa.user) == []
    assert cases(marek.user) == [annas_case]
    assert len(BUILT) == 3


def test_whoever_loses_a_role_loses_what_it_opened(annas_case, anna, marek):
    cases = counting(readable)
    assert cases(again(marek.user)) == [annas_case]
    RoleAssignment.objects.filter(user=marek.user).delete()
    assert cases(again(marek.user)) == []


def test_a_role_that_ends_opens_nothing_from_the_next_day_on(annas_case, marek):
    today = timezone.localdate()
    RoleAssignment.objects.filter(user=marek.user).update(to_on=today)
    cases = counting(readable)
    assert cases(again(marek.user)) == [annas_case]
    with time_machine.travel(timezone.now() + dt.timedelta(days=1)):
        assert duties_of(again(marek.user)).held == ()
        assert cases(again(marek.user)) == []


def test_the_next_day_everything_is_put_together_anew(wodna, room):
    rooms = counting(rooms_at)
    rooms(wodna.pk)
    with time_machine.travel(timezone.now() + dt.timedelta(days=1)):
        assert rooms(wodna.pk) == [room]
    assert len(BUILT) == 2


def test_so_many_are_remembered_and_no_more(wodna, room, monkeypatch):
    monkeypatch.setattr("foundation.statements.REMEMBER_AT_MOST", 3)
    rooms = counting(rooms_at)
    assert [rooms(number) for number in (-1, -2, -3, -4)] == [[], [], [], []]
    assert rooms(wodna.pk) == [room]
    rooms(-4)
    assert len(BUILT) == 5  # the last but one is still there


def test_what_can_find_nothing_asks_nothing(db, django_assert_num_queries):
    @kept
    def at(centres: tuple[int, ...]):
        return Centre.objects.filter(pk__in=centres)

    with django_assert_num_queries(0):
        assert at(()) == []


def test_a_statement_that_looks_at_the_clock_is_noticed(db):
    @kept
    def unresolved():
        return Session.objects.unresolved()

    with pytest.raises(ImproperlyConfigured, match="looks at the clock"):
        unresolved()


def test_a_statement_that_leaves_a_place_empty_is_noticed(db):
    @kept
    def all_rooms(*, centre: int):
        return Room.objects.all()

    with pytest.raises(ImproperlyConfigured, match="centre"):
        all_rooms(centre=1)


def test_a_statement_that_asks_the_database_while_it_is_put_together_is_noticed(wodna):
    @kept
    def rooms():
        return Room.objects.filter(centre__in=list(Centre.objects.values_list("pk", flat=True)))

    with pytest.raises(ImproperlyConfigured, match="without asking"):
        rooms()


def test_a_text_fills_its_place_and_no_other(room):
    @kept
    def rooms(*, name: str):
        return Room.objects.filter(name=name, is_active=True)

    assert [rooms(name=name) for name in ("Pokój 1", "Pokój 2", "' OR 1=1 --", "Pokój 1")] == [[room], [], [], [room]]


@pytest.mark.parametrize("value", [None, True, 1.5])
def test_what_would_change_the_statement_is_not_taken_by_name(db, value):
    @kept
    def rooms(*, centre: int):
        return Room.objects.filter(centre=centre)

    with pytest.raises(TypeError):
        rooms(centre=value)


def test_a_record_is_not_taken_as_a_key(wodna):
    with pytest.raises(TypeError, match="Centre"):
        kept(rooms_at)(wodna)


def test_a_therapist_and_a_coordinator_of_the_same_id_are_told_apart(make_staff, wodna, annas_case):
    """One person whose role changes during a day: the statement of the old role is not used for the new one."""
    person = make_staff("Ola", "Zmienna", Role.THERAPIST, centre=wodna)
    cases = counting(readable)
    assert cases(again(person.user)) == []
    RoleAssignment.objects.filter(user=person.user).update(role=Role.LEAD)
    assert cases(again(person.user)) == [annas_case]


def test_one_that_gives_json_is_put_together_on_a_new_connection_too(room):
    @kept
    def told(centre: int):
        return Room.objects.filter(centre=centre).values_list(JSONObject(name="name"), flat=True)

    vars(connection.features).pop("supports_json_field", None)  # what SQLite can do is found out anew
    assert told(room.centre_id) == [{"name": room.name}]

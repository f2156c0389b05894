"""Nobody is in two places at once: locks, the question whether all are free, and what a meeting takes up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

from django.db import IntegrityError, models
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.casefile.models import Case
from cases.people.models import FamilyMember, Person
from cases.sessions.group_models import Group, GroupEnrolment
from cases.sessions.models import LONGEST, Attendance, Occupancy, Session
from cases.sessions.moments import in_words
from cases.sessions.rules import SessionError, in_care_of
from centres.absences import span_in_words
from centres.models import Absence, Room, StaffMember
from centres.tenures import Tenure, leaving_in_words, tenures_at
from foundation.statements import kept

Row = TypeVar("Row", bound=models.Model)
Presence = Attendance.Presence


class Booking(NamedTuple):
    """Everything that one meeting takes up; the rows are locked."""

    therapist: StaffMember
    co_therapists: list[StaffMember]
    room: Room | None
    persons: list[Person]

    @property
    def leaders(self) -> list[StaffMember]:
        return [self.therapist, *self.co_therapists]


def lock_for(
    owner: Case | Group,
    therapist: StaffMember,
    room: Room | None,
    presences: Mapping[int, str],
    starts_at: dt.datetime,
    session: Session | None = None,
    co_therapists: Collection[StaffMember] = (),
) -> Booking:
    """Lock who and what the meeting takes up, in one order everywhere: therapists, room, persons by id.

    The case or group and the meeting are locked already. Whom and what a meeting has, it keeps; others must belong to
    it.
    """
    has = {one.pk for one in session.leaders} if session else set()
    day = timezone.localdate(starts_at)
    leaders = lock_leaders(owner, therapist.pk, [one.pk for one in co_therapists], has, day)
    stays = session is not None and room is not None and room.pk == session.room_id
    rooms = _lock_room(None if stays else owner.centre_id, room=room.pk) if room else []
    if room and not rooms:
        raise SessionError(_("This room is not in use at this centre."), code="room_elsewhere", field="room")
    persons = _lock_persons(owner, day, presences, session) if presences else []
    if len(persons) != len(presences):
        if isinstance(owner, Group):
            raise SessionError(_("Choose people enrolled in this group only."), code="not_enrolled", field="presences")
        raise SessionError(_("Choose people of this family only."), code="not_family", field="presences")
    there = taken_up(presences)
    return Booking(
        therapist=leaders[therapist.pk],
        co_therapists=[leader for pk, leader in leaders.items() if pk != therapist.pk],
        room=rooms[0] if rooms else None,
        persons=[one for one in persons if one.pk in there],
    )


def taken_up(presences: Mapping[int, str]) -> set[int]:
    """Whom the meeting takes up of those on its list: who is expected or was there."""
    return {pk for pk, presence in presences.items() if presence in {Presence.EXPECTED, Presence.PRESENT}}


def lock_leaders(
    owner: Case | Group, therapist: int, co_therapists: Iterable[int], has: Collection[int], day: dt.date
) -> dict[int, StaffMember]:
    """Lock who leads, all by id; those whom the meeting has not yet must work at the centre today.

    With `works_then`: whether they do on the day of the meeting, and `knows`: whether they may open the family's file
    already. A group has none.
    """
    others = set(co_therapists)
    wanted = others | {therapist}
    if therapist in others:
        raise SessionError(
            _("The therapist is not their own co-therapist."), code="therapist_twice", field="co_therapists"
        )
    new, old = tuple(sorted(wanted - set(has))), tuple(sorted(wanted & set(has)))
    case = {"case": owner.pk} if isinstance(owner, Case) else {}
    leaders = {one.pk: one for one in _lock_staff(owner.centre_id, day=day, new=new, old=old, **case)}
    if therapist not in leaders:
        raise SessionError(
            _("This person does not work at this centre."), code="therapist_elsewhere", field="therapist"
        )
    if wanted - leaders.keys():
        raise SessionError(
            _("A co-therapist does not work at this centre."), code="therapist_elsewhere", field="co_therapists"
        )
    return leaders


@kept
def _lock_staff(
    centre: int, *, day: dt.date, new: tuple[int, ...], old: tuple[int, ...], case: int | None = None
) -> QuerySet[StaffMember]:
    working = StaffMember.objects.working_at(centre).filter(pk__in=new).order_by()
    staff = StaffMember.objects.filter(Q(pk__in=old) | Q(pk__in=working.values("pk")) if new else Q(pk__in=old))
    then = StaffMember.objects.working_at(centre, on=day).filter(pk=OuterRef("pk"))
    knows = Value(True) if case is None else in_care_of(case)
    return _locking(staff.annotate(works_then=Exists(then), knows=knows))


@kept
def _lock_room(centre: int | None, *, room: int) -> QuerySet[Room]:
    """In use at this centre; None for a room that the meeting has already."""
    rooms = Room.objects.filter(pk=room)
    return _locking(rooms if centre is None else rooms.filter(centre=centre, is_active=True))


def _lock_persons(owner: Case | Group, day: dt.date, wanted: Iterable[int], session: Session | None) -> list[Person]:
    """Those of them who may be invited on this day, and those who are on the meeting's list already."""
    whose = {"group": owner.pk} if isinstance(owner, Group) else {"family": owner.family_id}
    if session is not None:
        whose["session"] = session.pk
    return _lock_invited(wanted=tuple(sorted(wanted)), day=day, **whose)


@kept
def _lock_invited(
    *,
    wanted: tuple[int, ...],
    day: dt.date,
    family: int | None = None,
    group: int | None = None,
    session: int | None = None,
) -> QuerySet[Person]:
    """The family of a case, or those who have a seat in a group."""
    own: QuerySet[Any] = FamilyMember.objects.filter(Q(to_on=None) | Q(to_on__gt=day), family=family)
    if group is not None:
        own = GroupEnrolment.objects.seated(day, day).filter(group=group)
    belongs = Q(Exists(own.filter(person=OuterRef("pk"))))
    if session is not None:
        belongs |= Q(Exists(Attendance.objects.filter(session=session, person=OuterRef("pk"))))
    return _locking(Person.objects.filter(belongs, pk__in=wanted).only("first_name", "last_name"))


def cases_of(owner: Case | Group, persons: Collection[int], day: dt.date) -> dict[int, int]:
    """person → the case on whose behalf they come on this day, by their ids."""
    if not isinstance(owner, Group):
        return dict.fromkeys(persons, owner.pk)
    found = owner.enrolments.seated(day, day).filter(person__in=persons).order_by("id")
    return dict(found.values_list("person_id", "case_id"))


def lock_rows(rows: QuerySet[Row]) -> list[Row]:
    return list(_locking(rows))


def _locking(rows: QuerySet[Row]) -> QuerySet[Row]:
    """In the order of their ids, as everywhere."""
    return rows.select_for_update(of=("self",), no_key=True).order_by("pk")


def check_free(session: Session, booking: Booking, *, anew: bool = True) -> None:
    """Refuse a meeting with somebody who has another one then. It tells when, and never with whom.

    What is planned `anew`, at another time or with another therapist, is not planned into an absence either, nor for a
    day on which who leads it does not work there.
    """
    if session.is_cancelled:
        return
    occupied = _occupied(
        staff=tuple(one.pk for one in booking.leaders),
        persons=tuple(one.pk for one in booking.persons),
        start=session.starts_at,
        end=session.ends_at,
        day_before=session.starts_at - LONGEST,
        **({"room": booking.room.pk} if booking.room else {}),
        **({"but": session.pk} if session.pk else {}),
    )
    # Of a group nobody is named: its people are not everybody's who moves its meetings.
    names = {person.pk: str(person) for person in booking.persons} if session.group_id is None else {}
    others = {one.pk: str(one) for one in booking.co_therapists}
    clashes = [
        taken(
            what_of(staff, room),
            in_words(start, end),
            others.get(staff, "") if staff else names.get(person, ""),
            person=person if person in names else None,
        )
        for staff, room, person, start, end in occupied
    ]
    if anew and session.status == Session.Status.PLANNED:
        absent = Absence.objects.filter(staff__in=booking.leaders).during(session.starts_at, session.ends_at)
        clashes[:0] = [away(one, others.get(one.staff_id, "")) for one in absent.order_by("from_at")]
        gone = {one.pk: one for one in booking.leaders if not vars(one)["works_then"]}
        tenures = tenures_at(session.centre_id, gone)
        clashes[:0] = [left(one, tenures[pk], co_led=pk in others) for pk, one in gone.items()]
    if clashes:
        raise _together(clashes)


@kept
def _occupied(
    *,
    staff: tuple[int, ...],
    persons: tuple[int, ...],
    start: dt.datetime,
    end: dt.datetime,
    day_before: dt.datetime,
    room: int | None = None,
    but: int | None = None,
) -> QuerySet[Occupancy, tuple[Any, ...]]:
    """Whom and what other meetings take up within this time."""
    who = Q(staff__in=staff) | Q(person__in=persons) | (Q() if room is None else Q(room=room))
    taken = Occupancy.objects.filter(who, from_at__lt=end, to_at__gt=start)
    taken = taken.filter(from_at__gt=day_before)  # none is longer, so the index is read for one day only
    others = taken if but is None else taken.exclude(session=but)
    return others.order_by("from_at", "id").values_list("staff_id", "room_id", "person_id", "from_at", "to_at")


def away(absence: Absence, co_therapist: str = "") -> SessionError:
    """The same for every kind of absence: why somebody is away is nobody's business here."""
    when = span_in_words(absence.from_at, absence.to_at)
    if co_therapist:
        return SessionError(
            _("%(who)s is away then (%(when)s). Choose another time or somebody else."),
            code="therapist_away",
            field="co_therapists",
            params={"when": when, "who": co_therapist},
        )
    return SessionError(
        _("The therapist is away then (%(when)s). Choose another time or somebody else."),
        code="therapist_away",
        field="therapist",
        params={"when": when},
    )


def left(who: object, tenure: Tenure, *, co_led: bool) -> SessionError:
    """No meeting is planned for a day on which who would lead it does not work at the centre (0110)."""
    return SessionError(
        _("%(why)s Choose somebody else for this date."),
        code="therapist_left",
        field="co_therapists" if co_led else "therapist",
        params={"why": leaving_in_words(who, tenure.last_on)},
    )


def what_of(staff_id: int | None, room_id: int | None) -> str:
    if staff_id is not None:
        return "staff"
    return "room" if room_id is not None else "person"


def taken(what: str, when: str = "", who: str = "", *, person: int | None = None) -> SessionError:
    """One sentence for one clash, the same whether we saw it coming or the database stopped it.

    `who` is a person of the family, or a co-therapist; the therapist and the room need no name. `person` is the id of
    who of the family it is, so that a form says it beside them.
    """
    code, params = f"{what}_taken", {"when": when, "who": who, "person": person}
    if what == "staff" and not who:
        sentence = _("The therapist has another meeting at that time (%(when)s).")
        return SessionError(
            sentence if when else _("The therapist has another meeting at that time."),
            code=code,
            field="therapist",
            params=params,
        )
    if what == "room":
        sentence = _("The room is taken at that time (%(when)s).")
        return SessionError(
            sentence if when else _("The room is taken at that time."), code=code, field="room", params=params
        )
    sentence = _("%(who)s has another meeting at that time (%(when)s).")
    return SessionError(
        sentence if who else _("Somebody invited has another meeting at that time."),
        code=code,
        field="co_therapists" if what == "staff" else "presences",
        params=params,
    )


def _together(errors: list[SessionError]) -> SessionError:
    """The first clash, with all others beside their fields."""
    first, *others = errors
    for other in others:
        for name, sentences in other.error_dict.items():
            first.error_dict.setdefault(name, []).extend(sentences)
    return first


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Say the same sentence when the database itself had to stop a double booking. Stands around the transaction."""
    try:
        yield
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
        prefix = "cases_occupancy_one_at_a_time_"
        if not name.startswith(prefix):
            raise
        raise taken(name.removeprefix(prefix)) from error


def occupy(session: Session, booking: Booking) -> None:
    """Write down whom and what the meeting takes up; a cancelled one takes up nobody, nor does an absence."""
    if session.version > 1:
        session.occupancies.all().delete()
    if session.is_cancelled:
        return
    things: list[dict[str, int]] = [{"staff_id": leader.pk} for leader in booking.leaders]
    if booking.room:
        things.append({"room_id": booking.room.pk})
    things += [{"person_id": person.pk} for person in booking.persons]
    span = {"session_id": session.pk, "from_at": session.starts_at, "to_at": session.ends_at}
    Occupancy.objects.bulk_create(Occupancy(**span, **what) for what in things)


def give_up(session: Session, persons: Collection[int], *, shorter: bool) -> None:
    """Free what the meeting does not take up any more: these persons, its last minutes, or all of it."""
    if session.is_cancelled:
        session.occupancies.all().delete()
        return
    if persons:
        session.occupancies.filter(person__in=persons).delete()
    if shorter:
        session.occupancies.update(to_at=session.ends_at)

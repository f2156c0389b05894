"""Statements that are put together once and run again and again.

Django takes longer to write the SQL of a page than the database takes to answer it, and writes the same every time. A
function under `@kept` says which rows are wanted, as ever; its SQL is remembered, never what the database answers.

What is given by position shapes the statement and is part of the key under which it is remembered: a person, who
stands for all that their roles allow today, and plain values. What is given by name only fills a place in it::

    @kept
    def coming(user: User, room: int | None, *, now: dt.datetime) -> QuerySet[Session, Any]:
        meetings = Session.objects.visible_to(user).filter(starts_at__gt=now)
        return meetings.filter(room=room) if room else meetings

    coming(user, 5, now=timezone.now())  # a list

Numbers, texts, uuids, times and days can be given by name, and tuples of them; which names there are and how long the
tuples are is part of the key. So is the day, always: what holds today is asked in most statements. The function may
not look at the clock otherwise, and may not ask the database; both are noticed when the statement is put together.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import uuid
from collections.abc import Callable, Hashable, Iterable, Iterator
from copy import copy
from dataclasses import dataclass
from itertools import count
from typing import Any, Generic, NoReturn, ParamSpec, TypeVar

from django.core.exceptions import EmptyResultSet, ImproperlyConfigured
from django.db import connection, connections
from django.db.models import Model, QuerySet
from django.db.models.query import FlatValuesListIterable, ModelIterable, ValuesListIterable
from django.utils import timezone

P = ParamSpec("P")
M = TypeVar("M", bound=Model)
T = TypeVar("T")
Place = tuple[str, int]
"""A name, and which one of several that are given under it."""

ANSWERS = (ModelIterable, ValuesListIterable, FlatValuesListIterable)
REMEMBER_AT_MOST = 200  # statements of one function on one day; each is some kilobytes
A_LIFETIME = 100  # years
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")  # as SQLite is given it


class Statement:
    """One query's SQL, its parameters, and which of them are filled in each time."""

    def __init__(self, queryset: QuerySet[Any, Any], places: dict[Any, Place]) -> None:
        self.queryset: Any
        self.queryset = queryset  # Any: with what Django's own classes ask of it, which the stubs leave out
        if self.queryset._iterable_class not in ANSWERS or self.queryset._prefetch_related_lookups:
            raise ImproperlyConfigured("A kept statement gives records, tuples or values, and looks up nothing more.")
        self.compiler = compiler = queryset.query.get_compiler(queryset.db)
        self.sql: str | None = None
        self.params: tuple[Any, ...] = ()
        try:
            self.sql, self.params = compiler.as_sql()
        except EmptyResultSet:  # such as "at one of no centres"
            return
        self.converters = compiler.get_converters([column for column, *_ in compiler.select])
        self.shown = compiler.col_count if compiler.has_extra_select else None  # what is only sorted by comes last
        self.places = [places.get(value) for value in self.params]
        if missing := set(places.values()) - set(self.places):
            raise ImproperlyConfigured(f"A kept statement does not use {sorted(missing)}.")

    def rows(self, values: dict[Place, Any]) -> list[Any]:
        """What the database answers now."""
        if self.sql is None:
            return []
        params = [values[place] if place else kept for place, kept in zip(self.places, self.params, strict=True)]
        connection = connections[self.queryset.db]  # of this thread
        with connection.cursor() as cursor:
            cursor.execute(self.sql, params)
            found = cursor.fetchall()
        if self.shown is not None:
            found = [row[: self.shown] for row in found]
        if self.converters:
            compiler = copy(self.compiler)
            compiler.connection = connection
            found = compiler.apply_converters(found, self.converters)
        return list(self.queryset._iterable_class(_Answered(self, found)))


class _Answered:
    """A queryset whose answer has come, as what makes records of rows asks for it: with its query and its compiler."""

    def __init__(self, statement: Statement, rows: Iterable[Any]) -> None:
        self.rows = rows
        self.query = self
        self.db = statement.queryset.db
        self.model = statement.queryset.model
        self.select = statement.compiler.select
        self.klass_info = statement.compiler.klass_info
        self.annotation_col_map = statement.compiler.annotation_col_map
        self._known_related_objects = statement.queryset._known_related_objects

    def get_compiler(self, *args: object, **kwargs: object) -> _Answered:
        return self

    def execute_sql(self, *args: object, **kwargs: object) -> None:
        pass

    def results_iter(self, *args: object, tuple_expected: bool = False, **kwargs: object) -> Iterable[Any]:
        return map(tuple, self.rows) if tuple_expected else self.rows


def kept(build: Callable[P, QuerySet[Any, Any]]) -> Callable[P, list[Any]]:
    """Remember the statements of this function; calling it gives the rows."""
    statements: dict[Hashable, Statement] = {}
    day: dt.date | None = None

    @functools.wraps(build)
    def rows(*args: P.args, **kwargs: P.kwargs) -> list[Any]:
        nonlocal day
        today = timezone.localdate()
        if today != day or len(statements) >= REMEMBER_AT_MOST:
            statements.clear()
            day = today
        named = tuple((name, len(value) if isinstance(value, tuple) else None) for name, value in kwargs.items())
        key = (today, named, *map(_key_of, args))
        statement = statements.get(key)
        if statement is None:
            statement = statements[key] = _put_together(build, args, kwargs)
        return statement.rows(dict(_places(kwargs)))

    return rows


@dataclass(frozen=True)
class One(Generic[M]):
    """What `@scoped` gives a view one record of, as from a queryset, by a kept statement."""

    model: type[M]
    rows: Callable[[uuid.UUID], list[M]]

    def get(self, *, uuid: uuid.UUID) -> M:
        """The record of this uuid. Raises the model's DoesNotExist."""
        return only(self.model, self.rows(uuid))


def only(model: type[M], rows: list[Any]) -> M:
    """The one row that there is, or the model's DoesNotExist."""
    for row in rows:
        found: M = row
        return found
    raise model.DoesNotExist  # type: ignore[attr-defined] # the stubs know it of real models only


def give(record: Model, relation: str, rows: list[Any]) -> None:
    """Let `record.<relation>.all()` answer with these rows, as after `prefetch_related`."""
    known = getattr(record, relation).get_queryset()
    known._result_cache, known._prefetch_done = rows, True
    vars(record).setdefault("_prefetched_objects_cache", {})[relation] = known


_shapes: dict[type, Callable[[Any], Hashable]] = {}


def shaped_by(kind: type) -> Callable[[Callable[[T], Hashable]], Callable[[T], Hashable]]:
    """Say what of such a thing, given by position, shapes a statement: all that a function under `@kept` looks at."""

    def register(shape_of: Callable[[T], Hashable]) -> Callable[[T], Hashable]:
        _shapes[kind] = shape_of
        return shape_of

    return register


def _key_of(value: object) -> Hashable:
    if shape_of := _shapes.get(value.__class__):  # asked of a lazy object, too
        return (value.__class__, shape_of(value))
    if isinstance(value, tuple | frozenset):
        return (type(value), *map(_key_of, value))
    if value is None or isinstance(value, str | int | dt.date | uuid.UUID):
        return (type(value), value)
    raise TypeError(f"A kept statement cannot tell one {type(value).__name__} from another.")


def _put_together(build: Callable[..., QuerySet[Any, Any]], args: Any, kwargs: dict[str, Any]) -> Statement:
    """Write the SQL with a value that occurs nowhere else in each place that is to be filled."""
    numbers = count(1)
    marks = {name: _marked(value, numbers) for name, value in kwargs.items()}
    _ = connection.features.supports_json_field  # SQLite is asked for this, once with every new connection
    with connection.execute_wrapper(_refuse):
        statement = Statement(build(*args, **marks), {mark: place for place, mark in _places(marks)})
    given = {_stored(value) for value in args if isinstance(value, dt.datetime)} | {mark for _, mark in _places(marks)}
    if any(_is_of_our_time(value) and value not in given for value in statement.params):
        raise ImproperlyConfigured(f"{build.__qualname__} looks at the clock: a kept statement is given the time.")
    return statement


def _places(values: dict[str, Any]) -> Iterator[tuple[Place, Any]]:
    """What is filled in where, as the database is given it."""
    for name, value in values.items():
        several = value if isinstance(value, tuple) else (value,)
        for number, one in enumerate(several):
            yield (name, number), _stored(one)


def _marked(value: object, numbers: Iterator[int]) -> Any:
    if isinstance(value, tuple):
        return tuple(_mark(one, next(numbers)) for one in value)
    return _mark(value, next(numbers))


def _mark(value: object, number: int) -> Any:
    match value:
        case bool() | None:
            raise TypeError("What changes the statement is given by position.")
        case int():
            return -1_000_000_000 - number
        case str():
            return f"the text in place {number}"
        case dt.datetime():
            return dt.datetime(4001, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=number)
        case dt.date():
            return dt.date(4001, 1, 1) + dt.timedelta(days=number)
        case uuid.UUID():
            return uuid.UUID(int=number)
        case _:
            raise TypeError(f"A kept statement has no place for a {type(value).__name__}.")


def _stored(value: Any) -> Any:
    """The value as the database is given it."""
    if isinstance(value, dt.datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, uuid.UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    return connection.ops.adapt_datefield_value(value) if isinstance(value, dt.date) else value


def _is_of_our_time(value: object) -> bool:
    """Whether this is a moment that somebody's clock may have shown; the end of all days is none."""
    if isinstance(value, str) and MOMENT.match(value):
        year = int(value[:4])
    elif isinstance(value, dt.datetime):
        year = value.year
    else:
        return False
    return abs(year - timezone.now().year) < A_LIFETIME


def _refuse(*args: object) -> NoReturn:
    raise ImproperlyConfigured("A kept statement is put together without asking the database.")

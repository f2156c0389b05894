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

The day is always part of the key: what holds today is asked in most statements. The function may not look at the clock
otherwise, and may not ask the database; both are noticed when the statement is put together.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import uuid
from collections.abc import Callable, Hashable
from copy import copy
from typing import Any, NoReturn, ParamSpec

from django.core.exceptions import EmptyResultSet, ImproperlyConfigured
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User

P = ParamSpec("P")

REMEMBER_AT_MOST = 200  # statements of one function on one day; each is some kilobytes
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")  # as SQLite is given it


class Statement:
    """One query's SQL, its parameters, and which of them are filled in each time."""

    def __init__(self, queryset: QuerySet[Any, Any], places: dict[Any, str]) -> None:
        self.queryset = queryset
        self.compiler = queryset.query.get_compiler(queryset.db)
        self.sql: str | None = None
        self.params: tuple[Any, ...] = ()
        try:
            self.sql, self.params = self.compiler.as_sql()
        except EmptyResultSet:  # such as "at one of no centres"
            return
        self.names = [places.get(value) for value in self.params]
        if missing := set(places.values()) - set(self.names):
            raise ImproperlyConfigured(f"A kept statement does not use {sorted(missing)}.")

    def rows(self, values: dict[str, Any]) -> list[Any]:
        """What the database answers now."""
        if self.sql is None:
            return []
        params = [values[name] if name else kept for name, kept in zip(self.names, self.params, strict=True)]
        compiler = copy(self.compiler)
        compiler.connection = connection
        _replace(compiler, "as_sql", (self.sql, tuple(params)))
        queryset = self.queryset._chain()  # type: ignore[attr-defined] # a fresh one, without rows
        _replace(queryset.query, "get_compiler", compiler)
        return list(queryset)


def _replace(thing: object, method: str, answer: object) -> None:
    setattr(thing, method, lambda *args, **kwargs: answer)


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
        key = (today, *map(_key_of, args))
        statement = statements.get(key)
        if statement is None:
            statement = statements[key] = _put_together(build, args, kwargs)
        return statement.rows({name: _stored(value) for name, value in kwargs.items()})

    return rows


def _key_of(value: object) -> Hashable:
    if isinstance(value, User):
        from centres.duties import duties_of  # which is read by a kept statement itself

        duties = duties_of(value)
        return (User, value.pk, duties.staff_id, duties.held)
    if isinstance(value, tuple | frozenset):
        return (type(value), *map(_key_of, value))
    if value is None or isinstance(value, str | int | dt.date | uuid.UUID):
        return (type(value), value)
    raise TypeError(f"A kept statement cannot tell one {type(value).__name__} from another.")


def _put_together(build: Callable[..., QuerySet[Any, Any]], args: Any, kwargs: dict[str, Any]) -> Statement:
    """Write the SQL with a value that occurs nowhere else in each place that is to be filled."""
    marks = {name: _mark(value, number) for number, (name, value) in enumerate(kwargs.items(), start=1)}
    with connection.execute_wrapper(_refuse):
        statement = Statement(build(*args, **marks), {_stored(mark): name for name, mark in marks.items()})
    given = {_stored(value) for value in (*args, *marks.values()) if isinstance(value, dt.datetime)}
    if any(_is_moment(value) and value not in given for value in statement.params):
        raise ImproperlyConfigured(f"{build.__qualname__} looks at the clock: a kept statement is given the time.")
    return statement


def _mark(value: object, number: int) -> Any:
    match value:
        case bool() | None:
            raise TypeError("What changes the statement is given by position.")
        case int():
            return -1_000_000_000 - number
        case dt.datetime():
            return dt.datetime(4001, 1, number, tzinfo=dt.UTC)
        case dt.date():
            return dt.date(4001, 1, number)
        case _:
            raise TypeError(f"A kept statement has no place for a {type(value).__name__}.")


def _stored(value: Any) -> Any:
    """The value as the database is given it."""
    if isinstance(value, dt.datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return connection.ops.adapt_datefield_value(value) if isinstance(value, dt.date) else value


def _is_moment(value: object) -> bool:
    return isinstance(value, dt.datetime) or (isinstance(value, str) and MOMENT.match(value) is not None)


def _refuse(*args: object) -> NoReturn:
    raise ImproperlyConfigured("A kept statement is put together without asking the database.")

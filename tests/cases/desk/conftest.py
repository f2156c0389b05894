from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.cases.assessments.conftest import (  # noqa: F401 - fixtures
    couples_case,
    critical,
    draft,
    filled,
    finalised,
    frightened,
    parts,
    people,
    start,
)
from tests.programme.conftest import hold  # noqa: F401 - a fixture

# What comes on top of a view's own statements (design part 5): session, person, roles, transaction, menu counts.
AROUND = (
    "django_session",
    "SAVEPOINT",
    "BEGIN",
    'FROM "accounts_user"',
    "accounts_demomode",
    'FROM "centres_staffmember" WHERE "centres_staffmember"."user_id"',
    'FROM "centres_roleassignment" INNER JOIN "accounts_user"',
    "cache",
)


def own(statements: list[str]) -> list[str]:
    return [sql for sql in statements if not any(part in sql for part in AROUND)]


@pytest.fixture
def own_queries() -> Callable[[], AbstractContextManager[list[str]]]:
    """The statements a view made itself: `with own_queries() as made: …`, then `made` holds them."""

    @contextmanager
    def watch() -> Iterator[list[str]]:
        made: list[str] = []
        with CaptureQueriesContext(connection) as captured:
            yield made
        made += own([query["sql"] for query in captured.captured_queries])

    return watch


@pytest.fixture
def many_cases(make_case, wodna, anna):
    """Make so many cases of Anna's, each a day older than the one before."""

    def make(count: int) -> None:
        today = timezone.localdate()
        for number in range(count):
            make_case(wodna, f"Rodzina {number}", coordinator=anna, received_on=today - dt.timedelta(days=number % 20))

    return make

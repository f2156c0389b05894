"""Years of closed cases behind the seeded ones, written in bulk: copies of seeded families, each some weeks older.

What the copies leave out: PESEL, phones, notes and reasons (an encrypted value is bound to its row), audit entries,
what therapists and rooms were taken up by (a copied therapist would be in several places at once, which PostgreSQL
refuses), series and co-therapists, and groups with their meetings (they belong to many families at once, and stay as
few as the seeded ones). Everything else has as many rows as years of real work would leave.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.color import no_style
from django.db import connection, models

from cases.casefile.models import NO_DEADLINE, CareTeamMember, Case, CoordinatorAssignment, Stage, StageChange
from cases.intake.models import Referral
from cases.people.models import Family, FamilyMember, Person
from cases.sessions.models import Attendance, Occupancy, Session

FIRST_WEEK, LAST_WEEK = 20, 520
"""The copies begin before the weeks that pages show as now, and go back ten years."""

MEETINGS_AT_LEAST = 6
"""Only families that have met for a while are copied: a closed case has meetings behind it."""

BATCH = 25
SOURCE = "SELECT case_id FROM bench_source"
SOURCE_SESSIONS = f"SELECT id FROM cases_session WHERE case_id IN ({SOURCE})"  # noqa: S608 - ours

# In the order in which they point at each other: the table, which of its rows belong to a copied family, and which
# columns do not simply repeat (or shift) what the seeded row says.
PLAN: tuple[tuple[type[models.Model], str, dict[str, str]], ...] = (
    (Family, "t.id IN (SELECT family_id FROM bench_source)", {}),
    (
        Person,
        "t.id IN (SELECT person_id FROM cases_familymember WHERE family_id IN (SELECT family_id FROM bench_source))",
        {"pesel": "''", "pesel_hash": "''", "phone": "''", "phone_hash": "''"},
    ),
    (FamilyMember, "t.family_id IN (SELECT family_id FROM bench_source)", {}),
    (
        Referral,
        "t.id IN (SELECT referral_id FROM bench_source)",
        {"contact_phone": "''", "concern": "''", "redirected_to_id": "NULL", "redirected_from_id": "NULL"},
    ),
    (
        Case,
        f"t.id IN ({SOURCE})",
        {
            "number": "substr(t.number, 1, 2) || (2100 + copies.k) || substr(t.number, 7)",
            "stage": f"'{Stage.CLOSED}'",
            "closed_on": "{stage_since_on}",
            "next_deadline_kind": "''",
            "next_deadline_on": f"'{NO_DEADLINE}'",
        },
    ),
    (StageChange, f"t.case_id IN ({SOURCE})", {}),
    (CoordinatorAssignment, f"t.case_id IN ({SOURCE})", {}),
    (CareTeamMember, f"t.case_id IN ({SOURCE})", {}),
    (
        Session,
        f"t.case_id IN ({SOURCE})",
        {
            "status": "CASE t.status WHEN 'planned' THEN 'held' ELSE t.status END",
            "series_id": "NULL",
            "summary": "''",
            "cancel_reason": "''",
        },
    ),
    (
        Attendance,
        f"t.session_id IN ({SOURCE_SESSIONS})",
        {"presence": "CASE t.presence WHEN 'expected' THEN 'present' ELSE t.presence END"},
    ),
    (Occupancy, f"t.person_id IS NOT NULL AND t.session_id IN ({SOURCE_SESSIONS})", {}),
)
COPIED = {model for model, _, _ in PLAN}


def load_history(sessions: int) -> int:
    """Write copies until there are about so many sessions. Returns how many there are."""
    with _unchecked(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE bench_source AS SELECT id AS case_id, family_id, referral_id FROM cases_case "
            "WHERE id IN (SELECT case_id FROM cases_session GROUP BY case_id HAVING count(*) >= %s)",
            [MEETINGS_AT_LEAST],
        )
        cursor.execute(SOURCE_SESSIONS.replace("id", "count(*)", 1))
        each = cursor.fetchone()[0]
        wanted = max(0, round((sessions - Session.objects.count()) / each))
        stride = max(model._default_manager.order_by("-pk").values_list("pk", flat=True)[0] for model in COPIED) + 1
        statements = [_statement(model, which, special, stride) for model, which, special in PLAN]
        for first in range(1, wanted + 1, BATCH):
            copies = ", ".join(
                f"({number}, {_days_back(number)})" for number in range(first, min(first + BATCH, wanted + 1))
            )
            for statement in statements:
                cursor.execute(statement.replace("@copies", copies))
        for reset in connection.ops.sequence_reset_sql(no_style(), [model for model, _, _ in PLAN]):
            cursor.execute(reset)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return Session.objects.count()


def _days_back(number: int) -> int:
    """Spread evenly over the years: 37 has no common divisor with the number of weeks."""
    return 7 * (FIRST_WEEK + number * 37 % (LAST_WEEK - FIRST_WEEK))


def _statement(model: type[models.Model], which: str, special: dict[str, str], stride: int) -> str:
    """One INSERT … SELECT that copies the rows once for each of `@copies`; ids move on by the same stride."""
    table, values = model._meta.db_table, {}
    for field in model._meta.concrete_fields:
        column = str(field.column)
        own = special.get(column)
        shifted = _shifted("stage_since_on", day=True)
        values[f'"{column}"'] = _value(field, column, stride) if own is None else own.format(stage_since_on=shifted)
    return (
        f"INSERT INTO {table} ({', '.join(values)}) WITH copies (k, days) AS (VALUES @copies) "  # noqa: S608 - ours
        f"SELECT {', '.join(values.values())} FROM {table} t CROSS JOIN copies WHERE {which} AND t.id < {stride}"
    )


def _value(field: models.Field[object, object], column: str, stride: int) -> str:
    if field.primary_key or field.related_model in COPIED:
        return f't."{column}" + copies.k * {stride}'
    if isinstance(field, models.UUIDField):
        return "gen_random_uuid()" if connection.vendor == "postgresql" else "lower(hex(randomblob(16)))"
    if isinstance(field, models.DateField):  # a moment is one, too
        return _shifted(column, day=not isinstance(field, models.DateTimeField))
    return f't."{column}"'


def _shifted(column: str, *, day: bool) -> str:
    if connection.vendor == "postgresql":
        return f't."{column}" - copies.days' + ("" if day else " * interval '1 day'")
    modifier = "'-' || copies.days || ' days'"
    return f'{"date" if day else "datetime"}(t."{column}", {modifier})'


@contextmanager
def _unchecked() -> Iterator[None]:
    """Without looking up every reference on its own: the copies are as whole as what they copy."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET synchronous_commit = off")
        yield
        cursor.execute("RESET session_replication_role")
        cursor.execute("RESET synchronous_commit")

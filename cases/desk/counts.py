"""The numbers beside the menu's entries: one query together, with every page (design part 5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db import connection
from django.db.models import F, Func, IntegerField, QuerySet, Subquery
from django.utils import timezone

from accounts.models import User
from cases.casefile.models import Case, Stage
from cases.intake.models import Referral
from cases.sessions.unresolved import waiting_for_settlement
from centres.duties import duties_of
from centres.models import Role

REMEMBER_AT_MOST = 1000

EVERY = 5
"""Minutes after which a meeting that has ended may be missing among those to be settled: most end on them anyway."""

_Key = tuple[int, tuple[object, ...], frozenset[str], dt.datetime]
_statements: dict[_Key, tuple[str, tuple[Any, ...]]] = {}
"""Putting the statement together takes longer than running it, and it stays the same while somebody's duties do."""


def menu_counts(user: User, wanted: Collection[str]) -> dict[str, int]:
    """Those wanted of: open cases in this person's hands, referrals to decide about, families waiting for therapy,
    meetings to be settled.
    """
    if not wanted:
        return {}
    duties = duties_of(user)
    now = timezone.now()
    minute = now.replace(minute=now.minute - now.minute % EVERY, second=0, microsecond=0)
    key = (user.pk, (duties.staff_id, *duties.held), frozenset(wanted), minute)
    if key not in _statements:
        if len(_statements) >= REMEMBER_AT_MOST:
            _statements.clear()
        _statements[key] = _statement(user, sorted(wanted), minute)
    with connection.cursor() as cursor:
        cursor.execute(*_statements[key])
        return dict(zip(sorted(wanted), cursor.fetchone(), strict=True))


def _statement(user: User, names: list[str], now: dt.datetime) -> tuple[str, tuple[Any, ...]]:
    open_cases = Case.objects.visible_to(user).open()
    if not duties_of(user).roles & {Role.LEAD, Role.CLINICAL_LEAD}:
        open_cases = open_cases.worked_on_by(user)
    counted: dict[str, QuerySet[Any]] = {
        "cases": open_cases,
        "referrals": Referral.objects.visible_to(user).waiting(),
        "waiting": Case.objects.visible_to(user).filter(stage=Stage.WAITING),
        "unresolved": waiting_for_settlement(user, now),
    }
    numbers = User.objects.filter(pk=user.pk).values_list(*(_count(counted[name]) for name in names))
    sql, params = numbers.query.sql_with_params()
    return sql, tuple(params)


def _count(records: QuerySet[Any]) -> Subquery:
    counted = records.order_by().values(n=Func(F("pk"), function="COUNT", output_field=IntegerField()))
    return Subquery(counted, output_field=IntegerField())

"""The numbers beside the menu's entries: one query together, with every page (design part 5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db.models import F, Func, IntegerField, QuerySet, Subquery
from django.utils import timezone

from accounts.models import User
from cases.casefile.models import Case, Stage
from cases.intake.models import Referral
from cases.sessions.unresolved import waiting_for_settlement
from centres.duties import duties_of
from centres.models import Role
from foundation.statements import kept


def menu_counts(user: User, wanted: Collection[str]) -> dict[str, int]:
    """Those wanted of: open cases in this person's hands, referrals to decide about, families waiting for therapy,
    meetings to be settled.
    """
    if not wanted:
        return {}
    names = tuple(sorted(wanted))
    clock = {"now": timezone.now()} if "unresolved" in wanted else {}
    return dict(zip(names, _numbers(user, names, **clock)[0], strict=True))


@kept
def _numbers(user: User, names: tuple[str, ...], *, now: dt.datetime | None = None) -> QuerySet[User, Any]:
    open_cases = Case.objects.visible_to(user).open()
    if not duties_of(user).roles & {Role.LEAD, Role.CLINICAL_LEAD}:
        open_cases = open_cases.in_hands_of(user)
    counted: dict[str, QuerySet[Any]] = {
        "cases": open_cases,
        "referrals": Referral.objects.visible_to(user).waiting(),
        "waiting": Case.objects.visible_to(user).filter(stage=Stage.WAITING),
    }
    if now:
        counted["unresolved"] = waiting_for_settlement(user, now).sessions
    return User.objects.filter(pk=user.pk).values_list(*(_count(counted[name]) for name in names))


def _count(records: QuerySet[Any]) -> Subquery:
    counted = records.order_by().values(n=Func(F("pk"), function="COUNT", output_field=IntegerField()))
    return Subquery(counted, output_field=IntegerField())

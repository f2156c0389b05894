"""The numbers beside the menu's entries: one query together (design part 5)."""

from __future__ import annotations

from django.db.models import F, Func, IntegerField, QuerySet, Subquery

from accounts.models import User
from cases.casefile.models import Case, Stage
from cases.intake.models import Referral
from centres.duties import duties_of
from centres.models import Role


def _count(records: QuerySet[Case] | QuerySet[Referral]) -> Subquery:
    counted = records.order_by().values(n=Func(F("pk"), function="COUNT", output_field=IntegerField()))
    return Subquery(counted, output_field=IntegerField())


def menu_counts(user: User) -> dict[str, int]:
    """Open cases in this person's hands, referrals nobody has decided about, families waiting for therapy."""
    roles = duties_of(user).roles
    open_cases = Case.objects.visible_to(user).open()
    if not roles & {Role.LEAD, Role.CLINICAL_LEAD}:
        open_cases = open_cases.worked_on_by(user)
    on_the_list = Case.objects.visible_to(user).filter(stage=Stage.WAITING)
    numbers = User.objects.filter(pk=user.pk).values_list(
        _count(open_cases), _count(Referral.objects.visible_to(user).waiting()), _count(on_the_list)
    )
    cases, referrals, waiting = numbers.get()
    return {"cases": cases, "referrals": referrals, "waiting": waiting}

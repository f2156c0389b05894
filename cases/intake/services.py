"""Deciding about referrals. Accepting one creates a case and therefore lives in `cases.casefile.services`."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.services import record
from cases.intake.models import Referral
from centres.duties import duties_of
from centres.models import Centre
from foundation.forms import check_version
from foundation.rules import RuleError
from foundation.search import search_key


class IntakeError(RuleError):
    """A rule of intake forbids this step. `code` says which rule."""


def write_search_text(referral: Referral) -> None:
    referral.search_text = search_key(
        f"{referral.family_label} {referral.contact_first_name} {referral.contact_last_name}"
    )


@transaction.atomic
def enter_referral(*, by: User, **facts: Any) -> Referral:
    """Put a request for help on record. The clocks of a later case start with its `received_on`."""
    referral = Referral(created_by_id=duties_of(by).staff_id, **facts)
    write_search_text(referral)
    referral.full_clean()
    referral.save()
    record(by, "cases.enter_referral", referral, centre=referral.centre.slug, source=referral.source)
    return referral


@transaction.atomic
def edit_referral(referral: Referral, *, version: int, by: User, **facts: Any) -> Referral:
    """Correct a referral that nobody has decided about yet. Raises Stale after a lost race."""
    referral = lock_undecided(referral, version)
    for name, value in facts.items():
        setattr(referral, name, value)
    write_search_text(referral)
    referral.version += 1
    referral.full_clean()
    referral.save()
    record(by, "cases.edit_referral", referral)
    return referral


def lock_undecided(referral: Referral, version: int) -> Referral:
    """The referral's locked row; IntakeError if somebody has decided already, Stale if it was changed."""
    locked = Referral.objects.select_for_update(of=("self",), no_key=True).select_related("centre").get(pk=referral.pk)
    if locked.status != Referral.Status.NEW:
        raise IntakeError(_("Somebody has already decided about this referral."), code="decided")
    check_version(locked, version)
    return locked


def _decide(referral: Referral, status: Referral.Status, reason: str, by: User) -> None:
    referral.status = status
    referral.reason = reason
    referral.decided_on = timezone.localdate()
    referral.decided_by_id = duties_of(by).staff_id
    referral.version += 1
    referral.full_clean()
    referral.save()


@transaction.atomic
def decline_referral(referral: Referral, *, version: int, reason: str, by: User) -> Referral:
    """Say no, with the reason on record."""
    referral = lock_undecided(referral, version)
    _decide(referral, Referral.Status.DECLINED, reason, by)
    record(by, "cases.decline_referral", referral)
    return referral


@transaction.atomic
def withdraw_referral(referral: Referral, *, version: int, reason: str, by: User) -> Referral:
    """Note that the family no longer asks for help."""
    referral = lock_undecided(referral, version)
    _decide(referral, Referral.Status.WITHDRAWN, reason, by)
    record(by, "cases.withdraw_referral", referral)
    return referral


@transaction.atomic
def redirect_referral(referral: Referral, *, version: int, centre: Centre, reason: str, by: User) -> Referral:
    """Hand a referral to another centre, where it is new with the same day of receipt. Returns the new one."""
    referral = lock_undecided(referral, version)
    if centre == referral.centre:
        raise IntakeError(_("Choose another centre."), code="same_centre", field="centre")
    referral.redirected_to = centre
    _decide(referral, Referral.Status.REDIRECTED, reason, by)
    there = Referral(
        centre=centre,
        source=referral.source,
        received_on=referral.received_on,
        family_label=referral.family_label,
        contact_first_name=referral.contact_first_name,
        contact_last_name=referral.contact_last_name,
        contact_role=referral.contact_role,
        contact_phone=referral.contact_phone,
        district=referral.district,
        adults=referral.adults,
        children=referral.children,
        concern=referral.concern,
        created_by_id=duties_of(by).staff_id,
        redirected_from=referral,
    )
    write_search_text(there)
    there.full_clean()
    there.save()
    record(by, "cases.redirect_referral", referral, to=centre.slug, new=there.uuid)
    return there

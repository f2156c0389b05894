"""How the log stands right now, in a few quick questions; `verify_log` is the thorough answer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from audit.models import AuditEntry, AuditSeal
from audit.services import sealed_up_to
from audit.verifying import verify_seals

SEALS_LOOKED_AT = 60
COUNTED_AT_MOST = 1_000


@dataclass(frozen=True)
class Standing:
    sealed_at: dt.datetime | None  # when the last seal was made
    unbroken: bool  # whether the last seals hold together
    waiting: int  # entries without a seal, counted up to COUNTED_AT_MOST + 1
    verified_at: dt.datetime | None  # when the portal last checked the whole log
    problems: int  # and how many problems it found then

    @property
    def many_wait(self) -> bool:
        return self.waiting > COUNTED_AT_MOST


def standing() -> Standing:
    seals = list(AuditSeal.objects.order_by("-number")[:SEALS_LOOKED_AT])
    last = seals[0] if seals else None
    waiting = AuditEntry.objects.unsealed(after=sealed_up_to(last)).values("pk")[: COUNTED_AT_MOST + 1]
    check = AuditEntry.objects.filter(action="audit.verify_log").order_by("-at", "-id").first()
    return Standing(
        sealed_at=last.sealed_at if last else None,
        unbroken=verify_seals(reversed(seals)),
        waiting=waiting.count(),
        verified_at=check.at if check else None,
        problems=check.details.get("problems", 0) if check else 0,
    )

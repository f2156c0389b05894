"""Whether the audit log is whole: every entry's signature, every seal's digest, the chain from its first link."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from audit.models import AuditEntry, AuditSeal, SealedEntry
from audit.signing import EntriesDigest, mac_of_entry, mac_of_seal

SEALS_AT_ONCE = 200
ROWS_AT_ONCE = 2_000
PROBLEMS_TO_NAME = 50


@dataclass
class Verification:
    """What was checked and what was found."""

    entries: int = 0
    seals: int = 0
    purged_seals: int = 0
    waiting: int = 0
    waiting_since: dt.datetime | None = None
    head: str = ""
    problems: list[str] = field(default_factory=list)
    problem_count: int = 0

    def add(self, problem: str) -> None:
        self.problem_count += 1
        if len(self.problems) < PROBLEMS_TO_NAME:
            self.problems.append(problem)


def verify_log(known_head: tuple[int, str] | None = None) -> Verification:
    """Check the whole log, a part at a time, so that millions of entries need little memory.

    `known_head` is the number and MAC of a seal as somebody kept them elsewhere: it shows whether the chain's end,
    with everything after that seal, was cut off.
    """
    result = Verification()
    last = AuditSeal.objects.order_by("number").last()
    purged_up_to = _purged_up_to()
    previous_mac, expected = "", 1
    for start in range(1, last.number + 1 if last else 1, SEALS_AT_ONCE):
        numbers = AuditSeal.objects.filter(number__gte=start, number__lt=start + SEALS_AT_ONCE)
        seals = list(numbers.order_by("number"))
        digests = _digests_of(seals, result)
        for seal in seals:
            if seal.number != expected:
                result.add(f"Seals are missing from number {expected} to {seal.number - 1}.")
            if mac_of_seal(seal, previous_mac) != seal.mac:
                result.add(f"Seal {seal.number}: its signature is wrong; it or the seal before it was changed.")
            if seal.purged:
                result.purged_seals += 1
                if seal.number > purged_up_to:
                    result.add(f"Seal {seal.number} is marked as purged, but no purge of it is on record.")
            elif not _fits(seal, digests[seal.pk]):
                result.add(
                    f"Seal {seal.number} vouches for {seal.entry_count} entries; "
                    f"{digests[seal.pk].count} are there, and not the same."
                )
            result.seals += 1
            previous_mac, expected = seal.mac, seal.number + 1
            result.head = f"{seal.number}:{seal.mac}"
    _check_waiting(result)
    if known_head and not AuditSeal.objects.filter(number=known_head[0], mac=known_head[1]).exists():
        result.add(f"Seal {known_head[0]} is not the one that was kept elsewhere: the chain was cut or made anew.")
    return result


def verify_seals(seals: Iterable[AuditSeal]) -> bool:
    """Whether neighbouring seals, given in order, hold together; the entries are not looked at."""
    previous: AuditSeal | None = None
    for seal in seals:
        if previous and (seal.number != previous.number + 1 or mac_of_seal(seal, previous.mac) != seal.mac):
            return False
        previous = seal
    return True


def _fits(seal: AuditSeal, digest: EntriesDigest) -> bool:
    if (digest.count, digest.hexdigest()) == (seal.entry_count, seal.entries_digest):
        return True
    return AuditSeal.objects.filter(pk=seal.pk, purged=True).exists()  # purged while we were reading


def _digests_of(seals: list[AuditSeal], result: Verification) -> dict[int, EntriesDigest]:
    """What the entries of these seals amount to; on the way each entry's own signature is checked."""
    digests: dict[int, EntriesDigest] = defaultdict(EntriesDigest)
    sealed = SealedEntry.objects.filter(seal__in=[seal.pk for seal in seals if not seal.purged])
    for row in sealed.select_related("entry").order_by("seal_id", "entry_id").iterator(ROWS_AT_ONCE):
        _check_entry(row.entry, result)
        digests[row.seal_id].add(row.entry.uuid, row.entry.mac)
    return digests


def _check_entry(entry: AuditEntry, result: Verification) -> None:
    result.entries += 1
    if mac_of_entry(entry) != entry.mac:
        result.add(f"Entry {entry.uuid} of {entry.at.isoformat()}: its signature is wrong; it was changed.")


def _check_waiting(result: Verification) -> None:
    for entry in AuditEntry.objects.unsealed().iterator(ROWS_AT_ONCE):
        _check_entry(entry, result)
        result.waiting += 1
        if result.waiting_since is None or entry.at < result.waiting_since:
            result.waiting_since = entry.at


def _purged_up_to() -> int:
    """The last seal whose entries may be gone, as the purges themselves put it on record."""
    on_record = [
        entry.details.get("up_to_seal", 0)
        for entry in AuditEntry.objects.filter(action="audit.purge_log").order_by("-at", "-id").iterator()
        if mac_of_entry(entry) == entry.mac
    ]
    return max(on_record, default=0)

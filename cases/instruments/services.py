"""The life of an instrument's version: imported as a draft, approved by somebody else, retired (N1)."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.services import record
from cases.instruments.definition import Definition
from cases.instruments.models import Instrument, InstrumentVersion
from cases.instruments.nodes import decode
from cases.instruments.problems import BadFile
from cases.instruments.reading import read
from cases.instruments.writing import to_text
from centres.duties import duties_of
from foundation.forms import check_version
from foundation.rules import RuleError

SHIPPED = uuid.UUID("5c1f39c5-6b0e-4d8e-9a3f-0d5a3f2b7e11")
"""Of what comes with the portal: its versions have the same address in every portal, and in every demonstration."""
EXAMPLE = Path(__file__).parent / "data" / "example.yaml"


class InstrumentError(RuleError):
    """A rule of instruments forbids this step. `code` says which rule."""


@transaction.atomic
def import_version(file: str | bytes, *, by: User | None) -> InstrumentVersion:
    """Take a file in as a draft, in canonical form. A draft of the same number is replaced; nothing else is.

    Without `by` it is the portal's own example. Raises BadFile with what is wrong with the file, and InstrumentError.
    """
    definition = read(decode(file) if isinstance(file, bytes) else file)
    instrument = _instrument_of(definition)
    version = (
        instrument.versions.select_for_update(of=("self",), no_key=True).filter(number=definition.version).first()
    )
    replaced = version.sha256 if version else None
    if version is None:
        version = InstrumentVersion(instrument=instrument, number=definition.version)
        if by is None:
            version.uuid = uuid.uuid5(SHIPPED, f"{definition.code} {definition.version}")
    elif not version.is_draft:
        raise InstrumentError(
            _("Version %(number)s is in the portal already and does not change. Give a changed file a new number."),
            code="known_version",
            params={"number": version.number},
        )
    else:
        version.version += 1
    _fill(version, definition)
    version.imported_by_id = duties_of(by).staff_id if by else None
    version.imported_at = timezone.now()
    version.full_clean()
    version.save()
    action = "cases.replace_instrument" if replaced else "cases.import_instrument"
    record(by, action, version, number=version.number, sha256=version.sha256, before=replaced)
    return version


def _instrument_of(definition: Definition) -> Instrument:
    """The instrument of that code, locked, so that two imports of it follow one another."""
    Instrument.objects.get_or_create(code=definition.code, defaults={"is_example": definition.example})
    instrument = Instrument.objects.select_for_update(no_key=True).get(code=definition.code)
    if instrument.is_example == definition.example:
        return instrument
    if instrument.versions.exists():
        message = (
            _("„%(code)s” is an example in this portal. A licensed instrument needs a code of its own.")
            if instrument.is_example
            else _("„%(code)s” is a licensed instrument in this portal. An example needs a code of its own.")
        )
        raise InstrumentError(message, code="example_or_not", params={"code": definition.code})
    instrument.is_example = definition.example  # all its drafts have been discarded: it begins anew
    instrument.save(update_fields=["is_example"])
    return instrument


def _fill(version: InstrumentVersion, definition: Definition) -> None:
    version.source = to_text(definition)
    version.sha256 = hashlib.sha256(version.source.encode()).hexdigest()
    version.major, version.minor, version.patch = (int(part) for part in definition.version.split("."))
    version.name = definition.name
    version.language = definition.language
    version.licence_holder = definition.licence_holder


@transaction.atomic
def approve_version(
    instrument_version: InstrumentVersion,
    *,
    valid_from: dt.date,
    valid_to: dt.date | None = None,
    version: int,
    by: User,
) -> InstrumentVersion:
    """Let assessments be started with a draft, from a day on; its file never changes again (N1).

    Whoever imported it does not approve it.
    """
    locked = _lock(instrument_version, version)
    if not locked.is_draft:
        raise InstrumentError(_("Only a draft can be approved."), code="no_draft")
    approver = duties_of(by).staff_id
    if locked.imported_by_id == approver:
        raise InstrumentError(
            _("You imported this version, so another clinical lead approves it."), code="same_person"
        )
    _check_again(locked)
    locked.status = InstrumentVersion.Status.APPROVED
    locked.valid_from, locked.valid_to = valid_from, valid_to
    locked.approved_by_id, locked.approved_at = approver, timezone.now()
    details = {"number": locked.number, "sha256": locked.sha256, "valid_from": valid_from, "valid_to": valid_to}
    return _save(locked, "cases.approve_instrument", by, **details)


def _check_again(version: InstrumentVersion) -> None:
    """What was imported under older rules must hold under today's, and be what was imported."""
    try:
        whole = to_text(read(version.source)) == version.source
    except BadFile:
        whole = False
    if not whole or hashlib.sha256(version.source.encode()).hexdigest() != version.sha256:
        raise InstrumentError(
            _("The stored file does not pass the checks of today. Import it again."), code="file_refused"
        )


@transaction.atomic
def retire_version(instrument_version: InstrumentVersion, *, reason: str, version: int, by: User) -> InstrumentVersion:
    """Start no more assessments with a version. Those begun with it are finished with it."""
    locked = _lock(instrument_version, version)
    if not locked.is_approved:
        raise InstrumentError(_("Only an approved version can be retired."), code="not_approved")
    locked.status = InstrumentVersion.Status.RETIRED
    locked.retired_by_id, locked.retired_at = duties_of(by).staff_id, timezone.now()
    locked.retirement_reason = reason
    return _save(locked, "cases.retire_instrument", by, number=locked.number)


@transaction.atomic
def discard_draft(instrument_version: InstrumentVersion, *, version: int, by: User) -> None:
    """Take a draft out of the portal, such as a file that was imported by mistake."""
    locked = _lock(instrument_version, version)
    if not locked.is_draft:
        raise InstrumentError(_("Only a draft can be discarded."), code="no_draft")
    record(by, "cases.discard_instrument", locked, number=locked.number, sha256=locked.sha256)
    locked.delete()


def load_example() -> InstrumentVersion | None:
    """Bring in the example that ships with the portal, as a draft for a clinical lead to approve.

    Returns None where this version of it is there already.
    """
    text = EXAMPLE.read_text(encoding="utf-8")
    definition = read(text)
    known = InstrumentVersion.objects.filter(instrument__code=definition.code, number=definition.version).exists()
    return None if known else import_version(text, by=None)


def _lock(instrument_version: InstrumentVersion, version: int) -> InstrumentVersion:
    """The version's locked row, after its instrument's: an import takes them in this order too."""
    Instrument.objects.select_for_update(no_key=True).get(pk=instrument_version.instrument_id)
    locked = (
        InstrumentVersion.objects.select_for_update(of=("self",), no_key=True)
        .select_related("instrument")
        .filter(pk=instrument_version.pk)
        .first()
    )
    if locked is None:
        raise InstrumentError(_("This draft has been discarded in the meantime."), code="discarded")
    check_version(locked, version)
    return locked


def _save(version: InstrumentVersion, action: str, by: User, **details: object) -> InstrumentVersion:
    version.version += 1
    version.full_clean()
    version.save()
    record(by, action, version, **details)
    return version

"""Instruments for the tests, and a second clinical lead: who imports a version does not approve it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from django.utils import timezone

from cases.instruments.definition import Definition
from cases.instruments.models import Instrument, InstrumentVersion
from cases.instruments.reading import read
from cases.instruments.writing import to_text
from centres.models import Role, StaffMember
from tests.conftest import StaffMaker

EXAMPLE = Path("cases/instruments/data/example.yaml")
PAIRS = Path("tests/cases/instruments/samples/pairs.yaml")

file_of = cache(to_text)


@cache
def definition_in(file: Path) -> Definition:
    """What a file of the repository describes; a definition is a value, so all tests may share it."""
    return read(file.read_text(encoding="utf-8"))


VersionMaker = Callable[[Definition], InstrumentVersion]


@pytest.fixture
def clara2(make_staff: StaffMaker) -> StaffMember:
    """The other clinical lead."""
    return make_staff("Krystyna", "Druga", Role.CLINICAL_LEAD)


@pytest.fixture
def make_version(clara: StaffMember, clara2: StaffMember) -> VersionMaker:
    """An approved version of an instrument: Klara imported it, Krystyna approved it."""

    def make(definition: Definition) -> InstrumentVersion:
        source = file_of(definition)
        instrument, _ = Instrument.objects.get_or_create(
            code=definition.code, defaults={"is_example": definition.example}
        )
        major, minor, patch = map(int, definition.version.split("."))
        return InstrumentVersion.objects.create(
            instrument=instrument,
            number=definition.version,
            major=major,
            minor=minor,
            patch=patch,
            name=definition.name,
            language=definition.language,
            licence_holder=definition.licence_holder,
            status=InstrumentVersion.Status.APPROVED,
            source=source,
            sha256=hashlib.sha256(source.encode()).hexdigest(),
            imported_by=clara,
            approved_by=clara2,
            approved_at=timezone.now(),
        )

    return make


@pytest.fixture
def example_version(make_version: VersionMaker) -> InstrumentVersion:
    """The example that ships with the portal."""
    return make_version(definition_in(EXAMPLE))


@pytest.fixture
def pairs_version(make_version: VersionMaker) -> InstrumentVersion:
    """The instrument that shows what the format can do: pairs, couple, children, every method and condition."""
    return make_version(definition_in(PAIRS))

"""One definition, one file: what is exported is read back as the same instrument, byte for byte."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings

from cases.instruments.checking import problems_of
from cases.instruments.reading import read
from cases.instruments.writing import to_text
from tests.cases.conftest import EXAMPLE, PAIRS
from tests.cases.instruments.strategies import definitions

thorough = settings(max_examples=40)


@given(definitions())
@thorough
def test_made_up_instruments_are_valid(definition):
    assert problems_of(definition, {}) == []


@given(definitions())
@thorough
def test_what_is_written_is_read_as_the_same_instrument(definition):
    assert read(to_text(definition)) == definition


@given(definitions())
@thorough
def test_written_again_it_is_the_same_file(definition):
    text = to_text(definition)

    assert to_text(read(text)) == text


@given(definitions())
@thorough
def test_the_file_is_plain_yaml_for_any_other_program(definition):
    text = to_text(definition)

    assert "\t" not in text
    assert "\r" not in text
    assert text.endswith("\n")
    read_by_another = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes texts alone, of any value
    assert read_by_another["version"] == definition.version


@pytest.mark.parametrize("path", [EXAMPLE, PAIRS])
def test_the_files_that_come_with_the_portal_are_canonical(path):
    text = path.read_text(encoding="utf-8")

    assert to_text(read(text)) == text

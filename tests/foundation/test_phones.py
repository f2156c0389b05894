import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from foundation.phones import format_phone, normalise_phone, validate_phone


@pytest.mark.parametrize(
    ("typed", "stored", "shown"),
    [
        ("12 421 92 82", "+48124219282", "12 421 92 82"),
        ("(12) 421-92-82", "+48124219282", "12 421 92 82"),
        ("+48 512 345 678", "+48512345678", "512 345 678"),
        ("0048512345678", "+48512345678", "512 345 678"),
        ("800 12 00 02", "+48800120002", "800 12 00 02"),
        ("112", "112", "112"),
        ("116 111", "116111", "116 111"),
        ("19 115", "19115", "19 115"),
        ("+380 44 123 45 67", "+380441234567", "+380441234567"),
    ],
)
def test_a_number_is_stored_as_e164_and_shown_as_people_read_it(typed, stored, shown):
    assert normalise_phone(typed) == stored
    assert format_phone(stored) == shown
    validate_phone(stored)


@pytest.mark.parametrize(
    "typed", ["", "12", "1234567", "+48 12 421", "512 345 67a", "٥١٢٣٤٥٦٧٨", "012345678", "+0123456789"]
)
def test_what_is_no_number_is_refused_in_plain_words(typed):
    with pytest.raises(ValidationError) as error:
        normalise_phone(typed)
    assert error.value.code == "phone"


def test_a_field_that_holds_e164_takes_nothing_else():
    with pytest.raises(ValidationError):
        validate_phone("12 421 92 82")


@given(st.text(max_size=20))
def test_anything_typed_is_either_stored_for_good_or_refused(typed):
    try:
        stored = normalise_phone(typed)
    except ValidationError:
        return
    assert normalise_phone(stored) == stored
    assert format_phone(stored)

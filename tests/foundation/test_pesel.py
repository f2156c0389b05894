import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from foundation.pesel import birth_date_of, mask_pesel, sex_of, validate_pesel

WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
CENTURIES = {18: 80, 19: 0, 20: 20, 21: 40, 22: 60}


def pesel_of(born: dt.date, serial: int) -> str:
    body = f"{born.year % 100:02}{born.month + CENTURIES[born.year // 100]:02}{born.day:02}{serial:04}"
    return body + str(-sum(w * int(c) for w, c in zip(WEIGHTS, body, strict=True)) % 10)


def test_the_example_of_the_law_is_valid():
    assert validate_pesel("44051401359") == "44051401359"
    assert birth_date_of("44051401359") == dt.date(1944, 5, 14)
    assert sex_of("44051401359") == "m"


def test_spaces_and_hyphens_are_taken_out():
    assert validate_pesel(" 440514-01359 ") == "44051401359"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("44051401358", "checksum"),
        ("4405140135", "digits"),
        ("440514013599", "digits"),
        ("", "digits"),
        ("4405140135a", "digits"),
        ("٤٤٠٥١٤٠١٣٥٩", "digits"),
        ("44133201359", "checksum"),
        (pesel_of(dt.date(1999, 2, 1), 123)[:4] + "30" + "01234", "checksum"),
    ],
)
def test_a_wrong_one_is_refused_with_its_reason_and_without_repeating_it(typed, code):
    with pytest.raises(ValidationError) as error:
        validate_pesel(typed)
    assert error.value.code == code
    assert not typed or typed not in error.value.messages[0]


def test_a_date_that_does_not_exist_is_refused_though_the_sum_fits():
    body = "9902300123"
    number = body + str(-sum(w * int(c) for w, c in zip(WEIGHTS, body, strict=True)) % 10)
    with pytest.raises(ValidationError) as error:
        validate_pesel(number)
    assert error.value.code == "date"


@given(st.dates(dt.date(1800, 1, 1), dt.date(2299, 12, 31)), st.integers(0, 9999))
def test_the_century_is_read_from_the_month(born, serial):
    number = pesel_of(born, serial)
    assert validate_pesel(number) == number
    assert birth_date_of(number) == born
    assert sex_of(number) == ("m" if serial % 2 else "f")


def test_the_mask_shows_no_digit():
    assert mask_pesel("44051401359") == "•••••••••••"
    assert mask_pesel("") == mask_pesel(None) == ""

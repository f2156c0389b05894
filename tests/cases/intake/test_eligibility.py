"""Does a family fit a centre? A reason always, a refusal never (C2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.intake.eligibility import fit_of
from cases.people.models import District

SLUGS = ("wodna", "krakowiakow", "wadowicka")


@pytest.mark.parametrize(
    ("slug", "adults", "children", "district", "fits", "better"),
    [
        ("wodna", 2, 0, "05", True, ""),
        ("wodna", 2, 2, "05", True, ""),
        ("wodna", 2, 0, District.OUTSIDE, False, ""),
        ("wodna", 1, 2, "05", False, "krakowiakow"),
        ("krakowiakow", 1, 1, "18", True, ""),
        ("krakowiakow", 2, 0, "18", False, "wodna"),
        ("wadowicka", 1, 1, "13", True, ""),
        ("wadowicka", 2, 0, "13", False, "wodna"),
    ],
)
def test_the_rule_of_each_centre(slug, adults, children, district, fits, better):
    fit = fit_of(slug, adults=adults, children=children, district=district)

    assert (fit.fits, fit.better) == (fits, better)


@given(
    slug=st.sampled_from(SLUGS),
    adults=st.integers(0, 30),
    children=st.integers(0, 30),
    district=st.sampled_from(District.values),
)
def test_every_answer_has_a_reason_and_never_points_back_to_the_same_centre(slug, adults, children, district):
    fit = fit_of(slug, adults=adults, children=children, district=district)

    assert fit.reasons
    assert fit.better != slug
    assert not (fit.fits and fit.better)

"""Bars of equal length: parts as wide as their share, and nothing of what is hidden."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.share_chart import GREY, WARM, WHITE, Part, shade, share_chart

SVG = "{http://www.w3.org/2000/svg}"
PARTS = [Part("niskie", shade(0)), Part("średnie", shade(0.5)), Part("wysokie", shade(1))]


def drawn(*rows, parts=PARTS):
    return share_chart(title="Poziomy & <obszary>", parts=parts, rows=rows, hidden="ukryte")


def parsed(svg):
    return ElementTree.fromstring(svg)  # noqa: S314 - made by ourselves


def texts(svg):
    return [text.text for text in parsed(svg).iter(f"{SVG}text")]


def pieces(svg, parts=3):
    """Fill and width of what stands in the rows, after the legend."""
    rects = [(rect.get("fill"), float(rect.get("width"))) for rect in parsed(svg).iter(f"{SVG}rect")]
    return rects[parts + ("ukryte" in texts(svg)) :]


def test_it_is_an_image_with_a_title_and_nothing_inline():
    svg = drawn(("ekonomiczny", [10, 5, 5], 20))
    root = parsed(svg)
    assert root.get("role") == "img"
    assert root[0].text == "Poziomy & <obszary>"
    assert not re.search(r"\sstyle=|<style|<script|\son\w+=", svg)


def test_a_part_is_as_wide_as_its_share_and_bears_its_number():
    svg = drawn(("ekonomiczny", [10, 5, 5], 20))
    (one, two, three) = pieces(svg)
    assert one[1] == pytest.approx(2 * two[1], abs=0.2)
    assert two[1] == three[1]
    assert texts(svg)[-5:] == ["ekonomiczny", "10", "5", "5", "20"]


def test_nobody_has_no_piece():
    assert len(pieces(drawn(("ekonomiczny", [10, 0, 5], 15)))) == 2


def test_hidden_numbers_are_one_striped_piece_called_so():
    svg = drawn(("ekonomiczny", [10, None, None], 20))
    shown, hidden = pieces(svg)
    assert shown[1] == pytest.approx(hidden[1], abs=0.1)
    assert hidden[0] == WHITE
    assert "ukryte" in texts(svg)
    assert texts(svg)[-3:] == ["ekonomiczny", "10", "20"]


def test_a_row_with_a_hidden_total_is_hidden_all_over():
    svg = drawn(("ekonomiczny", [None, 3, None], None))
    assert len(pieces(svg)) == 1
    assert texts(svg)[-2:] == ["ekonomiczny", "—"]


def test_without_anything_hidden_the_word_is_not_there():
    assert "ukryte" not in texts(drawn(("ekonomiczny", [10, 5, 5], 20)))


def test_levels_are_told_apart_without_colour():
    lightness = [sum(int(shade(depth)[i : i + 2], 16) for i in (1, 3, 5)) for depth in (0, 0.33, 0.67, 1)]
    assert lightness == sorted(lightness, reverse=True)
    assert all(a - b > 100 for a, b in pairwise(lightness))


def test_a_long_legend_takes_more_lines():
    long = [Part(f"bardzo długa nazwa poziomu numer {n}", fill) for n, fill in enumerate([WHITE, GREY, WARM])]
    one, more = drawn(("a", [1], 1), parts=PARTS[:1]), drawn(("a", [1, 1, 1], 3), parts=long)
    assert float(parsed(more).get("viewBox").split()[3]) > float(parsed(one).get("viewBox").split()[3])


@given(st.lists(st.one_of(st.none(), st.integers(0, 10**6)), min_size=3, max_size=3), st.integers(0, 50))
def test_no_bar_leaves_the_picture(counts, more):
    total = sum(count or 0 for count in counts) + (more if None in counts else 0)
    svg = drawn(("obszar", counts, total))
    for rect in parsed(svg).iter(f"{SVG}rect"):
        assert float(rect.get("x")) >= 0
        assert float(rect.get("x")) + float(rect.get("width")) <= 640.1

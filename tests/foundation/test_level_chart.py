"""Levels over time, a panel each."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from foundation.charts import level_chart

SVG = "{http://www.w3.org/2000/svg}"
LEVELS = ("niskie", "średnie", "wysokie")
MOMENTS = ("1.02.2026", "1.05.2026", "1.08.2026")


def chart(*panels, levels=LEVELS, moments=MOMENTS):
    return ElementTree.fromstring(  # noqa: S314
        level_chart(title="Poziomy & <czas>", levels=levels, moments=moments, panels=panels)
    )


def dots(root):
    return [(float(dot.get("cx")), float(dot.get("cy"))) for dot in root.iter(f"{SVG}circle")]


def lines(root):
    return [line for line in root.iter(f"{SVG}line") if line.get("stroke-width")]


def test_it_is_an_image_with_a_title_and_nothing_inline():
    root = chart(("<b>", [(1, False)]))
    svg = ElementTree.tostring(root, encoding="unicode")

    assert root.get("role") == "img"
    assert (root[0].tag, root[0].text) == (f"{SVG}title", "Poziomy & <czas>")
    assert "<b>" in [text.text for text in root.iter(f"{SVG}text")]
    assert not re.search(r"\sstyle=|<style|<script|\son\w+=", svg)


def test_the_best_level_is_on_top_and_time_goes_to_the_right():
    (x1, best), (x2, middle), (x3, worst) = dots(chart(("Obszar", [(1, False), (2, True), (3, True)])))

    assert best < middle < worst
    assert x1 < x2 < x3


@pytest.mark.parametrize(
    ("points", "drawn"),
    [
        ([(1, False), (2, True), (3, True)], 2),
        ([(1, False), (2, False), (3, True)], 1),  # what cannot be compared is not joined
        ([(1, False), None, (3, True)], 0),  # and nothing leaps over a gap
        ([None, None, None], 0),
    ],
)
def test_only_what_may_be_compared_is_joined(points, drawn):
    root = chart(("Obszar", points))

    assert len(lines(root)) == drawn
    assert len(dots(root)) == sum(point is not None for point in points)


def test_panels_lie_side_by_side_and_everything_stays_inside():
    panels = [
        (f"Obszar {n} o bardzo długiej nazwie, która się nie mieści w polu", [(3, False), (1, True)]) for n in range(5)
    ]
    root = chart(*panels, levels=("poziom o bardzo długiej nazwie", "inny"), moments=MOMENTS[:2])
    _x, _y, width, height = map(float, root.get("viewBox").split())

    assert all(0 <= x <= width and 0 <= y <= height for x, y in dots(root))
    for text in root.iter(f"{SVG}text"):
        assert 0 <= float(text.get("x")) <= width
        assert 0 <= float(text.get("y")) <= height
        assert len(text.text) <= 52


def test_many_moments_leave_out_some_dates():
    moments = [f"{day}.11.2026" for day in range(1, 13)]
    root = chart(("Obszar", [(1, False)] * 12), moments=moments)
    shown = [text.text for text in root.iter(f"{SVG}text") if text.text in moments]

    assert shown[0] == moments[0]
    assert len(shown) < 6


def test_nothing_at_all_is_an_empty_chart():
    assert dots(chart(levels=(), moments=())) == []

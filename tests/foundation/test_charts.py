import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.charts import bar_chart, line_chart, nice_ticks, pace_bar
from foundation.formats import NBSP

SVG = "{http://www.w3.org/2000/svg}"
YEAR = [750, 1560, 2430, 3260, 4120, 4980, 5770, 6510, 7430, 8412]


def parsed(svg):
    return ElementTree.fromstring(svg)  # noqa: S314


def texts(svg):
    return [text.text for text in parsed(svg).iter(f"{SVG}text")]


def rects(svg):
    return [(rect.get("fill"), float(rect.get("width"))) for rect in parsed(svg).iter(f"{SVG}rect")]


CHARTS = [
    line_chart(title="Usługi & <tempo>", points=YEAR, target=9910),
    bar_chart(title="Usługi & <tempo>", rows=[("szkoła", 3), ("<b>", None, "<5")]),
    pace_bar(done=0.849, due=0.833),
]


@pytest.mark.parametrize("svg", CHARTS)
def test_a_chart_is_an_image_with_a_title_and_nothing_inline(svg):
    root = parsed(svg)
    assert root.get("role") == "img"
    assert root[0].tag == f"{SVG}title"
    assert root[0].text
    assert not re.search(r"\sstyle=|<style|<script|\son\w+=", svg)


def test_words_are_escaped():
    assert "<tempo>" not in CHARTS[0]
    assert parsed(CHARTS[0])[0].text == "Usługi & <tempo>"
    assert texts(CHARTS[1])[-2:] == ["<b>", "<5"]


def test_the_line_ends_at_the_last_month_and_the_pace_at_the_target():
    lines = [line.get("points").split() for line in parsed(CHARTS[0]).iter(f"{SVG}polyline")]
    pace, done = lines
    assert (len(pace), len(done)) == (12, 10)
    assert "cel 9\u00a0910" in texts(CHARTS[0])
    assert f"8{NBSP}412" in texts(CHARTS[0])
    assert texts(CHARTS[0])[6:18] == ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]


def test_a_month_without_data_is_a_gap_and_not_a_zero():
    svg = line_chart(title="t", points=[1, 2, None, 4, 5], target=12)
    lines = [line.get("points").split() for line in parsed(svg).iter(f"{SVG}polyline")]
    assert [len(line) for line in lines] == [12, 2, 2]


def test_a_chart_without_data_or_target_is_still_a_chart():
    assert parsed(line_chart(title="t", points=[])) is not None
    assert parsed(bar_chart(title="t", rows=[])) is not None


def test_an_overshoot_is_drawn_past_the_target():
    fills = dict(rects(pace_bar(done=1.4, due=0.8)))
    assert fills["#0d3a68"] == 160
    assert fills["#14508c"] == pytest.approx(160 / 1.4, abs=0.1)
    assert parsed(pace_bar(done=1.4, due=0.8))[0].text == "140% celu; tempo: 80%"


def test_a_bar_behind_the_pace_has_its_own_colour():
    assert dict(rects(pace_bar(done=0.5, due=0.8, behind=True)))["#b36b00"] == 80
    assert parsed(pace_bar(done=0.849, due=0.833))[0].text == "84,9% celu; tempo: 83,3%"


def test_no_data_is_not_nought():
    assert parsed(pace_bar(done=None))[0].text == "Jeszcze brak danych"
    assert parsed(pace_bar(done=0))[0].text == "0% celu"


@given(st.floats(0, 10**9), st.integers(2, 8))
def test_the_scale_is_of_round_whole_numbers_and_reaches_the_highest(highest, about):
    ticks = nice_ticks(highest, about)
    assert ticks[0] == 0
    assert ticks[-1] >= highest
    assert all(float(tick).is_integer() for tick in ticks)
    assert 2 <= len(ticks) <= about + 2


COUNTS = st.one_of(st.none(), st.integers(0, 10**9))


@given(st.lists(COUNTS, max_size=12), st.one_of(st.none(), st.integers(0, 10**9)))
def test_any_year_stays_within_its_frame(points, target):
    root = parsed(line_chart(title="t", points=points, target=target))
    for dot in root.iter(f"{SVG}circle"):
        assert 0 <= float(dot.get("cx")) <= 640
        assert 0 <= float(dot.get("cy")) <= 190


@given(st.lists(st.tuples(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cn"])), COUNTS)))
def test_any_bars_stay_within_their_frame(rows):
    for rect in parsed(bar_chart(title="t", rows=rows)).iter(f"{SVG}rect"):
        assert float(rect.get("x")) + float(rect.get("width")) <= 640


@given(st.one_of(st.none(), st.floats(0, 50)), st.one_of(st.none(), st.floats(0, 50)))
def test_any_share_stays_within_its_bar(done, due):
    assert all(width <= 160 for _fill, width in rects(pace_bar(done=done, due=due)))

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.charts import ProfileRow, Step, bar_chart, line_chart, nice_ticks, pace_bar, profile_chart
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


# --- the profile ---

STEPS = (Step("niskie", 0, 0.25, 0), Step("umiarkowane", 0.25, 0.5, 0.5, chosen=True), Step("wysokie", 0.5, 1, 1))


def test_a_profile_says_which_step_holds_without_colour():
    svg = profile_chart(title="Profil & <obszary>", rows=[ProfileRow("Dom", "umiarkowane, 7", STEPS, 0.3)])

    root = parsed(svg)
    assert root.get("role") == "img"
    assert root[0].text == "Profil & <obszary>"
    assert not re.search(r"\sstyle=|<style|<script|\son\w+=", svg)
    assert texts(svg) == ["Dom", "umiarkowane, 7", "niskie", "umiarkowane", "wysokie"]
    bold = [text.text for text in root.iter(f"{SVG}text") if text.get("font-weight") == "700"]
    assert bold == ["Dom", "umiarkowane"]
    frames = [rect for rect in root.iter(f"{SVG}rect") if rect.get("fill") == "none"]
    assert [float(frame.get("width")) for frame in frames] == [157.0]


@pytest.mark.parametrize("at", [0, 0.3, 1, 7.5, -2])
def test_the_marker_stays_within_the_scale(at):
    svg = profile_chart(title="t", rows=[ProfileRow("Dom", "7", STEPS, at)])

    (marker,) = re.findall(r"translate\(([0-9.]+) ", svg)
    assert 6 <= float(marker) <= 634


def test_a_result_that_may_yet_move_has_an_open_dashed_marker_and_a_judgement_none():
    firm, open_, none = (
        profile_chart(title="t", rows=[ProfileRow("Dom", "7", STEPS, at, is_firm)])
        for at, is_firm in ((0.5, True), (0.5, False), (None, True))
    )

    assert "stroke-dasharray" not in firm
    assert "stroke-dasharray" in open_
    assert "<path" not in none


def test_what_does_not_fit_is_cut_or_left_out_and_nothing_runs_into_another():
    narrow = (Step("bardzo długa nazwa", 0, 0.02, 0), Step("bardzo długa nazwa stopnia", 0.02, 1, 1))
    svg = profile_chart(title="t", rows=[ProfileRow("Bardzo długa nazwa obszaru " * 8, "słowa " * 40, narrow, 0.5)])

    label, words, first, second = texts(svg)
    assert label.endswith("…")
    assert words.endswith("…")
    assert len(label) + len(words) < 640 / 5.6
    assert first is None
    assert second == "bardzo długa nazwa stopnia"

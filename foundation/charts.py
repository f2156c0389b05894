"""Charts as SVG drawn on the server: the same on a page and in a PDF.

Everything is a presentation attribute, as the strict CSP wants; the title is what a screen reader says and what stands
as alternative text in a PDF. A chart never stands alone: its numbers are in a table below it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from foundation.formats import format_number

MONTHS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")

INK, INK_2, LINE, TRACK = "#17212f", "#4a5768", "#d9dfe7", "#e6eaf0"
VISTULA, VISTULA_DARK, BEHIND, BEHIND_DARK = "#14508c", "#0d3a68", "#b36b00", "#855400"
COLOURS = {"ink": INK, "ink_2": INK_2, "line": LINE, "track": TRACK, "vistula": VISTULA}

WIDTH = 640
LETTER = 5.6
"""How wide a letter or digit of Lato is at the charts' 10 units, on the safe side."""


def _drawn(form: str, context: dict[str, Any]) -> SafeString:
    return render_to_string(f"foundation/charts/_{form}.html", {"colours": COLOURS, **context})


def _at(coordinate: float) -> str:
    """Text, so that no template writes a decimal comma into it."""
    return f"{coordinate:.1f}"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: max(longest - 1, 1)].rstrip()}…"


def nice_ticks(highest: float, about: int = 5) -> list[float]:
    """Round numbers from 0 to at least ``highest``; whole ones, since what is counted is whole."""
    rough = max(highest, 1) / about
    power = 10 ** math.floor(math.log10(rough)) if rough >= 1 else 1
    step = next(step for n in (1, 2, 2.5, 5, 10) if (step := power * n) >= rough and float(step).is_integer())
    return [step * i for i in range(math.ceil(max(highest, 1) / step) + 1)]


def line_chart(
    *,
    title: str,
    points: Sequence[float | None],
    target: float | None = None,
    pace: Sequence[float] | None = None,
    labels: Sequence[str] = MONTHS,
) -> SafeString:
    """A year's running total (solid) against the pace to its target (dashed).

    ``points`` are the totals at the end of each month so far, None where a month is unknown. ``pace`` is what each
    month should have reached; without it, an even pace to ``target``.
    """
    steps = len(labels)
    if pace is None and target is not None:
        pace = [target * (i + 1) / steps for i in range(steps)]
    known = [value for value in points if value is not None]
    ticks = nice_ticks(max([*known, *(pace or ()), target or 0], default=0))
    top = ticks[-1]

    left = max(46.0, 12 + LETTER * max(len(format_number(int(tick))) for tick in ticks))
    target_text = "" if target is None else format_number(target)
    right, bottom, height = min(580.0, WIDTH - 10 - LETTER * len(f"cel {target_text}")), 166.0, 144.8
    across = (right - left) / max(steps - 1, 1)

    def place(i: int, value: float) -> tuple[float, float]:
        return left + across * i, bottom - height * max(value, 0) / top

    lines: list[list[str]] = [[]]
    dots = []
    for i, value in enumerate(points[:steps]):
        if value is None:
            lines.append([])
            continue
        x, y = place(i, value)
        lines[-1].append(f"{x:.1f},{y:.1f}")
        dots.append({"x": _at(x), "y": _at(y)})

    context: dict[str, Any] = {
        "title": title,
        "left": _at(left),
        "right": _at(right),
        "grid": [
            {"y": _at(y), "text_y": _at(y + 3.5), "x": _at(left - 6), "text": format_number(int(tick))}
            for tick, (_x, y) in ((tick, place(0, tick)) for tick in ticks)
        ],
        "months": [{"x": _at(left + across * i), "text": label} for i, label in enumerate(labels)],
        "lines": [" ".join(line) for line in lines if len(line) > 1],
        "dots": dots,
        "pace": " ".join("{:.1f},{:.1f}".format(*place(i, value)) for i, value in enumerate(pace or ())),
    }
    if target is not None:
        context["target"] = {"y": _at(place(0, target)[1] + 3.5), "x": _at(right + 4), "text": target_text}
    if dots:
        last = max(i for i, value in enumerate(points[:steps]) if value is not None)
        context["last"] = _last_label(last, points[last] or 0, pace, place)
    return _drawn("line_chart", context)


def _last_label(i: int, value: float, pace: Sequence[float] | None, place: Any) -> dict[str, str]:
    """Above the line when ahead of the pace, below it when behind: never across the dashes."""
    x, y = place(i, value)
    ahead = not pace or value >= pace[min(i, len(pace) - 1)]
    if ahead and i:
        return {"x": _at(x - 5), "y": _at(y - 7), "anchor": "end", "text": format_number(value)}
    return {"x": _at(x + 6), "y": _at(y - 7 if ahead else y + 12), "anchor": "start", "text": format_number(value)}


def bar_chart(*, title: str, rows: Sequence[tuple[str, float | None] | tuple[str, float | None, str]]) -> SafeString:
    """Horizontal bars, one row each: (label, value) or (label, value, the text to print for it).

    A value of None has no bar: unknown („—”), or suppressed, with the text that is published for it („<5”).
    """
    longest, row_height = 44, 24.0
    labels = [row[0] if len(row[0]) <= longest else f"{row[0][: longest - 1].rstrip()}…" for row in rows]
    texts = [row[2] if len(row) > 2 else "—" if row[1] is None else format_number(row[1]) for row in rows]  # noqa: PLR2004
    left = min(260.0, 12 + LETTER * max(map(len, labels), default=0))
    room = WIDTH - left - 14 - LETTER * 1.1 * max(map(len, texts), default=0)
    highest = max((row[1] or 0 for row in rows), default=0) or 1
    bars = []
    for i, row in enumerate(rows):
        y = i * row_height
        length = room * max(row[1] or 0, 0) / highest
        bars.append(
            {
                "label": labels[i],
                "text": texts[i],
                "label_x": _at(left - 8),
                "text_x": _at(left + length + 6),
                "text_y": _at(y + 16),
                "y": _at(y + 5),
                "length": _at(length) if length > 0 else "",
            }
        )
    height = max(len(rows), 1) * row_height
    return _drawn("bar_chart", {"title": title, "left": _at(left), "bars": bars, "height": _at(height)})


def pace_bar(*, done: float | None, due: float | None = None, behind: bool = False, width: int = 160) -> SafeString:
    """The small bar of a target: what was done, with a tick where it should be at the date of the data.

    ``done`` and ``due`` are shares of the target. Past the target the bar goes on in a darker shade, and everything is
    drawn to the scale of what was done: an overshoot is shown, not clipped (R6). None is no data, not 0 %.
    """
    return _pace_bar(
        None if done is None else round(max(done, 0), 4), None if due is None else round(max(due, 0), 4), behind, width
    )


def _percent(share: float) -> str:
    return f"{format_number(share * 100, decimals=1).removesuffix(',0')}%"


@lru_cache(maxsize=4096)
def _pace_bar(done: float | None, due: float | None, behind: bool, width: int) -> SafeString:
    height = width / 10 if width >= 100 else 11.0  # noqa: PLR2004 - a bar narrow as in the PDF still needs a thick mark
    scale = width / max(1.0, done or 0, due or 0)
    tick = max(1.6, width / 60)
    if done is None:
        title = _("No data yet")
    elif due is None:
        title = _("%(done)s of the target") % {"done": _percent(done)}
    else:
        title = _("%(done)s of the target; the pace is %(due)s") % {"done": _percent(done), "due": _percent(due)}
    tick_x = 0.0 if due is None else min(max(due * scale - tick / 2, 0), width - tick)
    context = {
        "title": title,
        "width": width,
        "height": _at(height),
        "track_y": _at(height * 0.19),
        "track_height": _at(height * 0.62),
        "radius": _at(height * 0.31),
        "track": _at(scale),
        "fill": BEHIND if behind else VISTULA,
        "over_fill": BEHIND_DARK if behind else VISTULA_DARK,
        "done": _at(min(done, 1) * scale) if done else "",
        "whole": _at(done * scale) if done and done > 1 else "",
        "notch": _at(scale - 0.8),
        "due": "" if due is None else _at(tick_x),
        "tick": _at(tick),
        "halo": _at(tick_x - 0.8),
        "halo_width": _at(tick + 1.6),
    }
    return _drawn("pace_bar", context)


# --- a profile: one row a subject, its steps side by side, a marker where it stands ----------------------------------


@dataclass(frozen=True)
class Step:
    """One step of a row, as wide as it reaches: ``start`` and ``end`` are shares of the row."""

    label: str
    start: float
    end: float
    shade: float  # 0 the lightest, 1 the darkest; the label says the same in words
    chosen: bool = False


@dataclass(frozen=True)
class ProfileRow:
    """``at`` is where the marker stands, as a share of the row; None draws none. ``firm`` False: it may yet move."""

    label: str
    words: str
    steps: tuple[Step, ...]
    at: float | None = None
    firm: bool = True


SAYS_SOMETHING = 6
"""Letters of a name below which it is better left out."""
LIGHTEST, DARKEST = (0xE6, 0xEF, 0xF8), (0x3F, 0x74, 0xAD)


def profile_chart(*, title: str, rows: Sequence[ProfileRow]) -> SafeString:
    """How several subjects stand, each on a scale of its own that is cut into steps.

    The step that holds has a thick border and a bold name, so nothing rests on colour.
    """
    left, right, row_height = 6.0, WIDTH - 6.0, 62.0
    letters = int((right - left) / LETTER / 1.15) - 3  # of a label and its words together
    drawn = []
    for i, row in enumerate(rows):
        y = i * row_height
        words = _cut(row.words, letters - min(len(row.label), letters // 2))
        drawn.append(
            {
                "label": _cut(row.label, letters - len(words)),
                "words": words,
                "text_y": _at(y + 13),
                "y": _at(y + 26),
                "label_y": _at(y + 53),
                "steps": [_step(step, left, right) for step in row.steps],
                "marker": "" if row.at is None else _at(left + (right - left) * min(max(row.at, 0), 1)),
                "marker_y": _at(y + 22.5),
                "firm": row.firm,
            }
        )
    height = max(len(rows), 1) * row_height
    return _drawn("profile", {"title": title, "rows": drawn, "left": _at(left), "right": _at(right), "height": height})


def _step(step: Step, left: float, right: float) -> dict[str, Any]:
    start, end = (left + (right - left) * min(max(share, 0), 1) for share in (step.start, step.end))
    fits = int((end - start) / LETTER)
    return {
        "x": _at(start),
        "width": _at(end - start),
        "middle": _at((start + end) / 2),
        "label": _cut(step.label, fits) if fits >= min(len(step.label), SAYS_SOMETHING) else "",
        "fill": "#"
        + "".join(f"{round(a + (b - a) * step.shade):02x}" for a, b in zip(LIGHTEST, DARKEST, strict=True)),
        "chosen": step.chosen,
    }


def level_chart(
    *,
    title: str,
    levels: Sequence[str],
    moments: Sequence[str],
    panels: Sequence[tuple[str, Sequence[tuple[int, bool] | None]]],
) -> SafeString:
    """One small panel for each thing that has levels: where it stood at each moment, the best level on top.

    A panel is (label, points); a point is (rank, joined): the rank counts from 1, the best, and ``joined`` says
    whether a line may lead to it from the point before. None is no point.
    """
    per_row, gap, line, head, foot = 2, 24.0, 20.0, 24.0, 20.0
    names = [_cut(name, 20) for name in levels]
    left = 14 + LETTER * max(map(len, names), default=0)
    width = (WIDTH - gap) / per_row
    height = head + line * max(len(levels), 1) + foot
    across = (width - left - 34) / max(len(moments) - 1, 1)
    every = max(1, math.ceil((LETTER * max(map(len, moments), default=0) + 8) / across))
    drawn = []
    for i, (label, points) in enumerate(panels):
        x0, y0 = (i % per_row) * (width + gap), (i // per_row) * (height + 12)
        places = [
            (x0 + left + 6 + across * j, y0 + head + line * (point[0] - 0.5), point[1]) if point else None
            for j, point in enumerate(points)
        ]
        drawn.append(
            {
                "label": _cut(label, 52),
                "x": _at(x0),
                "y": _at(y0 + 13),
                "levels": [
                    {
                        "text": name,
                        "text_x": _at(x0 + left - 8),
                        "text_y": _at(y0 + head + line * (k + 0.5) + 3.5),
                        "from": _at(x0 + left),
                        "to": _at(x0 + width),
                        "y": _at(y0 + head + line * (k + 0.5)),
                    }
                    for k, name in enumerate(names)
                ],
                "moments": [
                    {"text": text, "x": _at(x0 + left + 6 + across * j), "y": _at(y0 + height - 6)}
                    for j, text in enumerate(moments)
                    if j % every == 0
                ],
                "lines": [
                    {"x1": _at(a[0]), "y1": _at(a[1]), "x2": _at(b[0]), "y2": _at(b[1])}
                    for a, b in pairwise(places)
                    if a and b and b[2]
                ],
                "dots": [{"x": _at(place[0]), "y": _at(place[1])} for place in places if place],
            }
        )
    rows = math.ceil(max(len(panels), 1) / per_row)
    return _drawn("level_chart", {"title": title, "panels": drawn, "height": _at(rows * (height + 12) - 12)})

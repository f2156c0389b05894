"""Charts as SVG drawn on the server: the same on a page and in a PDF.

Everything is a presentation attribute, as the strict CSP wants; the title is what a screen reader says and what stands
as alternative text in a PDF. A chart never stands alone: its numbers are in a table below it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
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

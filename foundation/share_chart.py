"""How totals are made up: bars of equal length, cut into parts, with hidden parts shown as such.

Drawn as the other charts are (`foundation.charts`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from foundation.charts import INK, LETTER, LIGHTEST, WIDTH, _at, _cut, _drawn
from foundation.formats import format_number

WHITE, GREY, WARM = "#ffffff", "#d9dfe7", "#855400"
PIECE_HEIGHT = 17.0
DARK_UP_TO = 0.5
"""Writing on anything darker than this is white."""

DEEPEST = (0x0D, 0x3A, 0x68)


def shade(depth: float) -> str:
    """A blue from the lightest (0) to the darkest (1)."""
    return "#" + "".join(f"{round(a + (b - a) * depth):02x}" for a, b in zip(LIGHTEST, DEEPEST, strict=True))


@dataclass(frozen=True)
class Part:
    """A part of every row. It is known by its place, its lightness and its lines (``down``, ``across`` or both)."""

    label: str
    fill: str = WHITE
    lines: str = ""


def share_chart(
    *, title: str, parts: Sequence[Part], rows: Sequence[tuple[str, Sequence[int | None], int | None]], hidden: str
) -> SafeString:
    """How each row's total is made up: (label, a count for each part, the total).

    What is hidden (None) is one striped piece at the end, as wide as the rest of the total, and called ``hidden``;
    a row whose total is hidden is striped all over.
    """
    any_hidden = any(total is None or None in counts for _label, counts, total in rows)
    concealed = Part(hidden, lines="down")
    legend = [*parts, *([concealed] if any_hidden else [])]
    keys, top = _legend(legend)
    left = min(210.0, 12 + LETTER * max((len(row[0]) for row in rows), default=0))
    right, row_height = WIDTH - 44.0, 25.0
    lines = []
    for i, (label, counts, total) in enumerate(rows):
        y = top + i * row_height
        pieces: list[dict[str, Any]] = []
        x = left
        known = sum(count or 0 for count in counts)
        rest = 0 if total is None or None not in counts else total - known
        across = (right - left) / max(known + rest, 1)
        shown = [(part, count) for part, count in zip(parts, counts, strict=True) if count and total is not None]
        for part, count in [*shown, *([(concealed, rest)] if rest > 0 else [])]:
            pieces.append(_piece(part, x, count * across, y, "" if part is concealed else format_number(count)))
            x += count * across
        if total is None:
            pieces = [_piece(concealed, left, right - left, y, "")]
        lines.append(
            {
                "label": _cut(label, int((left - 8) / LETTER)),
                "text_y": _at(y + 15.5),
                "pieces": pieces,
                "total": "—" if total is None else format_number(total),
            }
        )
    height = _at(top + max(len(rows), 1) * row_height)
    frame = {"label_x": _at(left - 8), "total_x": _at(right + 8), "height": height}
    return _drawn("share_chart", {"title": title, "keys": keys, "rows": lines, **frame})


def _legend(parts: Sequence[Part]) -> tuple[list[dict[str, Any]], float]:
    """The names of the parts, in as many lines as they need, and where the rows may begin."""
    keys, x, y = [], 0.0, 0.0
    for part in parts:
        width = 26 + LETTER * len(part.label)
        if x + width > WIDTH and x:
            x, y = 0.0, y + 21
        piece = _piece(part, x, 14, y - 4, "")
        keys.append({**piece, "label": part.label, "text_x": _at(x + 19), "text_y": _at(y + 11.5)})
        x += width
    return keys, y + 24


def _piece(part: Part, x: float, width: float, y: float, text: str) -> dict[str, Any]:
    down = range(1, math.ceil(width / 5)) if "down" in part.lines else ()
    across = range(1, math.ceil(PIECE_HEIGHT / 4)) if "across" in part.lines else ()
    return {
        "x": _at(x),
        "y": _at(y + 4),
        "width": _at(width),
        "fill": part.fill,
        "down": [_at(x + 5 * i) for i in down],
        "across": [_at(y + 4 + 4 * i) for i in across],
        "right": _at(x + width),
        "bottom": _at(y + 4 + PIECE_HEIGHT),
        "middle": _at(x + width / 2),
        "text": text if width >= LETTER * len(text) + 5 else "",
        "ink": WHITE if _lightness(part.fill) < DARK_UP_TO else INK,
    }


def _lightness(fill: str) -> float:
    """0 is black, 1 is white: good enough to choose the colour of the writing."""
    red, green, blue = (int(fill[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.3 * red + 0.59 * green + 0.11 * blue

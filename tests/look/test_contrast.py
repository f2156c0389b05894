"""Words stand out from their background by at least 4.5:1, controls and marks by at least 3:1 (WCAG 1.4.3, 1.4.11)."""

import re

import pytest
from django.conf import settings

CSS = (settings.BASE_DIR / "static/css/portal.css").read_text(encoding="utf-8")
TOKENS = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", CSS))
BACKGROUNDS = ("paper", "ground", "vistula-soft")
WORDS = [(ink, ground) for ink in ("ink", "ink-2", "vistula", "late", "warn", "ok") for ground in BACKGROUNDS] + [
    ("ink", "grey-soft"),
    ("ok", "ok-soft"),
    ("warn", "warn-soft"),
    ("late", "late-soft"),
    ("vistula-dark", "vistula-soft"),
    ("paper", "vistula"),
    ("paper", "vistula-dark"),
    ("paper", "late"),
]
MARKS = [
    (mark, ground)
    for mark in ("line-strong", "amber", "wodna", "krakowiakow", "wadowicka", "vistula", "late")
    for ground in ("paper", "ground")
]


def luminance(colour: str) -> float:
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted(luminance(TOKENS[token]) for token in (one, other))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("words", "ground"), WORDS)
def test_words_can_be_read(words, ground):
    assert contrast(words, ground) >= 4.5


@pytest.mark.parametrize(("mark", "ground"), MARKS)
def test_marks_can_be_seen(mark, ground):
    assert contrast(mark, ground) >= 3

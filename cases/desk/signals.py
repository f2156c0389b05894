"""What the desk asks the rooms above it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.dispatch import Signal


@dataclass(frozen=True)
class Tile:
    """A number, what it counts, and the list behind it."""

    number: Any
    words: Any
    url: str
    state: str = ""  # "", "warn", "late"


today_asked = Signal()
"""„Dziś” is being drawn for `user`; a receiver answers with a list of Tiles that concern this person's roles."""

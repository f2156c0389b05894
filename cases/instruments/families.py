"""Made-up families, to see an instrument at work before anybody is assessed with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from cases.instruments.questions import Part, Participant


@dataclass(frozen=True)
class MadeUpFamily:
    """Its people have words for keys; `names` says how they are called."""

    slug: str
    label: Any
    participants: tuple[Participant, ...]
    names: Mapping[str, str]


def _family(slug: str, label: Any, *people: tuple[str, Part]) -> MadeUpFamily:
    participants = tuple(Participant(name.lower(), part) for name, part in people)
    return MadeUpFamily(slug, label, participants, {name.lower(): name for name, _part in people})


ANNA, JAN = ("Anna", Part.PARTNER), ("Jan", Part.PARTNER)

FAMILIES = (
    _family("couple-child", _("a couple with a child"), ANNA, JAN, ("Zosia", Part.CHILD)),
    _family("couple", _("a couple"), ANNA, JAN),
    _family("adult", _("one adult"), ("Anna", Part.ADULT)),
    _family("adult-child", _("one adult with a child"), ("Anna", Part.ADULT), ("Zosia", Part.CHILD)),
    _family(
        "generations",
        _("a couple with two children and a grandmother"),
        ANNA, JAN, ("Halina", Part.ADULT), ("Zosia", Part.CHILD), ("Tomek", Part.CHILD),
    ),
)  # fmt: skip


def family_called(slug: str) -> MadeUpFamily:
    """That family, or the first where there is none of this name."""
    return next((family for family in FAMILIES if family.slug == slug), FAMILIES[0])

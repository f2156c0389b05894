"""Which questions an interview asks: each item, once for every person, pair, couple or family it is about.

Partners are interviewed separately (N7): every adult and every child has an interview of their own, and what the
practitioner judges or finds in records stands in two more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from cases.instruments.definition import Area, Definition, Informant, Item, NonAnswer, Scope


class Part(TextChoices):
    """Which part in the family somebody has in this assessment."""

    PARTNER = "partner", _("partner in the couple")
    ADULT = "adult", _("another adult")
    CHILD = "child", _("child")


class Source(TextChoices):
    """Where the answers of an interview come from."""

    ADULT = "adult", _("interview with an adult")
    CHILD = "child", _("interview with a child")
    PRACTITIONER = "practitioner", _("practitioner's judgement")
    RECORDS = "records", _("records")


SOURCE_OF = {
    Informant.SELF: Source.ADULT,
    Informant.PARTNER: Source.ADULT,
    Informant.CHILD: Source.CHILD,
    Informant.PRACTITIONER: Source.PRACTITIONER,
    Informant.RECORDS: Source.RECORDS,
}


@dataclass(frozen=True)
class Participant:
    """Somebody whom the assessment is about. ``key`` is the person's uuid (in a preview, a made-up word)."""

    key: str
    part: Part


@dataclass(frozen=True)
class Talk:
    """One interview: its source and, with a person, who is asked."""

    source: Source
    person: str = ""

    @property
    def key(self) -> str:
        return f"{self.source.value}:{self.person}" if self.person else self.source.value


@dataclass(frozen=True)
class Question:
    """One item, asked in one interview. ``about``: family, couple, a person's key, or A>B for a pair."""

    item: Item
    talk: Talk
    about: str

    @property
    def key(self) -> str:
        """Within its interview, and as a field's name in forms: unique and stable."""
        return f"{self.item.id}@{self.about}"


Answer = Decimal | NonAnswer
Answers = Mapping[str, Answer]
"""The answers of one interview by the question's key. A question that is not in it has not been answered."""


def talks_of(definition: Definition, participants: tuple[Participant, ...]) -> list[Talk]:
    """The interviews to hold: adults, then children, in the given order, then judgement and records, where asked."""
    asked = {SOURCE_OF[item.informant] for item in definition.items()}
    talks = [Talk(Source.ADULT, one.key) for one in participants if one.part != Part.CHILD and Source.ADULT in asked]
    talks += [Talk(Source.CHILD, one.key) for one in participants if one.part == Part.CHILD and Source.CHILD in asked]
    talks += [Talk(source) for source in (Source.PRACTITIONER, Source.RECORDS) if source in asked]
    return [talk for talk in talks if any(questions_of(definition, participants, talk))]


def questions_of(
    definition: Definition, participants: tuple[Participant, ...], talk: Talk, area: Area | None = None
) -> Iterator[Question]:
    """What this interview asks (in one area), in the order of the instrument; show-if is not looked at."""
    abouts: dict[tuple[Scope, Informant], list[str]] = {}
    for item in area.items if area else definition.items():
        if SOURCE_OF[item.informant] == talk.source:
            kind = item.scope, item.informant
            if kind not in abouts:
                abouts[kind] = _abouts(item, participants, talk)
            for about in abouts[kind]:
                yield Question(item, talk, about)


def _abouts(item: Item, participants: tuple[Participant, ...], talk: Talk) -> list[str]:
    partners = [one.key for one in participants if one.part == Part.PARTNER]
    couple = partners if len(partners) == 2 else []  # noqa: PLR2004 - a couple is two
    if item.scope == Scope.FAMILY:
        return ["family"]
    if item.scope == Scope.COUPLE:
        return ["couple"] if couple and talk.person in {"", *couple} else []
    if item.scope == Scope.PAIR:
        return _pairs(item, couple, talk)
    if item.scope == Scope.CHILD:
        children = [one.key for one in participants if one.part == Part.CHILD]
        return [talk.person] if item.informant == Informant.CHILD else children
    return _adults(item, couple, talk, [one.key for one in participants if one.part != Part.CHILD])


def _pairs(item: Item, couple: list[str], talk: Talk) -> list[str]:
    """A partner speaks of oneself towards the other, or of the other towards oneself; anybody else of both."""
    pairs = [f"{a}>{b}" for a in couple for b in couple if a != b]
    if item.informant == Informant.SELF:
        return [pair for pair in pairs if pair.startswith(f"{talk.person}>")]
    if item.informant == Informant.PARTNER:
        return [pair for pair in pairs if pair.endswith(f">{talk.person}")]
    return pairs


def _adults(item: Item, couple: list[str], talk: Talk, adults: list[str]) -> list[str]:
    """An adult speaks of oneself, or of the other partner; anybody else of every adult."""
    if item.informant == Informant.SELF:
        return [talk.person]
    if item.informant == Informant.PARTNER:
        return [key for key in couple if key != talk.person] if talk.person in couple else []
    return adults

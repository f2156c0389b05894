"""A small instrument that the tests of reading and checking spoil in one place each."""

from __future__ import annotations

from cases.instruments.reading import BadFile, read

SMALL = """\
format: 1
code: maly
name: Małe narzędzie
version: 1.0.0
language: pl
licence_holder: nikt
example: yes
levels:
  - id: low
    label: niski
  - id: high
    label: wysoki
scales:
  - id: czesto
    options:
      - value: 0
        label: nigdy
      - value: 1
        label: czasem
      - value: 2
        label: często
  - id: dni
    least: 0
    most: 7
areas:
  - id: dom
    label: Dom
    scoring:
      method: sum
      missing_at_most: 1
      if_missing: prorate
    bands:
      - level: low
        from: 0
        to: 5
      - level: high
        from: 5
        to: 11
    items:
      - id: spory
        text: Jak często się kłócimy?
        scale: czesto
        scope: person
        informant: self
      - id: zgoda
        text: Jak często się godzimy?
        scale: czesto
        scope: person
        informant: self
        reverse: yes
        show_if:
          item: spory
          at_least: 1
      - id: obiady
        text: Ile dni jemy osobno?
        scale: dni
        scope: family
        informant: practitioner
        critical:
          level: high
          at_least: 7
recommendations:
  - id: rozmowa
    proposes: [couple]
    when:
      area: dom
      at_least: high
    because: Wynik jest wysoki.
"""

Found = list[tuple[int, str, str]]


def spoiled(old: str, new: str) -> str:
    """The small instrument with one place changed."""
    assert SMALL.count(old) == 1, f"{old!r} stands {SMALL.count(old)} times"
    return SMALL.replace(old, new)


def problems(text: str) -> Found:
    """What reading finds: line, path, sentence."""
    try:
        read(text)
    except BadFile as bad:
        return [(one.line, one.path, one.message) for one in bad.problems]
    return []


def line_of(text: str, piece: str) -> int:
    assert text.count(piece) == 1, f"{piece!r} stands {text.count(piece)} times"
    return text[: text.index(piece)].count("\n") + 1

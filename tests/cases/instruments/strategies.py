"""Instruments as hypothesis makes them up: valid ones, with everything the format knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

from hypothesis import strategies as st

from cases.instruments.checking import problems_of
from cases.instruments.definition import (
    All,
    Any,
    Area,
    AreaIs,
    Band,
    Combine,
    Condition,
    Critical,
    Definition,
    IfMissing,
    Informant,
    Item,
    ItemIs,
    Level,
    LookupRow,
    Method,
    NonAnswer,
    Not,
    Option,
    Proposal,
    Recommendation,
    RuleHolds,
    Scale,
    Scope,
    Scoring,
    Timeframe,
)
from cases.instruments.nodes import STRANGE
from cases.instruments.ranges import range_of, scored_items, sum_range
from cases.instruments.visibility import can_refer

WEIGHTS = [Decimal(text) for text in ("1", "1", "2", "0.5", "1.25", "0", "-1", "-0.3")]
ASKED = [
    (scope, informant)
    for scope in Scope
    for informant in Informant
    if not (informant == Informant.PARTNER and scope not in {Scope.PERSON, Scope.PAIR})
    and not (informant == Informant.CHILD and scope in {Scope.COUPLE, Scope.PAIR})
]
AWKWARD = [
    "no",
    "1.0",
    "~",
    "null",
    "- a",
    "a: b",
    "#",
    "'",
    '"',
    "|",
    "> x",
    "@",
    "%",
    "---",
    "...",
    "{",
    "[a]",
    "*a",
    "!",
]


def _clean(text: str) -> str:
    text = STRANGE.sub("", text.replace("\t", " "))
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


@lru_cache
def texts(longest: int = 40, *, lines: bool = False) -> st.SearchStrategy[str]:
    """What may stand in a text field, the awkward things of YAML among it."""
    made = st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=longest).map(_clean)
    if not lines:
        made = made.map(lambda text: " ".join(text.split("\n")))
    return st.sampled_from(AWKWARD) | made.filter(bool)


numbers = st.integers(-200, 200).map(lambda n: Decimal(n) / 4)


@st.composite
def scales(draw: st.DrawFn, name: str) -> Scale:
    """With options, or of numbers."""
    offered = tuple(answer for answer in NonAnswer if draw(st.booleans()))
    if draw(st.booleans()):
        values = sorted(draw(st.sets(numbers, min_size=2, max_size=5)))
        options = tuple(Option(value, f"{draw(texts(20))} {place}") for place, value in enumerate(values))
        scale = Scale(name, options=options, non_answers=offered)
        inside = st.sampled_from(values)
    else:
        least, steps, step = draw(numbers), draw(st.integers(1, 12)), draw(st.sampled_from(["0.5", "1", "2"]))
        most = least + steps * Decimal(step)
        unit = draw(st.just("") | texts(10))
        scale = Scale(name, least=least, most=most, step=Decimal(step), unit=unit, non_answers=offered)
        inside = st.sampled_from([least, most])
    scored = tuple((answer, draw(inside)) for answer in offered if draw(st.integers(0, 4)) == 0)
    return replace(scale, scored_non_answers=scored)


def _answers(scale: Scale) -> list[Decimal]:
    if scale.options:
        return [option.value for option in scale.options]
    assert scale.step
    return [scale.low + n * scale.step for n in range(int((scale.high - scale.low) / scale.step) + 1)]


@st.composite
def items(draw: st.DrawFn, name: str, all_scales: Sequence[Scale], levels: Sequence[Level]) -> Item:
    """Without a show-if."""
    scope, informant = draw(st.sampled_from(ASKED))
    scale = draw(st.sampled_from(all_scales))
    weight, reverse = draw(st.sampled_from(WEIGHTS)), draw(st.booleans())
    critical = None
    if draw(st.integers(0, 3)) == 0:
        level = draw(st.sampled_from(levels[1:])).id
        values = _answers(scale)
        critical = (
            Critical(level, at_least=draw(st.sampled_from(values[1:])))
            if draw(st.booleans())
            else Critical(level, at_most=draw(st.sampled_from(values[:-1])))
        )
    return Item(
        id=name,
        text=draw(texts(lines=True)),
        help=draw(st.just("") | texts(lines=True)),
        scale=scale,
        scope=scope,
        informant=informant,
        timeframe=draw(st.sampled_from(Timeframe)),
        required=draw(st.booleans()),
        weight=weight,
        reverse=reverse,
        protective=(not weight or (weight > 0) == reverse) and draw(st.booleans()),
        critical=critical,
        combine=draw(st.sampled_from(Combine)),
    )


def _cut(draw: st.DrawFn, least: Decimal, most: Decimal, pieces: int) -> list[tuple[Decimal, Decimal]]:
    """The range in at most so many pieces, without gap or overlap."""
    cuts = draw(st.sets(st.integers(1, 19), max_size=pieces - 1))
    inside = sorted({round(least + (most - least) * cut / 20, 2) for cut in cuts} - {least, most})
    ends = [least, *(cut for cut in inside if least < cut < most), most]
    return list(pairwise(ends))


@st.composite
def areas(
    draw: st.DrawFn, name: str, some_items: tuple[Item, ...], levels: Sequence[Level], methods: Sequence[Method]
) -> Area:
    area = Area(
        name, draw(texts()), some_items, Scoring(Method.MANUAL), description=draw(st.just("") | texts(lines=True))
    )
    scored = scored_items(area)
    method = draw(st.sampled_from(methods)) if scored else Method.MANUAL
    if method == Method.MANUAL:
        return area
    least, most = max(item.scale.low for item in scored), min(item.scale.high for item in scored)
    if method == Method.COUNT and least >= most:
        method = Method.SUM  # no threshold parts the answers to all of them
    missing = draw(st.integers(0, len(scored) - 1))
    rules = [rule for rule in IfMissing if missing or rule != IfMissing.PRORATE]
    scoring = Scoring(
        method,
        threshold=most if method == Method.COUNT else None,
        missing_at_most=missing,
        if_missing=draw(st.sampled_from(rules)),
    )
    area = replace(area, scoring=scoring)
    if method == Method.LOOKUP:
        low, high = sum_range(area)
        middle = round((low + high) / 2, 2)
        rows = [(low, middle), (middle, high)]
        table = tuple(LookupRow(*row, score=Decimal(score)) for score, row in enumerate(rows))
        area = replace(area, scoring=replace(scoring, table=table))
    ends = range_of(area)
    assert ends
    pieces = _cut(draw, *ends, pieces=len(levels))
    bands = tuple(Band(level.id, *piece) for level, piece in zip(levels, pieces, strict=False))
    return replace(area, bands=bands)


@st.composite
def item_conditions(draw: st.DrawFn, some_items: Sequence[Item]) -> ItemIs:
    item = draw(st.sampled_from(some_items))
    value = draw(st.sampled_from(_answers(item.scale)))
    offered = tuple(answer for answer in item.scale.non_answers if draw(st.booleans()))
    return draw(
        st.sampled_from(
            [
                ItemIs(item.id, at_least=value),
                ItemIs(item.id, at_most=value),
                ItemIs(item.id, at_least=item.scale.low, at_most=value),
                ItemIs(item.id, one_of=(value,), non_answers=offered),
            ]
        )
    )


def conditions(leaves: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    return st.recursive(
        leaves,
        lambda parts: (
            st.builds(Not, parts)
            | st.lists(parts, min_size=1, max_size=3)
            .map(tuple)
            .flatmap(lambda of: st.sampled_from([All(of), Any(of)]))
        ),
        max_leaves=4,
    )


@st.composite
def definitions(draw: st.DrawFn, *, methods: Sequence[Method] = tuple(Method), checked: bool = True) -> Definition:
    """A valid instrument; of other methods than these are only areas that these cannot score.

    Quicker, not `checked`: its conditions may never hold, or always.
    """
    levels = tuple(Level(f"l{n}", f"{draw(texts(20))} {n}") for n in range(draw(st.integers(2, 4))))
    all_scales = tuple(draw(scales(f"s{n}")) for n in range(draw(st.integers(1, 3))))
    all_items: list[Item] = []
    all_areas = []
    for n in range(draw(st.integers(1, 3))):
        here: list[Item] = []
        for _ in range(draw(st.integers(1, 4))):
            item = draw(items(f"i{len(all_items)}", all_scales, levels))
            before = [one for one in all_items if can_refer(item, one)]
            if bool(before) and draw(st.booleans()):
                item = replace(item, show_if=draw(conditions(item_conditions(before))))
            here.append(item)
            all_items.append(item)
        all_areas.append(draw(areas(f"a{n}", tuple(here), levels, methods)))
    numbers_of = draw(st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99)))
    definition = Definition(
        code="made-up",
        name=draw(texts()),
        version=".".join(map(str, numbers_of)),
        language="pl",
        licence_holder=draw(texts()),
        example=draw(st.booleans()),
        levels=levels,
        scales=all_scales,
        areas=tuple(all_areas),
        notes=draw(st.just("") | texts(lines=True)),
    )
    if checked and problems_of(definition, {}):  # a condition that contradicts itself or others
        definition = replace(definition, areas=tuple(_without_show_ifs(area) for area in definition.areas))
    return _with_rules(draw, definition, checked=checked)


def _without_show_ifs(area: Area) -> Area:
    return replace(area, items=tuple(replace(item, show_if=None) for item in area.items))


def _with_rules(draw: st.DrawFn, definition: Definition, *, checked: bool) -> Definition:
    of_areas = [AreaIs(area, level.id) for area in ("", *definition.by_area) for level in definition.levels]
    for n in range(draw(st.integers(0, 3))):
        leaves: st.SearchStrategy[Condition] = item_conditions(list(definition.items())) | st.sampled_from(of_areas)
        if definition.recommendations:
            leaves |= st.sampled_from([RuleHolds(rule.id) for rule in definition.recommendations])
        proposes = draw(st.sets(st.sampled_from(Proposal), min_size=1, max_size=3))
        rule = Recommendation(
            f"r{n}",
            tuple(proposal for proposal in Proposal if proposal in proposes),
            draw(conditions(leaves)),
            draw(texts(lines=True)),
        )
        more = replace(definition, recommendations=(*definition.recommendations, rule))
        if not checked or not problems_of(more, {}):
            definition = more
    return definition

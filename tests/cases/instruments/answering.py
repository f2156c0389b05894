"""Families that hypothesis makes up, and what they answer to instruments it has made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from hypothesis import assume
from hypothesis import strategies as st

from cases.instruments.definition import Area, Definition, Method, NonAnswer, Scale
from cases.instruments.questions import Answer, Part, Participant, Talk, questions_of, talks_of
from tests.cases.instruments.strategies import definitions

COMPUTED = [method for method in Method if method != Method.MANUAL]

Given = tuple[Definition, tuple[Participant, ...], dict[Talk, dict[str, Answer]], dict[str, str]]


def values_on(scale: Scale) -> st.SearchStrategy[Decimal]:
    if scale.options:
        return st.sampled_from([option.value for option in scale.options])
    step = scale.step or Decimal(1)
    return st.integers(0, int((scale.high - scale.low) / step)).map(lambda number: scale.low + number * step)


@st.composite
def families(draw: st.DrawFn) -> tuple[Participant, ...]:
    partners, adult = (Part.PARTNER, Part.PARTNER), (Part.ADULT,)
    adults = draw(st.sampled_from([partners, adult, partners + adult]))
    children = (Part.CHILD,) * draw(st.integers(0, 2))
    return tuple(Participant(f"p{number}", part) for number, part in enumerate((*adults, *children)))


def _plain(definition: Definition) -> Definition:
    """Without critical answers, show-if and recommendations."""

    def plain(area: Area) -> Area:
        return replace(area, items=tuple(replace(item, critical=None, show_if=None) for item in area.items))

    return replace(definition, areas=tuple(plain(area) for area in definition.areas), recommendations=())


@st.composite
def assessments(
    draw: st.DrawFn, *, plain: bool = False, methods: Sequence[Method] | None = None, whole: bool = False
) -> Given:
    """What `score` takes: an instrument, a family, its answers (`whole`: a value to every question), judgements."""
    of, participants = draw(definitions(methods=methods or list(Method), checked=False)), draw(families())
    assume(methods is None or all(area.scoring.method in methods for area in of.areas))
    if plain:
        of = _plain(of)
    interviews: dict[Talk, dict[str, Answer]] = {}
    for talk in talks_of(of, participants):
        interviews[talk] = {}
        for question in questions_of(of, participants, talk):
            values = values_on(question.item.scale)
            answer = draw(values if whole else st.one_of(values, values, st.none(), st.sampled_from(NonAnswer)))
            if answer is not None:
                interviews[talk][question.key] = answer
    levels = st.sampled_from(["", *of.rank_of])
    judgements = {area.id: draw(levels) for area in of.areas if area.scoring.method == Method.MANUAL}
    return of, participants, interviews, judgements

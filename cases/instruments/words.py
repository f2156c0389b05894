"""An instrument in words: whom a question is about, when it is shown, how an area is scored, when a rule holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any as Anything

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

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
    LookupRow,
    Method,
    Not,
    RuleHolds,
    Scale,
    Scope,
)
from cases.instruments.questions import Question, Source, Talk
from foundation.formats import NBSP, format_number


def about_words(question: Question, names: Mapping[str, str]) -> str:
    """Whom a question is about; `names` by participant's key."""
    about, item = question.about, question.item
    if item.scope == Scope.FAMILY:
        return _("the family")
    if item.scope == Scope.COUPLE:
        return _("the couple")
    if item.scope == Scope.PAIR:
        one, other = about.split(">")
        return _("%(one)s, towards: %(other)s") % {"one": names.get(one, one), "other": names.get(other, other)}
    name = names.get(about, about)
    return _("%(name)s (about oneself)") % {"name": name} if about == question.talk.person else name


def talk_words(talk: Talk, names: Mapping[str, str]) -> str:
    """What an interview is called."""
    if not talk.person:
        return str(capfirst(Source(talk.source).label))
    return _("Interview: %(name)s") % {"name": names.get(talk.person, talk.person)}


def source_words(item: Item) -> Anything:
    """Who answers an item. „About oneself” has a meaning of its own only where the item is about an adult."""
    if item.informant == Informant.SELF and item.scope not in {Scope.PERSON, Scope.PAIR}:
        return Source.ADULT.label
    return item.informant.label


def number_or_label(scale: Scale, value: Decimal) -> str:
    """An answer as people read it: „often (3)”, or the number alone where the scale has no words."""
    for option in scale.options:
        if option.value == value:
            return f"„{option.label}” ({format_number(value)})"
    return f"{format_number(value)} {scale.unit}".strip()


def scale_words(scale: Scale) -> str:
    """The scale in one line."""
    if scale.options:
        return " · ".join(f"{format_number(option.value)}{NBSP}{option.label}" for option in scale.options)
    words = _("a number from %(low)s to %(high)s") % {
        "low": format_number(scale.low),
        "high": format_number(scale.high),
    }
    if scale.step:
        words = _("%(range)s, in steps of %(step)s") % {"range": words, "step": format_number(scale.step)}
    return f"{words} {scale.unit}".strip()


def scored_words(scale: Scale) -> list[str]:
    """Which non-answers count as a value (N3)."""
    return [
        _("„%(reason)s” counts as %(value)s") % {"reason": reason.label, "value": format_number(value)}
        for reason, value in scale.scored_non_answers
    ]


def condition_words(condition: Condition, definition: Definition) -> str:
    """A condition as a sentence's part, with brackets where it joins several of another kind."""
    match condition:
        case ItemIs():
            return _item_is(condition, definition)
        case AreaIs():
            level = definition.level_of[condition.at_least].label
            if not condition.area:
                return _("an area has at least the level „%(level)s”") % {"level": level}
            area = definition.by_area[condition.area].label
            return _("the area „%(area)s” has at least the level „%(level)s”") % {"area": area, "level": level}
        case RuleHolds():
            return _("the rule „%(rule)s” holds") % {"rule": condition.rule}
        case Not():
            return _("not: %(condition)s") % {"condition": _bracketed(condition.of, definition)}
        case All() | Any():
            joint = (
                pgettext("joins conditions", " and ")
                if isinstance(condition, All)
                else pgettext("joins conditions", " or ")
            )
            return joint.join(_bracketed(part, definition) for part in condition.of)


def _bracketed(condition: Condition, definition: Definition) -> str:
    words = condition_words(condition, definition)
    return f"({words})" if isinstance(condition, All | Any) and len(condition.of) > 1 else words


def _item_is(condition: ItemIs, definition: Definition) -> str:
    item = definition.by_item[condition.item]
    parts = []
    bounds = [
        *(
            [_("at least %(value)s") % {"value": number_or_label(item.scale, condition.at_least)}]
            if condition.at_least is not None
            else []
        ),
        *(
            [_("at most %(value)s") % {"value": number_or_label(item.scale, condition.at_most)}]
            if condition.at_most is not None
            else []
        ),
    ]
    if bounds:
        parts.append(pgettext("joins conditions", " and ").join(bounds))
    parts += [number_or_label(item.scale, value) for value in condition.one_of]
    parts += [f"„{reason.label}”" for reason in condition.non_answers]
    words = {"item": item.text, "id": item.id, "answer": pgettext("joins conditions", " or ").join(parts)}
    return _("the answer to „%(item)s” (%(id)s) is %(answer)s") % words


def critical_words(item: Item, critical: Critical, definition: Definition) -> str:
    words = {"level": definition.level_of[critical.level].label}
    ends = []
    if critical.at_least is not None:
        words["value"] = number_or_label(item.scale, critical.at_least)
        ends.append(_("from %(value)s on") % words)
    if critical.at_most is not None:
        words["value"] = number_or_label(item.scale, critical.at_most)
        ends.append(_("up to %(value)s") % words)
    words["answers"] = pgettext("joins conditions", " or ").join(ends)
    return _("critical %(answers)s: at least the level „%(level)s”") % words


def scoring_words(area: Area) -> str:
    """How an area is scored."""
    scoring = area.scoring
    if scoring.method == Method.COUNT and scoring.threshold is not None:
        return _("number of answers from %(threshold)s on") % {"threshold": format_number(scoring.threshold)}
    return str(scoring.method.label)


def missing_words(area: Area) -> str:
    """What happens where answers are missing (N4)."""
    if area.scoring.method == Method.MANUAL:
        return _("The practitioner chooses the level and says why.")
    if area.scoring.if_missing == IfMissing.BLOCK:
        return _(
            "Finishing waits until no question is left unanswered; with a reason instead of an answer the result is "
            "incomplete, without a level."
        )
    if area.scoring.if_missing == IfMissing.INCOMPLETE:
        return _("Where an answer is missing, the result is incomplete, without a level.")
    limit = area.scoring.missing_at_most
    tolerated = ngettext(
        "At most %(n)s answer may be missing: %(then)s.", "At most %(n)s answers may be missing: %(then)s.", limit
    ) % {"n": limit, "then": area.scoring.if_missing.label}
    return _("%(tolerated)s Past that the result is incomplete, without a level.") % {"tolerated": tolerated}


@dataclass(frozen=True)
class RangeRow:
    """One row of a table of ranges: „from 4 up to, without, 8”."""

    least: str
    most: str
    closed: bool
    gives: str


def ranges(rows: Iterable[Band | LookupRow], definition: Definition) -> list[RangeRow]:
    """Bands, or the rows of a lookup table, in the order of their numbers; only the last one includes its end."""
    ordered = sorted(rows, key=lambda row: row.from_value)
    return [
        RangeRow(
            least=format_number(row.from_value),
            most=format_number(row.to_value),
            closed=row is ordered[-1],
            gives=definition.level_of[row.level].label if isinstance(row, Band) else format_number(row.score),
        )
        for row in ordered
    ]


@dataclass(frozen=True)
class ItemInWords:
    """A question as the page of a version explains it."""

    item: Item
    source: Anything
    scale: str
    facts: list[Anything]
    show_if: str


def item_in_words(item: Item, definition: Definition) -> ItemInWords:
    return ItemInWords(
        item=item,
        source=source_words(item),
        scale=scale_words(item.scale),
        facts=_facts(item, definition),
        show_if=condition_words(item.show_if, definition) if item.show_if else "",
    )


def _facts(item: Item, definition: Definition) -> list[Anything]:
    facts: list[Anything] = []
    if item.required:
        facts.append(pgettext("question", "required"))
    if not item.weight:
        facts.append(_("not scored"))
    elif item.weight != 1:
        facts.append(_("weight %(weight)s") % {"weight": format_number(item.weight)})
    if item.reverse:
        facts.append(_("reversed scale"))
    if item.protective:
        facts.append(_("protective"))
    if item.critical:
        facts.append(critical_words(item, item.critical, definition))
    if item.combine == Combine.MEAN:
        facts.append(_("of several people's answers the mean counts"))
    return facts + scored_words(item.scale)

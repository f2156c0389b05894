"""Which recommendation rules hold, and what they propose (N6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from cases.instruments.conditions import Leaf, dependents_last, holds, leaves, matches
from cases.instruments.definition import AreaIs, Definition, ItemIs, Proposal, RuleHolds
from cases.instruments.questions import Answer


def proposals(
    definition: Definition, answers: Mapping[str, Iterable[Answer | None]], levels: Mapping[str, str]
) -> dict[Proposal, tuple[str, ...]]:
    """What is proposed, in the proposals' own order, each with all rules that hold, in the instrument's order.

    `answers` are those of shown questions by item, of whoever gave them; `levels` stand by area, "" without one.
    """
    true: set[str] = set()

    def is_true(leaf: Leaf) -> bool:
        match leaf:
            case ItemIs():
                item = definition.by_item.get(leaf.item)
                return item is not None and any(matches(leaf, item.scale, one) for one in answers.get(item.id, ()))
            case AreaIs():
                return _reaches(definition, leaf, levels)
            case RuleHolds():
                return leaf.rule in true

    rules = {rule.id: rule for rule in definition.recommendations}
    for rule_id in _in_order(definition):  # what a rule looks at has been decided before
        if holds(rules[rule_id].when, is_true):
            true.add(rule_id)
    found = {
        proposal: tuple(rule.id for rule in rules.values() if rule.id in true and proposal in rule.proposes)
        for proposal in Proposal
    }
    return {proposal: ids for proposal, ids in found.items() if ids}


def _reaches(definition: Definition, condition: AreaIs, levels: Mapping[str, str]) -> bool:
    least = definition.rank_of.get(condition.at_least)
    looked_at = levels.values() if condition.area == "" else [levels.get(condition.area, "")]
    return least is not None and any(definition.rank_of.get(level, 0) >= least for level in looked_at)


@lru_cache(maxsize=32)
def _in_order(definition: Definition) -> tuple[str, ...]:
    """The rules' ids, each after those that it looks at."""
    return dependents_last(
        {
            rule.id: {leaf.rule for leaf in leaves(rule.when) if isinstance(leaf, RuleHolds)}
            for rule in definition.recommendations
        }
    )

"""The conditions of a file: when an item is shown, and when a recommendation rule holds."""

from __future__ import annotations

from django.utils.translation import gettext as _

from cases.instruments.definition import All, Any, AreaIs, Condition, ItemIs, NonAnswer, Not, RuleHolds
from cases.instruments.fields import Fields
from cases.instruments.nodes import Node
from cases.instruments.problems import Report

MOST_PARTS = 12
MOST_DEPTH = 5
ANY_AREA = "any"
NOTHING: Condition = ItemIs("")
"""Stands in for a condition that could not be read."""

_KEYS_OF = {
    "item": "item at_least at_most one_of non_answers",
    "area": "area at_least",
    "rule": "rule",
    "all": "all",
    "any": "any",
    "not": "not",
}


class ConditionReader:
    def __init__(self, report: Report) -> None:
        self._report = report

    def show_if(self, node: Node) -> Condition:
        return self._read(node, ("item", "all", "any", "not"))

    def rule(self, node: Node) -> Condition:
        return self._read(node, tuple(_KEYS_OF))

    def _read(self, node: Node, kinds: tuple[str, ...], depth: int = 1) -> Condition:
        every = " ".join(_KEYS_OF[kind] for kind in kinds).split()
        fields = Fields(node, dict.fromkeys(every), self._report)  # „at_least” is known to two kinds
        found = [kind for kind in kinds if fields.has(kind)]
        if len(found) != 1:
            message = _("A condition has exactly one of these keys: %(keys)s.") % {"keys": ", ".join(kinds)}
            self._report.add(node.path, message, line=node.line)
            return NOTHING
        if depth > MOST_DEPTH:
            self._report.add(node.path, _("The conditions are nested too deeply."), line=node.line)
            return NOTHING
        kind = found[0]
        for key in fields.nodes.keys() - set(_KEYS_OF[kind].split()):
            fields.add(key, _("„%(key)s” does not go together with „%(kind)s”.") % {"key": key, "kind": kind})
        return self._of(kind, kinds, fields, depth)

    def _of(self, kind: str, kinds: tuple[str, ...], fields: Fields, depth: int) -> Condition:
        match kind:
            case "item":
                return self._item(fields)
            case "area":
                area = fields.name("area", needed=True)
                return AreaIs("" if area == ANY_AREA else area, fields.name("at_least", needed=True))
            case "rule":
                return RuleHolds(fields.name("rule", needed=True))
            case "not":
                return Not(fields.part("not", lambda part: self._read(part, kinds, depth + 1), NOTHING))
        parts = fields.each(kind, lambda part: self._read(part, kinds, depth + 1), MOST_PARTS, least=1)
        return All(parts) if kind == "all" else Any(parts)

    def _item(self, fields: Fields) -> ItemIs:
        condition = ItemIs(
            item=fields.name("item", needed=True),
            at_least=fields.number_or_none("at_least"),
            at_most=fields.number_or_none("at_most"),
            one_of=tuple(sorted(fields.numbers("one_of"))),
            non_answers=fields.choices("non_answers", NonAnswer, ()),
        )
        if condition == ItemIs(condition.item):
            message = _("Which answer is meant? Say „at_least”, „at_most”, „one_of” or „non_answers”.")
            self._report.add(fields.path, message, line=fields.line)
        if condition.one_of and (condition.at_least is not None or condition.at_most is not None):
            fields.add("one_of", _("„one_of” does not go together with „at_least” and „at_most”."))
        return condition

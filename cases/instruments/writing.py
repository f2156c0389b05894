"""The file of a definition, in the one canonical form: the same definition always gives the same bytes.

The keys stand in the order of `docs/instruments.md`, every value that has a default is left out when it has it, texts
are never folded, lists of words stand on one line.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

import yaml

from cases.instruments import definition as d
from cases.instruments.condition_fields import ANY_AREA
from cases.instruments.exact import text_of
from cases.instruments.ranges import ONE, ZERO
from cases.instruments.reading import FORMAT

Value = str | bool | Decimal | Enum | int | list["Value"] | dict[str, "Value"]
_STR = "tag:yaml.org,2002:str"
_SEQ = "tag:yaml.org,2002:seq"
_MAP = "tag:yaml.org,2002:map"


def to_text(definition: d.Definition) -> str:
    """The canonical YAML."""
    return str(
        yaml.serialize(
            _node(_definition(definition)),
            Dumper=_Dumper,
            allow_unicode=True,
            width=1_000_000,
            indent=2,
            line_break="\n",
        )
    )


class _Dumper(yaml.BaseDumper):  # every plain text is a text: nothing is quoted for looking like a date
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Lists stand two columns in from their key."""
        super().increase_indent(flow, False)


def _node(value: Value) -> yaml.Node:
    if isinstance(value, dict):
        pairs = [(_text(key), _node(part)) for key, part in value.items()]
        return yaml.MappingNode(_MAP, pairs, flow_style=False)
    if isinstance(value, list):
        words = all(isinstance(part, (Enum, Decimal)) for part in value)
        return yaml.SequenceNode(_SEQ, [_node(part) for part in value], flow_style=words)
    if isinstance(value, bool):
        return _text("yes" if value else "no")
    if isinstance(value, Enum):
        return _text(str(value.value))
    return _text(text_of(value) if isinstance(value, Decimal) else str(value))


def _text(value: str) -> yaml.ScalarNode:
    return yaml.ScalarNode(_STR, value, style="|" if "\n" in value else None)


def _without(value: dict[str, Value], defaults: dict[str, Value]) -> dict[str, Value]:
    return {key: part for key, part in value.items() if key not in defaults or part != defaults[key]}


def _definition(one: d.Definition) -> Value:
    return _without(
        {
            "format": FORMAT,
            "code": one.code,
            "name": one.name,
            "version": one.version,
            "language": one.language,
            "licence_holder": one.licence_holder,
            "example": one.example,
            "notes": one.notes,
            "levels": [{"id": level.id, "label": level.label} for level in one.levels],
            "scales": [_scale(scale) for scale in one.scales],
            "areas": [_area(area) for area in one.areas],
            "recommendations": [_recommendation(rule) for rule in one.recommendations],
        },
        {"notes": "", "recommendations": []},
    )


def _scale(one: d.Scale) -> Value:
    options: list[Value] = [{"value": option.value, "label": option.label} for option in one.options]
    numbers: dict[str, Value] = {"least": one.least or ZERO, "most": one.most or ZERO, "step": one.step or ONE}
    return {
        "id": one.id,
        **({"options": options} if options else numbers),
        **_without(
            {
                "unit": one.unit,
                "non_answers": list(one.non_answers),
                "scored_non_answers": [{"answer": answer, "value": value} for answer, value in one.scored_non_answers],
            },
            {"unit": "", "non_answers": list(d.NonAnswer), "scored_non_answers": []},
        ),
    }


def _area(one: d.Area) -> Value:
    return _without(
        {
            "id": one.id,
            "label": one.label,
            "description": one.description,
            "scoring": _scoring(one.scoring),
            "bands": [{"level": band.level, "from": band.from_value, "to": band.to_value} for band in one.bands],
            "items": [_item(item) for item in one.items],
        },
        {"description": "", "bands": [], "items": []},
    )


def _scoring(one: d.Scoring) -> Value:
    table: list[Value] = [{"from": row.from_value, "to": row.to_value, "score": row.score} for row in one.table]
    return {
        "method": one.method,
        **({} if one.threshold is None else {"threshold": one.threshold}),
        **({"table": table} if table else {}),
        **_without(
            {"missing_at_most": one.missing_at_most, "if_missing": one.if_missing},
            {"missing_at_most": 0, "if_missing": d.IfMissing.INCOMPLETE},
        ),
    }


def _item(one: d.Item) -> Value:
    return {
        "id": one.id,
        "text": one.text,
        **({"help": one.help} if one.help else {}),
        "scale": one.scale.id,
        "scope": one.scope,
        "informant": one.informant,
        **_without(
            {
                "timeframe": one.timeframe,
                "required": one.required,
                "weight": one.weight,
                "reverse": one.reverse,
                "protective": one.protective,
            },
            {
                "timeframe": d.Timeframe.NOW,
                "required": False,
                "weight": ONE,
                "reverse": False,
                "protective": False,
            },
        ),
        **({"critical": _critical(one.critical)} if one.critical else {}),
        **_without({"combine": one.combine}, {"combine": d.Combine.WORST}),
        **({"show_if": _condition(one.show_if)} if one.show_if else {}),
    }


def _critical(one: d.Critical) -> Value:
    return {
        "level": one.level,
        **({} if one.at_least is None else {"at_least": one.at_least}),
        **({} if one.at_most is None else {"at_most": one.at_most}),
    }


def _recommendation(one: d.Recommendation) -> Value:
    return {
        "id": one.id,
        "proposes": list(one.proposes),
        "when": _condition(one.when),
        "because": one.because,
    }


def _condition(one: d.Condition) -> Value:
    match one:
        case d.All(of):
            return {"all": [_condition(part) for part in of]}
        case d.Any(of):
            return {"any": [_condition(part) for part in of]}
        case d.Not(of):
            return {"not": _condition(of)}
        case d.AreaIs(area, at_least):
            return {"area": area or ANY_AREA, "at_least": at_least}
        case d.RuleHolds(rule):
            return {"rule": rule}
        case d.ItemIs():
            return {
                "item": one.item,
                **({} if one.at_least is None else {"at_least": one.at_least}),
                **({} if one.at_most is None else {"at_most": one.at_most}),
                **({"one_of": list(one.one_of)} if one.one_of else {}),
                **({"non_answers": list(one.non_answers)} if one.non_answers else {}),
            }

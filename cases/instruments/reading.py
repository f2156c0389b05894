"""From a file to a definition, or to everything that is wrong with it, each with line, path and a sentence.

The format is YAML without its surprises: `docs/instruments.md`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from django.utils.translation import gettext as _

from cases.instruments import checking, nodes
from cases.instruments.condition_fields import NOTHING, ConditionReader
from cases.instruments.definition import (
    Area,
    Band,
    Combine,
    Critical,
    Definition,
    IfMissing,
    Informant,
    Item,
    Level,
    LookupRow,
    Method,
    NonAnswer,
    Option,
    Proposal,
    Recommendation,
    Scale,
    Scope,
    Scoring,
    Timeframe,
)
from cases.instruments.fields import Fields
from cases.instruments.nodes import Node
from cases.instruments.problems import BadFile as BadFile  # noqa: PLC0414 - part of what reading offers
from cases.instruments.problems import Places, Report
from cases.instruments.problems import Problem as Problem  # noqa: PLC0414
from cases.instruments.ranges import ONE

FORMAT = "1"
MOST_ITEMS = 300
MOST_AREAS = 60
MOST_SCALES = 60
MOST_OPTIONS = 30
MOST_LEVELS = 10
MOST_ROWS = 100
MOST_RULES = 100

SEMVER = re.compile(r"(0|[1-9][0-9]{0,4})\.(0|[1-9][0-9]{0,4})\.(0|[1-9][0-9]{0,4})", re.ASCII)

MOST_VALUE = Decimal(10_000)
MOST_WEIGHT = Decimal(100)
_NUMBERS = (("least", None), ("most", None), ("step", ONE))
LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?", re.ASCII)


def read(text: str) -> Definition:
    """The instrument that a file describes. Raises `BadFile` with all problems."""
    definition, places = parse(text)
    problems = checking.problems_of(definition, places)
    if problems:
        raise BadFile(problems)
    return definition


def read_bytes(content: bytes) -> Definition:
    """The same for the bytes of an upload."""
    return read(nodes.decode(content))


@lru_cache(maxsize=64)
def definition_of(sha256: str, source: str) -> Definition:
    """What a stored file says. It was checked when it was imported: a rule that came later does not shut it out."""
    return parse(source)[0]


def parse(text: str) -> tuple[Definition, Places]:
    """What the file says, contradictions and all, and at which line each part stands."""
    reader = _Reader()
    root = nodes.compose(text)
    definition = reader.definition(root)
    reader.report.stop_if_bad()
    return definition, dict(_places(root))


def _places(node: Node) -> list[tuple[str, int]]:
    found, waiting = [], [node]
    while waiting:
        node = waiting.pop()
        found.append((node.path, node.line))
        if isinstance(node, nodes.Many):
            waiting += node.nodes
        elif isinstance(node, nodes.Keys):
            waiting += node.nodes.values()
    return found


class _Reader:
    def __init__(self) -> None:
        self.report = Report()
        self.scales: dict[str, Scale] = {}
        self.items = 0
        self.conditions = ConditionReader(self.report)

    def definition(self, node: Node) -> Definition:
        known = "format code name version language licence_holder example notes levels scales areas recommendations"
        fields = self._fields(node, known)
        fields.pattern("format", re.compile(FORMAT), _("This portal reads format 1."))
        scales = fields.each("scales", self._scale, MOST_SCALES, least=1)
        self.scales = {scale.id: scale for scale in scales}
        return Definition(
            code=fields.id("code"),
            name=fields.text("name", 200, needed=True),
            version=fields.pattern("version", SEMVER, _("A version is three whole numbers, such as 1.0.0.")),
            language=fields.pattern(
                "language", LANGUAGE, _("A language is two letters, such as pl, or five, such as pl-PL."), "pl"
            ),
            licence_holder=fields.text("licence_holder", 200, needed=True),
            example=fields.flag("example"),
            notes=fields.text("notes", 5000, lines=True),
            levels=fields.each("levels", self._level, MOST_LEVELS, least=2),
            scales=scales,
            areas=fields.each("areas", self._area, MOST_AREAS, least=1),
            recommendations=fields.each("recommendations", self._recommendation, MOST_RULES),
        )

    def _fields(self, node: Node, known: str) -> Fields:
        return Fields(node, known.split(), self.report)

    def _level(self, node: Node) -> Level:
        fields = self._fields(node, "id label")
        return Level(fields.id(), fields.text("label", 60, needed=True))

    def _scale(self, node: Node) -> Scale:
        fields = self._fields(node, "id options least most step unit non_answers scored_non_answers")
        if fields.has("options"):
            for key in ("least", "most", "step", "unit"):
                if fields.has(key):
                    fields.add(key, _("A scale has either options or a least and a most."))
        options = fields.each("options", self._option, MOST_OPTIONS, least=2) if fields.has("options") else ()
        least = most = step = None
        if not fields.has("options"):
            least, most, step = (self._value(fields, key, default) for key, default in _NUMBERS)
        return Scale(
            id=fields.id(),
            options=options,
            least=least,
            most=most,
            step=step,
            unit=fields.text("unit", 30) if not options else "",
            non_answers=fields.choices("non_answers", NonAnswer, tuple(NonAnswer)),
            scored_non_answers=tuple(
                sorted(fields.each("scored_non_answers", self._scored, len(NonAnswer)), key=_rank)
            ),
        )

    def _value(self, fields: Fields, key: str, default: Decimal | None = None) -> Decimal:
        """With two decimals here and two in weights, every product is one that bands can name."""
        return fields.number(key, default, most=MOST_VALUE, decimals=2)

    def _option(self, node: Node) -> Option:
        fields = self._fields(node, "value label")
        return Option(self._value(fields, "value"), fields.text("label", 200, needed=True))

    def _scored(self, node: Node) -> tuple[NonAnswer, Decimal]:
        fields = self._fields(node, "answer value")
        return fields.choice("answer", NonAnswer), self._value(fields, "value")

    def _area(self, node: Node) -> Area:
        fields = self._fields(node, "id label description scoring bands items")
        return Area(
            id=fields.id(),
            label=fields.text("label", 200, needed=True),
            description=fields.text("description", 2000, lines=True),
            scoring=fields.part("scoring", self._scoring, Scoring(Method.SUM)),
            bands=fields.each("bands", self._band, MOST_LEVELS),
            items=fields.each("items", self._item, MOST_ITEMS),
        )

    def _scoring(self, node: Node) -> Scoring:
        fields = self._fields(node, "method threshold table missing_at_most if_missing")
        return Scoring(
            method=fields.choice("method", Method),
            threshold=fields.number_or_none("threshold"),
            table=fields.each("table", self._row, MOST_ROWS),
            missing_at_most=fields.whole("missing_at_most", MOST_ITEMS),
            if_missing=fields.choice("if_missing", IfMissing, IfMissing.INCOMPLETE),
        )

    def _row(self, node: Node) -> LookupRow:
        fields = self._fields(node, "from to score")
        return LookupRow(fields.number("from"), fields.number("to"), fields.number("score"))

    def _band(self, node: Node) -> Band:
        fields = self._fields(node, "level from to")
        return Band(fields.id("level"), fields.number("from"), fields.number("to"))

    def _item(self, node: Node) -> Item:
        known = (
            "id text help scale scope informant timeframe required weight reverse protective critical combine show_if"
        )
        fields = self._fields(node, known)
        self.items += 1
        if self.items == MOST_ITEMS + 1:
            message = _("An instrument has at most %(most)d items, and this is one more.") % {"most": MOST_ITEMS}
            self.report.add(node.path, message, line=node.line)
        return Item(
            id=fields.id(),
            text=fields.text("text", 1000, needed=True, lines=True),
            help=fields.text("help", 2000, lines=True),
            scale=self._scale_of(fields),
            scope=fields.choice("scope", Scope),
            informant=fields.choice("informant", Informant),
            timeframe=fields.choice("timeframe", Timeframe, Timeframe.NOW),
            required=fields.flag("required", default=False),
            weight=fields.number("weight", ONE, most=MOST_WEIGHT, decimals=2),
            reverse=fields.flag("reverse", default=False),
            protective=fields.flag("protective", default=False),
            critical=fields.part("critical", self._critical, Critical("")) if fields.has("critical") else None,
            combine=fields.choice("combine", Combine, Combine.WORST),
            show_if=fields.part("show_if", self.conditions.show_if, NOTHING) if fields.has("show_if") else None,
        )

    def _scale_of(self, fields: Fields) -> Scale:
        name = fields.name("scale", needed=True)
        if name and name not in self.scales:
            fields.add("scale", _("There is no scale „%(id)s”.") % {"id": name})
        return self.scales.get(name) or Scale(name)

    def _critical(self, node: Node) -> Critical:
        fields = self._fields(node, "level at_least at_most")
        if fields.has("at_least") == fields.has("at_most"):
            message = _(
                "A critical item says from which answer on („at_least”) or up to which („at_most”): one of them."
            )
            self.report.add(node.path, message, line=node.line)
        return Critical(fields.id("level"), fields.number_or_none("at_least"), fields.number_or_none("at_most"))

    def _recommendation(self, node: Node) -> Recommendation:
        fields = self._fields(node, "id proposes when because")
        return Recommendation(
            id=fields.id(),
            proposes=fields.choices("proposes", Proposal),
            when=fields.part("when", self.conditions.rule, NOTHING),
            because=fields.text("because", 1000, needed=True, lines=True),
        )


def _rank(scored: tuple[NonAnswer, Decimal]) -> int:
    return list(NonAnswer).index(scored[0])

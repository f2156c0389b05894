"""What contradicts itself in an instrument: each finding with the line and the path where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from decimal import Decimal
from itertools import pairwise

from django.utils.translation import gettext as _

from cases.instruments.condition_fields import ANY_AREA
from cases.instruments.contradictions import check_rules, check_show_ifs
from cases.instruments.definition import (
    Area,
    Critical,
    Definition,
    IfMissing,
    Informant,
    Item,
    Method,
    Scale,
    Scope,
)
from cases.instruments.exact import text_of
from cases.instruments.problems import BadFile, Places, Problem, Report
from cases.instruments.ranges import Range, range_of, scored_items, sum_range

MOST_SCORE = Decimal(1_000_000)
LONGEST_WORD = 60
"""What has no blank for longer does not fit into the tables, charts and one-page PDF that show these texts."""


def problems_of(definition: Definition, places: Places) -> list[Problem]:
    """All contradictions, or the first fifty; `places` are the lines of the file that it was read from."""
    checker = _Checker(definition, Report(places))
    try:
        checker.check()
    except BadFile as bad:
        return bad.problems
    return sorted(set(checker.report.problems))


class _Checker:
    def __init__(self, definition: Definition, report: Report) -> None:
        self.definition = definition
        self.report = report

    def check(self) -> None:
        self._words()
        self._ids()
        self._levels()
        for number, scale in enumerate(self.definition.scales):
            self._scale(f"scales[{number}]", scale)
        for number, area in enumerate(self.definition.areas):
            self._area(f"areas[{number}]", area)
        check_show_ifs(self.definition, self.report)
        check_rules(self.definition, self.report)

    def _words(self) -> None:
        for path, text in _texts_of(self.definition):
            longest = max(map(len, re.split(r"[ \n]+", text)))
            if longest > LONGEST_WORD:
                numbers = {"found": longest, "most": LONGEST_WORD}
                message = _("A word in this text has %(found)d characters, and %(most)d at most fit on a page.")
                self.report.add(path, message % numbers)

    # ids and labels

    def _ids(self) -> None:
        areas = list(enumerate(self.definition.areas))
        items = [
            (f"areas[{number}].items[{place}].id", item.id)
            for number, area in areas
            for place, item in enumerate(area.items)
        ]
        self._once(items)
        self._once((f"areas[{number}].id", area.id) for number, area in areas)
        self._once((f"scales[{number}].id", scale.id) for number, scale in enumerate(self.definition.scales))
        rules = self.definition.recommendations
        self._once((f"recommendations[{number}].id", rule.id) for number, rule in enumerate(rules))
        for number, area in areas:
            if area.id == ANY_AREA:
                self.report.add(
                    f"areas[{number}].id", _("„any” means any area in conditions, and cannot be the id of one.")
                )

    def _levels(self) -> None:
        levels = list(enumerate(self.definition.levels))
        self._once((f"levels[{number}].id", level.id) for number, level in levels)
        self._once((f"levels[{number}].label", level.label) for number, level in levels)

    def _once(self, found: Iterable[tuple[str, str]]) -> None:
        first: dict[str, str] = {}
        for path, value in found:
            if value in first:
                names = {"value": value, "line": self.report.line_of(first[value])}
                self.report.add(path, _("„%(value)s” stands in line %(line)d already.") % names)
            else:
                first[value] = path

    # scales

    def _scale(self, path: str, scale: Scale) -> None:
        if scale.options:
            self._once((f"{path}.options[{place}].label", one.label) for place, one in enumerate(scale.options))
            for place, (before, after) in enumerate(pairwise(scale.options), start=1):
                if after.value <= before.value:
                    values = {"before": text_of(before.value), "after": text_of(after.value)}
                    self.report.add(
                        f"{path}.options[{place}].value",
                        _("The values of options rise from one to the next, but %(after)s follows %(before)s.")
                        % values,
                    )
        else:
            self._number_scale(path, scale)
        self._scored_non_answers(path, scale)

    def _number_scale(self, path: str, scale: Scale) -> None:
        step = scale.step or Decimal(0)
        ends = {"least": text_of(scale.low), "most": text_of(scale.high), "step": text_of(step)}
        if scale.low >= scale.high:
            self.report.add(f"{path}.most", _("The most (%(most)s) is not above the least (%(least)s).") % ends)
        elif step <= 0:
            self.report.add(f"{path}.step", _("A step is above 0."))
        elif (scale.high - scale.low) % step:
            message = _("Steps of %(step)s from %(least)s on do not meet %(most)s.") % ends
            self.report.add(f"{path}.step", message)

    def _scored_non_answers(self, path: str, scale: Scale) -> None:
        self._once(
            (f"{path}.scored_non_answers[{place}].answer", answer.value)
            for place, (answer, _value) in enumerate(scale.scored_non_answers)
        )
        for place, (answer, value) in enumerate(scale.scored_non_answers):
            here = f"{path}.scored_non_answers[{place}]"
            if answer not in scale.non_answers:
                names = {"answer": answer.value}
                self.report.add(f"{here}.answer", _("„%(answer)s” has a value, but is not offered.") % names)
            if not scale.low <= value <= scale.high:
                names = {"value": text_of(value), "least": text_of(scale.low), "most": text_of(scale.high)}
                message = _("%(value)s lies outside the scale, which reaches from %(least)s to %(most)s.")
                self.report.add(f"{here}.value", message % names)

    # areas

    def _area(self, path: str, area: Area) -> None:
        for place, item in enumerate(area.items):
            self._item(f"{path}.items[{place}]", item)
        if area.scoring.method == Method.MANUAL:
            self._manual(path, area)
            return
        if not scored_items(area):
            message = _(
                "Nothing in this area is scored. Give an item a weight, or let the practitioner judge (manual)."
            )
            self.report.add(path, message)
            return
        self._scoring(f"{path}.scoring", area)
        self._missing(f"{path}.scoring", area)
        self._bands(path, area)

    def _manual(self, path: str, area: Area) -> None:
        scoring = area.scoring
        present = {
            f"{path}.bands": area.bands,
            f"{path}.scoring.threshold": scoring.threshold is not None,
            f"{path}.scoring.table": scoring.table,
            f"{path}.scoring.missing_at_most": scoring.missing_at_most,
            f"{path}.scoring.if_missing": scoring.if_missing != IfMissing.INCOMPLETE,
        }
        for place, found in present.items():
            if found:
                self.report.add(place, _("The practitioner judges this area, so nothing is computed: leave this out."))

    def _scoring(self, path: str, area: Area) -> None:
        scoring = area.scoring
        if scoring.method == Method.COUNT:
            self._threshold(f"{path}.threshold", area)
        elif scoring.threshold is not None:
            self.report.add(f"{path}.threshold", _("Only „count_at_least” has a threshold."))
        if scoring.method == Method.LOOKUP:
            self._table(f"{path}.table", area)
        elif scoring.table:
            self.report.add(f"{path}.table", _("Only „lookup” has a table."))

    def _threshold(self, path: str, area: Area) -> None:
        threshold = area.scoring.threshold
        if threshold is None:
            self.report.add(path, _("„count_at_least” needs a threshold."))
            return
        for item in scored_items(area):
            if not item.scale.low < threshold <= item.scale.high:
                names = {
                    "threshold": text_of(threshold),
                    "id": item.id,
                    "least": text_of(item.scale.low),
                    "most": text_of(item.scale.high),
                }
                self.report.add(
                    path,
                    _(
                        "The threshold %(threshold)s does not part the answers to „%(id)s”, which reach from %(least)s"
                        " to %(most)s."
                    )
                    % names,
                )

    def _table(self, path: str, area: Area) -> None:
        rows = [(row.from_value, row.to_value) for row in area.scoring.table]
        if not rows:
            self.report.add(path, _("„lookup” needs a table."))
            return
        self._covers(path, rows, sum_range(area), _("the sums"))
        if len({row.score for row in area.scoring.table}) == 1:
            self.report.add(path, _("Every row of the table gives the same score."))

    def _missing(self, path: str, area: Area) -> None:
        scoring = area.scoring
        scored = len(scored_items(area))
        if scoring.missing_at_most >= scored:
            message = _("All %(scored)d scored items could be missing: at most one less may be.") % {"scored": scored}
            self.report.add(f"{path}.missing_at_most", message)
        if scoring.if_missing == IfMissing.PRORATE and not scoring.missing_at_most:
            message = _("„prorate” fills in nothing as long as „missing_at_most” is 0.")
            self.report.add(f"{path}.if_missing", message)

    def _bands(self, path: str, area: Area) -> None:
        ranks = self.definition.rank_of
        if not area.bands:
            self.report.add(f"{path}.bands", _("„%(key)s” is missing.") % {"key": "bands"})
            return
        known = True
        for place, band in enumerate(area.bands):
            if band.level not in ranks:
                self._unknown_level(f"{path}.bands[{place}].level", band.level)
                known = False
        for place, (before, after) in enumerate(pairwise(area.bands), start=1):
            if known and ranks[after.level] <= ranks[before.level]:
                names = {"before": before.level, "after": after.level}
                message = _("Levels rise from band to band, but „%(after)s” follows „%(before)s”.")
                self.report.add(f"{path}.bands[{place}].level", message % names)
        ends = range_of(area)
        if ends is None:  # a table is missing, which has been said
            return
        if max(abs(ends.least), abs(ends.most)) > MOST_SCORE:
            names = {"least": text_of(ends.least), "most": text_of(ends.most)}
            message = _("The score could lie from %(least)s to %(most)s, which is more than can be kept.") % names
            self.report.add(f"{path}.scoring", message)
        else:
            rows = [(band.from_value, band.to_value) for band in area.bands]
            self._covers(f"{path}.bands", rows, ends, _("the scores"))

    def _covers(self, path: str, rows: list[tuple[Decimal, Decimal]], ends: Range, what: str) -> None:
        """Rows in order, without gap or overlap, from one end of the range to the other (N5)."""
        for place, (start, end) in enumerate(rows):
            if end <= start:
                numbers = {"from": text_of(start), "to": text_of(end)}
                self.report.add(f"{path}[{place}].to", _("This ends at %(to)s, but begins at %(from)s.") % numbers)
        for place, ((_start, end), (start, _end)) in enumerate(pairwise(rows), start=1):
            numbers = {"end": text_of(end), "start": text_of(start)}
            if start > end:
                message = _("There is a gap between %(end)s and %(start)s.") % numbers
                self.report.add(f"{path}[{place}].from", message)
            elif start < end:
                message = _("This begins at %(start)s, and the one before ends only at %(end)s: they overlap.")
                self.report.add(f"{path}[{place}].from", message % numbers)
        numbers = {"what": what, "least": text_of(ends.least), "most": text_of(ends.most)}
        if rows[0][0] != ends.least:
            numbers["found"] = text_of(rows[0][0])
            message = _("This begins at %(found)s, but %(what)s of this area reach from %(least)s to %(most)s.")
            self.report.add(f"{path}[0].from", message % numbers)
        if rows[-1][1] != ends.most:
            numbers["found"] = text_of(rows[-1][1])
            message = _("This ends at %(found)s, but %(what)s of this area reach from %(least)s to %(most)s.")
            self.report.add(f"{path}[{len(rows) - 1}].to", message % numbers)

    # items

    def _item(self, path: str, item: Item) -> None:
        if item.informant == Informant.PARTNER and item.scope not in {Scope.PERSON, Scope.PAIR}:
            message = _("What somebody says about the partner has the scope „person” or „pair”.")
            self.report.add(f"{path}.scope", message)
        if item.informant == Informant.CHILD and item.scope in {Scope.COUPLE, Scope.PAIR}:
            message = _("A child is not asked about the couple.")
            self.report.add(f"{path}.informant", message)
        if item.protective and item.weight and (item.weight > 0) != item.reverse:
            message = _("A strength never raises the score: give it a negative weight, the weight 0, or reverse it.")
            self.report.add(f"{path}.protective", message)
        if item.critical:
            self._critical(f"{path}.critical", item, item.critical)

    def _critical(self, path: str, item: Item, critical: Critical) -> None:
        rank = self.definition.rank_of.get(critical.level)
        if rank is None:
            self._unknown_level(f"{path}.level", critical.level)
        elif rank == 1:
            message = _("„%(level)s” is the best level: being lifted to it changes nothing.")
            self.report.add(f"{path}.level", message % {"level": critical.level})
        low, high = item.scale.low, item.scale.high
        ends = {"least": text_of(low), "most": text_of(high)}
        for key, threshold, within in (
            ("at_least", critical.at_least, critical.at_least is not None and low < critical.at_least <= high),
            ("at_most", critical.at_most, critical.at_most is not None and low <= critical.at_most < high),
        ):
            if threshold is not None and not within:
                message = _(
                    "%(found)s would make no answer critical, or every one: they reach from %(least)s to %(most)s."
                )
                self.report.add(f"{path}.{key}", message % {"found": text_of(threshold), **ends})

    def _unknown_level(self, path: str, level: str) -> None:
        self.report.add(path, _("There is no level „%(id)s”.") % {"id": level})


def _texts_of(part: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a part with its path; a scale is told where it stands, and not again at its items."""
    if isinstance(part, str):
        yield path, part
    elif isinstance(part, tuple):
        for number, one in enumerate(part):
            yield from _texts_of(one, f"{path}[{number}]")
    elif is_dataclass(part):
        for field in fields(part):
            if field.name != "scale":
                yield from _texts_of(getattr(part, field.name), f"{path}.{field.name}".lstrip("."))

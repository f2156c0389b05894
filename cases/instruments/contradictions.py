"""Conditions that refer to nothing, to themselves in a circle, or that can never or only ever hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter
from itertools import product
from math import prod
from typing import TypeVar

from django.utils.translation import gettext as _

from cases.instruments.conditions import Leaf, dependents_last, holds, leaves, matches
from cases.instruments.definition import All, Any, AreaIs, Condition, Definition, Item, ItemIs, Not, RuleHolds, Scale
from cases.instruments.exact import text_of
from cases.instruments.problems import Report
from cases.instruments.questions import Answer
from cases.instruments.visibility import can_refer

MOST_ITEMS = 8
MOST_COMBINATIONS = 5_000
MOST_TRIES = 40_000
"""For all conditions of a file together."""

Placed = tuple[str, Leaf]
V = TypeVar("V")


def placed_leaves(condition: Condition, path: str) -> Iterator[Placed]:
    """What a condition looks at, each with its path in the file."""
    match condition:
        case All(of=parts) | Any(of=parts):
            key = "all" if isinstance(condition, All) else "any"
            for place, part in enumerate(parts):
                yield from placed_leaves(part, f"{path}.{key}[{place}]")
        case Not(of=part):
            yield from placed_leaves(part, f"{path}.not")
        case _:
            yield path, condition


def check_show_ifs(definition: Definition, report: Report) -> None:
    _ShowIfs(definition, report).check()


def check_rules(definition: Definition, report: Report) -> None:
    _Rules(definition, report).check()


class _Conditions:
    """What both kinds of conditions are held against."""

    def __init__(self, definition: Definition, report: Report) -> None:
        self.definition = definition
        self.report = report
        self.tries = 0

    def _item_is(self, path: str, leaf: ItemIs) -> bool:
        """Whether the item is there, and some answer to it is meant."""
        item = self.definition.by_item.get(leaf.item)
        if item is None:
            self.report.add(f"{path}.item", _("There is no item „%(id)s”.") % {"id": leaf.item})
            return False
        before = len(self.report.problems)
        for place, value in enumerate(leaf.one_of):
            if not is_answer(item.scale, value):
                self._no_answer(f"{path}.one_of[{place}]", item, value)
        if leaf.at_least is not None and leaf.at_least > item.scale.high:
            self._no_answer(f"{path}.at_least", item, leaf.at_least)
        if leaf.at_most is not None and leaf.at_most < item.scale.low:
            self._no_answer(f"{path}.at_most", item, leaf.at_most)
        for place, answer in enumerate(leaf.non_answers):
            if answer not in item.scale.non_answers:
                names = {"answer": answer.value, "id": item.id}
                message = _("„%(answer)s” is not offered for „%(id)s”.") % names
                self.report.add(f"{path}.non_answers[{place}]", message)
        if before == len(self.report.problems) and not any(
            matches(leaf, item.scale, answer) for answer in answers(item, [leaf])
        ):
            names = {"id": item.id}
            self.report.add(path, _("No answer to „%(id)s” is meant by this.") % names)
        return before == len(self.report.problems)

    def _no_answer(self, path: str, item: Item, value: Decimal) -> None:
        names = {
            "value": text_of(value),
            "id": item.id,
            "least": text_of(item.scale.low),
            "most": text_of(item.scale.high),
        }
        message = _("%(value)s cannot be answered to „%(id)s”: its scale reaches from %(least)s to %(most)s.")
        self.report.add(path, message % names)

    def _try_all(
        self, path: str, domains: Mapping[str, list[V]], is_true: Callable[[dict[str, V]], bool]
    ) -> set[bool]:
        """What a condition can be. Both where it was too much to try: then nothing is said against it but that."""
        if prod(len(values) for values in domains.values()) > MOST_COMBINATIONS or self.tries > MOST_TRIES:
            self.report.add(path, _("This condition is too complicated to be checked: simplify it."))
            return {True, False}
        found: set[bool] = set()
        for values in product(*domains.values()):
            self.tries += 1
            found.add(is_true(dict(zip(domains, values, strict=True))))
            if len(found) == 2:  # noqa: PLR2004 - it can hold, and it can fail
                break
        return found


class _ShowIfs(_Conditions):
    def check(self) -> None:
        good = {}
        for number, area in enumerate(self.definition.areas):
            for place, item in enumerate(area.items):
                if item.show_if is not None:
                    path = f"areas[{number}].items[{place}].show_if"
                    fine = [self._leaf(where, leaf, item) for where, leaf in placed_leaves(item.show_if, path)]
                    if all(fine):
                        good[item.id] = path
        needs = {
            one.id: referred(one.show_if) - {one.id} for one in self.definition.items() if one.show_if is not None
        }
        round_in_circles = set()
        for circle in circles(needs):
            round_in_circles |= set(circle)
            path = good.get(circle[0], "")
            message = _("These items show each other in a circle: %(circle)s.")
            self.report.add(path, message % {"circle": " → ".join([*circle, circle[0]])})
        for item_id, path in good.items():
            around = closure(item_id, needs) - {item_id}
            if around | {item_id} <= (good.keys() | self._free()) - round_in_circles:
                self._can_be(path, item_id, around)

    def _leaf(self, path: str, leaf: Leaf, asking: Item) -> bool:
        if not isinstance(leaf, ItemIs) or not self._item_is(path, leaf):
            return False
        names = {"id": leaf.item, "asking": asking.id}
        if leaf.item == asking.id:
            self.report.add(f"{path}.item", _("„%(id)s” cannot depend on its own answer.") % names)
            return False
        if not can_refer(asking, self.definition.by_item[leaf.item]):
            self.report.add(
                f"{path}.item",
                _(
                    "„%(asking)s” can look only at an answer of the same interview about the same person, pair, couple"
                    " or family, and „%(id)s” is asked elsewhere or about several."
                )
                % names,
            )
            return False
        return True

    def _free(self) -> set[str]:
        return {item.id for item in self.definition.items() if item.show_if is None}

    def _can_be(self, path: str, item_id: str, around: set[str]) -> None:
        if len(around) > MOST_ITEMS:
            names = {"found": len(around), "most": MOST_ITEMS}
            message = _(
                "This condition looks at %(found)d items, some of them through others' conditions:"
                " %(most)d at most can be checked."
            )
            self.report.add(path, message % names)
            return
        items = {one: self.definition.by_item[one] for one in around}
        show_ifs = {one: item.show_if for one, item in items.items() if item.show_if is not None}
        order = dependents_last({one: referred(condition) for one, condition in show_ifs.items()})
        asked = self.definition.by_item[item_id].show_if
        if asked is None:
            return
        looks = [leaf for condition in [asked, *show_ifs.values()] for leaf in leaves(condition)]
        domains = {
            one: list(
                different_answers(item, [leaf for leaf in looks if isinstance(leaf, ItemIs) and leaf.item == one])
            )
            for one, item in items.items()
        }

        def is_true(given: dict[str, Answer | None]) -> bool:
            def leaf_is_true(leaf: Leaf) -> bool:
                return isinstance(leaf, ItemIs) and matches(leaf, items[leaf.item].scale, given[leaf.item])

            for one in order:
                if not holds(show_ifs[one], leaf_is_true):
                    given[one] = None  # hidden: whatever was answered is not looked at
            return holds(asked, leaf_is_true)

        found = self._try_all(path, domains, is_true)
        if found == {False}:
            message = _("„%(id)s” can never be shown: no answers make this condition true.")
            self.report.add(path, message % {"id": item_id})
        if found == {True}:
            self.report.add(path, _("This condition is true whatever is answered. Leave it out."))


class _Rules(_Conditions):
    def check(self) -> None:
        rules = {rule.id: f"recommendations[{n}].when" for n, rule in enumerate(self.definition.recommendations)}
        whens = {rule.id: rule.when for rule in self.definition.recommendations}
        bad = set()
        for rule_id, path in rules.items():
            fine = [self._leaf(where, leaf) for where, leaf in placed_leaves(whens[rule_id], path)]
            if not all(fine):
                bad.add(rule_id)
        needs = {
            rule_id: {leaf.rule for leaf in leaves(when) if isinstance(leaf, RuleHolds)}
            for rule_id, when in whens.items()
        }
        for circle in circles(needs):
            bad |= set(circle)
            message = _("These rules depend on each other in a circle: %(circle)s.")
            self.report.add(rules[circle[0]], message % {"circle": " → ".join([*circle, circle[0]])})
        order = dependents_last(needs)
        for rule_id in order:
            if rule_id in bad or needs[rule_id] & bad:
                bad.add(rule_id)
            else:
                around = closure(rule_id, needs)
                self._can_hold(rules[rule_id], {one: whens[one] for one in order if one in around})

    def _leaf(self, path: str, leaf: Leaf) -> bool:
        match leaf:
            case ItemIs():
                return self._item_is(path, leaf)
            case AreaIs():
                return self._area_is(path, leaf)
            case RuleHolds():
                if leaf.rule not in {rule.id for rule in self.definition.recommendations}:
                    self.report.add(f"{path}.rule", _("There is no rule „%(id)s”.") % {"id": leaf.rule})
                    return False
        return True

    def _area_is(self, path: str, leaf: AreaIs) -> bool:
        ranks = self.definition.rank_of
        if leaf.area and leaf.area not in self.definition.by_area:
            self.report.add(f"{path}.area", _("There is no area „%(id)s”.") % {"id": leaf.area})
            return False
        if leaf.at_least not in ranks:
            self.report.add(f"{path}.at_least", _("There is no level „%(id)s”.") % {"id": leaf.at_least})
            return False
        if ranks[leaf.at_least] > self._worst(leaf.area):
            message = _("No result reaches the level „%(id)s” there: neither a band nor a critical item gives it.")
            self.report.add(f"{path}.at_least", message % {"id": leaf.at_least})
            return False
        return True

    def _worst(self, area_id: str) -> int:
        """The rank of the worst level that an area, or with "" any area, can have."""
        ranks = self.definition.rank_of
        found = [0]
        for area in self.definition.areas:
            if area_id in {"", area.id}:
                levels = [band.level for band in area.bands]
                levels += [item.critical.level for item in area.items if item.critical]
                found += [ranks.get(level, 0) for level in levels]
                if not area.bands:  # the practitioner judges: any level
                    found.append(len(ranks))
        return max(found)

    def _can_hold(self, path: str, whens: Mapping[str, Condition]) -> None:
        """The last of the rules, which looks at the others. Every answer and level is taken to be free of every other:
        what fails even so can never hold.
        """
        looks = list(dict.fromkeys(leaf for when in whens.values() for leaf in leaves(when)))
        numbers = {leaf: f"item {n}" for n, leaf in enumerate(looks) if isinstance(leaf, ItemIs)}
        names = sorted({f"area {leaf.area}" for leaf in looks if isinstance(leaf, AreaIs)})
        domains = {name: list(range(len(self.definition.levels) + 1)) for name in names}
        domains |= {name: [0, 1] for name in numbers.values()}

        def is_true(given: dict[str, int]) -> bool:
            known: dict[str, bool] = {}

            def leaf_is_true(leaf: Leaf) -> bool:
                match leaf:
                    case RuleHolds():
                        return known[leaf.rule]
                    case AreaIs():
                        return given[f"area {leaf.area}"] >= self.definition.rank_of[leaf.at_least]
                    case ItemIs():
                        return bool(given[numbers[leaf]])

            for one, when in whens.items():
                known[one] = holds(when, leaf_is_true)
            return list(known.values())[-1]

        found = self._try_all(path, domains, is_true)
        if found == {False}:
            self.report.add(path, _("This rule can never hold: its condition contradicts itself."))
        if found == {True}:
            self.report.add(
                path, _("This condition is true whatever is answered. Say when the rule is meant to hold.")
            )


def closure(start: str, needs: Mapping[str, set[str]]) -> set[str]:
    """An id and all that it needs, through others too."""
    found, waiting = set(), [start]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += needs.get(one, ())
    return found


def referred(condition: Condition | None) -> set[str]:
    """The items that a condition looks at."""
    return {leaf.item for leaf in leaves(condition) if isinstance(leaf, ItemIs)} if condition is not None else set()


def circles(needs: Mapping[str, set[str]]) -> Iterator[list[str]]:
    """Every circle of dependence once, each as the ids on the way round; those that share an id count as one."""
    left = {one: needed & needs.keys() for one, needed in needs.items()}
    while True:
        try:
            TopologicalSorter(left).prepare()
        except CycleError as error:
            way = list(reversed(error.args[1]))[1:]
            start = way.index(min(way, key=list(needs).index))
            yield way[start:] + way[:start]
            left = {one: needed - set(way) for one, needed in left.items() if one not in way}
        else:
            return


def is_answer(scale: Scale, value: Decimal) -> bool:
    if scale.options:
        return any(option.value == value for option in scale.options)
    return scale.low <= value <= scale.high and not (value - scale.low) % (scale.step or value or Decimal(1))


def answers(item: Item, looks: list[ItemIs]) -> Iterator[Answer]:
    """Possible answers, of numbers only those at and around what conditions compare with."""
    if item.scale.options:
        yield from (option.value for option in item.scale.options)
    else:
        yield from _numbers(item.scale, looks)
    yield from item.scale.non_answers


def _numbers(scale: Scale, looks: list[ItemIs]) -> Iterator[Decimal]:
    low, step = scale.low, scale.step or Decimal(1)
    compared = {scale.low, scale.high}
    for look in looks:
        compared |= {value for value in (look.at_least, look.at_most, *look.one_of) if value is not None}
    found = set()
    for value in compared:
        steps = (min(max(value, scale.low), scale.high) - low) // step
        found |= {low + step * (steps + more) for more in (-1, 0, 1, 2)}
    yield from sorted(value for value in found if scale.low <= value <= scale.high)


def different_answers(item: Item, looks: list[ItemIs]) -> Iterator[Answer | None]:
    """No answer, and one answer of each kind that the conditions tell apart."""
    seen = set()
    for answer in (None, *answers(item, looks)):
        kind = tuple(matches(look, item.scale, answer) for look in looks)
        if kind not in seen:
            seen.add(kind)
            yield answer

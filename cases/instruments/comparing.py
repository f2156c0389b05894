"""What differs between two versions of an instrument, item by item, and what the version's number promises of it.

Two results are comparable when the same answers would have given the same scores and levels in both versions, to
questions that meant the same. Change over time is shown within a major version only (N8), so whatever breaks that
calls for a new major number: `docs/decisions/0061-what-comparable-means.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import NamedTuple, Protocol, TypeVar

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from cases.instruments.contradictions import referred
from cases.instruments.definition import Area, Band, Definition, Item, Level, LookupRow, Method, Recommendation, Scale
from cases.instruments.words import condition_words, critical_words, ranges, scale_words, scored_words
from foundation.formats import format_number


class Calls(IntegerChoices):
    """Which part of the version's number a change calls for."""

    PATCH = 1, gettext_lazy("third number: remarks")
    MINOR = 2, gettext_lazy("second number: wording, proposals")
    MAJOR = 3, gettext_lazy("first number: results cannot be compared")


class Subject(TextChoices):
    INSTRUMENT = "instrument", gettext_lazy("instrument")
    LEVEL = "level", gettext_lazy("level")
    SCALE = "scale", gettext_lazy("scale")
    AREA = "area", gettext_lazy("area")
    ITEM = "item", pgettext_lazy("of an instrument", "item")
    RULE = "rule", gettext_lazy("rule of recommendation")


class Kind(TextChoices):
    ADDED = "added", pgettext_lazy("part of an instrument", "added")
    REMOVED = "removed", pgettext_lazy("part of an instrument", "removed")
    CHANGED = "changed", pgettext_lazy("part of an instrument", "changed")
    MOVED = "moved", pgettext_lazy("part of an instrument", "moved")


@dataclass(frozen=True)
class Change:
    """One field of one part, in words."""

    field: str
    before: str
    after: str
    calls_for: Calls


@dataclass(frozen=True)
class Difference:
    """One part that is not as it was. `changes` are empty where it was added or removed."""

    subject: Subject
    kind: Kind
    id: str
    label: str
    calls_for: Calls
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Comparison:
    old: str  # the version's number
    new: str
    differences: tuple[Difference, ...]

    @property
    def calls_for(self) -> Calls | None:
        return max((one.calls_for for one in self.differences), default=None)

    @property
    def comparable(self) -> bool:
        """Whether results of the two versions may stand beside each other."""
        return self.calls_for != Calls.MAJOR

    @property
    def number(self) -> str:
        """The number that the new version should have, at least."""
        major, minor, patch = _numbers(self.old)
        match self.calls_for:
            case Calls.MAJOR:
                return f"{major + 1}.0.0"
            case Calls.MINOR:
                return f"{major}.{minor + 1}.0"
            case _:
                return f"{major}.{minor}.{patch + 1}"

    @property
    def warning(self) -> str:
        """What the new number promises and the changes do not keep; "" where it promises no more than it may."""
        old, new = _numbers(self.old), _numbers(self.new)
        numbers = {"old": self.old, "new": self.new, "number": self.number, "major": new[0]}
        if self.calls_for == Calls.MAJOR and old[0] == new[0]:
            return (
                _(
                    "By its number, %(new)s can be compared with %(old)s, and change over time would be shown across"
                    " both. The changes do not allow that: the number should be %(number)s."
                )
                % numbers
            )
        if self.calls_for == Calls.MINOR and old[:2] == new[:2]:
            return (
                _(
                    "By its number, %(new)s differs from %(old)s in remarks only. Wording or proposals have changed:"
                    " the number should be %(number)s."
                )
                % numbers
            )
        return ""


def differences(old: Definition, new: Definition) -> Comparison:
    """What `new` changes, from the whole to its parts, in the order of the newer file, what is gone last."""
    counting = counting_items(old) | counting_items(new)
    weighty = {item.scale.id for one in (old, new) for item in one.items() if item.id in counting}
    found = [
        *_whole(old, new),
        *_parts(Subject.LEVEL, _rows_of(old.levels, _level_rows), _rows_of(new.levels, _level_rows), Calls.MAJOR),
        *_parts(
            Subject.SCALE,
            _rows_of(old.scales, lambda scale: _scale_rows(scale, counts=scale.id in weighty)),
            _rows_of(new.scales, lambda scale: _scale_rows(scale, counts=scale.id in weighty)),
            Calls.PATCH,
        ),
        *_parts(
            Subject.AREA,
            _rows_of(old.areas, lambda area: _area_rows(area, old)),
            _rows_of(new.areas, lambda area: _area_rows(area, new)),
            Calls.MAJOR,
            moved=Calls.MINOR,
        ),
        *_items(old, new, counting),
        *_parts(
            Subject.RULE,
            _rows_of(old.recommendations, lambda rule: _rule_rows(rule, old)),
            _rows_of(new.recommendations, lambda rule: _rule_rows(rule, new)),
            Calls.MINOR,
            moved=Calls.PATCH,
        ),
    ]
    return Comparison(old.version, new.version, tuple(found))


def counting_items(definition: Definition) -> set[str]:
    """Items whose answers can change a score or a level: scored, critical, or deciding whether such a one is shown."""
    waiting = [
        item.id
        for area in definition.areas
        for item in area.items
        if item.critical or (item.weight and area.scoring.method != Method.MANUAL)
    ]
    found: set[str] = set()
    while waiting:
        one = waiting.pop()
        if one not in found and one in definition.by_item:
            found.add(one)
            waiting += referred(definition.by_item[one].show_if)
    return found


# A part as rows: the field's name, what is compared, how it reads, and what a change of it calls for.


class Row(NamedTuple):
    field: str
    value: object
    words: str
    calls_for: Calls


class Rows(NamedTuple):
    label: str
    rows: list[Row]


class _Part(Protocol):
    @property
    def id(self) -> str: ...


P = TypeVar("P", bound=_Part)


def _rows_of(parts: Iterable[P], rows: Callable[[P], Rows]) -> dict[str, Rows]:
    return {part.id: rows(part) for part in parts}


def _parts(
    subject: Subject, old: dict[str, Rows], new: dict[str, Rows], calls_for: Calls, moved: Calls | None = None
) -> Iterator[Difference]:
    """`calls_for` is what adding or removing calls for, and moving too, unless `moved` says otherwise."""
    places = _moved(list(old), list(new))
    for part_id, part in new.items():
        if part_id not in old:
            yield Difference(subject, Kind.ADDED, part_id, part.label, calls_for)
            continue
        changes = [*_changes(old[part_id].rows, part.rows)]
        if part_id in places:
            changes.append(Change(_("place"), *places[part_id], moved or calls_for))
        if changes:
            yield _changed(subject, part_id, part.label, changes, only_moved=len(changes) == 1 and part_id in places)
    for part_id, part in old.items():
        if part_id not in new:
            yield Difference(subject, Kind.REMOVED, part_id, part.label, calls_for)


def _changed(
    subject: Subject, part_id: str, label: str, changes: Sequence[Change], *, only_moved: bool = False
) -> Difference:
    calls_for = Calls(max(change.calls_for for change in changes))
    return Difference(subject, Kind.MOVED if only_moved else Kind.CHANGED, part_id, label, calls_for, tuple(changes))


def _changes(old: Iterable[Row], new: Iterable[Row]) -> Iterator[Change]:
    seen = set()
    for before, after in zip(old, new, strict=True):
        words = (before.field, before.words, after.words)
        if before.value != after.value and words not in seen:
            seen.add(words)
            yield Change(before.field, before.words, after.words, before.calls_for)


def _moved(old: list[str], new: list[str]) -> dict[str, tuple[str, str]]:
    """Which of the parts that both have stand elsewhere among them, with their places there, counted from 1."""
    before = [one for one in old if one in set(new)]
    after = [one for one in new if one in set(old)]
    stayed: set[str] = set()
    for block in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
        stayed |= set(before[block.a : block.a + block.size])
    return {one: (str(before.index(one) + 1), str(after.index(one) + 1)) for one in after if one not in stayed}


def _whole(old: Definition, new: Definition) -> Iterator[Difference]:
    changes = list(_changes(_definition_rows(old), _definition_rows(new)))
    if changes:
        yield _changed(Subject.INSTRUMENT, new.code, new.name, changes)


def _items(old: Definition, new: Definition, counting: set[str]) -> Iterator[Difference]:
    def rows(definition: Definition) -> dict[str, Rows]:
        return _rows_of(definition.items(), lambda item: _item_rows(item, definition, counts=item.id in counting))

    places: dict[str, tuple[str, str]] = {}
    for area in new.areas:
        if area.id in old.by_area:
            places |= _moved([one.id for one in old.by_area[area.id].items], [one.id for one in area.items])
    before = rows(old)
    for item_id, after in rows(new).items():
        calls_for = Calls.MAJOR if item_id in counting else Calls.MINOR
        if item_id not in before:
            yield Difference(Subject.ITEM, Kind.ADDED, item_id, after.label, calls_for)
            continue
        changes = [*_changes(before[item_id].rows, after.rows)]
        changes += _other_scale(old.by_item[item_id], new.by_item[item_id], calls_for)
        stayed = old.area_of[item_id].id == new.area_of[item_id].id
        if item_id in places and stayed:
            changes.append(Change(_("place"), *places[item_id], Calls.MINOR))
        if changes:
            only_moved = len(changes) == 1 and (item_id in places or not stayed)
            yield _changed(Subject.ITEM, item_id, after.label, changes, only_moved=only_moved)
    for item in old.items():
        if item.id not in new.by_item:
            calls_for = Calls.MAJOR if item.id in counting else Calls.MINOR
            yield Difference(Subject.ITEM, Kind.REMOVED, item.id, item.text, calls_for)


def _other_scale(old: Item, new: Item, calls_for: Calls) -> Iterator[Change]:
    """An item that uses another scale than before, unless only the scale's id is another."""
    if old.scale.id != new.scale.id and replace(old.scale, id="") != replace(new.scale, id=""):
        yield Change(_("scale"), _full_scale_words(old.scale), _full_scale_words(new.scale), calls_for)


def _definition_rows(one: Definition) -> list[Row]:
    return [
        Row(_("code"), one.code, one.code, Calls.MAJOR),
        Row(_("name"), one.name, one.name, Calls.MINOR),
        Row(_("language"), one.language, one.language, Calls.MAJOR),
        Row(_("licence holder"), one.licence_holder, one.licence_holder, Calls.PATCH),
        Row(_("example, not NORR"), one.example, _yes_no(one.example), Calls.MAJOR),
        Row(_("remarks"), one.notes, one.notes, Calls.PATCH),
    ]


def _level_rows(one: Level) -> Rows:
    return Rows(one.label, [Row(_("label"), one.label, one.label, Calls.MINOR)])


def _scale_rows(one: Scale, *, counts: bool) -> Rows:
    calls = Calls.MAJOR if counts else Calls.MINOR
    values = tuple(option.value for option in one.options) or (one.low, one.high)
    wording = (tuple(option.label for option in one.options), one.step)
    answers, offered = scale_words(one), ", ".join(str(answer.label) for answer in one.non_answers)
    rows = [
        Row(_("answers"), (values, one.unit), answers, calls),
        Row(_("answers"), wording, answers, Calls.MINOR),
        Row(_("offered without a value"), one.non_answers, offered, Calls.MINOR),
        Row(_("values of non-answers"), one.scored_non_answers, ", ".join(scored_words(one)), calls),
    ]
    return Rows(one.id, rows)


def _full_scale_words(one: Scale) -> str:
    return ", ".join([scale_words(one), *scored_words(one)])


def _area_rows(one: Area, definition: Definition) -> Rows:
    scoring = one.scoring
    threshold = "" if scoring.threshold is None else format_number(scoring.threshold)
    rows = [
        Row(_("label"), one.label, one.label, Calls.MINOR),
        Row(_("description"), one.description, one.description, Calls.PATCH),
        Row(_("scoring"), scoring.method, str(scoring.method.label), Calls.MAJOR),
        Row(_("threshold"), scoring.threshold, threshold, Calls.MAJOR),
        Row(_("table of sums"), scoring.table, _range_words(scoring.table, definition), Calls.MAJOR),
        Row(
            _("answers that may be missing"),
            scoring.missing_at_most,
            format_number(scoring.missing_at_most),
            Calls.MAJOR,
        ),
        Row(_("if answers are missing"), scoring.if_missing, str(scoring.if_missing.label), Calls.MAJOR),
        Row(_("bands"), one.bands, _range_words(one.bands, definition), Calls.MAJOR),
    ]
    return Rows(one.label, rows)


def _range_words(rows: Sequence[Band] | Sequence[LookupRow], definition: Definition) -> str:
    return "; ".join(f"{row.least}–{row.most}: {row.gives}" for row in ranges(rows, definition))


def _item_rows(one: Item, definition: Definition, *, counts: bool) -> Rows:
    calls = Calls.MAJOR if counts else Calls.MINOR
    area = definition.area_of[one.id]
    critical = critical_words(one, one.critical, definition) if one.critical else ""
    show_if = condition_words(one.show_if, definition) if one.show_if else ""
    rows = [
        Row(_("text"), one.text, one.text, Calls.MINOR),
        Row(_("help"), one.help, one.help, Calls.MINOR),
        Row(_("area"), area.id, area.label, calls),
        Row(_("whom it is about"), one.scope, str(one.scope.label), calls),
        Row(_("who answers"), one.informant, str(one.informant.label), calls),
        Row(_("timeframe"), one.timeframe, str(one.timeframe.label), calls),
        Row(pgettext("question", "required"), one.required, _yes_no(one.required), Calls.MINOR),
        Row(_("weight"), one.weight, format_number(one.weight), calls),
        Row(_("reversed scale"), one.reverse, _yes_no(one.reverse), calls),
        Row(_("protective"), one.protective, _yes_no(one.protective), Calls.MINOR),
        Row(_("critical answer"), one.critical, critical, calls),
        Row(_("several people's answers"), one.combine, str(one.combine.label), calls),
        Row(_("shown only if"), one.show_if, show_if, calls),
    ]
    return Rows(one.text, rows)


def _rule_rows(one: Recommendation, definition: Definition) -> Rows:
    proposes = ", ".join(str(proposal.label) for proposal in one.proposes)
    rows = [
        Row(_("proposes"), one.proposes, proposes, Calls.MINOR),
        Row(_("condition"), one.when, condition_words(one.when, definition), Calls.MINOR),
        Row(_("because"), one.because, one.because, Calls.MINOR),
    ]
    return Rows(one.because, rows)


def _yes_no(flag: bool) -> str:
    return pgettext("answer", "yes") if flag else pgettext("answer", "no")


def _numbers(version: str) -> tuple[int, int, int]:
    major, minor, patch = map(int, version.split("."))
    return major, minor, patch

"""The values of a file's fields: each is text until it is asked for as what it should be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from enum import Enum
from typing import TypeVar

from django.utils.translation import gettext as _

from cases.instruments.exact import plain
from cases.instruments.nodes import STRANGE, Keys, Many, Node, Text, code_of, shortened
from cases.instruments.problems import Report

MOST_NUMBER = Decimal(1_000_000)
MOST_DECIMALS = 4
ID = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?", re.ASCII)

T = TypeVar("T")
E = TypeVar("E", bound=Enum)


class Fields:
    """One group of keys. Whatever is wrong goes into the report, and the reading goes on with a stand-in."""

    def __init__(self, node: Node, known: Iterable[str], report: Report) -> None:
        self.path = node.path
        self.line = node.line
        self.report = report
        self.nodes: dict[str, Node] = {}
        if not isinstance(node, Keys):
            report.add(node.path, _("Here stands a group of keys with values."), line=node.line)
            return
        known = list(known)
        for key, value in node.nodes.items():
            if key in known:
                self.nodes[key] = value
            else:
                names = {"key": shortened(key), "known": ", ".join(known)}
                report.add(
                    value.path if ID.fullmatch(key) else node.path,
                    _("There is no key „%(key)s” here. These are known: %(known)s.") % names,
                    line=value.line,
                )

    def has(self, key: str) -> bool:
        return key in self.nodes

    def add(self, key: str, message: str) -> None:
        node = self.nodes.get(key)
        self.report.add(self._path(key), message, line=node.line if node else self.line)

    def text(self, key: str, longest: int, *, needed: bool = False, lines: bool = False) -> str:
        """A text without blanks at its ends; only with `lines` it may have several."""
        node = self._scalar(key, needed=needed)
        if node is None:
            return ""
        return self._checked(node, longest, needed=needed, lines=lines)

    def id(self, key: str = "id") -> str:
        return self.name(key, needed=True)

    def name(self, key: str, *, needed: bool) -> str:
        """The id of something: of this part itself, or of another that this one refers to."""
        node = self._scalar(key, needed=needed)
        if node is None:
            return ""
        if not ID.fullmatch(node.value):
            self.add(key, _("An id is 1–40 small letters a–z, digits, _ and -, and begins with a letter."))
            return ""
        return node.value

    def pattern(self, key: str, pattern: re.Pattern[str], message: str, default: str = "") -> str:
        node = self._scalar(key, needed=not default)
        if node is None:
            return default
        if not pattern.fullmatch(node.value):
            self.add(key, message)
        return node.value

    def choice(self, key: str, choices: type[E], default: E | None = None) -> E:
        node = self._scalar(key, needed=default is None)
        return self._chosen(node, choices) if node else default or next(iter(choices))

    def flag(self, key: str, *, default: bool | None = None) -> bool:
        node = self._scalar(key, needed=default is None)
        if node is None:
            return bool(default)
        if node.value.lower() not in {"yes", "no", "true", "false"}:
            self.add(key, _("Here stands „yes” or „no”."))
        return node.value.lower() in {"yes", "true"}

    def number(
        self,
        key: str,
        default: Decimal | None = None,
        *,
        most: Decimal = MOST_NUMBER,
        decimals: int = MOST_DECIMALS,
    ) -> Decimal:
        """An exact number between -`most` and `most`."""
        node = self._scalar(key, needed=default is None)
        return self._number(node, most, decimals) if node else default or Decimal(0)

    def number_or_none(self, key: str) -> Decimal | None:
        return self.number(key) if self.has(key) else None

    def whole(self, key: str, most: int) -> int:
        number = self.number(key, Decimal(0))
        if number != int(number) or not 0 <= number <= most:
            self.add(key, _("Here stands a whole number from 0 to %(most)d.") % {"most": most})
            return 0
        return int(number)

    def numbers(self, key: str) -> tuple[Decimal, ...]:
        found = tuple(self._number(node) for node in self._texts(key))
        if len(set(found)) < len(found):
            self.add(key, _("A value stands here twice."))
        return found

    def choices(self, key: str, choices: type[E], default: tuple[E, ...] | None = None) -> tuple[E, ...]:
        """Several of a set, in the order of the set: the order of the file means nothing."""
        if default is not None and not self.has(key):
            return default
        least = 1 if default is None else 0
        found = [self._chosen(node, choices) for node in self._texts(key, least=least)]
        if len(set(found)) < len(found):
            self.add(key, _("A value stands here twice."))
        return tuple(choice for choice in choices if choice in found)

    def many(self, key: str, most: int, *, least: int = 0) -> list[Node]:
        """The nodes of a list."""
        node = self.nodes.get(key)
        if node is None:
            if least:
                self._missing(key)
            return []
        if not isinstance(node, Many):
            self.add(key, _("Here stands a list: each entry on a line of its own, after „- ”."))
            return []
        if len(node.nodes) > most:
            numbers = {"found": len(node.nodes), "most": most}
            self.add(key, _("There are %(found)d entries here, and %(most)d at most are possible.") % numbers)
        if len(node.nodes) < least:
            self.add(key, _("At least %(least)d entries are needed here.") % {"least": least})
        return node.nodes[:most]

    def each(self, key: str, read: Callable[[Node], T], most: int, *, least: int = 0) -> tuple[T, ...]:
        return tuple(read(node) for node in self.many(key, most, least=least))

    def part(self, key: str, read: Callable[[Node], T], stand_in: T) -> T:
        """What a group of keys within this one says."""
        node = self.nodes.get(key)
        if node is None:
            self._missing(key)
            return stand_in
        return read(node)

    def _path(self, key: str) -> str:
        return f"{self.path}.{key}".lstrip(".")

    def _missing(self, key: str) -> None:
        self.report.add(self._path(key), _("„%(key)s” is missing.") % {"key": key}, line=self.line)

    def _scalar(self, key: str, *, needed: bool) -> Text | None:
        node = self.nodes.get(key)
        if node is None:
            if needed:
                self._missing(key)
            return None
        return self._only_text(node)

    def _texts(self, key: str, *, least: int = 0) -> list[Text]:
        found = (self._only_text(node) for node in self.many(key, 30, least=least))
        return [node for node in found if node]

    def _only_text(self, node: Node) -> Text | None:
        if isinstance(node, Text):
            return node
        self.report.add(node.path, _("Here stands a single text or number."), line=node.line)
        return None

    def _checked(self, node: Text, longest: int, *, needed: bool, lines: bool) -> str:
        if found := STRANGE.search(node.value.replace("\t", "\x00")):
            message = _("There is a character here that does not belong in a text: %(code)s.")
            self.report.add(node.path, message % code_of(found), line=node.line)
        value = "\n".join(line.rstrip() for line in node.value.split("\n")).strip()
        if "\n" in value and not lines:
            self.report.add(node.path, _("This text is a single line."), line=node.line)
        if len(value) > longest:
            numbers = {"found": len(value), "most": longest}
            message = _("This text has %(found)d characters, and %(most)d at most are possible.") % numbers
            self.report.add(node.path, message, line=node.line)
        if needed and not value:
            self.report.add(node.path, _("This text is empty."), line=node.line)
        return value

    def _chosen(self, node: Text, choices: type[E]) -> E:
        for choice in choices:
            if choice.value == node.value:
                return choice
        known = {"found": shortened(node.value), "known": ", ".join(str(choice.value) for choice in choices)}
        self.report.add(node.path, _("„%(found)s” is not known here. Possible: %(known)s.") % known, line=node.line)
        return next(iter(choices))

    def _number(self, node: Text, most: Decimal = MOST_NUMBER, decimals: int = MOST_DECIMALS) -> Decimal:
        found = shortened(node.value)
        if not _NUMBER.fullmatch(node.value):
            message = _("„%(found)s” is not a number: digits, and a full stop before decimals.") % {"found": found}
        elif abs(number := Decimal(node.value)) > most:
            message = _("%(found)s is too large: between -%(most)s and %(most)s is possible.")
            message %= {"found": found, "most": most}
        elif plain(number).as_tuple().exponent < -decimals:  # type: ignore[operator] # it is finite
            message = _("%(found)s has too many decimals: %(most)d at most are possible.")
            message %= {"found": found, "most": decimals}
        else:
            return plain(number)
        self.report.add(node.path, message, line=node.line)
        return Decimal(0)

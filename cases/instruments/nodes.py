"""YAML as a tree of texts with their lines: nothing is a number, a date or an object until its field says so.

The tree is made from the parser's events, in a loop: neither deep nesting nor aliases can blow it up, and a bomb ends
at the first limit that it meets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import yaml
from django.utils.translation import gettext as _

from cases.instruments.problems import BadFile, Problem, Report

MOST_BYTES = 512 * 1024
MOST_NODES = 40_000
MOST_DEPTH = 24

STRANGE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ue000-\uf8ff\ufeff\ufff0-\uffff\U000e0000-\U0010ffff"
    "\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]"
)
"""Characters that no text of an instrument holds: control signs, invisible ones, halves of characters."""


@dataclass
class Text:
    path: str
    line: int
    value: str


@dataclass
class Many:
    path: str
    line: int
    nodes: list[Node] = field(default_factory=list)


@dataclass
class Keys:
    path: str
    line: int
    nodes: dict[str, Node] = field(default_factory=dict)
    waiting: Text | None = None  # the key whose value comes next


Node = Text | Many | Keys


def decode(content: bytes) -> str:
    """The text of an uploaded file."""
    if len(content) > MOST_BYTES:
        raise BadFile([_too_big()])
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadFile([Problem(line, "", _("The file is not text in UTF-8."))]) from None


def compose(text: str) -> Keys:
    """The tree of the file's one document. Raises `BadFile`."""
    if len(text) > MOST_BYTES or len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise BadFile([_too_big()])
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    _refuse_strange(text)
    builder = _Builder()
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        builder.report.add("", _sentence(error), line=_line(error))
    except yaml.YAMLError:
        builder.report.add("", _("This is not YAML."), line=1)
    builder.report.stop_if_bad()
    if not isinstance(builder.root, Keys):
        raise BadFile([Problem(1, "", _("The file does not hold an instrument: it should begin with „format: 1”."))])
    return builder.root


def _too_big() -> Problem:
    size = MOST_BYTES // 1024
    return Problem(1, "", _("The file is larger than %(size)d KB.") % {"size": size})


def _refuse_strange(text: str) -> None:
    report = Report()
    if "\t" in text:
        for number, line in enumerate(text.split("\n"), start=1):
            if "\t" in line:
                report.add("", _("There is a tab in this line. Use spaces."), line=number)
    for found in STRANGE.finditer(text):
        number = text.count("\n", 0, found.start()) + 1
        report.add(
            "", _("There is a character here that does not belong in a text: %(code)s.") % code_of(found), number
        )
    report.stop_if_bad()


def code_of(found: re.Match[str]) -> dict[str, str]:
    return {"code": f"U+{ord(found[0]):04X}"}


def _line(error: yaml.MarkedYAMLError) -> int:
    """Where to look: what was never closed is missed only lines later, so it is the line where it was opened."""
    left_open = "unexpected end" in str(error.problem) or "flow" in str(error.context)
    marks = (error.context_mark, error.problem_mark) if left_open else (error.problem_mark, error.context_mark)
    return next((mark.line + 1 for mark in marks if mark is not None), 1)


def _sentence(error: yaml.MarkedYAMLError) -> str:
    """The parser's finding for people; it knows only English."""
    said = f"{error.context} {error.problem}"
    if "mapping values are not allowed" in said:
        return _("A colon in the middle of a text: put the whole text in quotation marks.")
    if "cannot start any token" in said:
        return _("A text may not begin with this character: put it in quotation marks.")
    if "quoted scalar" in said:
        return _("The quotation marks are not closed, or what stands between them is not allowed there.")
    if "flow" in said:
        return _("A bracket is not closed, or a comma is missing.")
    if "expected key" in said or "block" in said or "expected ':'" in said:
        return _("The indentation is not right here, or a colon is missing.")
    return _("From here on this is not correct YAML. Look at the indentation, colons and quotation marks.")


class _Builder:
    """Makes the tree; every node knows its path and line."""

    def __init__(self) -> None:
        self.report = Report()
        self.root: Node | None = None
        self._stack: list[Many | Keys] = []
        self._nodes = 0
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark is not None else 1
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._give_up(line, _("A second document begins here. A file holds one instrument."))
        elif isinstance(event, yaml.AliasEvent):
            self._give_up(line, _("References within a file (*name) are not used. Write the part out."))
        elif isinstance(event, (yaml.ScalarEvent, yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            self._start(event, line)
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            self._place(self._stack.pop())

    def _start(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, line: int) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            self._give_up(line, _("The file has too many parts."))
        if event.anchor is not None:
            self._give_up(line, _("Names of parts (&name) are not used. Write the part out where it is needed."))
        if event.tag is not None:
            self._give_up(line, _("Types (!name) are not used. A plain text or number is enough."))
        path = self._path()
        top = self._stack[-1] if self._stack else None
        if isinstance(top, Keys) and top.waiting:
            line = top.waiting.line  # a group stands where its key does
        if isinstance(event, yaml.ScalarEvent):
            self._place(Text(path, line, event.value))
            return
        if len(self._stack) >= MOST_DEPTH:
            self._give_up(line, _("The parts are nested too deeply."))
        node = Many(path, line) if isinstance(event, yaml.SequenceStartEvent) else Keys(path, line)
        if self._expects_key():
            self._give_up(line, _("A key is a single word here, and not a list or a group."))
        self._stack.append(node)

    def _expects_key(self) -> bool:
        top = self._stack[-1] if self._stack else None
        return isinstance(top, Keys) and top.waiting is None

    def _path(self) -> str:
        top = self._stack[-1] if self._stack else None
        if isinstance(top, Many):
            return f"{top.path}[{len(top.nodes)}]"
        if isinstance(top, Keys):
            return f"{top.path}.{top.waiting.value}".lstrip(".") if top.waiting else top.path
        return ""

    def _place(self, node: Node) -> None:
        top = self._stack[-1] if self._stack else None
        if top is None:
            self.root = node
        elif isinstance(top, Many):
            top.nodes.append(node)
        elif top.waiting is None:
            top.waiting = node if isinstance(node, Text) else None  # nothing else is let in as a key
        else:
            self._put(top, top.waiting, node)
            top.waiting = None

    def _put(self, keys: Keys, key: Text, node: Node) -> None:
        if key.value in keys.nodes:
            again = {"key": shortened(key.value)}
            self.report.add(keys.path, _("„%(key)s” stands here twice.") % again, line=key.line)
        else:
            keys.nodes[key.value] = node

    def _give_up(self, line: int, message: str) -> None:
        self.report.problems.append(Problem(line, self._path(), message))
        raise BadFile(self.report.problems)


def shortened(text: str) -> str:
    """As it may be repeated in a message."""
    text = STRANGE.sub("?", text.replace("\n", " "))
    return text if len(text) <= 40 else f"{text[:39]}…"  # noqa: PLR2004 - enough to find it by

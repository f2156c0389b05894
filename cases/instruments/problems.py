"""What is wrong with an instrument's file: each problem with its line, its path and a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MOST_PROBLEMS = 50
"""More are not collected: whoever gets so many begins with the first."""

Places = Mapping[str, int]
"""The line (from 1) at which each part of a file stands, by its path (`areas[2].items[5].weight`, counted from 0)."""


@dataclass(frozen=True, order=True)
class Problem:
    line: int  # from 1
    path: str  # "" where the file as a whole is meant
    message: str

    def __str__(self) -> str:
        return f"{self.line}: {self.path}: {self.message}" if self.path else f"{self.line}: {self.message}"


class BadFile(Exception):  # noqa: N818 - the contract's name
    """The file is no instrument. ``problems`` says everything that is wrong with it, in the order of the lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("; ".join(map(str, self.problems)))


class Report:
    """Collects problems; at the fiftieth it gives up."""

    def __init__(self, places: Places | None = None) -> None:
        self.problems: list[Problem] = []
        self._places = places or {}

    def add(self, path: str, message: str, line: int | None = None) -> None:
        self.problems.append(Problem(line or self.line_of(path), path, message))
        if len(self.problems) >= MOST_PROBLEMS:
            raise BadFile(self.problems)

    def line_of(self, path: str) -> int:
        """Of the part itself or, where the file leaves it out, of the nearest one around it."""
        while path and path not in self._places:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self._places.get(path, 1)

    def stop_if_bad(self) -> None:
        if self.problems:
            raise BadFile(self.problems)

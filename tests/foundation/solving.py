"""An attacker with linear algebra: what can be computed from published sums?"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from fractions import Fraction
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)


def solved(equations: Sequence[Mapping[Name, int]]) -> set[Name]:
    """The unknowns that the equations give: Gauss and Jordan, in exact fractions."""
    rows = [{name: Fraction(factor) for name, factor in equation.items()} for equation in equations]
    pivots: dict[Name, dict[Name, Fraction]] = {}
    for row in rows:
        for name, pivot in pivots.items():
            _subtract(row, pivot, name)
        if not row:
            continue
        name, factor = next(iter(row.items()))
        found = {other: value / factor for other, value in row.items()}
        for pivot in pivots.values():
            _subtract(pivot, found, name)
        pivots[name] = found
    return {name for name, row in pivots.items() if len(row) == 1}


def _subtract(row: dict[Name, Fraction], pivot: Mapping[Name, Fraction], name: Name) -> None:
    """Take out of a row the unknown that a pivot row stands for."""
    if factor := row.get(name):
        for other, value in pivot.items():
            left = row.get(other, Fraction(0)) - factor * value
            if left:
                row[other] = left
            else:
                row.pop(other, None)

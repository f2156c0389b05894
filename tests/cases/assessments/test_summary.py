"""What of a summary may be printed: nothing from which a small number of any centre can be computed."""

from __future__ import annotations

import random

import pytest

from cases.assessments.counting import OUTCOMES, STATUSES, Counts
from cases.assessments.summary import Figure, exact, protected
from foundation.suppression import Mark
from tests.foundation.solving import solved

CENTRES = (1, 2, 3)
AREAS = ("money", "home", "talk")
COLUMNS = ("level:low", "level:raised", "level:high", "incomplete")


def split(chance, total, columns):
    """A row with this total; uneven, as levels are."""
    weights = [chance.random() ** 3 for _ in columns]
    row = dict.fromkeys(columns, 0)
    for column in chance.choices(columns, weights, k=total):
        row[column] += 1
    return row


def together(rows):
    return {column: sum(row[column] for row in rows) for column in rows[0]}


def made_up(chance):
    counts: dict[int | None, Counts] = {}
    for centre in CENTRES:
        started = chance.choice([0, 3, 6, 15, 40, 90])
        families = started + chance.choice([0, 2, 4, 6, 50])
        statuses = split(chance, started, STATUSES)
        counts[centre] = Counts(
            families=families,
            levels={area: split(chance, families, COLUMNS) for area in AREAS},
            started=started,
            statuses=statuses,
            changes={area: split(chance, statuses["compared"], OUTCOMES) for area in AREAS},
        )
    each = list(counts.values())
    counts[None] = Counts(
        families=sum(one.families for one in each),
        levels={area: together([one.levels[area] for one in each]) for area in AREAS},
        started=sum(one.started for one in each),
        statuses=together([one.statuses for one in each]),
        changes={area: together([one.changes[area] for one in each]) for area in AREAS},
    )
    return counts


def figures(summaries):
    """Every number of the publication by its name."""
    for scope, one in summaries.items():
        yield (scope, "families"), one.families
        yield (scope, "started"), one.started
        for status, figure in one.statuses.items():
            yield (scope, "status", status), figure
        for kind, rows in (("level", one.levels), ("change", one.changes)):
            for area, row in rows.items():
                for column, figure in row.items():
                    yield (scope, kind, area, column), figure


def sums(names):
    """Every sum that holds between numbers of the publication: of rows, and of centres."""
    names = list(names)
    for scope in (*CENTRES, None):
        yield [(scope, "families")], [(scope, "started"), (scope, "earlier")]
        yield [(scope, "started")], [(scope, "status", status) for status in STATUSES]
        for area in AREAS:
            yield [(scope, "families")], [(scope, "level", area, column) for column in COLUMNS]
            yield [(scope, "status", "compared")], [(scope, "change", area, outcome) for outcome in OUTCOMES]
    for name in names:
        if name[0] is None:
            yield [name], [(centre, *name[1:]) for centre in CENTRES]


@pytest.mark.parametrize("seed", range(25))
def test_nobody_computes_a_small_number_from_all_that_is_printed(seed):
    counts = made_up(random.Random(seed))  # noqa: S311 - the same every time
    found = dict(figures(protected(counts)))
    found |= {(scope, "earlier"): Figure(one.families - one.started, Mark.HIDDEN) for scope, one in counts.items()}
    hidden = {name for name, figure in found.items() if figure.mark is not Mark.SHOWN}
    equations = []
    for whole, parts in sums(found):
        terms = dict.fromkeys(whole, 1) | dict.fromkeys(parts, -1)
        equations.append({name: factor for name, factor in terms.items() if name in hidden})
    assert not {name for name in solved(equations) if 1 <= found[name].count <= 4}
    assert all(name in hidden for name, figure in found.items() if 1 <= figure.count <= 4)


def counts_of(families, **rows):
    return Counts(families=families, levels={"money": rows}, changes={"money": {}})


def texts(summary):
    return {column: figure.text for column, figure in summary.levels["money"].items()}


def test_a_centre_with_few_families_is_not_the_difference_of_the_others():
    summaries = protected(
        {1: counts_of(3, low=3, high=0), 2: counts_of(40, low=30, high=10), None: counts_of(43, low=33, high=10)}
    )
    assert [summaries[scope].families.text for scope in (1, 2, None)] == ["<5", "—", "43"]
    assert texts(summaries[1]) == texts(summaries[2]) == {"low": "—", "high": "—"}
    assert texts(summaries[None]) == {"low": "33", "high": "10"}


def test_a_small_number_of_one_centre_is_hidden_in_another_or_in_all_too():
    summaries = protected(
        {1: counts_of(42, low=40, high=2), 2: counts_of(40, low=30, high=10), None: counts_of(82, low=70, high=12)}
    )
    assert texts(summaries[1]) == {"low": "—", "high": "<5"}
    assert texts(summaries[2]) == {"low": "—", "high": "—"}
    assert texts(summaries[None]) == {"low": "70", "high": "12"}


def began_of(families, started):
    return Counts(families=families, started=started, statuses={"no_end": started})


def test_the_few_who_were_assessed_without_having_begun_are_not_a_difference_of_two_totals():
    summaries = protected({1: began_of(15, 13), 2: began_of(24, 20), None: began_of(39, 33)})
    assert [summaries[scope].families.text for scope in (1, 2, None)] == ["15", "24", "39"]
    assert [summaries[scope].started.text for scope in (1, 2, None)] == ["—", "—", "33"]


def test_a_centre_of_whom_few_began_is_not_told_by_how_many_were_assessed():
    """With 22 of 23 in all who began it would be 4: no more than 18 of the other centre's 18 can have."""
    summaries = protected({1: began_of(18, 18), 2: began_of(5, 4), None: began_of(23, 22)})
    assert [summaries[scope].started.text for scope in (1, 2, None)] == ["18", "<5", "—"]


def test_where_everybody_began_the_same_is_printed_of_both():
    summaries = protected({1: began_of(40, 40), 2: began_of(3, 3), None: began_of(43, 43)})
    assert [summaries[scope].families.text for scope in (1, 2, None)] == ["—", "<5", "43"]
    assert [summaries[scope].started.text for scope in (1, 2, None)] == ["—", "<5", "43"]


def test_where_all_centres_together_have_few_families_nothing_else_is_printed():
    summaries = protected(
        {1: counts_of(3, low=3, high=0), 2: counts_of(0, low=0, high=0), None: counts_of(3, low=3, high=0)}
    )
    assert [summaries[scope].families.text for scope in (1, 2, None)] == ["—", "—", "<5"]
    assert set(texts(summaries[None]).values()) == {"—"}


def test_a_share_is_printed_only_of_numbers_that_are():
    summaries = protected(
        {1: counts_of(42, low=40, high=2), 2: counts_of(40, low=30, high=10), None: counts_of(82, low=70, high=12)}
    )
    of_all, of_one = summaries[None], summaries[1]
    assert of_all.levels["money"]["low"].share(of_all.families) == "85%"
    assert of_one.levels["money"]["low"].share(of_one.families) == "—"


def test_a_lead_s_own_numbers_are_exact_with_shares_of_no_fewer_than_ten():
    summary = exact(protected({1: counts_of(42, low=40, high=2), None: counts_of(42, low=40, high=2)})[1])
    assert texts(summary) == {"low": "40", "high": "2"}
    assert summary.levels["money"]["high"].share(summary.families) == "5%"
    few = exact(protected({1: counts_of(9, low=7, high=2), None: counts_of(9, low=7, high=2)})[1])
    assert few.levels["money"]["high"].share(few.families) == "—"

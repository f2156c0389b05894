"""What docs/instruments.md says is so: its file is read, and is scored as it tells."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from cases.instruments import condition_fields, contradictions, nodes, problems, reading
from cases.instruments.definition import NonAnswer, Proposal
from cases.instruments.questions import Part, Participant, Source, Talk
from cases.instruments.scoring import score
from cases.instruments.writing import to_text

PAGE = Path("docs/instruments.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
FAMILY = (Participant("anna", Part.PARTNER), Participant("jan", Part.PARTNER))


def answered(fear):
    """The family of the worked example."""
    interviews = {
        Talk(Source.ADULT, "anna"): {"quarrels@anna": Decimal(1), "peace@anna": Decimal(2)},
        Talk(Source.ADULT, "jan"): {"quarrels@jan": Decimal(2), "peace@jan": Decimal(1)},
        Talk(Source.PRACTITIONER): {"fear@family": fear},
    }
    return score(reading.read(BLOCKS[0]), FAMILY, interviews, {})


def test_the_file_is_canonical():
    assert to_text(reading.read(BLOCKS[0])) == BLOCKS[0]


def test_the_family_is_scored_as_told():
    result = answered(NonAnswer.UNKNOWN)

    (area,) = result.areas
    assert (area.state, area.score, area.level) == ("prorated", Decimal("6.666667"), "high")
    assert dict(area.contributions) == {"quarrels": 4, "peace": 1, "fear": Decimal("1.666667")}
    assert [(one.proposal, one.rules) for one in result.proposed] == [(Proposal.COUPLE, ("talk",))]


def test_the_critical_answer_is_one():
    assert [(one.item, one.level) for one in answered(Decimal(2)).critical] == [("fear", "high")]


@pytest.mark.parametrize("block", BLOCKS[1:])
def test_the_conditions_are_ones(block):
    when = "".join(f"      {line}\n" for line in block.splitlines())
    more = f"  - id: more\n    proposes: [couple]\n    when:\n{when}    because: It is.\n"

    assert reading.read(BLOCKS[0] + more).recommendations[1].id == "more"


@pytest.mark.parametrize(
    "limit",
    [
        f"{nodes.MOST_BYTES // 1024} KB",
        f"{nodes.MOST_NODES:,} parts".replace(",", " "),
        f"over {nodes.MOST_DEPTH} deep",
        f"up to {reading.MOST_ITEMS} items",
        f"1–{reading.MOST_AREAS}, with",
        f"1–{reading.MOST_SCALES} |",
        f"2–{reading.MOST_LEVELS},",
        f"2–{reading.MOST_OPTIONS} answers",
        f"up to {reading.MOST_RULES} rules",
        f"1–{condition_fields.MOST_PARTS} conditions, nested at most {condition_fields.MOST_DEPTH} deep",
        f"at {contradictions.MOST_ITEMS} items at most",
        f"up to {problems.MOST_PROBLEMS} problems",
        f"−{reading.MOST_VALUE:,} and".replace(",", " "),
        f"−{reading.MOST_WEIGHT} to",
    ],
)
def test_the_limits_are_those_of_the_code(limit):
    assert limit in PAGE.replace("\n", " ")

"""Who may open what: the one table behind `tests/test_access.py` and `docs/access.md`.

A new address must be put in here. Write the document anew with `python -m tests.access_table`.
"""

from __future__ import annotations

from pathlib import Path

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "access.md"

# Everything with a record is asked for a case of Wodna, and what belongs to it.
PERSONAS = {
    "coordinator": "coordinator of the case",
    "colleague": "another coordinator of the centre",
    "therapist": "therapist in the case's care team",
    "other_therapist": "another therapist of the centre",
    "lead": "head of the centre",
    "elsewhere": "coordinator of another centre",
    "lead_elsewhere": "head of another centre",
    "clinical_lead": "clinical lead",
    "analyst": "MOPS analyst",
    "project_officer": "project officer",
    "unit": "responsible unit",
    "dpo": "data protection officer",
    "admin": "administrator",
    "no_role": "no role today",
}

EVERYBODY = frozenset({*PERSONAS, "anonymous"})
SIGNED_IN = frozenset(PERSONAS)
NOBODY: frozenset[str] = frozenset()
WITH_A_ROLE = SIGNED_IN - {"no_role"}

COORDINATORS = frozenset({"coordinator", "colleague", "elsewhere"})
THERAPISTS = frozenset({"therapist", "other_therapist"})
LEADS = frozenset({"lead", "lead_elsewhere"})
WITH_CASES = COORDINATORS | THERAPISTS | LEADS | {"clinical_lead"}
OF_THE_CENTRE = frozenset({"coordinator", "colleague", "lead"})
READ_THE_CASE = frozenset({"coordinator", "therapist", "lead", "clinical_lead"})
MANAGE_THE_CASE = frozenset({"coordinator", "lead"})
WITH_PROGRAMME = frozenset({"analyst", "unit", "project_officer", "clinical_lead"}) | LEADS

# The name of a URL, perhaps with the record it is asked for after an „@“ → who is let in.
TABLE: dict[str, frozenset[str]] = {
    "centres:home": EVERYBODY,
}

"""A finalised assessment is read-only in the database too (N9): triggers refuse what no service does.

What is added afterwards stands in tables of its own; decisions and addenda are written once and never changed. SQLite
renames no table that another table's trigger names: a migration that changes one of these calls `remove` before and
`install` after.
"""

from __future__ import annotations

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from foundation.read_only import guard, unguard

OWN = "{row}.status = 'finalised'"
OF_ASSESSMENT = "(SELECT status FROM cases_assessment WHERE id = {row}.assessment_id) = 'finalised'"
OF_INTERVIEW = (
    "(SELECT a.status FROM cases_assessment a JOIN cases_interview i ON i.assessment_id = a.id"
    " WHERE i.id = {row}.interview_id) = 'finalised'"
)
GUARDED = {
    "Assessment": OWN,
    "AssessmentParticipant": OF_ASSESSMENT,
    "Interview": OF_ASSESSMENT,
    "Sheet": OF_INTERVIEW,
    "Judgement": OF_ASSESSMENT,
    "AreaLevel": OF_ASSESSMENT,
}
WRITTEN_ONCE = ("ProposalDecision", "Addendum")
SENTENCE = "A finalised assessment is read-only."


def install(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for name, finalised in GUARDED.items():
        # an assessment itself comes into being as a draft
        guard(schema_editor, apps.get_model("cases", name), finalised, SENTENCE, inserts=finalised != OWN)
    for name in WRITTEN_ONCE:
        guard(schema_editor, apps.get_model("cases", name), "1 = 1", SENTENCE, inserts=False)


def remove(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for name in (*GUARDED, *WRITTEN_ONCE):
        unguard(schema_editor, apps.get_model("cases", name))

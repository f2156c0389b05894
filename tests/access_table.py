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
AT_A_CENTRE = COORDINATORS | THERAPISTS | LEADS
OF_THE_CENTRE = frozenset({"coordinator", "colleague", "lead"})
READ_THE_CASE = frozenset({"coordinator", "therapist", "lead", "clinical_lead"})
MANAGE_THE_CASE = frozenset({"coordinator", "lead"})
WITH_PROGRAMME = frozenset({"analyst", "unit", "project_officer", "clinical_lead"}) | LEADS

# The name of a URL, perhaps with the kind of record it is asked for after an „@“ → who is let in.
TABLE: dict[str, frozenset[str]] = {
    # public
    "centres:home": EVERYBODY,
    "centres:centre": EVERYBODY,
    "centres:accessibility": EVERYBODY,
    "centres:robots": EVERYBODY,
    "healthz": EVERYBODY,
    "readyz": EVERYBODY,
    # signing in
    "account_login": EVERYBODY,
    "account_logout": EVERYBODY,
    "account_inactive": EVERYBODY,
    "account_reset_password": EVERYBODY,
    "account_reset_password_done": EVERYBODY,
    "account_reset_password_from_key": EVERYBODY,
    "account_reset_password_from_key_done": EVERYBODY,
    "mfa_authenticate": EVERYBODY,
    "account_set_password": NOBODY,
    "accounts:idle": EVERYBODY,
    # one's own account
    "accounts:stay": SIGNED_IN,
    "accounts:kept_forms": SIGNED_IN,
    "accounts:keep_form": SIGNED_IN,
    "account_reauthenticate": SIGNED_IN,
    "account_change_password": SIGNED_IN,
    "mfa_index": SIGNED_IN,
    "mfa_reauthenticate": SIGNED_IN,
    "mfa_activate_totp": SIGNED_IN,
    "mfa_deactivate_totp": SIGNED_IN,
    "mfa_view_recovery_codes": SIGNED_IN,
    "mfa_generate_recovery_codes": SIGNED_IN,
    "mfa_download_recovery_codes": SIGNED_IN,
    "usersessions_list": SIGNED_IN,
    # the desk
    "cases:today": WITH_A_ROLE,
    "cases:caseload": WITH_CASES,
    "cases:search": WITH_CASES,
    "cases:waitlist": COORDINATORS | LEADS | {"clinical_lead"},
    "cases:calendar": WITH_CASES,
    "cases:free_times": AT_A_CENTRE,
    "cases:absences": AT_A_CENTRE,
    "cases:add_absence": AT_A_CENTRE,
    "cases:absence": OF_THE_CENTRE | {"therapist"},
    "cases:end_absence": OF_THE_CENTRE | {"therapist"},
    "cases:calendar_feed": AT_A_CENTRE,
    "cases:revoke_calendar_feed": AT_A_CENTRE,
    "cases:read_calendar_feed": EVERYBODY,
    "cases:my_sessions": WITH_CASES,
    "cases:unresolved_sessions": WITH_CASES,
    "cases:numbers": WITH_CASES | {"analyst"},
    "cases:export_numbers": WITH_CASES | {"analyst"},
    "cases:set_weekly_hours": LEADS,
    # referrals
    "cases:referrals": COORDINATORS | LEADS,
    "cases:add_referral": COORDINATORS | LEADS,
    "cases:referral": OF_THE_CENTRE,
    "cases:edit_referral": OF_THE_CENTRE,
    "cases:accept_referral": OF_THE_CENTRE,
    "cases:decline_referral": OF_THE_CENTRE,
    "cases:withdraw_referral": OF_THE_CENTRE,
    "cases:redirect_referral": OF_THE_CENTRE,
    # a case
    "cases:case": READ_THE_CASE,
    "cases:case_history": READ_THE_CASE,
    "cases:case_sessions": READ_THE_CASE,
    "cases:case_assessments": READ_THE_CASE,
    "cases:assign_coordinator": frozenset({"lead"}),
    "cases:add_care_team_member": MANAGE_THE_CASE,
    "cases:end_care_team_membership": MANAGE_THE_CASE,
    "cases:record_diagnosis": MANAGE_THE_CASE,
    "cases:put_on_waitlist": MANAGE_THE_CASE,
    "cases:start_therapy": MANAGE_THE_CASE,
    "cases:start_follow_up": MANAGE_THE_CASE,
    "cases:close_case": MANAGE_THE_CASE,
    "cases:edit_family": MANAGE_THE_CASE,
    "cases:add_person": MANAGE_THE_CASE,
    "cases:edit_person": MANAGE_THE_CASE,
    "cases:end_membership": MANAGE_THE_CASE,
    "cases:reveal_pesel": MANAGE_THE_CASE,
    "cases:mark_safe_contact": MANAGE_THE_CASE,
    "cases:withdraw_safe_contact": MANAGE_THE_CASE,
    "cases:reveal_safe_contact": MANAGE_THE_CASE,
    "cases:mark_told": MANAGE_THE_CASE | {"therapist"},
    # meetings
    "cases:log_session": MANAGE_THE_CASE | {"therapist"},
    "cases:session": READ_THE_CASE,
    "cases:resolve_session": MANAGE_THE_CASE | {"therapist"},
    "cases:edit_session": MANAGE_THE_CASE | {"therapist"},
    "cases:plan_series": MANAGE_THE_CASE | {"therapist"},
    "cases:series": READ_THE_CASE,
    "cases:edit_series": MANAGE_THE_CASE | {"therapist"},
    "cases:prolong_series": MANAGE_THE_CASE | {"therapist"},
    "cases:end_series": MANAGE_THE_CASE | {"therapist"},
    # a group of the centre, led by the therapist, with somebody of the case in it
    "cases:groups": WITH_CASES,
    "cases:group": WITH_CASES,
    "cases:plan_group": COORDINATORS | LEADS,
    "cases:edit_group": OF_THE_CENTRE,
    "cases:choose_case": COORDINATORS | LEADS,
    "cases:enrol_in_group": MANAGE_THE_CASE,
    "cases:give_seat": OF_THE_CENTRE,
    "cases:leave_group": MANAGE_THE_CASE,  # two of the case are on the list; one alone the centre's others end, too
    "cases:log_group_session": frozenset({"therapist", "lead"}),
    "cases:session@group": OF_THE_CENTRE | {"therapist", "clinical_lead"},
    "cases:mark_told@group": MANAGE_THE_CASE | {"therapist"},
    "cases:resolve_session@group": OF_THE_CENTRE | {"therapist"},  # to come: call off
    "cases:edit_session@group": OF_THE_CENTRE | {"therapist"},
    "cases:edit_series@group": OF_THE_CENTRE,
    "cases:autosave_words": frozenset({"therapist"}),
    "cases:write_group_note": frozenset({"therapist"}),
    "cases:autosave_group_note": frozenset({"therapist"}),
    "cases:write_note": frozenset({"therapist"}),
    "cases:autosave_note": frozenset({"therapist"}),
    "cases:unsigned_notes": WITH_CASES,
    "cases:note": frozenset({"therapist", "clinical_lead"}),
    "cases:sign_note": frozenset({"therapist"}),
    "cases:add_note_addendum": frozenset({"therapist"}),
    "cases:supervision": frozenset({"clinical_lead"}),
    # an assessment in progress, whose assessor is the coordinator
    "cases:start_assessment": MANAGE_THE_CASE,
    "cases:assessment": MANAGE_THE_CASE | {"clinical_lead"},
    "cases:date_interview": frozenset({"coordinator"}),
    "cases:assessment_sheet": frozenset({"coordinator"}),
    "cases:autosave_sheet": frozenset({"coordinator"}),
    "cases:write_narrative": frozenset({"coordinator"}),
    "cases:autosave_narrative": frozenset({"coordinator"}),
    "cases:judge_area": frozenset({"coordinator"}),
    "cases:finalise_assessment": frozenset({"coordinator"}),
    "cases:abandon_assessment": MANAGE_THE_CASE,
    "cases:assessment_answers": MANAGE_THE_CASE | {"clinical_lead"},
    # what follows an assessment; it is finalised, with a critical answer and the first signature of an override
    "cases:decide_proposals": frozenset({"coordinator"}),
    "cases:add_addendum": frozenset({"coordinator"}),
    "cases:request_override": MANAGE_THE_CASE | {"clinical_lead"},
    "cases:decide_override": frozenset({"clinical_lead"}),
    "cases:acknowledge_alert": frozenset({"coordinator", "clinical_lead"}),
    "cases:assessment_pdf": MANAGE_THE_CASE | {"clinical_lead"},
    # instruments of assessment; the version is approved
    "cases:instruments": frozenset({"clinical_lead"}),
    "cases:import_instrument": frozenset({"clinical_lead"}),
    "cases:instrument_version": WITH_CASES,
    "cases:compare_instrument": frozenset({"clinical_lead"}),
    "cases:preview_instrument": frozenset({"clinical_lead"}),
    "cases:try_instrument": frozenset({"clinical_lead"}),
    "cases:approve_instrument": frozenset({"clinical_lead"}),
    "cases:retire_instrument": frozenset({"clinical_lead"}),
    "cases:discard_instrument": frozenset({"clinical_lead"}),
    "cases:export_instrument": frozenset({"clinical_lead"}),
    "cases:assessment_summary": LEADS | {"clinical_lead", "analyst"},
    "cases:export_assessment_summary": LEADS | {"clinical_lead", "analyst"},
    # the Programme
    "programme:programme": WITH_PROGRAMME,
    "programme:about": WITH_PROGRAMME,
    "programme:indicator": WITH_PROGRAMME,
    # reports
    "programme:reports": LEADS | {"analyst"},
    "programme:request_report": frozenset({"analyst"}),
    "programme:report@centre": frozenset({"analyst", "lead"}),
    "programme:report@centres": frozenset({"analyst"}),
    "programme:report@programme": frozenset({"analyst"}),
    "programme:report_progress@centre": frozenset({"analyst", "lead"}),
    "programme:report_progress@centres": frozenset({"analyst"}),
    "programme:report_progress@programme": frozenset({"analyst"}),
    "programme:download_report@centre": frozenset({"analyst", "lead"}),
    "programme:download_report@centres": frozenset({"analyst"}),
    "programme:download_report@programme": frozenset({"analyst"}),
    "programme:retry_report@centre": frozenset({"analyst"}),
    # the audit log
    "audit:log": frozenset({"dpo"}),
    "audit:entry": frozenset({"dpo"}),
    "audit:export": frozenset({"dpo"}),
}


def document() -> str:
    """`docs/access.md`, made from the table."""
    columns = {"anonymous": "nobody signed in", **PERSONAS}
    lines = [
        "# Who may open what",
        "",
        "Every address of the portal and everybody who may ask for it. `tests/access_table.py` is the source of this",
        "page, and `tests/test_access.py` asks for each address as each of these people: who has no ● gets the",
        "sign-in page, 403 (the page is not theirs) or 404 (the record is not theirs, and they are not told that it",
        "exists). Each refusal stands in the audit log. Write this page anew after a change with",
        "`python -m tests.access_table`.",
        "",
        "A page with a record is asked for a case of Centrum dla Rodzin, ul. Wodna, and what belongs to it. The pages",
        "of the administration (`/admin/`) open for the administrator alone, and nothing of families stands there.",
        "",
        *(f"{number}. {who}" for number, who in enumerate(columns.values(), start=1)),
        "",
        f"| address | {' | '.join(str(number) for number in range(1, len(columns) + 1))} |",
        f"| --- |{' :-: |' * len(columns)}",
    ]
    for row, allowed in TABLE.items():
        name, _at, record = row.partition("@")
        shown = f"`{name}`" + (f" of {RECORDS[record]}" if record else "")
        lines.append(f"| {shown} | {' | '.join('●' if who in allowed else ' ' for who in columns)} |")
    return "\n".join([*lines, ""])


RECORDS = {"centre": "the centre", "centres": "all centres", "programme": "the Programme", "group": "a group"}

if __name__ == "__main__":
    DOCUMENT.write_text(document())

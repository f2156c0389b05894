"""What the codes of the log mean, in words; `tests/audit/test_actions.py` fails where one has none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Group(TextChoices):
    READ = "read", pgettext_lazy("kind of audit entry", "reading")
    CHANGE = "change", pgettext_lazy("kind of audit entry", "change")
    DENIAL = "denial", pgettext_lazy("kind of audit entry", "denial")
    SIGN_IN = "sign-in", pgettext_lazy("kind of audit entry", "signing in")
    EXPORT = "export", pgettext_lazy("kind of audit entry", "export")


ICONS = {
    Group.READ: "eye",
    Group.CHANGE: "pencil",
    Group.DENIAL: "slash-circle",
    Group.SIGN_IN: "key",
    Group.EXPORT: "download",
}


@dataclass(frozen=True)
class Action:
    """One kind of entry. A code that is not in the table is shown as it is and counts as a change."""

    code: str
    group: Group
    label: Any

    @property
    def icon(self) -> str:
        return ICONS[self.group]


_TABLE: tuple[tuple[Group, str, Any], ...] = (
    (Group.SIGN_IN, "accounts.sign_in", _("Sign-in")),
    (Group.SIGN_IN, "accounts.sign_out", _("Sign-out")),
    (Group.SIGN_IN, "accounts.sign_in_failed", _("Failed sign-in")),
    (Group.SIGN_IN, "accounts.sign_in_blocked", _("Sign-in stopped after too many attempts")),
    (Group.SIGN_IN, "accounts.reauthentication_failed", _("Wrong password when confirming who one is")),
    (Group.SIGN_IN, "accounts.second_factor_failed", _("Wrong code of the second factor")),
    (Group.SIGN_IN, "accounts.use_recovery_code", _("Recovery code used")),
    (Group.CHANGE, "accounts.change_password", _("Password changed")),
    (Group.CHANGE, "accounts.reset_password", _("Password set by mail")),
    (Group.CHANGE, "accounts.add_second_factor", _("Second factor turned on")),
    (Group.CHANGE, "accounts.remove_second_factor", _("Second factor turned off")),
    (Group.CHANGE, "accounts.renew_recovery_codes", _("New recovery codes made")),
    (Group.CHANGE, "accounts.keep_form", _("Form kept that came after the sign-out")),
    (Group.CHANGE, "accounts.discard_kept_form", _("Kept form thrown away")),
    (Group.DENIAL, "accounts.denied", _("Access denied")),
    (Group.CHANGE, "admin.set_password", _("Initial password set by an administrator")),
    (Group.CHANGE, "admin.send_password_link", _("Link for a password sent by an administrator")),
    (Group.CHANGE, "admin.reset_second_factor", _("Second factor taken off by an administrator")),
    (Group.CHANGE, "centres.create_administrator", _("First administrator created")),
    (Group.CHANGE, "cases.enter_referral", _("Referral entered")),
    (Group.READ, "cases.read_referral", _("Referral read")),
    (Group.CHANGE, "cases.edit_referral", _("Referral changed")),
    (Group.CHANGE, "cases.accept_referral", _("Referral accepted")),
    (Group.CHANGE, "cases.decline_referral", _("Referral declined")),
    (Group.CHANGE, "cases.withdraw_referral", _("Referral withdrawn")),
    (Group.CHANGE, "cases.redirect_referral", _("Referral redirected to another centre")),
    (Group.CHANGE, "cases.edit_family", _("Family renamed or moved")),
    (Group.CHANGE, "cases.add_person", _("Person added to a family")),
    (Group.CHANGE, "cases.edit_person", _("Person changed")),
    (Group.READ, "cases.read_person", _("Person read")),
    (Group.READ, "cases.reveal_pesel", _("PESEL revealed")),
    (Group.CHANGE, "cases.end_membership", _("Person's time in a family ended")),
    (Group.READ, "cases.read_case", _("Case read")),
    (Group.READ, "cases.read_history", _("History of a case read")),
    (Group.READ, "cases.search", _("Families searched")),
    (Group.CHANGE, "cases.assign_coordinator", _("Coordinator assigned")),
    (Group.CHANGE, "cases.add_care_team_member", _("Person added to a care team")),
    (Group.CHANGE, "cases.end_care_team_membership", _("Person's time in a care team ended")),
    (Group.CHANGE, "cases.record_diagnosis", _("Diagnosis recorded")),
    (Group.CHANGE, "cases.put_on_waitlist", _("Placed on the waiting list")),
    (Group.CHANGE, "cases.start_therapy", _("Therapy started")),
    (Group.CHANGE, "cases.start_follow_up", _("Follow-up started")),
    (Group.CHANGE, "cases.close_case", _("Case closed")),
    (Group.READ, "cases.read_assessments", _("List of a case's assessments read")),
    (Group.READ, "cases.read_sessions", _("Meetings of a case read")),
    (Group.READ, "cases.read_session", _("Meeting read")),
    (Group.CHANGE, "cases.log_session", _("Meeting logged")),
    (Group.CHANGE, "cases.edit_session", _("Meeting changed")),
    (Group.CHANGE, "cases.resolve_session", _("Meeting's outcome recorded")),
    (Group.CHANGE, "cases.mark_safe_contact", _("E-mail address marked as safe")),
    (Group.CHANGE, "cases.withdraw_safe_contact", _("Safe e-mail address withdrawn")),
    (Group.CHANGE, "cases.mark_told", _("Told of a change after a reminder")),
    (Group.READ, "cases.reveal_safe_contact", _("Safe e-mail address revealed")),
    (Group.CHANGE, "cases.send_reminder", _("Reminder of a meeting sent")),
    (Group.CHANGE, "cases.fail_reminder", _("Reminder of a meeting given up")),
    (Group.READ, "cases.read_series", _("Series of meetings read")),
    (Group.CHANGE, "cases.plan_series", _("Series of meetings planned")),
    (Group.CHANGE, "cases.change_series", _("Series of meetings changed")),
    (Group.CHANGE, "cases.prolong_series", _("Meetings added to a series")),
    (Group.CHANGE, "cases.end_series", _("Series of meetings ended")),
    (Group.READ, "cases.read_group", _("Group read")),
    (Group.CHANGE, "cases.plan_group", _("Group planned")),
    (Group.CHANGE, "cases.edit_group", _("Group changed")),
    (Group.CHANGE, "cases.enrol_in_group", _("Person enrolled in a group")),
    (Group.CHANGE, "cases.give_seat", _("Seat in a group given")),
    (Group.CHANGE, "cases.leave_group", _("Place in a group ended")),
    (Group.CHANGE, "centres.add_absence", _("Absence entered")),
    (Group.CHANGE, "centres.end_absence", _("Absence ended or taken out")),
    (Group.CHANGE, "cases.create_calendar_feed", _("Calendar's secret address made")),
    (Group.CHANGE, "cases.revoke_calendar_feed", _("Calendar's secret address revoked")),
    (Group.READ, "cases.read_calendar_feed", _("Meetings read under a calendar's secret address")),
    (Group.READ, "cases.read_note", _("Therapist's note read")),
    (Group.CHANGE, "cases.write_note", _("Therapist's note written")),
    (Group.CHANGE, "cases.discard_note", _("Draft of a therapist's note deleted")),
    (Group.CHANGE, "cases.sign_note", _("Therapist's note signed")),
    (Group.CHANGE, "cases.add_note_addendum", _("Addendum to a therapist's note signed")),
    (Group.CHANGE, "cases.write_summary", _("Summary of a meeting written")),
    (Group.READ, "cases.read_supervision", _("List of notes for supervision read")),
    (Group.CHANGE, "cases.edit_family", _("Family changed")),
    (Group.CHANGE, "cases.start_assessment", _("Assessment started")),
    (Group.READ, "cases.read_assessment", _("Assessment read")),
    (Group.READ, "cases.read_interview", _("Interview of an assessment opened")),
    (Group.READ, "cases.read_answers", _("All answers of an assessment read")),
    (Group.CHANGE, "cases.date_interview", _("Day of an interview changed")),
    (Group.CHANGE, "cases.save_sheet", _("Answers of an interview saved")),
    (Group.CHANGE, "cases.write_narrative", _("Summary of an assessment written")),
    (Group.CHANGE, "cases.judge_area", _("Area of an assessment judged")),
    (Group.CHANGE, "cases.finalise_assessment", _("Assessment finalised")),
    (Group.CHANGE, "cases.abandon_assessment", _("Assessment stopped before its end")),
    (Group.CHANGE, "cases.raise_alert", _("Critical answer came in")),
    (Group.CHANGE, "cases.withdraw_alert", _("Critical answer taken back")),
    (Group.CHANGE, "cases.acknowledge_alert", _("Critical answer acknowledged")),
    (Group.CHANGE, "cases.decide_proposals", _("Decision on the proposals recorded")),
    (Group.CHANGE, "cases.request_override", _("Reason to go on with couple work given")),
    (Group.CHANGE, "cases.decide_override", _("Second signature on couple work given or refused")),
    (Group.READ, "cases.read_override", _("Request to go on with couple work read")),
    (Group.CHANGE, "cases.add_addendum", _("Addendum to an assessment signed")),
    (Group.EXPORT, "cases.download_assessment", _("Assessment downloaded")),
    (Group.CHANGE, "cases.import_instrument", _("Instrument imported")),
    (Group.CHANGE, "cases.replace_instrument", _("Draft of an instrument replaced")),
    (Group.CHANGE, "cases.discard_instrument", _("Draft of an instrument discarded")),
    (Group.CHANGE, "cases.approve_instrument", _("Instrument approved")),
    (Group.CHANGE, "cases.retire_instrument", _("Instrument retired")),
    (Group.EXPORT, "cases.export_instrument", _("Instrument downloaded")),
    (Group.READ, "cases.read_assessment_summary", _("Assessments in aggregate read")),
    (Group.EXPORT, "cases.export_assessment_summary", _("Assessments in aggregate exported")),
    (Group.READ, "cases.read_numbers", _("Meetings in numbers read")),
    (Group.EXPORT, "cases.export_numbers", _("Meetings in numbers exported")),
    (Group.CHANGE, "centres.set_weekly_hours", _("Therapist's hours for meetings entered")),
    (Group.CHANGE, "programme.load_programme", _("Programme loaded")),
    (Group.CHANGE, "programme.change_target", _("Target changed")),
    (Group.CHANGE, "programme.correct_wording", _("Wording of the Programme corrected")),
    (Group.CHANGE, "programme.retire_indicator", _("Indicator taken out of the Programme")),
    (Group.CHANGE, "programme.restore_indicator", _("Indicator put back into the Programme")),
    (Group.EXPORT, "programme.download_report", _("Report downloaded")),
    (Group.CHANGE, "programme.request_report", _("Report requested")),
    (Group.CHANGE, "programme.retry_report", _("Report requested again after a failure")),
    (Group.CHANGE, "programme.build_report", _("Report built")),
    (Group.CHANGE, "programme.fail_report", _("Report failed")),
    (Group.READ, "audit.read_log", _("Audit log read")),
    (Group.READ, "audit.read_entry", _("Audit entry read")),
    (Group.EXPORT, "audit.export_log", _("Audit log exported")),
    (Group.READ, "audit.verify_log", _("Audit log verified by the portal")),
    (Group.CHANGE, "audit.purge_log", _("Old audit entries deleted")),
)

ACTIONS = {code: Action(code, group, label) for group, code, label in _TABLE}

# The administration names its entries after what was kept there: admin.add_room, admin.change_user.
_ADMINISTERED = re.compile(r"admin\.(?P<verb>add|change|delete)_(?P<model>[a-z]+)")
_VERBS = {
    "add": _("Added in the administration: %(kind)s"),
    "change": _("Changed in the administration: %(kind)s"),
    "delete": _("Deleted in the administration: %(kind)s"),
}


def action_of(code: str) -> Action:
    if code in ACTIONS:
        return ACTIONS[code]
    if found := _ADMINISTERED.fullmatch(code):
        kind = _kinds().get(found["model"], found["model"])
        return Action(code, Group.CHANGE, _VERBS[found["verb"]] % {"kind": kind})
    return Action(code, Group.CHANGE, code)


def filter_of(group: Group) -> Q:
    """The condition „an entry of this group”; a change is whatever is nothing else."""
    if group == Group.CHANGE:
        others = [action.code for action in ACTIONS.values() if action.group != Group.CHANGE]
        return ~Q(action__in=others)
    return Q(action__in=[action.code for action in ACTIONS.values() if action.group == group])


def kind_of(label: str) -> str:
    """What a kind of record is called, by its model's label."""
    if not label:
        return ""
    try:
        return str(apps.get_model(label)._meta.verbose_name)
    except (LookupError, ValueError):
        return label  # a kind that the portal no longer has


def _kinds() -> dict[str, str]:
    return {str(model._meta.model_name): str(model._meta.verbose_name) for model in apps.get_models()}

"""What the codes of the log mean, in words; `tests/audit/test_actions.py` fails where one has none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
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
    (Group.DENIAL, "accounts.denied", _("Access denied")),
    (Group.READ, "audit.read_log", _("Audit log read")),
    (Group.READ, "audit.read_entry", _("Audit entry read")),
    (Group.EXPORT, "audit.export_log", _("Audit log exported")),
    (Group.READ, "audit.verify_log", _("Audit log verified by the portal")),
    (Group.CHANGE, "audit.purge_log", _("Old audit entries deleted")),
)

ACTIONS = {code: Action(code, group, label) for group, code, label in _TABLE}


def action_of(code: str) -> Action:
    return ACTIONS.get(code) or Action(code, Group.CHANGE, code)


def codes_of(group: Group) -> list[str]:
    return [action.code for action in ACTIONS.values() if action.group == group]

"""Who may open the administration, and what stands in it at all."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from audit.models import AuditEntry
from centres.models import Organisation, Role

OTHERS = [role for role in Role if role != Role.ADMIN]


def test_exactly_users_roles_and_dictionaries_stand_there():
    assert {model._meta.label for model in admin.site._registry} == {
        "accounts.User",
        "centres.StaffMember",
        "centres.RoleAssignment",
        "centres.Centre",
        "centres.HelpLine",
        "centres.Room",
        "centres.Service",
        "centres.Organisation",
        "cases.DeadlineRule",
    }


def test_an_administrator_gets_permissions_for_these_records_only(adam):
    elsewhere = [model._meta for model in apps.get_models() if model not in admin.site._registry]
    for model in elsewhere:
        for action in ("view", "add", "change", "delete"):
            assert not adam.user.has_perm(f"{model.app_label}.{action}_{model.model_name}")


def holder(make_staff, role, wodna):
    centre = wodna if role in {Role.COORDINATOR, Role.THERAPIST, Role.LEAD} else None
    unit = Organisation.objects.first() if role == Role.UNIT else None
    return make_staff("Ktoś", "Inny", role, centre=centre, organisation=unit)


@pytest.mark.parametrize("role", OTHERS)
def test_no_other_role_gets_in(sign_in, make_staff, wodna, role):
    browser = sign_in(holder(make_staff, role, wodna))
    for page in ("index", "accounts_user_changelist", "centres_centre_changelist", "cases_deadlinerule_changelist"):
        assert browser.get(reverse(f"admin:{page}"), follow=True).status_code == 403


def test_a_refusal_is_on_record(sign_in, anna):
    sign_in(anna).get(reverse("admin:index"), follow=True)
    entry = AuditEntry.objects.get(action="accounts.denied")
    assert (entry.actor, entry.details["view"]) == (anna.user, "admin:index")


def test_a_stranger_is_asked_to_sign_in(client, db):
    answer = client.get(reverse("admin:index"), follow=True)
    assert answer.request["PATH_INFO"] == reverse("account_login")


def test_the_second_factor_is_asked_for_here_too(sign_in, adam, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    assert sign_in(adam).get(reverse("admin:index")).headers["Location"] == reverse("mfa_activate_totp")


def test_an_administrator_opens_every_list_and_form(sign_in, adam, room, db):
    browser = sign_in(adam)
    assert browser.get(reverse("admin:index")).status_code == 200
    for model, page in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert browser.get(reverse(f"{name}_changelist")).status_code == 200, name
        record = model._default_manager.first()
        if record and model._meta.model_name != "roleassignment":
            assert browser.get(reverse(f"{name}_change", args=[record.pk])).status_code == 200, name
        if getattr(page, "may_be_added", False):
            assert browser.get(reverse(f"{name}_add")).status_code == 200, name


def test_the_administration_speaks_polish(sign_in, adam):
    page = sign_in(adam).get(reverse("admin:accounts_user_add")).content.decode()
    assert "Zapisz" in page
    assert "Stanowisko" in page


def test_sign_in_and_passwords_of_ones_own_have_one_place(sign_in, adam):
    browser = sign_in(adam)
    assert browser.get("/admin/password_change/").headers["Location"] == reverse("account_change_password")
    assert browser.get("/admin/login/").headers["Location"] == reverse("admin:index")


def test_history_is_read_in_the_audit_log_only(sign_in, adam, wodna):
    assert sign_in(adam).get(reverse("admin:centres_centre_history", args=[wodna.pk])).status_code == 403

"""Users: added with a name and roles, given a password, locked out, never deleted."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import AuditEntry
from centres.models import Role, RoleAssignment, StaffMember
from tests.centres.administration.test_dictionaries import lines

ADD = "admin:accounts_user_add"
CHANGE = "admin:accounts_user_change"


def role_row(held: RoleAssignment, /, **changes: Any) -> dict[str, Any]:
    """A stored role as the browser sends it; the hidden fields say what it was when the page was opened."""
    from_on = held.from_on.strftime("%d.%m.%Y")
    return {
        "id": held.pk,
        "user": held.user_id,
        "role": held.role,
        "centre": held.centre_id or "",
        "organisation": "",
        "from_on": from_on,
        "to_on": held.to_on.strftime("%d.%m.%Y") if held.to_on else "",
        **changes,
    }


def user_form(staff: StaffMember, *roles: dict[str, Any], stored: Any = None, **changes: Any) -> dict[str, Any]:
    """What the browser sends from a person's page; without roles, those that are stored."""
    if not roles:
        roles = tuple(role_row(one) for one in staff.user.role_assignments.order_by("pk"))
    person = {"id": staff.pk, "user": staff.user_id, "first_name": staff.first_name, "last_name": staff.last_name}
    return {
        "email": staff.user.email,
        "is_active": "on",
        **lines("staff", person, stored=1),
        **lines("role_assignments", *roles, stored=len(roles) if stored is None else stored),
        **changes,
    }


def new_user(*roles: dict[str, Any], **changes: Any) -> dict[str, Any]:
    person = {"first_name": "Nowa", "last_name": "Osoba"}
    return {
        "email": "Nowa.Osoba@Example.org",
        "is_active": "on",
        **lines("staff", person),
        **lines("role_assignments", *roles),
        **changes,
    }


def test_a_person_is_added_with_name_and_role_in_one_go(sign_in, adam, wodna):
    role = {"role": "coordinator", "centre": wodna.pk, "organisation": "", "from_on": "22.11.2026", "to_on": ""}
    answer = sign_in(adam).post(reverse(ADD), new_user(role))
    user = User.objects.get(email="nowa.osoba@example.org")
    assert answer.headers["Location"] == reverse(CHANGE, args=[user.pk])
    assert str(user.staff) == "Nowa Osoba"
    assert not user.has_usable_password()
    assert RoleAssignment.objects.get(user=user).centre == wodna
    entries = AuditEntry.objects.filter(action__startswith="admin.", object_uuid=user.uuid)
    assert set(entries.values_list("action", flat=True)) == {
        "admin.add_user", "admin.add_staffmember", "admin.add_roleassignment",
    }  # fmt: skip
    details = entries.get(action="admin.add_roleassignment").details
    assert (details["role"], details["centre"], details["from_on"]) == ("coordinator", "wodna", "2026-11-22")


def test_entries_carry_no_name_and_no_address(sign_in, adam):
    sign_in(adam).post(reverse(ADD), new_user())
    for entry in AuditEntry.objects.filter(action__startswith="admin."):
        assert "Osoba" not in str(entry.details)
        assert "@" not in str(entry.details)


def test_a_person_needs_a_name(sign_in, adam):
    answer = sign_in(adam).post(reverse(ADD), new_user(**{"staff-0-first_name": "", "staff-0-last_name": ""}))
    assert answer.status_code == 200
    assert not User.objects.filter(email="nowa.osoba@example.org").exists()


@pytest.mark.parametrize("email", ["ADAM.SLOWNIK@example.org", "to nie adres", ""])
def test_an_address_that_is_taken_or_none_is_refused(sign_in, adam, email):
    answer = sign_in(adam).post(reverse(ADD), new_user(email=email))
    assert answer.status_code == 200
    assert User.objects.count() == 1


def test_a_changed_address_is_stored_in_small_letters_and_on_record(sign_in, adam, anna):
    sign_in(adam).post(reverse(CHANGE, args=[anna.user.pk]), user_form(anna, email="Anna.Nowa@Example.ORG"))
    anna.user.refresh_from_db()
    assert anna.user.email == "anna.nowa@example.org"
    assert AuditEntry.objects.get(action="admin.change_user").details == {"fields": ["email"]}


def test_a_person_who_leaves_is_locked_out_at_once(sign_in, adam, anna):
    annas = sign_in(anna)
    assert annas.get(reverse("cases:caseload")).status_code == 200
    data = user_form(anna)
    del data["is_active"]
    sign_in(adam).post(reverse(CHANGE, args=[anna.user.pk]), data)
    assert annas.get(reverse("cases:caseload")).status_code == 302
    assert AuditEntry.objects.get(action="admin.change_user").details == {"fields": ["is_active"]}


def test_nobody_locks_themselves_out(sign_in, adam):
    data = user_form(adam)
    del data["is_active"]
    answer = sign_in(adam).post(reverse(CHANGE, args=[adam.user.pk]), data)
    assert "Nie możesz zablokować własnego konta." in answer.content.decode()
    adam.user.refresh_from_db()
    assert adam.user.is_active


def test_nobody_is_deleted(sign_in, adam, anna):
    browser = sign_in(adam)
    for name, pk in (("accounts_user", anna.user.pk), ("centres_staffmember", anna.pk)):
        assert browser.post(reverse(f"admin:{name}_delete", args=[pk]), {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=anna.user.pk).exists()


def test_people_are_found_without_case_and_diacritics(sign_in, adam, make_staff):
    make_staff("Łukasz", "Świątek")
    page = sign_in(adam).get(reverse("admin:accounts_user_changelist"), {"q": "swiatek LUKASZ"}).content.decode()
    assert "Łukasz Świątek" in page
    assert "Adam Słownik" not in page


def test_the_list_is_filtered_by_role(sign_in, adam, anna, marek):
    page = sign_in(adam).get(reverse("admin:accounts_user_changelist"), {"role": "lead"}).content.decode()
    assert "Marek Wzór" in page
    assert "Anna Przykład" not in page


def test_the_list_takes_as_many_queries_for_many_people(
    sign_in, adam, make_staff, wodna, django_assert_max_num_queries
):
    for number in range(12):
        make_staff("Osoba", "ABCDEFGHIJKL"[number], Role.COORDINATOR, centre=wodna)
    browser = sign_in(adam)
    with django_assert_max_num_queries(16):
        browser.get(reverse("admin:accounts_user_changelist"))


# --- passwords ---


def test_a_link_for_setting_the_password_is_mailed_and_works(sign_in, adam, anna, mailoutbox):
    sign_in(adam).post(reverse("admin:accounts_user_password_link", args=[anna.user.pk]))
    [mail] = mailoutbox
    assert mail.to == [anna.user.email]
    link = next(word for word in mail.body.split() if "/password/reset/key/" in word)
    page = Client().get(link.split("testserver", 1)[1], follow=True)
    assert 'name="password1"' in page.content.decode()
    assert AuditEntry.objects.get(action="admin.send_password_link").object_uuid == anna.user.uuid


def test_the_mail_carries_no_name(sign_in, adam, anna, mailoutbox):
    sign_in(adam).post(reverse("admin:accounts_user_password_link", args=[anna.user.pk]))
    assert "Anna" not in mailoutbox[0].body + mailoutbox[0].subject


def test_somebody_who_is_locked_out_gets_no_link(sign_in, adam, anna, mailoutbox):
    User.objects.filter(pk=anna.user.pk).update(is_active=False)
    sign_in(adam).post(reverse("admin:accounts_user_password_link", args=[anna.user.pk]))
    assert mailoutbox == []


def test_opening_the_address_alone_does_nothing(sign_in, adam, anna, mailoutbox):
    browser = sign_in(adam)
    browser.get(reverse("admin:accounts_user_password_link", args=[anna.user.pk]))
    browser.get(reverse("admin:accounts_user_second_factor", args=[anna.user.pk]))
    assert mailoutbox == []
    assert not AuditEntry.objects.filter(action__startswith="admin.").exists()


def test_an_initial_password_is_set_and_on_record(sign_in, adam, anna):
    password = "czternascie-zielonych-krzesel"
    url = reverse("admin:accounts_user_password", args=[anna.user.pk])
    assert sign_in(adam).get(url).status_code == 200
    sign_in(adam).post(url, {"new_password1": password, "new_password2": password})
    anna.user.refresh_from_db()
    assert anna.user.check_password(password)
    assert AuditEntry.objects.get(action="admin.set_password").details == {}


@pytest.mark.parametrize("password", ["krakow-demo", "krotkie", "123456789012345"])
def test_a_weak_or_published_password_is_refused(sign_in, adam, anna, password):
    url = reverse("admin:accounts_user_password", args=[anna.user.pk])
    answer = sign_in(adam).post(url, {"new_password1": password, "new_password2": password})
    assert answer.status_code == 200
    anna.user.refresh_from_db()
    assert not anna.user.check_password(password)


def test_ones_own_password_is_changed_on_ones_own_page(sign_in, adam):
    answer = sign_in(adam).get(reverse("admin:accounts_user_password", args=[adam.user.pk]))
    assert answer.headers["Location"] == reverse("account_change_password")


def test_no_other_role_reaches_these_pages(sign_in, marek, anna, mailoutbox):
    browser = sign_in(marek)
    for name in ("password", "password_link", "second_factor"):
        answer = browser.post(reverse(f"admin:accounts_user_{name}", args=[anna.user.pk]), follow=True)
        assert answer.status_code in {403, 405}
    assert mailoutbox == []


def test_a_person_who_does_not_exist_is_not_found(sign_in, adam):
    assert sign_in(adam).get(reverse("admin:accounts_user_password", args=[4711])).status_code == 404


# --- second factor ---


def test_the_second_factor_is_reset_and_its_owner_signed_out(sign_in, adam, anna):
    Authenticator.objects.create(user=anna.user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    annas = sign_in(anna)
    annas.get(reverse("cases:caseload"))
    sign_in(adam).post(reverse("admin:accounts_user_second_factor", args=[anna.user.pk]))
    assert not Authenticator.objects.filter(user=anna.user).exists()
    entry = AuditEntry.objects.get(action="admin.reset_second_factor")
    assert (entry.actor, entry.object_uuid) == (adam.user, anna.user.uuid)


def test_it_is_reset_from_the_list_too(sign_in, adam, anna, marek):
    for staff in (anna, marek):
        Authenticator.objects.create(user=staff.user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    sign_in(adam).post(
        reverse("admin:accounts_user_changelist"),
        {"action": "reset_second_factor", "_selected_action": [anna.user.pk, marek.user.pk]},
    )
    assert not Authenticator.objects.exists()
    assert AuditEntry.objects.filter(action="admin.reset_second_factor").count() == 2


def test_nobody_resets_their_own(sign_in, adam):
    Authenticator.objects.create(user=adam.user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    sign_in(adam).post(reverse("admin:accounts_user_second_factor", args=[adam.user.pk]))
    assert Authenticator.objects.filter(user=adam.user).exists()

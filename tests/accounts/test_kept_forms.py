"""What was typed into a form that is sent after the idle sign-out is kept for the person who typed it."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from accounts.adapters import MFAAdapter
from accounts.kept import AT_MOST, LARGEST
from accounts.models import KeptForm, User
from accounts.tasks import forget_kept_forms
from audit.models import AuditEntry
from centres.models import Organisation
from tests.accounts import views_for_tests as views

PAGE, ADD, KEPT = "/accounts/sessions/", "/try/add/", "/accounts/kept/"
START = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
LONG = "Rodzina mówi o zmęczeniu. Zażółć gęślą jaźń.\r\n" * 110  # about 5 000 characters
LATE = dt.timedelta(minutes=16)


@pytest.fixture(autouse=True)
def _views(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.accounts.views_for_tests"
    views.calls.clear()


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(START, tick=False) as travelling:
        yield travelling


@pytest.fixture
def late(clock: Any, sign_in: Any, annas_user: User, anna: Any) -> Client:
    """Anna's browser, sixteen minutes after she last did anything."""
    browser: Client = sign_in(anna)
    browser.get(PAGE)
    clock.shift(LATE)
    return browser


@pytest.fixture
def form() -> dict[str, Any]:
    return {"csrfmiddlewaretoken": "x", "once": str(uuid.uuid4()), "name": LONG, "how": "", "days": ["mon", "fri"]}


def signed_in_again(browser: Client, password: str, email: str = "anna.przyklad@example.org", **extra: Any) -> Any:
    return browser.post("/accounts/login/", {"login": email, "password": password, **extra})


# --- kept --------------------------------------------------------------------------------------------------


def test_a_form_that_comes_too_late_is_not_done_but_kept_whole(late, form, annas_user):
    late.post(ADD, form)
    kept = KeptForm.objects.get()
    assert views.calls == []
    assert (kept.user, kept.path) == (annas_user, ADD)
    assert kept.fields == [("once", form["once"]), ("name", LONG), ("how", ""), ("days", "mon"), ("days", "fri")]
    assert kept.texts == [LONG]


def test_the_sign_in_page_says_that_it_is_kept_and_leads_back(late, form):
    answer = late.post(ADD, form, headers={"Referer": f"http://testserver{ADD}"}, follow=True)
    assert answer.redirect_chain == [(f"/accounts/login/?next={ADD}", 302)]
    words = answer.content.decode()
    assert "To, co wpisano w formularzu, jest zachowane" in words
    assert "nie zapisało się" not in words


def test_what_is_kept_can_not_be_read_in_the_database(late, form):
    late.post(ADD, form)
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM accounts_keptform")
        assert "Rodzina" not in cursor.fetchone()[0]


def test_a_multipart_form_is_kept_without_its_files_and_says_so(late, form, password):
    form["plan"] = SimpleUploadedFile("plan.pdf", b"%PDF")
    late.post(ADD, form)
    assert KeptForm.objects.get().files == ["plan.pdf"]
    signed_in_again(late, password)
    words = late.get(KEPT).content.decode()
    assert "Pliki nie zostały zachowane" in words
    assert "plan.pdf" in words


def test_the_form_of_another_open_page_is_kept_as_well(late, form):
    late.get(PAGE)  # this request signs out; the form comes from a second tab
    late.post(ADD, form)
    assert KeptForm.objects.get().texts == [LONG]


def test_two_forms_are_both_kept_and_the_same_one_only_once(late, form):
    late.post(ADD, form)
    late.post(ADD, form | {"name": "Nowsza treść"})
    late.post(ADD, form | {"once": str(uuid.uuid4()), "name": "Inny formularz"})
    assert [kept.texts for kept in KeptForm.objects.order_by("pk")] == [["Nowsza treść"], ["Inny formularz"]]


def test_only_a_few_are_kept_and_the_oldest_give_way(late, form):
    for number in range(AT_MOST + 2):
        late.post(ADD, form | {"once": str(uuid.uuid4()), "name": f"Formularz {number}"})
    texts = {kept.texts[0] for kept in KeptForm.objects.all()}
    assert texts == {f"Formularz {number}" for number in range(2, AT_MOST + 2)}


def test_characters_that_a_database_refuses_do_no_harm(late, form, password):
    late.post(ADD, form | {"name": "Przed\x00po <b>&amp;"})
    assert KeptForm.objects.get().texts == ["Przed\x00po <b>&amp;"]
    signed_in_again(late, password)
    assert "po &lt;b&gt;&amp;amp;" in late.get(KEPT).content.decode()


@pytest.mark.parametrize("code", ["False", "2026-12-11T07:00", "/sessions/unresolved/", "/calendar/?dzien=2026-12-11"])
def test_what_the_page_sends_along_is_no_text(late, form, code):
    late.post(ADD, form | {"name": "Przyszła sama.", "how": code})
    assert KeptForm.objects.get().texts == ["Przyszła sama."]


def test_a_field_with_nothing_but_spaces_is_no_text(late, form):
    late.post(ADD, form | {"name": " \r\n", "how": "Telefonicznie"})
    assert KeptForm.objects.get().texts == ["Telefonicznie"]


# --- not kept ----------------------------------------------------------------------------------------------


def test_a_body_that_is_too_large_is_not_kept_and_that_is_said(late, form):
    answer = late.post(ADD, form | {"name": "x " * (LARGEST // 2)}, follow=True)
    assert not KeptForm.objects.exists()
    assert "nie zapisało się" in answer.content.decode()


@pytest.mark.parametrize("once", ["", "x", "1234"])
def test_a_post_that_is_no_form_of_the_portal_is_not_kept(late, form, once):
    late.post(ADD, form | {"once": once})
    assert not KeptForm.objects.exists()


@pytest.mark.parametrize(
    "path", ["/accounts/password/change/", "/accounts/stay/", KEPT, "/admin/accounts/user/add/", "/accounts/login/"]
)
def test_passwords_and_pages_of_ones_own_account_are_never_kept(late, form, path):
    late.post(path, form | {"password": "tajne-haslo"})
    late.post(path, form | {"password": "tajne-haslo"})  # now signed out, and still known as Anna's browser
    late.post(path, form, headers={"X-Autosave": "keep"})
    late.post(ADD, form, headers={"X-Autosave": "1", "X-Form-Action": path})
    assert not KeptForm.objects.exists()


def test_a_forged_post_keeps_nothing(clock, anna, form):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(anna.user, backend="centres.backends.SignInBackend")
    browser.get(PAGE)
    token = browser.get("/accounts/idle/").json()["csrf_token"]
    clock.shift(LATE)
    for headers in ({}, {"X-Autosave": "keep"}, {"X-Autosave": "1"}, {"Origin": "https://elsewhere.example"}):
        assert browser.post(ADD, form, headers=headers).status_code == 403
    forged = form | {"csrfmiddlewaretoken": token}
    assert browser.post(ADD, forged, headers={"Origin": "https://elsewhere.example"}).status_code == 403
    assert not KeptForm.objects.exists()
    browser.post(ADD, forged)
    assert KeptForm.objects.count() == 1


def test_whose_session_ended_in_another_way_is_told_that_nothing_was_saved(client, db, form):
    answer = client.post(ADD, form, follow=True)
    assert not KeptForm.objects.exists()
    assert "nie zapisało się" in answer.content.decode()
    assert "Nastąpiło wylogowanie" not in answer.content.decode()


def test_signing_in_after_the_sign_out_keeps_nothing_and_says_nothing_of_it(late, password):
    late.get(PAGE)
    answer = signed_in_again(late, "not-the-password")
    assert "nie zapisało się" not in answer.content.decode()


# --- after signing in again --------------------------------------------------------------------------------


def test_after_signing_in_the_person_sees_what_is_kept_and_goes_on_from_there(late, form, password):
    late.post(ADD, form)
    answer = signed_in_again(late, password, next="/cases/")
    assert answer["Location"] == f"{KEPT}?next=%2Fcases%2F"
    words = late.get(answer["Location"]).content.decode()
    assert "zachowano 23.11.2026 o 10:16" in words
    assert "Zażółć gęślą jaźń." in words
    assert 'href="/cases/"' in words


def test_the_second_factor_stands_between_and_loses_nothing(late, form, password, annas_user, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    secret = totp.generate_totp_secret()
    Authenticator.objects.create(
        user=annas_user, type=Authenticator.Type.TOTP, data={"secret": MFAAdapter().encrypt(secret)}
    )
    late.post(ADD, form)
    answer = signed_in_again(late, password, next="/cases/")
    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    code = totp.hotp_value(secret, next(totp.yield_hotp_counters_from_time()))
    answer = late.post(answer["Location"], {"code": totp.format_hotp_value(code)})
    assert answer["Location"] == f"{KEPT}?next=%2Fcases%2F"


def test_another_person_who_signs_in_there_sees_nothing_of_it(late, form, password, ewa):
    late.post(ADD, form)
    ewa.user.set_password(password)
    ewa.user.save()
    answer = signed_in_again(late, password, ewa.user.email, next="/cases/")
    assert answer["Location"] == "/cases/"
    assert late.get(KEPT)["Location"] == "/today/"
    kept = KeptForm.objects.get()
    late.post(KEPT, {"once": str(uuid.uuid4()), "kept": str(kept.uuid)})
    assert KeptForm.objects.filter(pk=kept.pk).exists()


def test_a_form_of_the_next_person_is_theirs(late, form, password, ewa, clock):
    late.get(PAGE)  # Anna is signed out as idle, and Ewa signs in in the same browser
    ewa.user.set_password(password)
    ewa.user.save()
    signed_in_again(late, password, ewa.user.email)
    late.get(PAGE)
    clock.shift(LATE)
    late.post(ADD, form)
    assert KeptForm.objects.get().user == ewa.user


def test_sending_it_does_it_once_and_then_it_waits_no_more(late, form, password):
    late.post(ADD, form | {"name": "Fundacja Łąka"})
    signed_in_again(late, password)
    page = late.get(KEPT).content.decode()
    assert f'<form class="m-0" method="post" action="{ADD}">' in page
    fields = dict(KeptForm.objects.get().fields)
    assert all(f'name="{name}"' in page for name in fields)
    assert page.count('name="csrfmiddlewaretoken"') >= 2
    for _ in range(2):
        assert late.post(ADD, fields)["Location"].startswith("/made/")
    assert Organisation.objects.filter(name="Fundacja Łąka").count() == 1
    assert late.get(KEPT)["Location"] == "/today/"
    forget_kept_forms()
    assert not KeptForm.objects.exists()


def test_a_form_that_is_refused_when_sent_again_still_waits(late, form, password):
    late.post(ADD, form | {"how": "invalid"})
    signed_in_again(late, password)
    assert late.post(ADD, dict(KeptForm.objects.get().fields)).content == b"the form"
    assert late.get(KEPT).status_code == 200


def test_discarding_deletes_it(late, form, password):
    late.post(ADD, form)
    signed_in_again(late, password)
    kept = {"once": str(uuid.uuid4()), "kept": str(KeptForm.objects.get().uuid)}
    answer = late.post(f"{KEPT}?next=/cases/", kept)
    assert answer["Location"] == f"{KEPT}?next=/cases/"
    assert late.get(answer["Location"])["Location"] == "/cases/"
    assert not KeptForm.objects.exists()
    late.post(KEPT, kept | {"once": str(uuid.uuid4())})  # a second click finds nothing and breaks nothing
    assert AuditEntry.objects.filter(action="accounts.discard_kept_form").count() == 1


@pytest.mark.parametrize("sent", ["", "x", "\x00", "00000000-0000-4000-8000-000000000000"])
def test_discarding_something_else_does_nothing(late, form, password, sent):
    late.post(ADD, form)
    signed_in_again(late, password)
    late.post(KEPT, {"once": str(uuid.uuid4()), "kept": sent})
    assert KeptForm.objects.count() == 1


def test_next_leads_to_no_other_site(late, form, password):
    signed_in_again(late, password)
    assert late.get(f"{KEPT}?next=https://elsewhere.example/")["Location"] == "/today/"


def test_after_a_week_it_is_gone(late, form, password, clock):
    late.post(ADD, form)
    clock.shift(dt.timedelta(days=6, hours=23, minutes=59))
    forget_kept_forms()
    assert KeptForm.objects.waiting().count() == 1
    clock.shift(dt.timedelta(minutes=1))
    assert not KeptForm.objects.waiting().exists()
    forget_kept_forms()
    forget_kept_forms()
    assert not KeptForm.objects.exists()


def test_the_log_says_that_something_was_kept_and_not_what(late, form, annas_user):
    late.post(f"{ADD}?q=Nowak", form)
    late.post(ADD, form)  # a newer copy of the same form is no new entry
    entry = AuditEntry.objects.get(action="accounts.keep_form")
    assert entry.actor == annas_user
    assert entry.object_uuid == KeptForm.objects.get().uuid
    assert entry.details == {"path": ADD}


# --- pages that save drafts, and the page's clock ----------------------------------------------------------


DRAFT = {"X-Autosave": "1", "X-Form-Action": "/try/add/?from=page", "X-Page-Title": "Obszar%20bytowy"}


def test_a_draft_is_told_that_the_person_is_signed_out_and_kept_for_its_page(late, form, password):
    answer = late.post("/try/rooms/", form, headers=DRAFT)
    assert answer.status_code == 401
    assert answer.json() == {"signed_out": True, "kept": True, "message": "Sesja wygasła."}
    kept = KeptForm.objects.get()
    assert (kept.path, kept.title, kept.is_draft) == ("/try/add/?from=page", "Obszar bytowy", True)
    signed_in_again(late, password)
    assert "Obszar bytowy" in late.get(KEPT).content.decode()


def test_a_draft_of_somebody_unknown_is_not_kept(client, db, form):
    answer = client.post("/try/rooms/", form, headers=DRAFT)
    assert (answer.status_code, answer.json()["kept"]) == (401, False)


def test_a_newer_draft_takes_the_place_of_the_older(late, form):
    late.post("/try/rooms/", form, headers=DRAFT)
    late.post("/try/rooms/", form | {"name": "Nowsza treść"}, headers=DRAFT)
    assert [kept.texts for kept in KeptForm.objects.all()] == [["Nowsza treść"]]
    assert AuditEntry.objects.filter(action="accounts.keep_form").count() == 1


def test_a_draft_that_is_saved_after_all_takes_the_kept_one_away(late, form, password):
    late.post("/try/rooms/", form, headers=DRAFT)
    signed_in_again(late, password)
    late.post("/try/rooms/", form | {"once": str(uuid.uuid4())}, headers=DRAFT)  # of another page
    assert KeptForm.objects.count() == 1
    assert late.post("/try/rooms/", form, headers=DRAFT).status_code == 200
    assert not KeptForm.objects.exists()


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example/", "//elsewhere.example/", "/nowhere/", "x", "/healthz"]
)
def test_a_draft_is_kept_for_no_page_but_ours(late, form, target):
    late.post("/try/rooms/", form, headers=DRAFT | {"X-Form-Action": target})
    assert not KeptForm.objects.exists()


def test_a_page_about_to_close_has_its_form_kept_and_nothing_else_done(clock, sign_in, anna, form):
    browser = sign_in(anna)
    browser.get(PAGE)
    clock.shift(dt.timedelta(minutes=14))
    answer = browser.post(ADD, form, headers={"X-Autosave": "keep"})
    assert json.loads(answer.content) == {"kept": True}
    assert views.calls == []
    assert KeptForm.objects.get().texts == [LONG]
    assert browser.get("/accounts/idle/").json()["seconds_left"] == 60  # that was no activity


def test_who_is_asked_after_is_told_with_the_token_only_to_themselves(client, sign_in, anna):
    told = sign_in(anna).get("/accounts/idle/").json()
    assert (told["user"], len(told["csrf_token"])) == (str(anna.user.uuid), 64)
    assert client.get("/accounts/idle/").json() == {"seconds_left": 0}

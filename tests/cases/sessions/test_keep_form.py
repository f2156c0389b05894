"""What is typed on a page that saves nothing before its button is kept while it is typed, for whoever typed it."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.kept import LARGEST
from accounts.models import KeptForm
from cases.sessions.models import Session
from cases.sessions.note_models import TherapyNote
from tests.cases.sessions.conftest import NOW, fields_of

KEEP, KEPT = reverse("accounts:keep_form"), reverse("accounts:kept_forms")
LONG = "Zażółć gęślą jaźń. " * 270  # about 5 000 characters


PASSWORD = "a-long-password-of-a-test"
LATE = NOW + dt.timedelta(minutes=16)


def sent(form: Any) -> dict[str, Any]:
    """A browser does not send boxes that are not ticked."""
    return {name: value for name, value in fields_of(form).items() if value not in ("False", [])}


class Typing:
    """A browser with the page on which a meeting is logged; what it sends while a note is typed, and is answered."""

    def __init__(self, browser: Client, page: str) -> None:
        self.browser, self.page = browser, page
        self.data = sent(browser.get(page).context["form"])

    def __call__(self, **fields: Any) -> Any:
        self.data.update(fields)
        headers = {"X-Autosave": "1", "X-Form-Action": self.page, "X-Page-Title": "Zapisz%20spotkanie"}
        return self.browser.post(KEEP, self.data, headers=headers)


@pytest.fixture
def typing(sign_in, piotr, annas_case, family_therapy) -> Typing:
    typing = Typing(sign_in(piotr), f"{annas_case.get_absolute_url()}sessions/new/")
    typing.data["service"] = str(family_therapy.uuid)
    return typing


def test_it_is_kept_and_nothing_is_logged(typing, piotr):
    assert typing(note=LONG, minutes="45").json() == {"saved": "12:00", "errors": {}}
    kept = KeptForm.objects.get()
    assert (kept.user, kept.path, kept.texts, kept.is_draft) == (piotr.user, typing.page, [LONG], True)
    assert not Session.objects.exists()


def test_what_is_typed_later_takes_its_place(typing):
    typing(note="Pierwsze zdanie.")
    typing(note="Pierwsze zdanie. Drugie zdanie.")
    assert [kept.texts for kept in KeptForm.objects.all()] == [["Pierwsze zdanie. Drugie zdanie."]]


def test_choices_alone_are_not_kept_and_a_text_taken_back_is_forgotten(typing):
    assert typing(minutes="45").json()["saved"] == ""
    assert not KeptForm.objects.exists()
    typing(note="Nie o tej rodzinie")
    assert typing(note="").json()["saved"] == ""
    assert not KeptForm.objects.exists()


def test_back_on_the_page_it_is_offered_and_gone_on_with(typing):
    typing(note=LONG, minutes="35", day="2026-11-20")
    page = typing.browser.get(typing.page)
    assert page.context["form"]["note"].value() is None
    assert "To, co wpisano tu 22.11.2026 o 12:00, nie zostało jeszcze zapisane." in page.content.decode()
    assert f'href="{typing.page}?kept"' in page.content.decode()

    page = typing.browser.get(f"{typing.page}?kept")
    assert sent(page.context["form"]) == typing.data
    assert "nie zostało jeszcze zapisane" not in page.content.decode()
    assert f'action="{typing.page}"' in page.content.decode()


def test_one_ticked_box_and_several_come_back_as_they_were(typing, olga_in_team):
    typing(note=LONG, co_therapists=[str(olga_in_team.uuid)])
    page = typing.browser.get(f"{typing.page}?kept").content.decode()
    assert page.count(" checked") == page.count(" checked", page.index(str(olga_in_team.uuid))) > 0


def test_once_the_meeting_is_logged_nothing_is_offered_any_more(typing):
    typing(note=LONG)
    assert typing.browser.post(typing.page, typing.data).status_code == 302
    assert TherapyNote.objects.get().text == LONG.strip()
    assert "nie zostało jeszcze zapisane" not in typing.browser.get(typing.page).content.decode()
    assert typing.browser.get(KEPT).status_code == 302


def test_a_form_that_was_sent_meanwhile_says_so_and_keeps_nothing(typing):
    typing.browser.post(typing.page, typing.data)
    answer = typing(note="Jeszcze jedno zdanie.")
    assert answer.status_code == 409
    assert "został już wysłany" in answer.json()["message"]
    assert not KeptForm.objects.exists()


def test_nobody_else_is_offered_it(typing, sign_in, marek):
    typing(note=LONG)
    browser = sign_in(marek)  # who may log meetings of the case, too
    for address in (typing.page, f"{typing.page}?kept"):
        page = browser.get(address)
        assert page.status_code == 200
        assert "nie zostało jeszcze zapisane" not in page.content.decode()
        assert "Zażółć" not in page.content.decode()
    assert browser.get(KEPT).status_code == 302


def test_it_is_shown_after_signing_in_and_leads_back_to_its_page(typing, piotr):
    typing(note=LONG)
    piotr.user.set_password(PASSWORD)
    piotr.user.save()
    typing.browser.logout()
    answer = typing.browser.post("/accounts/login/", {"login": piotr.user.email, "password": PASSWORD}, follow=True)
    words = answer.content.decode()
    assert answer.request["PATH_INFO"] == KEPT
    assert "Zażółć gęślą jaźń." in words
    assert f'href="{typing.page}?kept"' in words


def test_who_was_signed_out_as_idle_is_told_so_and_it_is_kept(typing):
    with time_machine.travel(LATE, tick=False):
        answer = typing(note=LONG)
    assert (answer.status_code, answer.json()["kept"]) == (401, True)
    assert KeptForm.objects.get().path == typing.page


def test_too_large_a_form_is_refused(typing):
    assert typing(note="x " * (LARGEST // 2)).status_code == 400
    assert not KeptForm.objects.exists()


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "/accounts/password/change/", "/nowhere/"])
def test_it_keeps_forms_of_our_pages_only(typing, target):
    typing.page = target
    assert typing(note=LONG).status_code == 400
    assert not KeptForm.objects.exists()


def test_without_a_script_it_is_called_as_its_page(typing):
    with time_machine.travel(LATE, tick=False):
        typing.browser.post(typing.page, typing.data | {"note": LONG})
    kept = KeptForm.objects.get()
    assert (str(kept.title), kept.page_to_go_on) == ("Zapisz spotkanie", f"{typing.page}?kept")


# --- on the page that settles a meeting, and on that of an addendum ---


@pytest.fixture
def settling(sign_in, anna, unresolved) -> Typing:
    """As a coordinator, who writes no note."""
    return Typing(sign_in(anna), f"{reverse('cases:resolve_session', args=[unresolved.uuid])}?status=not_held")


def test_why_a_meeting_did_not_take_place_is_kept_and_gone_on_with(settling, unresolved):
    page = settling.page.partition("?")[0]
    settling.data["asked"], settling.page = "not_held", page
    assert settling(status="by_family", reason="Dziecko zachorowało.").json()["saved"]
    assert "Wróć do tego" in settling.browser.get(page).content.decode()
    answer = settling.browser.get(f"{page}?kept")
    form = answer.context["form"]
    assert (form["status"].value(), form["reason"].value()) == ("by_family", "Dziecko zachorowało.")
    assert 'name="asked" value="not_held"' in answer.content.decode()
    assert "held" not in [value for value, _label in form.fields["status"].choices]
    assert settling.browser.post(page, sent(form) | {"asked": "not_held"}).status_code == 302
    unresolved.refresh_from_db()
    assert unresolved.cancel_reason == "Dziecko zachorowało."
    assert not KeptForm.objects.waiting().exists()


def test_who_was_not_late_when_it_was_kept_is_not_late_when_it_comes_back(sign_in, piotr, unresolved):
    page = reverse("cases:resolve_session", args=[unresolved.uuid])
    typing = Typing(sign_in(piotr), page)
    typing(status="held", reason="Zapisane i skreślone.")
    unresolved.attendances.update(presence="present", is_late=True)
    form = typing.browser.get(f"{page}?kept").context["form"]
    assert not [name for name in form.fields if name.startswith("late_") and form[name].value()]


def test_an_addendum_is_kept_while_it_is_typed(sign_in, piotr, unresolved):
    note = TherapyNote(session=unresolved, author=piotr, text="Pierwsze spotkanie.")
    note.signed_at = NOW
    note.save()
    typing = Typing(sign_in(piotr), reverse("cases:add_note_addendum", args=[note.uuid]))
    assert typing(text=LONG).json()["saved"] == "12:00"
    assert "Wróć do tego" in typing.browser.get(typing.page).content.decode()
    assert typing.browser.get(f"{typing.page}?kept").context["form"]["text"].value() == LONG
    assert typing.browser.post(typing.page, typing.data).status_code == 302
    assert not KeptForm.objects.waiting().exists()


def test_a_kept_form_of_a_page_that_is_gone_does_no_harm(piotr):
    kept = KeptForm(user=piotr.user, once=uuid.uuid4(), path="/gone/", data='{"fields": [], "title": ""}')
    assert (kept.title, kept.page_to_go_on) == ("", "")

"""`@scoped`: a view gets only what this person may have, and a form that is sent twice is done once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.messages import get_messages
from django.db import IntegrityError, OperationalError, connection
from django.test import Client
from django.utils import timezone

from accounts.models import KeptForm, Submission
from accounts.tasks import REMEMBERED_FOR, forget_old_submissions
from audit.models import AuditEntry
from centres.models import Organisation, Room
from tests.accounts import views_for_tests as views

ADD = "/try/add/"


@pytest.fixture(autouse=True)
def _views(settings: Any) -> Iterator[None]:
    settings.ROOT_URLCONF = "tests.accounts.views_for_tests"
    views.calls.clear()
    yield
    views.calls.clear()


@pytest.fixture
def annas(sign_in: Any, anna: Any) -> Client:
    browser: Client = sign_in(anna)
    return browser


@pytest.fixture
def ewas(sign_in: Any, ewa: Any) -> Client:
    browser: Client = sign_in(ewa)
    return browser


def send(browser: Client, once: object, how: str = "", name: str = "Nowa", **extra: Any) -> Any:
    return browser.post(ADD, {"once": str(once), "how": how, "name": name}, **extra)


# --- whose it is -----------------------------------------------------------------------------------------


def test_the_view_gets_the_record_that_the_verb_allows(annas, room):
    assert annas.get(f"/try/room/{room.uuid}/").content.decode() == "Pokój 1"


def test_a_slug_finds_it_as_well(annas, ewas):
    assert annas.get("/try/centre/wodna/").status_code == 200
    assert ewas.get("/try/centre/wodna/").status_code == 404


def test_a_stranger_gets_the_same_404_as_for_what_does_not_exist(ewas, room):
    stranger = ewas.get(f"/try/room/{room.uuid}/")
    nothing = ewas.get(f"/try/room/{uuid.uuid4()}/")
    assert (stranger.status_code, stranger.content) == (nothing.status_code, nothing.content)
    assert stranger.status_code == 404


@pytest.mark.parametrize("method", ["get", "head", "post", "put", "patch", "delete", "options"])
def test_no_verb_of_http_goes_around_it(ewas, annas, room, method):
    assert getattr(ewas, method)(f"/try/room/{room.uuid}/").status_code == 404
    assert getattr(annas, method)(f"/try/room/{room.uuid}/").status_code == 200


def test_the_denial_is_on_record_with_who_what_and_where(ewas, ewa, room):
    ewas.get(f"/try/room/{room.uuid}/")
    entry = AuditEntry.objects.get(action="accounts.denied")
    assert (entry.actor, entry.object_type, entry.object_uuid) == (ewa.user, "centres.room", room.uuid)
    assert entry.details == {"view": "try_room", "method": "GET"}


@pytest.mark.django_db(transaction=True)
def test_the_denial_is_committed_before_anybody_answers(ewas, room):
    committed: list[bool] = []

    def look(sender: object, **kwargs: Any) -> None:
        committed.append(not connection.in_atomic_block)

    from accounts.signals import access_denied

    access_denied.connect(look)
    try:
        ewas.post(f"/try/room/{room.uuid}/", {"once": str(uuid.uuid4())})
    finally:
        access_denied.disconnect(look)
    assert committed == [True]
    assert AuditEntry.objects.filter(action="accounts.denied").count() == 1


def test_without_the_record_in_the_url_the_view_gets_all_that_are_allowed(annas, ewas, room):
    Room.objects.create(centre=room.centre, name="Pokój 2")
    assert annas.get("/try/rooms/").content.decode() == "Pokój 1, Pokój 2"
    assert ewas.get("/try/rooms/").content.decode() == ""


def test_every_permission_is_asked_for_and_before_the_record(annas, room):
    assert annas.get(f"/try/both/{uuid.uuid4()}/").status_code == 403
    assert views.calls == []
    assert AuditEntry.objects.get(action="accounts.denied").details["permission"] == "audit.view_log"


def test_nobody_signed_in_is_sent_to_sign_in(client, room):
    answer = client.get(f"/try/room/{room.uuid}/")
    assert answer["Location"] == f"/accounts/login/?next=/try/room/{room.uuid}/"


@pytest.mark.parametrize("path", ["/try/room/not-a-uuid/", "/try/centre/a b/", "/try/centre/%00/", "/try/room/%FF/"])
def test_a_malformed_address_is_not_found(annas, path):
    assert annas.get(path).status_code == 404


# --- once ------------------------------------------------------------------------------------------------


def test_the_second_sending_makes_nothing_and_gets_the_same_answer(annas):
    once = uuid.uuid4()
    first, second = send(annas, once), send(annas, once)
    assert second["Location"] == first["Location"]
    assert Organisation.objects.filter(name="Nowa").count() == 1
    assert views.calls == [""]


def test_the_second_sending_is_told_so(annas):
    once = uuid.uuid4()
    send(annas, once)
    said = [str(message) for message in get_messages(send(annas, once).wsgi_request)]
    assert said[-1] == "Ten formularz był już wysłany. Zapisaliśmy go jeden raz."


def test_what_a_second_tab_says_otherwise_under_the_same_token_waits_for_its_author(annas):
    once = uuid.uuid4()
    first = send(annas, once, name="Pierwsza")
    for _ in range(2):
        second = send(annas, once, name="Druga, z dopiskiem")
        assert second["Location"] == f"/accounts/kept/?{urlencode({'next': first['Location']})}"
    assert "To, co wysłano teraz, czeka tutaj" in annas.get(second["Location"]).content.decode()
    (kept,) = KeptForm.objects.all()
    assert kept.texts == ["Druga, z dopiskiem"]
    assert not Organisation.objects.filter(name__startswith="Druga").exists()
    annas.post(kept.path, dict(kept.fields))
    assert Organisation.objects.filter(name="Druga, z dopiskiem").exists()
    assert not KeptForm.objects.waiting().exists()


def test_what_a_second_tab_chose_otherwise_is_said_not_to_be_saved(annas):
    once = uuid.uuid4()
    first, second = send(annas, once, name="raz"), send(annas, once, name="dwa")  # as of a choice, no text
    assert second["Location"] == first["Location"]
    said = [str(message) for message in get_messages(second.wsgi_request)]
    assert said[-1].endswith("To, co różni się teraz, nie zostało zapisane.")
    assert not KeptForm.objects.exists()


def test_another_token_is_another_record(annas):
    send(annas, uuid.uuid4(), name="Jedna")
    send(annas, uuid.uuid4(), name="Druga")
    assert Organisation.objects.filter(name__in=["Jedna", "Druga"]).count() == 2


def test_a_corrected_form_may_be_sent_with_the_same_token(annas):
    once = uuid.uuid4()
    assert send(annas, once, how="invalid").status_code == 200
    assert send(annas, once).status_code == 302
    assert Organisation.objects.filter(name="Nowa").count() == 1


@pytest.mark.parametrize(("how", "error"), [("crash", RuntimeError), ("clash", IntegrityError)])
def test_what_failed_left_nothing_behind_and_may_be_sent_again(annas, how, error):
    once = uuid.uuid4()
    with pytest.raises(error):
        send(annas, once, how=how)
    assert not Organisation.objects.filter(name="Nowa").exists()
    assert not Submission.objects.exists()
    assert send(annas, once).status_code == 302


def test_a_deadlock_is_tried_again_and_nobody_notices(annas):
    answer = send(annas, uuid.uuid4(), how="deadlock 2")
    assert answer.status_code == 302
    assert Organisation.objects.filter(name="Nowa").count() == 1
    assert [str(message) for message in get_messages(answer.wsgi_request)] == ["made"]


def test_a_deadlock_without_end_is_an_error_that_leaves_nothing_behind(annas):
    with pytest.raises(OperationalError):
        send(annas, uuid.uuid4(), how="deadlock 3")
    assert not Organisation.objects.filter(name="Nowa").exists()
    assert not Submission.objects.exists()


def test_htmx_gets_its_own_kind_of_redirect_both_times(annas):
    once = uuid.uuid4()
    first, second = send(annas, once, how="htmx"), send(annas, once, how="htmx")
    assert first["HX-Redirect"] == second["HX-Redirect"]
    assert Organisation.objects.filter(name="Nowa").count() == 1


def test_a_file_is_given_each_time(annas):
    once = uuid.uuid4()
    for name in ("Raz", "Dwa"):
        assert b"".join(send(annas, once, how="file", name=name)) == b"file"


def test_somebody_elses_token_neither_answers_nor_stands_in_the_way(annas, ewas):
    once = uuid.uuid4()
    first = send(annas, once, name="Anny")
    second = send(ewas, once, name="Ewy")
    assert second.status_code == 302
    assert second["Location"] != first["Location"]
    assert Organisation.objects.filter(name__in=["Anny", "Ewy"]).count() == 2


@pytest.mark.parametrize("once", ["", "not-a-uuid", "\x00", "1" * 5000])
def test_a_missing_or_broken_token_is_the_forms_own_business(annas, once):
    assert send(annas, once).status_code == 302
    assert not Submission.objects.exists()


def test_reading_claims_nothing(annas):
    annas.get(f"{ADD}?once={uuid.uuid4()}")
    assert not Submission.objects.exists()


def test_tokens_are_forgotten_after_two_days(anna):
    now = timezone.now()
    for age in (REMEMBERED_FOR * 0.9, REMEMBERED_FOR * 1.1):
        Submission.objects.create(once=uuid.uuid4(), user=anna.user, answer="/", at=now - age)
    forget_old_submissions()
    forget_old_submissions()
    assert Submission.objects.count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_moment_make_one_record_and_get_one_answer(annas):
    """Real threads on a real server: the second waits for the first and gets its redirect."""
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL")
    for _ in range(5):
        once = uuid.uuid4()
        answers: list[Any] = []
        together = threading.Barrier(4)

        def click(once: uuid.UUID = once, answers: list[Any] = answers, together: Any = together) -> None:
            browser = Client()
            browser.cookies = annas.cookies
            together.wait()
            try:
                answers.append(send(browser, once, name=str(once)))
            finally:
                connection.close()

        threads = [threading.Thread(target=click) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [answer.status_code for answer in answers] == [302] * 4
        assert len({answer["Location"] for answer in answers}) == 1
        assert Organisation.objects.filter(name=str(once)).count() == 1

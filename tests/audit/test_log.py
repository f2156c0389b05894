"""The log as the data protection officer reads it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import uuid
from typing import Any

import pytest
import time_machine

from audit.models import AuditEntry, AuditSeal
from audit.services import record, record_about, seal_entries
from audit.tasks import verify

LOG = "/audit/"
EXPORT = "/audit/export/"


def shown(answer: Any) -> list[str]:
    return [row["entry"].action for row in answer.context["rows"]]


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


@pytest.mark.parametrize("path", [LOG, EXPORT, f"{LOG}00000000-0000-4000-8000-000000000000/"])
def test_only_the_officer_reads_it(sign_in, path, anna, marek, clara, jan, adam):
    for person in (anna, marek, clara, jan, adam):
        assert sign_in(person).get(path).status_code == 403


def test_the_newest_entries_stand_first_with_words_for_their_codes(igas, recorded, anna):
    recorded(1, "cases.read_case")
    recorded(1, "cases.reveal_pesel")
    answer = igas.get(LOG)
    assert shown(answer)[:2] == ["cases.reveal_pesel", "cases.read_case"]
    assert "Odsłonięcie numeru PESEL" in words(answer)
    assert anna.user.email in words(answer)


def test_reading_it_is_on_record_with_what_was_asked(igas, iga, anna, recorded):
    recorded(2)
    igas.get(LOG, {"who": "anna", "group": "read", "from_on": "2026-01-01", "record": str(anna.uuid)})
    entry = AuditEntry.objects.latest("id")
    assert (entry.actor, entry.action) == (iga.user, "audit.read_log")
    assert entry.details == {
        "who": [str(anna.user.uuid)],
        "group": "read",
        "from_on": "2026-01-01",
        "record": str(anna.uuid),
        "shown": 0,
    }


def test_what_was_typed_to_find_a_person_is_not_kept(igas):
    igas.get(LOG, {"who": "Kowalska z Wodnej"})
    assert AuditEntry.objects.latest("id").details == {"who": [], "shown": 0}


def test_it_is_filtered_by_person(igas, recorded, anna, ewa):
    recorded(1)
    record(ewa.user, "cases.read_session")
    assert shown(igas.get(LOG, {"who": "EWA.inna"})) == ["cases.read_session"]


@pytest.mark.parametrize(
    ("group", "found"),
    [
        ("read", {"cases.read_case"}),
        ("change", {"cases.close_case", "admin.add_room", "old.forgotten_thing"}),
        ("denial", {"accounts.denied"}),
        ("sign-in", {"accounts.sign_in_failed"}),
        ("export", {"audit.export_log"}),
    ],
)
def test_it_is_filtered_by_kind(igas, recorded, group, found):
    for code in (
        "cases.read_case",
        "cases.close_case",
        "accounts.denied",
        "accounts.sign_in_failed",
        "admin.add_room",
        "audit.export_log",
        "old.forgotten_thing",
    ):
        recorded(1, code)
    assert set(shown(igas.get(LOG, {"group": group, "who": "anna"}))) == found


def test_it_is_filtered_by_days_of_warsaws_calendar(igas, anna):
    for moment in (
        "2026-11-20T22:59+00:00",
        "2026-11-20T23:00+00:00",
        "2026-11-21T22:59+00:00",
        "2026-11-21T23:00+00:00",
    ):
        with time_machine.travel(dt.datetime.fromisoformat(moment), tick=False):
            record(anna.user, "cases.read_case", None, moment=moment)
    rows = igas.get(LOG, {"from_on": "2026-11-21", "to_on": "21.11.2026"}).context["rows"]
    assert [row["entry"].details["moment"][:16] for row in rows] == ["2026-11-21T22:59", "2026-11-20T23:00"]


def test_it_is_filtered_by_record_and_finds_those_who_were_refused(igas, anna, ewa, wodna):
    record(anna.user, "cases.read_case", wodna)
    record_about(ewa.user, "accounts.denied", "centres.centre", wodna.uuid, view="centres:centre")
    assert shown(igas.get(LOG, {"record": str(wodna.uuid)})) == ["accounts.denied", "cases.read_case"]


def test_a_long_log_goes_on_page_by_page_without_losing_or_repeating_one(igas, recorded):
    recorded(120)
    seen: list[int] = []
    cursor = ""
    while True:
        page = igas.get(LOG, {"group": "read", "who": "anna", "cursor": cursor}).context["page"]
        seen += [entry.details["number"] for entry in page.items]
        if not page.next_cursor:
            break
        cursor = page.next_cursor
    assert seen == list(reversed(range(120)))


@pytest.mark.parametrize(
    "bad",
    [
        {"from_on": "yesterday"},
        {"to_on": "31.02.2026"},
        {"from_on": "2026-11-22", "to_on": "2026-11-21"},
        {"record": "not-a-uuid"},
        {"group": "gossip"},
        {"who": "a" * 300},
        {"cursor": "made-up"},
        {"cursor": "\x00"},
        {"from_on": "99999-01-01"},
        {"from_on": "0001-01-01"},
        {"who": "a\x00b"},
    ],
)
@pytest.mark.parametrize("path", [LOG, EXPORT])
def test_a_question_that_makes_no_sense_gets_400(igas, bad, path):
    if path == EXPORT and "cursor" in bad:
        return  # a file has no pages
    assert igas.get(path, bad).status_code == 400


def test_what_was_typed_stays_and_the_reason_stands_beside_it(igas):
    answer = igas.get(LOG, {"from_on": "2026-11-22", "to_on": "2026-11-21", "who": "anna"})
    assert "Ten dzień jest wcześniejszy niż początek." in words(answer)
    assert 'value="anna"' in words(answer)


def test_no_entries_say_what_to_do(igas):
    assert "Nic w dzienniku nie pasuje do tych filtrów." in words(igas.get(LOG, {"who": "nobody-like-that"}))


def test_the_page_says_when_it_was_sealed_and_what_waits(igas, recorded):
    recorded(3)
    with time_machine.travel(dt.datetime(2026, 11, 22, 11, 4, tzinfo=dt.UTC), tick=False):
        seal_entries()
        recorded(2)
        answer = igas.get(LOG)
    assert "22.11.2026 12:04" in words(answer)
    assert "łańcuch nieprzerwany" in words(answer)
    assert answer.context["standing"].waiting == 2


def test_before_the_first_seal_it_says_so(igas):
    assert "jeszcze żadnej" in words(igas.get(LOG))


def test_a_broken_chain_is_an_alarm(igas, recorded, monkeypatch):
    for _ in range(3):
        recorded()
        seal_entries()
    AuditSeal.objects.filter(number=2).update(mac="0" * 64) if not _is_postgresql() else _break()
    answer = words(igas.get(LOG))
    assert "Dziennik jest naruszony." in answer
    assert "łańcuch nieprzerwany" not in answer


def _is_postgresql() -> bool:
    from django.db import connection

    return connection.vendor == "postgresql"


def _break() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = 'replica'")
        cursor.execute("UPDATE audit_auditseal SET mac = '0' WHERE number = 2")
        cursor.execute("SET LOCAL session_replication_role = 'origin'")


def test_the_last_nightly_check_is_shown(igas, recorded):
    recorded()
    verify()
    assert "wszystko w porządku" in words(igas.get(LOG))


def test_the_page_asks_the_database_a_fixed_number_of_questions(igas, recorded, django_assert_max_num_queries):
    recorded(3)
    seal_entries()
    recorded(60)
    igas.get(LOG)
    with django_assert_max_num_queries(8 + 5):  # the page's own; session, person, roles and the frame come on top
        igas.get(LOG, {"who": "anna", "group": "read", "from_on": "2020-01-01"})


# --- one entry -------------------------------------------------------------------------------------------


def test_an_entry_shows_its_details_and_that_it_is_genuine(igas, recorded):
    (entry,) = recorded(1, before="plan", after="waiting")
    seal_entries()
    answer = words(igas.get(f"{LOG}{entry.uuid}/"))
    assert "waiting" in answer
    assert "zgodny" in answer
    assert "nr 1 z" in answer
    assert AuditEntry.objects.latest("id").action == "audit.read_entry"


def test_a_uuid_among_the_details_leads_to_all_about_it(igas, anna):
    entry = record(anna.user, "cases.assign_coordinator", None, after=anna.uuid)
    assert f'href="/audit/?record={anna.uuid}"' in words(igas.get(f"{LOG}{entry.uuid}/"))


def test_an_entry_that_does_not_exist_is_not_found(igas):
    assert igas.get(f"{LOG}{uuid.uuid4()}/").status_code == 404


# --- the file --------------------------------------------------------------------------------------------


def table(answer: Any) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


def test_the_filtered_log_is_exported_for_excel(igas, recorded, anna):
    recorded(2)
    recorded(1, "cases.close_case")
    answer = igas.get(EXPORT, {"group": "change"})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    head, *rows = table(answer)
    assert head[:4] == ["kiedy", "kto", "kod", "czynność"]
    assert [row[2] for row in rows] == ["cases.close_case"]
    assert rows[0][1] == anna.user.email


def test_a_cell_that_looks_like_a_formula_stays_text(igas, anna):
    record(anna.user, "=HYPERLINK(1)")
    rows = table(igas.get(EXPORT, {"group": "change"}))
    assert rows[1][2] == "'=HYPERLINK(1)"


def test_the_export_is_on_record_before_its_first_line_leaves(igas):
    igas.get(EXPORT, {"from_on": "2026-01-01"})
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.details) == ("audit.export_log", {"from_on": "2026-01-01"})


def test_a_file_too_long_for_anybody_asks_for_a_shorter_time(igas, recorded, monkeypatch):
    monkeypatch.setattr("audit.views.EXPORTED_AT_MOST", 3)
    recorded(4)
    answer = igas.get(EXPORT, {"who": "anna"}, follow=True)
    assert answer.redirect_chain == [("/audit/?who=anna", 302)]
    assert "Wybierz krótszy czas" in words(answer)

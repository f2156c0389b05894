"""What is logged, settled or changed after its month has ended is allowed, and leaves a trace (R4).

It is 22 November; October has ended, November still runs.
"""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.casefile.models import Case
from cases.sessions.correction_models import SessionCorrection
from cases.sessions.corrections import is_closed, month_of
from cases.sessions.services import SessionError
from tests.cases.sessions.conftest import at, fields_of, people_of
from tests.cases.sessions.test_edit_session import edit
from tests.cases.sessions.test_resolve_session import settle
from tests.groups import group_meeting, make_group

OCTOBER, NOVEMBER = dt.date(2026, 10, 1), dt.date(2026, 11, 1)


@pytest.fixture
def old_case(annas_case):
    """Open since September."""
    Case.objects.filter(pk=annas_case.pk).update(received_on=dt.date(2026, 9, 1), opened_on=dt.date(2026, 9, 1))
    annas_case.family.members.update(from_on=dt.date(2026, 9, 1))
    annas_case.care_team.update(from_on=dt.date(2026, 9, 1))
    annas_case.refresh_from_db()
    return annas_case


@pytest.fixture
def waiting(old_case, book):
    """Was planned for 20 October, 16:00–17:00; nobody has said what became of it."""
    with time_machine.travel(at("2026-10-19"), tick=False):
        return book(starts_at=at("2026-10-20", "16:00"))


@pytest.fixture
def settled(waiting, piotr):
    """The same, settled in October as held."""
    with time_machine.travel(at("2026-10-21"), tick=False):
        settle(waiting, "held", piotr.user)
    return waiting


def traces():
    return list(SessionCorrection.objects.order_by("id").values_list("month", "kind"))


# --- when a month is closed -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "closed"),
    [("2026-10-31T23:59+01:00", False), ("2026-11-01T00:00+01:00", True), ("2026-10-31T23:30+00:00", True)],
)
def test_a_month_is_closed_when_it_has_ended_in_krakow(now, closed):
    with time_machine.travel(dt.datetime.fromisoformat(now), tick=False):
        assert is_closed(OCTOBER) == closed


def test_a_meeting_counts_in_the_month_of_krakow_s_clocks():
    assert month_of(dt.datetime(2026, 10, 31, 22, 59, tzinfo=dt.UTC)) == OCTOBER
    assert month_of(dt.datetime(2026, 10, 31, 23, 0, tzinfo=dt.UTC)) == NOVEMBER


# --- what leaves a trace --------------------------------------------------------------------------------------------


def test_what_is_logged_late_says_by_whom_and_what_it_was(old_case, book, piotr, family_therapy):
    session = book(starts_at=at("2026-10-20", "16:00"), status="held")
    (trace,) = SessionCorrection.objects.all()
    assert (trace.session, trace.month, trace.kind, trace.by) == (session, OCTOBER, "logged", piotr)
    assert trace.before == {}
    assert trace.after == {
        "status": "held",
        "service": family_therapy.slug,
        "therapist": str(piotr.uuid),
        "co_therapists": [],
        "starts_at": "2026-10-20T14:00:00+00:00",
        "minutes": 60,
        "presences": {str(person.uuid): "present" for person in people_of(old_case)},
    }


def test_what_is_settled_late_keeps_both_states_of_what_differs(waiting, piotr, old_case):
    mother, daughter = people_of(old_case)
    settle(waiting, "held", piotr.user, presences={mother: "present", daughter: "excused"})
    (trace,) = SessionCorrection.objects.all()
    assert (trace.month, trace.kind) == (OCTOBER, "settled")
    assert trace.before == {
        "status": "planned",
        "presences": {str(mother.uuid): "expected", str(daughter.uuid): "expected"},
    }
    assert trace.after == {"status": "held", "presences": {str(mother.uuid): "present", str(daughter.uuid): "excused"}}


def test_one_person_s_presence_corrected_later_names_nobody_else(settled, piotr, old_case):
    mother, daughter = people_of(old_case)
    settle(settled, "held", piotr.user, presences={mother: "present", daughter: "unexcused"})
    (trace,) = SessionCorrection.objects.all()
    assert (trace.kind, trace.before, trace.after) == (
        "changed",
        {"presences": {str(daughter.uuid): "present"}},
        {"presences": {str(daughter.uuid): "unexcused"}},
    )


def test_somebody_taken_off_the_list_later_is_missing_afterwards(settled, piotr, old_case):
    mother, daughter = people_of(old_case)
    settle(settled, "held", piotr.user, presences={mother: "present"})
    (trace,) = SessionCorrection.objects.all()
    assert (trace.before, trace.after) == ({"presences": {str(daughter.uuid): "present"}}, {"presences": {}})


@pytest.mark.parametrize("what", ["starts_at", "length", "therapist", "co_therapists", "status", "minutes"])
def test_every_counted_fact_leaves_a_trace(settled, piotr, anna, what, olga_in_team):
    start = settled.starts_at
    if what == "starts_at":
        edit(settled, piotr.user, starts_at=at("2026-10-21"))
    elif what == "length":
        edit(settled, piotr.user, ends_at=start + dt.timedelta(minutes=90))
    elif what == "therapist":
        edit(settled, anna.user, therapist=anna)
    elif what == "co_therapists":
        edit(settled, anna.user, co_therapists=[olga_in_team])
    elif what == "status":
        settle(settled, "no_show", piotr.user, presence="unexcused")
    else:
        settle(settled, "held", piotr.user, minutes=75)
    (trace,) = SessionCorrection.objects.all()
    assert trace.kind == "changed"
    changed = {"length": "minutes"}.get(what, what)
    assert changed in trace.before
    assert trace.before[changed] != trace.after[changed]


def test_what_reports_do_not_count_leaves_none(settled, piotr, old_case):
    edit(settled, piotr.user, room=None, is_online=True)
    settle(settled, "held", piotr.user, late=people_of(old_case), note="Dopisane.")
    assert traces() == []


def test_a_month_that_runs_leaves_none_and_costs_nothing(unresolved, held, planned, piotr):
    settle(unresolved, "held", piotr.user)
    with CaptureQueriesContext(connection) as queries:
        edit(held, piotr.user, starts_at=at("2026-11-18"))
    assert not any("sessioncorrection" in query["sql"] for query in queries.captured_queries)
    settle(planned, "by_family", piotr.user)
    assert traces() == []


def test_a_meeting_moved_out_of_a_closed_month_is_missing_there(waiting, settled, piotr, book):
    edit(settled, piotr.user, starts_at=at("2026-11-05"))
    assert traces() == [(OCTOBER, "changed")]


def test_a_meeting_moved_between_two_closed_months_is_a_trace_in_both(settled, piotr):
    with time_machine.travel(at("2026-12-01"), tick=False):
        edit(settled, piotr.user, starts_at=at("2026-11-05"))
    assert traces() == [(OCTOBER, "changed"), (NOVEMBER, "changed")]


def test_a_refused_step_leaves_none(settled, ewa):
    with pytest.raises(SessionError):
        settle(settled, "no_show", ewa.user, presence="unexcused")
    assert traces() == []


def test_a_group_s_roll_taken_late_is_one_trace(wodna, piotr, make_case, anna):
    cases = [make_case(wodna, f"Rodzina {n}", coordinator=anna, received_on=dt.date(2026, 9, 1)) for n in range(2)]
    with time_machine.travel(at("2026-10-01"), tick=False):
        group = make_group(wodna, piotr, *cases)
    meeting = group_meeting(group, dt.date(2026, 10, 15), status="planned")
    settle(meeting, "held", piotr.user)
    assert traces() == [(OCTOBER, "settled")]


# --- the page -------------------------------------------------------------------------------------------------------


def test_the_meeting_s_page_says_what_was_corrected(sign_in, anna, piotr, waiting):
    browser = sign_in(anna)
    assert "Skorygowano po zakończeniu miesiąca" not in browser.get(waiting.get_absolute_url()).content.decode()
    settle(waiting, "held", piotr.user)
    settle(waiting, "held", piotr.user, minutes=75)
    with time_machine.travel(at("2026-12-01", "10:00"), tick=False):
        edit(waiting, anna.user, starts_at=at("2026-11-05", "09:00"))
        page = sign_in(anna).get(waiting.get_absolute_url())
    lines = page.context["corrections"]
    assert [(one.kind, one.by, one.details) for one in lines] == [
        ("rozliczono", piotr, ["stan: zaplanowane → odbyło się", "zmieniono obecność"]),
        ("zmieniono", piotr, ["minuty: 60 → 75"]),
        ("zmieniono", anna, ["termin: 20.10.2026, 16:00 → 5.11.2026, 9:00"]),
    ]
    text = page.content.decode()
    assert "Skorygowano po zakończeniu miesiąca" in text
    assert "Rozliczono – stan: zaplanowane → odbyło się; zmieniono obecność" in text
    assert "Piotr Próbny" in text


def test_late_logging_asks_nothing_more_of_anybody(sign_in, piotr, old_case, family_therapy):
    browser = sign_in(piotr)
    url = reverse("cases:log_session", args=[old_case.uuid])
    data = fields_of(browser.get(url).context["form"])
    data |= {"day": "2026-10-20", "time": "16:00", "service": str(family_therapy.uuid)}
    assert browser.post(url, data).status_code == 302
    assert traces() == [(OCTOBER, "logged")]

"""„Zmiany po zakończeniu miesiąca”: meetings of a month that were logged, settled or changed after its end (R4)."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from cases.sessions.correction_models import SessionCorrection
from programme.reports import counting, printing, rendering
from programme.reports.models import Report
from programme.reports.snapshots import FORMAT, hash_of, take
from tests.groups import group_meeting, make_group
from tests.programme.reports.conftest import OCTOBER

DAY = dt.date(2026, 10, 8)
SEPTEMBER = dt.date(2026, 9, 1)


def corrected(session, *kinds, month=OCTOBER):
    for kind in kinds or ("changed",):
        SessionCorrection.objects.create(session=session, month=month, kind=kind, before={}, after={})


@pytest.fixture
def families(make_case, wodna):
    return [make_case(wodna, f"Rodzina {n}", received_on=dt.date(2026, 10, 1)) for n in range(6)]


def count(*centres):
    return counting.count_month(OCTOBER, [one.pk for one in centres], data_at=timezone.now())["corrected"]


def test_each_meeting_counts_once_with_its_family(families, meet, wodna):
    first, second = meet(families[0], DAY), meet(families[0], dt.date(2026, 10, 9))
    corrected(first, "logged", "changed")
    corrected(second, "settled")
    meet(families[1], DAY)  # nobody touched it afterwards
    assert count(wodna) == {"count": 2, "families": 1}


def test_it_counts_in_the_month_that_had_ended_and_at_its_centre(families, meet, wodna, krakowiakow):
    moved = meet(families[0], dt.date(2026, 11, 5))
    corrected(moved)  # it was in October when October ended
    corrected(meet(families[1], DAY), month=SEPTEMBER)
    assert count(wodna) == count(wodna, krakowiakow) == {"count": 1, "families": 1}
    assert count(krakowiakow) == {"count": 0, "families": 0}


def test_behind_a_group_s_meeting_stand_the_families_who_came(families, wodna, piotr, meet):
    group = make_group(wodna, piotr, *families, first_on=dt.date(2026, 10, 1))
    corrected(group_meeting(group, DAY, dict.fromkeys(families[:5], "present") | {families[5]: "excused"}))
    assert count(wodna) == {"count": 1, "families": 5}
    corrected(meet(families[0], dt.date(2026, 10, 9)))
    assert count(wodna) == {"count": 2, "families": 5}  # the same family behind both


def test_a_group_s_meeting_of_nobody_is_hidden_rather_than_shown(wodna, piotr):
    corrected(group_meeting(make_group(wodna, piotr), DAY, {}, status="planned"))
    assert count(wodna) == {"count": 1, "families": 1}


def printed(numbers):
    return Report(
        number="S/2026/10/PROBA/1",
        scope=Report.Scope.CENTRE,
        month=OCTOBER,
        snapshot=numbers,
        snapshot_hash=hash_of(numbers),
        data_at=dt.datetime(2026, 11, 22, 10, tzinfo=dt.UTC),
    )


@pytest.mark.parametrize(("number", "shown"), [(0, "0"), (4, "&lt;5"), (5, "5")])
@pytest.mark.usefixtures("programme")
def test_it_is_a_line_of_its_own_and_a_small_number_is_hidden(families, meet, wodna, number, shown):
    for case in families[:number]:
        corrected(meet(case, DAY))
    numbers = take(OCTOBER, Report.Scope.CENTRE, wodna).numbers
    assert (numbers["format"], FORMAT) == (3, 3)
    assert numbers["corrected"] == {"count": number, "families": number}
    html = rendering.html_of(printed(numbers))
    assert f"<b>Zmiany po zakończeniu miesiąca</b>: {shown} (" in html


@pytest.mark.usefixtures("programme")
def test_a_correction_makes_another_snapshot_and_so_another_revision(families, meet, wodna):
    session = meet(families[0], DAY)
    before = take(OCTOBER, Report.Scope.CENTRE, wodna).hash
    assert take(OCTOBER, Report.Scope.CENTRE, wodna).hash == before
    corrected(session)
    assert take(OCTOBER, Report.Scope.CENTRE, wodna).hash != before


def test_an_older_report_says_nothing_about_it():
    assert printing.corrected({"format": 2}) == ""

"""Asking for a report: which months, and what a second asking leads to."""

from __future__ import annotations

import datetime as dt
import threading
import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from audit.models import AuditEntry
from centres.models import Centre
from programme.reports import tasks
from programme.reports.models import Report, number_of
from programme.reports.services import Outcome, ReportError, request_report
from tests.programme.reports.conftest import OCTOBER

CENTRE, CENTRES, PROGRAMME = Report.Scope.CENTRE, Report.Scope.CENTRES, Report.Scope.PROGRAMME
URL = "/reports/new/"


def wish(month="2026-10", scope="wodna"):
    return {"month": month, "scope": scope, "once": str(uuid.uuid4())}


def test_a_report_gets_a_number_that_says_what_it_is_of(octobers_case, programme, wodna, jan):
    numbers = [
        request_report(OCTOBER, CENTRE, centre=wodna, by=jan.user).report.number,
        request_report(OCTOBER, CENTRES, by=jan.user).report.number,
        request_report(OCTOBER, PROGRAMME, by=jan.user).report.number,
    ]
    assert numbers == ["S/2026/10/WODNA/1", "S/2026/10/CENTRA/1", "S/2026/10/PROGRAM/1"]


def test_asking_twice_makes_one_report(octobers_case, wodna, jan):
    first = request_report(OCTOBER, CENTRE, centre=wodna, by=jan.user)
    second = request_report(OCTOBER, CENTRE, centre=wodna, by=jan.user)
    assert (first.outcome, second.outcome) == (Outcome.NEW, Outcome.IN_THE_MAKING)
    assert first.report == second.report == Report.objects.get()


def test_any_day_of_the_month_means_the_month(octobers_case, wodna):
    asked = request_report(dt.date(2026, 10, 17), CENTRE, centre=wodna, by=None)
    assert asked.report.month == OCTOBER


def test_asking_again_without_changes_gives_the_report_that_is_there(ready, wodna, jan):
    asked = request_report(OCTOBER, CENTRE, centre=wodna, by=jan.user)
    assert (asked.outcome, asked.report) == (Outcome.UNCHANGED, ready)
    assert Report.objects.count() == 1


def test_a_change_of_the_data_makes_a_new_version_and_keeps_the_old_file(ready, make_case, wodna, jan):
    make_case(wodna, received_on=dt.date(2026, 10, 30))
    asked = request_report(OCTOBER, CENTRE, centre=wodna, by=jan.user)
    tasks.build_report(str(asked.report.uuid))
    asked.report.refresh_from_db()
    assert (asked.outcome, asked.report.number) == (Outcome.NEW, "S/2026/10/WODNA/2")
    assert asked.report.snapshot_hash != ready.snapshot_hash
    assert ready.file.is_file()
    assert asked.report.file.is_file()


def test_a_change_in_another_month_changes_nothing(ready, make_case, wodna):
    make_case(wodna, received_on=dt.date(2026, 11, 2))
    assert request_report(OCTOBER, CENTRE, centre=wodna, by=None).outcome is Outcome.UNCHANGED


def test_a_change_at_another_centre_changes_nothing(ready, make_case, wodna, krakowiakow):
    make_case(krakowiakow, received_on=dt.date(2026, 10, 6))
    assert request_report(OCTOBER, CENTRE, centre=wodna, by=None).outcome is Outcome.UNCHANGED


def test_asking_for_a_failed_report_tries_again(report, wodna, jan):
    Report.objects.update(status=Report.Status.FAILED, error="Nie udało się.", attempts=3)
    asked = request_report(OCTOBER, CENTRE, centre=wodna, by=jan.user)
    assert (asked.outcome, asked.report.status, asked.report.attempts) == (Outcome.AGAIN, Report.Status.WAITING, 0)


@pytest.mark.parametrize(
    ("month", "code"),
    [
        (dt.date(2026, 11, 1), "not_completed"),
        (dt.date(2027, 1, 1), "not_completed"),
        (dt.date(2026, 9, 1), "before_data"),
    ],
)
def test_only_months_that_are_over_and_have_data_are_reported(octobers_case, wodna, month, code):
    with pytest.raises(ReportError) as error:
        request_report(month, CENTRE, centre=wodna, by=None)
    assert error.value.code == code


def test_a_month_is_over_when_it_is_over_in_krakow(octobers_case, wodna, time_machine):
    time_machine.move_to(dt.datetime(2026, 11, 30, 22, 59, tzinfo=dt.UTC))  # 23:59 in Kraków
    with pytest.raises(ReportError):
        request_report(dt.date(2026, 11, 1), CENTRE, centre=wodna, by=None)
    time_machine.move_to(dt.datetime(2026, 11, 30, 23, 1, tzinfo=dt.UTC))  # 0:01 on 1 December in Kraków
    assert request_report(dt.date(2026, 11, 1), CENTRE, centre=wodna, by=None).outcome is Outcome.NEW


def test_an_empty_portal_has_nothing_to_report(wodna):
    with pytest.raises(ReportError) as error:
        request_report(OCTOBER, CENTRE, centre=wodna, by=None)
    assert error.value.code == "no_data"


def test_there_is_no_report_of_a_programme_that_was_never_loaded(octobers_case):
    with pytest.raises(ReportError) as error:
        request_report(OCTOBER, PROGRAMME, by=None)
    assert error.value.code == "no_programme"


def test_the_database_refuses_a_second_report_of_the_same_version(report, wodna):
    Report.objects.update(status=Report.Status.FAILED, error="Nie udało się.")
    with pytest.raises(IntegrityError), transaction.atomic():
        Report.objects.create(month=OCTOBER, scope=CENTRE, centre=wodna, revision=1, number="S/2026/10/WODNA/1-BIS")


def test_the_request_is_on_record(octobers_case, wodna, jan):
    report = request_report(OCTOBER, CENTRE, centre=wodna, by=jan.user).report
    entry = AuditEntry.objects.get(action="programme.request_report")
    assert (entry.actor, entry.object_uuid, entry.details) == (jan.user, report.uuid, {"number": report.number})


@pytest.mark.postgresql
@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has real concurrency")
@pytest.mark.django_db(transaction=True)
def test_twenty_people_who_ask_at_the_same_moment_get_one_report(octobers_case, wodna):
    start = threading.Barrier(20)
    answers: list[uuid.UUID | Exception] = []

    def ask() -> None:
        start.wait()
        try:
            answers.append(request_report(OCTOBER, CENTRE, centre=wodna, by=None).report.uuid)
        except Exception as error:
            answers.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [Report.objects.get().uuid] * 20


def test_the_analyst_orders_a_report_and_lands_on_its_page(
    octobers_case, sign_in, jan, handed_on, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        answer = sign_in(jan).post(URL, wish())
    report = Report.objects.get()
    assert answer.url == report.get_absolute_url()
    assert report.requested_by == jan.user
    assert handed_on == [str(report.uuid)]
    assert report.handed_on_at is not None


def test_the_analyst_is_told_when_nothing_has_changed(ready, sign_in, jan, handed_on):
    page = sign_in(jan).post(URL, wish(), follow=True)
    assert "Dane się nie zmieniły – to jest to samo sprawozdanie." in page.content.decode()
    assert handed_on == []


def test_a_broker_that_is_away_does_not_fail_the_request(
    octobers_case, sign_in, jan, monkeypatch, django_capture_on_commit_callbacks
):
    def away(**_options):
        raise OSError("connection refused")

    monkeypatch.setattr(tasks.build_report, "apply_async", away)
    with django_capture_on_commit_callbacks(execute=True):
        answer = sign_in(jan).post(URL, wish(scope="centres"))
    assert answer.status_code == 302
    assert Report.objects.get().handed_on_at is None  # the timetable does it again


@pytest.mark.parametrize(
    "values",
    [
        {"month": "2026-11"},
        {"month": "2026-13"},
        {"month": "\x00"},
        {"month": ""},
        {"scope": "ratusz"},
        {"scope": "centre"},
        {"scope": ""},
    ],
)
def test_a_bad_choice_is_answered_beside_the_field(octobers_case, sign_in, jan, values):
    page = sign_in(jan).post(URL, wish() | values)
    assert page.status_code == 200
    assert set(page.context["form"].errors) == set(values)
    assert not Report.objects.exists()


def test_the_form_offers_completed_months_only(octobers_case, sign_in, jan):
    form = sign_in(jan).get(URL, {"month": "2026-10", "scope": "centres"}).context["form"]
    assert form.fields["month"].choices == [(2026, [("2026-10", "październik 2026")])]
    assert [value for value, _ in form.fields["scope"].choices] == [
        "centres", "wodna", "krakowiakow", "wadowicka", "programme",
    ]  # fmt: skip


def test_without_data_the_page_says_what_has_to_happen_first(reference, sign_in, jan):
    assert "Nie ma jeszcze miesiąca do sprawozdania" in sign_in(jan).get(URL).content.decode()


@pytest.mark.parametrize("who", ["anna", "marek", "piotr", "clara", "iga", "adam"])
def test_nobody_but_the_analyst_orders_reports(octobers_case, sign_in, request, who):
    client = sign_in(request.getfixturevalue(who))
    assert client.get(URL).status_code == 403
    assert client.post(URL, wish()).status_code == 403
    assert not Report.objects.exists()


def test_every_centre_has_a_number_of_its_own(reference):
    numbers = {number_of(OCTOBER, CENTRE, centre, 2) for centre in Centre.objects.all()}
    assert numbers == {"S/2026/10/WODNA/2", "S/2026/10/KRAKOWIAKOW/2", "S/2026/10/WADOWICKA/2"}

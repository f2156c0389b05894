"""The page of one report, and how it follows the work without being reloaded."""

from __future__ import annotations

import datetime as dt

from accounts.idle import SEEN_AT
from programme.reports import services
from programme.reports.models import LEASE, Report


def progress(report):
    return f"/reports/{report.uuid}/progress/"


def test_a_ready_report_shows_the_numbers_by_which_it_is_recognised(ready, sign_in, marek):
    page = sign_in(marek).get(ready.get_absolute_url()).content.decode()
    assert "Pobierz PDF" in page
    assert ready.sha256 in page
    assert ready.snapshot_hash in page
    assert "22.11.2026, 12:00" in page
    assert "automatycznie" in page
    assert "hx-get" not in page


def test_it_says_who_ordered_it(octobers_case, wodna, sign_in, jan):
    asked = services.request_report(dt.date(2026, 10, 1), Report.Scope.CENTRE, centre=wodna, by=jan.user)
    assert "Jan Liczący" in sign_in(jan).get(asked.report.get_absolute_url()).content.decode()


def test_while_it_is_made_the_page_asks_again_by_itself_and_offers_a_link_without_javascript(report, sign_in, jan):
    page = sign_in(jan).get(report.get_absolute_url()).content.decode()
    assert f'hx-get="{progress(report)}?seen=waiting-0-0"' in page
    assert "Sprawdź ponownie" in page


def test_nothing_new_is_answered_with_nothing(report, sign_in, jan):
    assert sign_in(jan).get(progress(report), {"seen": "waiting-0-0"}).status_code == 204


def test_each_step_is_shown(report, sign_in, jan, quick_pdf):
    client = sign_in(jan)

    def step():
        return client.get(progress(report)).context["progress"].step

    assert step() == 0
    claimed = Report.objects.claim(report.uuid)
    assert claimed
    assert step() == 1
    services.freeze_numbers(claimed)
    assert step() == 2
    services.finish_report(claimed, b"%PDF-")
    assert step() == 3


def test_when_it_is_ready_the_answer_ends_the_asking(ready, sign_in, jan):
    page = sign_in(jan).get(progress(ready), {"seen": "waiting-0-0"}).content.decode()
    assert "Pobierz PDF" in page
    assert "hx-get" not in page


def test_asking_does_not_keep_anybody_signed_in(report, sign_in, jan, time_machine):
    client = sign_in(jan)
    client.get(report.get_absolute_url())
    seen = client.session[SEEN_AT]
    time_machine.shift(600)
    client.get(progress(report))
    assert client.session[SEEN_AT] == seen


def test_without_a_worker_the_page_says_what_will_happen(report, sign_in, jan, time_machine):
    time_machine.shift(90)
    page = sign_in(jan).get(report.get_absolute_url()).content.decode()
    assert "powstanie, gdy tylko wróci proces pracujący w tle" in page


def test_a_worker_that_died_is_noticed_too(report, sign_in, jan, time_machine):
    Report.objects.claim(report.uuid)
    time_machine.shift(LEASE + dt.timedelta(seconds=1))
    assert "gdy tylko wróci proces" in sign_in(jan).get(report.get_absolute_url()).content.decode()


def test_a_failure_says_why_and_offers_the_analyst_another_try(report, sign_in, jan, marek):
    Report.objects.update(status=Report.Status.FAILED, error="Brakuje kroju pisma.", attempts=3)
    analysts, leads = (sign_in(who).get(report.get_absolute_url()).content.decode() for who in (jan, marek))
    assert "Brakuje kroju pisma." in analysts
    assert "Spróbuj ponownie" in analysts
    assert "Ponowić próbę może pracownik MOPS." in leads


def test_a_failed_attempt_that_will_be_repeated_is_told(report, sign_in, jan):
    Report.objects.update(attempts=1, error="Dysk był pełny.")
    assert "Dysk był pełny. Portal spróbuje jeszcze raz." in sign_in(jan).get(progress(report)).content.decode()


def test_other_versions_are_a_click_away(ready, make_case, wodna, sign_in, jan):
    make_case(wodna, received_on=dt.date(2026, 10, 30))
    newer = services.request_report(dt.date(2026, 10, 1), Report.Scope.CENTRE, centre=wodna, by=None).report
    assert newer.number in sign_in(jan).get(ready.get_absolute_url()).content.decode()


def test_a_stranger_gets_404(ready, sign_in, make_staff, krakowiakow):
    from centres.models import Role

    other = sign_in(make_staff("Olga", "Obca", Role.LEAD, centre=krakowiakow))
    assert other.get(ready.get_absolute_url()).status_code == 404
    assert other.get(progress(ready)).status_code == 404

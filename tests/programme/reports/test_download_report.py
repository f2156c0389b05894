"""The file leaves the portal as it was written, to those who may read it, and that is put on record."""

from __future__ import annotations

import pytest

from audit.models import AuditEntry
from programme.reports.models import Report


def url(report):
    return f"/reports/{report.uuid}/download/"


def test_the_analyst_gets_the_file_under_a_plain_name(ready, sign_in, jan):
    answer = sign_in(jan).get(url(ready))
    assert answer.status_code == 200
    assert answer.content == ready.file.read_bytes()
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="sprawozdanie-2026-10-wodna-1.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_the_head_of_the_centre_gets_the_very_same_file(ready, sign_in, jan, marek):
    assert sign_in(marek).get(url(ready)).content == sign_in(jan).get(url(ready)).content


def test_who_took_it_is_on_record(ready, sign_in, marek):
    sign_in(marek).get(url(ready))
    entry = AuditEntry.objects.get(action="programme.download_report")
    assert (entry.actor, entry.object_uuid, entry.details["sha256"]) == (marek.user, ready.uuid, ready.sha256)


def test_a_file_that_was_changed_is_not_given_out(ready, sign_in, jan):
    ready.file.write_bytes(ready.file.read_bytes() + b" ")
    answer = sign_in(jan).get(url(ready))
    assert answer.status_code == 503
    assert "zmieniony poza portalem" in answer.content.decode()
    assert AuditEntry.objects.get(action="programme.download_report").details["refused"] == "changed"


def test_a_file_that_is_gone_is_missed_in_one_sentence(ready, sign_in, marek):
    ready.file.unlink()
    page = sign_in(marek).get(url(ready))
    assert page.status_code == 503
    assert "nie ma już na swoim miejscu" in page.content.decode()
    assert "Spróbuj ponownie" not in page.content.decode()  # that is the analyst's


def test_a_report_that_is_not_ready_leads_to_its_page(report, sign_in, jan):
    assert sign_in(jan).get(url(report)).url == report.get_absolute_url()


def test_the_head_of_another_centre_gets_404(ready, sign_in, make_staff, krakowiakow):
    from centres.models import Role

    other = make_staff("Olga", "Obca", Role.LEAD, centre=krakowiakow)
    assert sign_in(other).get(url(ready)).status_code == 404
    assert AuditEntry.objects.filter(action__contains="denied").exists()


def test_the_report_of_all_centres_is_not_for_a_head_of_one(ready, sign_in, marek):
    Report.objects.update(scope=Report.Scope.CENTRES, centre=None)
    assert sign_in(marek).get(url(ready)).status_code == 404


@pytest.mark.parametrize("who", ["anna", "ewa", "piotr", "clara", "iga", "adam"])
def test_case_workers_and_others_are_refused(ready, sign_in, request, who):
    assert sign_in(request.getfixturevalue(who)).get(url(ready)).status_code == 403

"""`manage.py build_report`: the same report, made at the terminal."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from programme.reports.models import Report


def test_it_makes_the_report_and_says_where_the_file_is(octobers_case, quick_pdf, capsys):
    call_command("build_report", "2026-10", "WODNA")
    report = Report.objects.get()
    assert report.status == Report.Status.READY
    assert capsys.readouterr().out == f"S/2026/10/WODNA/1 {report.file}\n"


def test_a_second_call_finds_the_same_report(octobers_case, quick_pdf):
    call_command("build_report", "2026-10", "centra")
    call_command("build_report", "2026-10", "centra")
    assert Report.objects.count() == 1


@pytest.mark.parametrize("arguments", [("2026-11", "wodna"), ("2026-10", "ratusz"), ("październik", "wodna")])
def test_what_cannot_be_made_is_one_sentence(octobers_case, quick_pdf, arguments):
    with pytest.raises(CommandError):
        call_command("build_report", *arguments)

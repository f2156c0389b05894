"""500.html is written at start and needs nothing afterwards (design part 6)."""

from __future__ import annotations

import stat
from io import StringIO

import pytest
from django.contrib.staticfiles import storage
from django.core.management import call_command
from django.db import OperationalError

from centres.models import HelpLine
from krakow_family.errors import server_error


@pytest.fixture
def page(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path / "500.html"


def write() -> None:
    call_command("write_error_pages", stdout=StringIO())


def test_it_carries_the_help_numbers_of_today(reference, page):
    HelpLine.objects.create(name="Nowa linia", number="800 11 22 33", verified_on="2026-11-22")
    write()
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    for line in HelpLine.objects.all():
        assert line.number in text
    assert "style=" not in text
    assert "csrf" not in text


def test_it_is_what_a_broken_request_is_answered_with(reference, page, rf, django_assert_num_queries):
    write()
    with django_assert_num_queries(0):
        answer = server_error(rf.get("/"))
    assert answer.status_code == 500
    assert "800 12 00 02" in answer.content.decode()


def test_without_a_database_the_emergency_number_still_stands(page, monkeypatch):
    def broken(*args: object) -> None:
        raise OperationalError

    monkeypatch.setattr(HelpLine.objects, "all", broken)
    write()
    assert "tel:112" in page.read_text(encoding="utf-8")


def test_it_is_written_before_the_files_of_the_pages_are_collected(reference, page, monkeypatch):
    class NothingCollected(storage.StaticFilesStorage):
        def url(self, name: str | None) -> str:
            raise ValueError(f"Missing staticfiles manifest entry for '{name}'")

    monkeypatch.setattr(storage.staticfiles_storage, "_wrapped", NothingCollected())
    write()
    assert "800 12 00 02" in page.read_text(encoding="utf-8")
    assert isinstance(storage.staticfiles_storage._wrapped, NothingCollected)  # type: ignore[attr-defined] # a lazy object


def test_it_is_replaced_as_a_whole_and_anybody_may_read_it(reference, page):
    page.write_text("old", encoding="utf-8")
    write()
    assert [path.name for path in page.parent.iterdir()] == ["500.html"]
    assert stat.S_IMODE(page.stat().st_mode) == 0o644
    assert page.read_text(encoding="utf-8").endswith("</html>\n")

import subprocess
import sys
import time
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from foundation import pdf
from foundation.charts import line_chart
from foundation.pdf import PdfError, render_pdf

PAGE = (
    '<!doctype html><html lang="pl"><head><meta charset="utf-8"><title>Sprawozdanie próbne</title><style>'
    "@font-face{{font-family:Lato;src:url(static/fonts/{font})}} body{{font:10pt Lato}}"
    "</style></head><body><h1>Zażółć gęślą jaźń</h1>{body}</body></html>"
)


def page(body="<p>Tekst</p>", font="lato-regular.ttf"):
    return PAGE.format(body=body, font=font)


@pytest.fixture(scope="module")
def made():
    chart = line_chart(title="Usługi narastająco", points=[1, 2, 3], target=12)
    table = "<table><thead><tr><th>Usługa</th></tr></thead><tbody><tr><td>Terapia</td></tr></tbody></table>"
    html = page(f"{table}{chart}")
    first = render_pdf(html)
    time.sleep(1.1)  # another second on the clock
    return first, render_pdf(html)


def test_the_same_document_gives_the_same_bytes(made):
    assert made[0] == made[1]


def opened(made) -> Any:
    return PdfReader(BytesIO(made[0]))


def tags_of(node):
    found = {}
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        child = kid.get_object()
        if hasattr(child, "get") and "/S" in child:
            found[child["/S"]] = child
            found |= tags_of(child)
    return found


def test_the_pdf_is_tagged_titled_and_in_polish(made):
    reader = opened(made)
    root = reader.root_object
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "pl"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title == "Sprawozdanie próbne"
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    tags = tags_of(root["/StructTreeRoot"])
    assert {"/Document", "/H1", "/Table", "/TH", "/TD", "/Figure"} <= tags.keys()
    assert tags["/Figure"]["/Alt"] == "Usługi narastająco"


def test_polish_letters_and_the_portals_own_font_are_in_it(made):
    page_one = opened(made).pages[0]
    assert "Zażółć gęślą jaźń" in page_one.extract_text()
    assert all("Lato" in font.get_object()["/BaseFont"] for font in page_one["/Resources"]["/Font"].values())


def test_no_time_of_making_is_in_it(made):
    assert set(opened(made).metadata) == {"/Title", "/Producer"}
    assert b"/ID" not in made[0]


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "http://127.0.0.1:9/x.png",
        "data:text/plain,x",
        "static/../manage.py",
        "static/%2e%2e/manage.py",
        "/etc/passwd",
        "static/fonts/../../manage.py",
    ],
)
def test_nothing_but_static_files_is_ever_read(address):
    with pytest.raises(PdfError, match="nie jest plik statyczny portalu"):
        render_pdf(page(f'<img alt="x" src="{address}">'))


def test_an_absolute_path_behind_static_is_looked_for_among_the_static_files():
    with pytest.raises(PdfError, match="którego brakuje"):
        render_pdf(page('<img alt="x" src="static//etc/passwd">'))


def test_a_missing_font_is_named():
    with pytest.raises(PdfError, match=r"static/fonts/lato-missing\.ttf"):
        render_pdf(page(font="lato-missing.ttf"))


def test_a_file_that_is_no_font_is_a_failure_and_not_another_font():
    with pytest.raises(PdfError, match="Lato"):
        render_pdf(page(font="OFL.txt"))


def test_a_picture_without_words_is_refused():
    with pytest.raises(PdfError, match="alt"):
        render_pdf(page('<img src="static/vendor/bootstrap/img/162dfab7.svg">'))


def test_a_table_gone_mad_ends_in_bounded_time():
    started = time.monotonic()
    with pytest.raises(PdfError, match="trwało dłużej niż 3 s"):
        render_pdf(page("<table><tr><td colspan=1000000>x</td></tr></table>"), timeout_s=3)
    assert time.monotonic() - started < 10


def test_too_little_memory_is_said_so():
    with pytest.raises(PdfError, match=r"pamięci|przerwał"):
        render_pdf(page("<p>x</p>" * 20_000), memory_mb=150)


def test_a_process_that_does_not_start_is_said_so(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(PdfError, match="uruchomić"):
        render_pdf(page())


def test_a_process_that_hangs_is_killed(monkeypatch):
    def hang(*_args, **kwargs):
        raise subprocess.TimeoutExpired("worker", kwargs["timeout"])

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(PdfError, match="trwało dłużej niż 7 s"):
        render_pdf(page(), timeout_s=6.5)


def test_a_process_that_breaks_off_is_said_so(monkeypatch):
    broken = subprocess.CompletedProcess([], -11, stdout=b"", stderr=b"")
    monkeypatch.setattr(subprocess, "run", lambda *_a, **_k: broken)
    with pytest.raises(PdfError, match="przerwał pracę"):
        render_pdf(page())


def test_the_worker_gets_none_of_our_secrets(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "secret")
    monkeypatch.setenv("FIELD_KEYS", "secret")
    assert "secret" not in pdf._bare_environment().values()


def test_weasyprint_is_never_imported_here():
    code = (
        "import os, sys, django; os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'krakow_family.settings');"
        "django.setup(); import foundation.pdf; sys.exit('weasyprint' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

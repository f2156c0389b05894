"""The real file: tagged, the same for the same numbers, without anybody's name, made outside of this process."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest
from pypdf import PdfReader

from programme.reports import rendering, services
from programme.reports.models import Report
from tests.programme.reports.conftest import OCTOBER


@pytest.fixture
def centres_report(octobers_case, programme) -> Report:
    report = services.request_report(OCTOBER, Report.Scope.CENTRES, by=None).report
    claimed = Report.objects.claim(report.uuid)
    assert claimed
    services.freeze_numbers(claimed)
    return claimed


def tags_of(node: Any) -> list[dict[str, Any]]:
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        return [tag for child in node for tag in tags_of(child)]
    if not isinstance(node, dict):
        return []
    own = [node] if "/S" in node else []
    return own + (tags_of(node["/K"]) if "/K" in node else [])


def test_the_file_is_tagged_and_says_what_it_is(centres_report):
    reader = PdfReader(io.BytesIO(rendering.render(centres_report)))
    root: Any = reader.trailer["/Root"]
    tags = tags_of(root["/StructTreeRoot"])
    kinds = [tag["/S"] for tag in tags]
    text = "\n".join(page.extract_text() for page in reader.pages)

    assert root["/Lang"] == "pl"
    assert root["/MarkInfo"]["/Marked"].value is True
    assert "pdfuaid" in root["/Metadata"].get_data().decode()
    assert reader.metadata is not None
    assert reader.metadata.title == "Sprawozdanie miesięczne S/2026/10/CENTRA/1: październik 2026, Trzy centra razem"
    assert kinds.count("/H1") == 1
    assert {"/Table", "/THead", "/TH", "/TD", "/Figure"} <= set(kinds)
    assert all(tag.get("/Alt") for tag in tags if tag["/S"] == "/Figure")
    assert text.count("strona ") == len(reader.pages)
    assert "Miejski Ośrodek Pomocy Społecznej w Krakowie" in text
    for name in ("Sekretn", "Przykładow", "Maria", "Zofia"):
        assert name not in text


def test_the_same_numbers_give_the_same_bytes_outside_of_this_process(centres_report):
    assert rendering.render(centres_report) == rendering.render(centres_report)
    assert not [name for name in sys.modules if name.split(".")[0] in {"weasyprint", "pydyf"}]

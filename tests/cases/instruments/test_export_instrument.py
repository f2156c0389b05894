"""Export gives the canonical file, byte for byte; who took it is on record."""

from __future__ import annotations

import pytest
from django.urls import reverse

from audit.models import AuditEntry
from cases.instruments.models import InstrumentVersion
from cases.instruments.services import discard_draft, import_version
from tests.cases.conftest import EXAMPLE, PAIRS


def url_of(version):
    return reverse("cases:export_instrument", args=[version.uuid])


@pytest.mark.parametrize("path", [EXAMPLE, PAIRS], ids=["example", "pairs"])
def test_the_file_comes_back_byte_for_byte_and_can_be_imported_again(path, clara, sign_in):
    browser, text = sign_in(clara), path.read_bytes()
    draft = import_version(text, by=clara.user)

    exported = browser.get(url_of(draft))
    assert exported.content == text
    discard_draft(draft, version=draft.version, by=clara.user)
    again = import_version(exported.content, by=clara.user)

    assert again.sha256 == draft.sha256
    assert browser.get(url_of(again)).content == text


def test_it_is_a_file_named_after_the_version(example_version, clara, sign_in):
    response = sign_in(clara).get(url_of(example_version))

    assert response["Content-Type"] == "application/yaml; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="przyklad-{example_version.number}.yaml"'
    assert response["X-Content-Type-Options"] == "nosniff"


def test_who_took_it_is_on_record(example_version, clara, sign_in):
    sign_in(clara).get(url_of(example_version))

    entry = AuditEntry.objects.get(action="cases.export_instrument")
    assert (entry.actor, entry.object_uuid) == (clara.user, example_version.uuid)
    assert entry.details == {"number": example_version.number, "sha256": example_version.sha256}


@pytest.mark.parametrize("who", ["anna", "marek", "piotr", "jan", "iga", "adam"])
def test_nobody_but_a_clinical_lead_takes_it(who, example_version, request, sign_in):
    assert sign_in(request.getfixturevalue(who)).get(url_of(example_version)).status_code == 403
    assert InstrumentVersion.objects.exists()
    assert not AuditEntry.objects.filter(action="cases.export_instrument").exists()

"""A version is retired with the reason; a draft is discarded. Both leave a line in the log."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.urls import reverse

from audit.models import AuditEntry
from cases.instruments.models import InstrumentVersion
from cases.instruments.services import InstrumentError, approve_version, discard_draft, import_version, retire_version
from foundation.forms import Stale
from tests.cases.conftest import PAIRS


@pytest.fixture
def draft(clara):
    return import_version(PAIRS.read_text(encoding="utf-8"), by=clara.user)


def sent(version, /, **data):
    return {"version": version.version, "once": str(uuid.uuid4()), **data}


def retire_url(version):
    return reverse("cases:retire_instrument", args=[version.uuid])


def discard_url(version):
    return reverse("cases:discard_instrument", args=[version.uuid])


def test_a_retired_version_starts_no_assessment(pairs_version, clara, sign_in):
    response = sign_in(clara).post(retire_url(pairs_version), sent(pairs_version, reason="Zastąpiła ją 3.0.0"))

    assert response.url == pairs_version.get_absolute_url()
    pairs_version.refresh_from_db()
    assert (pairs_version.status, pairs_version.retired_by) == ("retired", clara)
    assert pairs_version.retirement_reason == "Zastąpiła ją 3.0.0"
    assert not InstrumentVersion.objects.usable().exists()
    assert AuditEntry.objects.get(action="cases.retire_instrument").details == {"number": "2.1.0"}


def test_the_reason_is_asked_for_and_kept(pairs_version, clara, sign_in):
    browser = sign_in(clara)

    assert 'role="alert"' in browser.post(retire_url(pairs_version), sent(pairs_version, reason=" ")).content.decode()
    page = browser.post(retire_url(pairs_version), sent(pairs_version, reason="x" * 301)).content.decode()

    assert "x" * 301 in page
    assert InstrumentVersion.objects.get().is_approved


def test_no_form_is_shown_that_would_be_refused(draft, clara, clara2, sign_in):
    browser = sign_in(clara)

    assert browser.get(retire_url(draft)).url == draft.get_absolute_url()
    assert browser.get(discard_url(draft)).status_code == 200

    approve_version(draft, valid_from=draft.imported_at.date(), version=draft.version, by=clara2.user)
    for url in (discard_url(draft), reverse("cases:approve_instrument", args=[draft.uuid])):
        assert browser.get(url).url == draft.get_absolute_url()
    assert browser.get(retire_url(draft)).status_code == 200


def test_only_an_approved_version_is_retired(draft, clara):
    with pytest.raises(InstrumentError) as error:
        retire_version(draft, reason="Pomyłka", version=draft.version, by=clara.user)

    assert error.value.code == "not_approved"


def test_a_draft_is_discarded(draft, clara2, sign_in):
    response = sign_in(clara2).post(discard_url(draft), sent(draft))

    assert response.url == reverse("cases:instruments")
    assert not InstrumentVersion.objects.exists()
    entry = AuditEntry.objects.get(action="cases.discard_instrument")
    assert (entry.object_uuid, entry.details) == (draft.uuid, {"number": "2.1.0", "sha256": draft.sha256})


def test_an_approved_version_is_never_discarded(pairs_version, clara, sign_in):
    page = sign_in(clara).post(discard_url(pairs_version), sent(pairs_version)).content.decode()

    assert "Usunąć można tylko wersję roboczą." in page
    assert InstrumentVersion.objects.exists()


def test_a_draft_discarded_meanwhile_is_said_to_be_gone(draft, clara):
    discard_draft(draft, version=draft.version, by=clara.user)
    draft.pk = 10**9

    with pytest.raises(InstrumentError) as error:
        discard_draft(draft, version=draft.version, by=clara.user)

    assert error.value.code == "discarded"


@pytest.mark.parametrize("who", ["anna", "marek", "piotr", "jan", "iga", "adam"])
def test_nobody_but_a_clinical_lead_retires_or_discards(who, pairs_version, request, sign_in):
    browser = sign_in(request.getfixturevalue(who))

    for url in (retire_url(pairs_version), discard_url(pairs_version)):
        assert browser.get(url).status_code == 403
        assert browser.post(url, sent(pairs_version, reason="Nie")).status_code == 403
    assert InstrumentVersion.objects.get().is_approved


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_clinical_leads_at_once_retire_it_once(pairs_version, clara, clara2):
    if connection.vendor != "postgresql":
        pytest.skip("real concurrency needs PostgreSQL")

    def retire(n: int) -> bool:
        by = (clara, clara2)[n % 2].user
        try:
            retire_version(pairs_version, reason=f"Powód {n}", version=pairs_version.version, by=by)
        except (InstrumentError, Stale):
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(retire, range(6))) == 1

    assert AuditEntry.objects.filter(action="cases.retire_instrument").count() == 1

"""A clinical lead other than the one who imported a version approves it; from then on it never changes (N1)."""

from __future__ import annotations

import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from audit.models import AuditEntry
from cases.instruments.models import InstrumentVersion
from cases.instruments.services import InstrumentError, approve_version, import_version, load_example, retire_version
from foundation.forms import Stale
from tests.cases.conftest import PAIRS

DAY = dt.date(2026, 11, 1)


@pytest.fixture
def draft(clara):
    return import_version(PAIRS.read_text(encoding="utf-8"), by=clara.user)


def url_of(version):
    return reverse("cases:approve_instrument", args=[version.uuid])


def sent(version, /, **data):
    return {
        "valid_from": "2026-11-01", "valid_to": "", "version": version.version, "once": str(uuid.uuid4()), **data
    }  # fmt: skip


def test_another_clinical_lead_approves(draft, clara2, sign_in):
    response = sign_in(clara2).post(url_of(draft), sent(draft, valid_to="2027-12-31"))

    assert response.url == draft.get_absolute_url()
    draft.refresh_from_db()
    assert draft.is_approved
    assert draft.approved_by == clara2
    assert (draft.valid_from, draft.valid_to) == (DAY, dt.date(2027, 12, 31))


def test_the_approval_is_on_record(draft, clara2):
    approve_version(draft, valid_from=DAY, version=draft.version, by=clara2.user)

    entry = AuditEntry.objects.get(action="cases.approve_instrument")
    assert entry.actor == clara2.user
    assert entry.details == {
        "number": "2.1.0", "sha256": draft.sha256, "valid_from": "2026-11-01", "valid_to": None
    }  # fmt: skip


def test_whoever_imported_it_does_not_approve_it(draft, clara, sign_in):
    page = sign_in(clara).post(url_of(draft), sent(draft)).content.decode()

    assert "dlatego zatwierdza ją inny kierownik kliniczny" in page
    draft.refresh_from_db()
    assert draft.is_draft


def test_the_example_was_imported_by_nobody_so_any_clinical_lead_may_approve_it(clara):
    example = load_example()
    assert example

    assert approve_version(example, valid_from=DAY, version=example.version, by=clara.user).is_approved


def test_nothing_is_approved_twice(draft, clara2):
    approved = approve_version(draft, valid_from=DAY, version=draft.version, by=clara2.user)

    with pytest.raises(InstrumentError) as error:
        approve_version(draft, valid_from=DAY, version=approved.version, by=clara2.user)

    assert error.value.code == "no_draft"


def test_a_draft_that_was_replaced_is_not_approved_unseen(draft, clara, clara2, sign_in):
    form = sent(draft)
    import_version(draft.source.replace("Nikt nie powinien", "Nikt nie ma"), by=clara.user)

    with pytest.raises(Stale):
        approve_version(draft, valid_from=DAY, version=draft.version, by=clara2.user)
    response = sign_in(clara2).post(url_of(draft), form)

    assert response.url == draft.get_absolute_url()
    assert InstrumentVersion.objects.get().is_draft


def test_a_file_that_fails_the_checks_of_today_is_not_approved(draft, clara2):
    InstrumentVersion.objects.update(source=draft.source.replace("least: 0", "least: 30", 1))

    with pytest.raises(InstrumentError) as error:
        approve_version(draft, valid_from=DAY, version=draft.version, by=clara2.user)

    assert error.value.code == "file_refused"


def test_a_file_that_is_not_the_one_imported_is_not_approved(draft, clara2):
    InstrumentVersion.objects.update(source=draft.source.replace("Nikt nie powinien", "Nikt nie ma"))

    with pytest.raises(InstrumentError) as error:
        approve_version(draft, valid_from=DAY, version=draft.version, by=clara2.user)

    assert error.value.code == "file_refused"


def test_the_page_warns_where_the_number_promises_too_much_and_still_approves(pairs_version, clara, clara2, sign_in):
    changed = pairs_version.source.replace("version: 2.1.0", "version: 2.1.1").replace(
        "O większych wydatkach decydujemy razem.", "O dużych wydatkach decydujemy razem."
    )
    draft = import_version(changed, by=clara.user)
    browser = sign_in(clara2)

    assert "alert-warn" in browser.get(url_of(draft)).content.decode()
    browser.post(url_of(draft), sent(draft))

    draft.refresh_from_db()
    assert draft.is_approved


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("valid_to", "2026-10-31"),
        ("valid_from", "wczoraj"),
        ("valid_from", "99999-01-01"),
        ("valid_from", ""),
        ("valid_from", "2026-11-01\x00"),
        ("version", "0"),
        ("version", "9" * 40),
        ("version", ""),
    ],
)
def test_bad_input_is_answered_with_a_sentence(field, value, draft, clara2, sign_in):
    response = sign_in(clara2).post(url_of(draft), sent(draft, **{field: value}))

    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()
    assert InstrumentVersion.objects.get().is_draft


@pytest.mark.parametrize("who", ["anna", "marek", "piotr", "jan", "iga", "adam"])
def test_nobody_but_a_clinical_lead_approves(who, draft, request, sign_in):
    response = sign_in(request.getfixturevalue(who)).post(url_of(draft), sent(draft))

    assert response.status_code == 403
    assert InstrumentVersion.objects.get().is_draft


# The database itself refuses.

FIXED = {
    "source": "format: 1",
    "sha256": "0" * 64,
    "number": "9.0.0",
    "major": 9,
    "name": "Inna",
    "licence_holder": "Ktoś",
    "language": "en",
    "valid_from": dt.date(2020, 1, 1),
    "status": "draft",
    "uuid": uuid.uuid4(),
    "approved_at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
    "imported_by": None,
}


@pytest.mark.parametrize("field", FIXED)
def test_the_database_refuses_to_change_an_approved_version(field, pairs_version):
    with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
        InstrumentVersion.objects.filter(pk=pairs_version.pk).update(**{field: FIXED[field]})


def test_the_database_lets_its_validity_end_but_not_its_retirement_be_taken_back(pairs_version, clara):
    InstrumentVersion.objects.update(valid_to=dt.date(2030, 1, 1))
    retire_version(pairs_version, reason="Nowa wersja", version=pairs_version.version, by=clara.user)

    with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
        InstrumentVersion.objects.update(status="approved")


def test_the_database_lets_a_draft_change(draft):
    InstrumentVersion.objects.update(name="Inna")

    assert InstrumentVersion.objects.get().name == "Inna"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's tests empty tables with DELETE")
def test_postgresql_refuses_to_delete_an_approved_version(pairs_version):
    with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
        InstrumentVersion.objects.all().delete()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_clinical_leads_at_once_approve_it_once(draft, make_staff, clara2):
    if connection.vendor != "postgresql":
        pytest.skip("real concurrency needs PostgreSQL")

    def approve(_n: int) -> bool:
        try:
            approve_version(draft, valid_from=DAY, version=draft.version, by=clara2.user)
        except (InstrumentError, Stale):
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(approve, range(6))) == 1

    assert AuditEntry.objects.filter(action="cases.approve_instrument").count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_importing_and_approving_at_once_never_approves_what_was_not_seen(draft, clara, clara2):
    if connection.vendor != "postgresql":
        pytest.skip("real concurrency needs PostgreSQL")
    other = draft.source.replace("Nikt nie powinien", "Nikt nie ma")

    def act(n: int) -> None:
        try:
            if n % 2:
                import_version(other, by=clara.user)
            else:
                approve_version(draft, valid_from=DAY, version=draft.version, by=clara2.user)
        except (InstrumentError, Stale):
            pass
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(act, range(6)))

    version = InstrumentVersion.objects.get()
    assert version.is_draft == (version.sha256 != draft.sha256)

"""The list of instruments, and what one version asks and how it counts."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from audit.models import AuditEntry
from cases.assessments.models import Assessment
from cases.instruments.services import import_version, load_example, retire_version
from tests.cases.conftest import EXAMPLE, PAIRS

LIST = "/instruments/"


@pytest.fixture
def draft(clara):
    return import_version(PAIRS.read_text(encoding="utf-8"), by=clara.user)


def test_the_list_names_versions_states_people_and_uses(example_version, draft, annas_case, anna, clara, sign_in):
    Assessment.objects.create(case=annas_case, instrument_version=example_version, occasion="start", assessor=anna)

    page = sign_in(clara).get(LIST).content.decode()

    assert "wersja robocza" in page
    assert "zatwierdzona" in page
    assert "Krystyna Druga" in page
    assert '<td class="num" data-label="Oceny">1</td>' in page
    assert page.count("przykład – nie jest to NORR</span>") == 2


def test_versions_are_ordered_by_number_and_not_by_text(draft, clara, sign_in):
    for number in ("2.10.0", "2.9.0"):
        import_version(draft.source.replace("version: 2.1.0", f"version: {number}"), by=clara.user)

    page = sign_in(clara).get(LIST).content.decode()

    assert page.index(">2.10.0<") < page.index(">2.9.0<") < page.index(">2.1.0<")


def test_an_empty_list_says_what_to_do(clara, sign_in):
    assert "Nie wczytano jeszcze żadnego narzędzia." in sign_in(clara).get(LIST).content.decode()


def test_the_list_asks_as_many_queries_however_many_versions_there_are(
    draft, clara, sign_in, django_assert_num_queries, django_assert_max_num_queries
):
    browser = sign_in(clara)
    browser.get(LIST)
    with django_assert_max_num_queries(6) as before:
        browser.get(LIST)
    for number in range(2, 8):
        import_version(draft.source.replace("version: 2.1.0", f"version: 2.{number}.0"), by=clara.user)

    with django_assert_num_queries(len(before)):
        browser.get(LIST)


def test_a_version_is_explained_in_words(pairs_version, clara, sign_in):
    page = sign_in(clara).get(pairs_version.get_absolute_url()).content.decode()

    for item in pairs_version.definition.items():
        assert item.text in page
    for area in pairs_version.definition.areas:
        assert area.label in page
    for rule in pairs_version.definition.recommendations:
        assert rule.because in page
    assert "pokazywane, gdy odpowiedź na „" in page
    assert "krytyczna od „tak” (1) wzwyż: co najmniej poziom „zagrożenie”" in page
    assert "skala odwrócona" in page
    assert "liczba od 0 do 24, co 0,5 godz." in page
    assert "waga −1" in page


def test_who_works_with_cases_reads_an_approved_version_without_its_history(
    pairs_version, piotr, marek, anna, sign_in
):
    for staff in (piotr, marek, anna):
        page = sign_in(staff).get(pairs_version.get_absolute_url()).content.decode()

        assert pairs_version.definition.areas[0].label in page
        assert pairs_version.sha256 not in page
        assert reverse("cases:export_instrument", args=[pairs_version.uuid]) not in page
        assert 'href="/instruments/"' not in page


def test_a_retired_version_can_still_be_read(pairs_version, clara, anna, sign_in):
    retire_version(pairs_version, reason="Nowa wersja", version=pairs_version.version, by=clara.user)

    assert sign_in(anna).get(pairs_version.get_absolute_url()).status_code == 200


def test_a_draft_is_the_clinical_leads_alone(draft, anna, clara, clara2, sign_in):
    assert sign_in(anna).get(draft.get_absolute_url()).status_code == 404
    assert "Zatwierdź…" not in sign_in(clara).get(draft.get_absolute_url()).content.decode()
    assert "Zatwierdź…" in sign_in(clara2).get(draft.get_absolute_url()).content.decode()


@pytest.mark.parametrize("who", ["anna", "marek", "piotr", "jan", "iga", "adam"])
def test_the_list_is_the_clinical_leads_alone(who, request, sign_in):
    assert sign_in(request.getfixturevalue(who)).get(LIST).status_code == 403


@pytest.mark.parametrize("who", ["jan", "iga", "adam"])
def test_who_works_with_no_case_reads_no_version(who, pairs_version, request, sign_in):
    assert sign_in(request.getfixturevalue(who)).get(pairs_version.get_absolute_url()).status_code == 404


def test_the_menu_leads_there(clara, anna, sign_in):
    assert 'href="/instruments/"' in sign_in(clara).get("/today/").content.decode()
    assert 'href="/instruments/"' not in sign_in(anna).get("/today/").content.decode()


# The example that ships with the portal


@pytest.mark.django_db
def test_the_example_comes_as_a_draft_of_nobodys():
    version = load_example()
    assert version

    assert version.is_draft
    assert version.instrument.is_example
    assert version.imported_by is None
    assert version.source == EXAMPLE.read_text(encoding="utf-8")
    assert AuditEntry.objects.get(action="cases.import_instrument").actor is None


@pytest.mark.django_db
def test_the_example_is_loaded_once():
    first = load_example()
    assert first

    assert load_example() is None
    assert first.instrument.versions.count() == 1


@pytest.mark.django_db
def test_a_newer_example_becomes_another_draft(monkeypatch, tmp_path):
    load_example()
    newer = tmp_path / "example.yaml"
    newer.write_text(EXAMPLE.read_text(encoding="utf-8").replace("version: 1.", "version: 9."), encoding="utf-8")
    monkeypatch.setattr("cases.instruments.services.EXAMPLE", newer)

    version = load_example()
    assert version

    assert version.is_draft
    assert version.major == 9
    assert version.instrument.versions.count() == 2


@pytest.mark.django_db
def test_usable_means_approved_and_valid_that_day(pairs_version):
    versions = type(pairs_version).objects
    versions.filter(pk=pairs_version.pk).update(valid_to=dt.date(2026, 12, 31))

    assert versions.usable(dt.date(2026, 12, 31)).exists()
    assert not versions.usable(dt.date(2027, 1, 1)).exists()

"""A version beside the one before it, item by item, and as practitioners will see it."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from cases.instruments.comparison import previous_of
from cases.instruments.services import import_version
from cases.instruments.sheet_form import field_name


@pytest.fixture
def next_version(pairs_version, clara):
    text = pairs_version.source.replace("version: 2.1.0", "version: 2.2.0").replace(
        "O większych wydatkach decydujemy razem.", "O dużych wydatkach decydujemy razem."
    )
    return import_version(text, by=clara.user)


def compare_url(version, **query):
    return reverse("cases:compare_instrument", args=[version.uuid]) + "".join(f"?with={one}" for one in query.values())


def test_it_compares_with_the_version_before(pairs_version, next_version, clara, sign_in):
    page = sign_in(clara).get(compare_url(next_version)).content.decode()

    assert "Co 2.2.0 zmienia względem 2.1.0" in page
    assert "<del>O większych wydatkach decydujemy razem.</del>" in page
    assert "<ins>O dużych wydatkach decydujemy razem.</ins>" in page
    assert "można ze sobą zestawiać" in page


def test_it_compares_with_a_chosen_one_the_higher_number_being_the_new(pairs_version, next_version, clara, sign_in):
    page = sign_in(clara).get(compare_url(pairs_version, other=next_version.uuid)).content.decode()

    assert "Co 2.2.0 zmienia względem 2.1.0" in page


def test_it_says_when_results_cannot_be_compared(pairs_version, clara, sign_in):
    stricter = pairs_version.source.replace("version: 2.1.0", "version: 2.3.0")
    stricter = stricter.replace("missing_at_most: 1", "missing_at_most: 0", 1)
    changed = import_version(stricter.replace("if_missing: prorate", "if_missing: incomplete", 1), by=clara.user)

    page = sign_in(clara).get(compare_url(changed)).content.decode()

    assert "nie można porównywać" in page
    assert "3.0.0" in page


@pytest.mark.parametrize("other", ["", "nie-uuid", uuid.uuid4(), "\x00"])
def test_an_unknown_other_version_means_the_one_before(other, next_version, clara, sign_in):
    page = sign_in(clara).get(compare_url(next_version, other=other)).content.decode()

    assert "Co 2.2.0 zmienia względem 2.1.0" in page


def test_a_version_alone_has_nothing_beside_it(pairs_version, clara, sign_in):
    page = sign_in(clara).get(compare_url(pairs_version)).content.decode()

    assert "Nie ma innej wersji" in page


def test_the_version_before_is_the_next_lower_number(next_version, pairs_version, clara):
    third = import_version(next_version.source.replace("version: 2.2.0", "version: 2.10.0"), by=clara.user)

    assert previous_of(third) == next_version
    assert previous_of(third, approved=True) == pairs_version
    assert previous_of(pairs_version) is None


def preview_url(version, **query):
    base = reverse("cases:preview_instrument", args=[version.uuid])
    return f"{base}?{'&'.join(f'{key}={value}' for key, value in query.items())}"


def test_the_preview_shows_one_interviews_area(pairs_version, clara, sign_in):
    page = sign_in(clara).get(preview_url(pairs_version, family="couple", interview="adult:jan")).content.decode()

    assert '<h2>Pieniądze</h2>' in page  # fmt: skip
    assert "<b>Jan (o sobie)</b>" in page


def test_answers_in_the_preview_bring_up_what_depends_on_them(pairs_version, clara, sign_in):
    definition = pairs_version.definition
    asked = next(item for item in definition.items() if item.show_if)
    area = definition.area_of[asked.id]
    url = preview_url(pairs_version, family="couple", interview="adult:anna", area=area.id)
    browser = sign_in(clara)
    hidden = f'id="id_{field_name(f"{asked.id}@anna>jan")}" tabindex="-1" hidden'

    assert hidden in browser.get(url).content.decode()
    others = [item for item in area.items if item != asked]
    sent = {field_name(f"{item.id}@anna>jan"): f"v:{item.scale.high}" for item in others}

    page = browser.post(url, sent).content.decode()
    assert hidden not in page
    assert "pojawiło się po Twoich odpowiedziach" in page


@pytest.mark.parametrize("query", [{"family": "x"}, {"interview": "adult:nikt"}, {"area": "\x00"}])
def test_an_unknown_choice_in_the_preview_means_the_first(query, pairs_version, clara, sign_in):
    assert sign_in(clara).get(preview_url(pairs_version, **query)).status_code == 200

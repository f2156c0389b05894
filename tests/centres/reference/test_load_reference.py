"""What the portal ships about the centres, and what of it survives an administrator (C1)."""

from __future__ import annotations

import datetime as dt
import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import models

from accounts.models import User
from centres.models import Address, Centre, HelpLine, OpeningHours, Organisation, OrganisationSpelling, Service
from centres.services import REFERENCE, load_reference

pytestmark = pytest.mark.django_db

EVERYTHING: list[type[models.Model]] = [
    Organisation, OrganisationSpelling, Centre, Address, OpeningHours, Service, HelpLine,
]  # fmt: skip


def test_the_three_centres_are_known_with_letter_diagnosis_and_audience(reference):
    known = {centre.slug: (centre.letter, str(centre), centre.diagnosis) for centre in Centre.objects.all()}
    assert known == {
        "wodna": ("W", "Centrum dla Rodzin, Wodna 2B", "norr"),
        "krakowiakow": ("K", "Centrum dla Rodzin, Krakowiaków 2", "norr"),
        "wadowicka": ("D", "Centrum Pomocy Dzieciom, Wadowicka 8W", "barnahus"),
    }
    assert all(centre.audience and centre.about for centre in Centre.objects.all())


def test_every_shipped_record_is_valid(reference):
    for model in EVERYTHING:
        for record in model._default_manager.all():
            record.full_clean()


def test_only_known_facts_are_told(reference):
    assert not Address.objects.exclude(postcode="", phone="", email="").exists()
    assert set(OpeningHours.objects.values_list("centre__slug", flat=True)) == {"wadowicka"}
    hours = OpeningHours.objects.values_list("weekday", "opens_at", "closes_at")
    assert list(hours) == [(day, dt.time(8), dt.time(19)) for day in range(1, 6)]


def test_every_centre_has_the_three_partners(reference):
    for centre in Centre.objects.all():
        assert set(centre.partners.values_list("short_name", flat=True)) == {"MOPS", "MCPU", "Dom Terapii"}


def test_partners_are_found_under_every_spelling_of_the_documents(reference):
    def unit(spelling: str) -> str:
        return OrganisationSpelling.objects.get(spelling=spelling).organisation.short_name

    assert unit("Miejski Ośrodek Pomocy Społecznej") == "MOPS"
    assert (
        unit("Miejskie Centrom Profilaktyki Uzależnień") == unit("Miejskie Centrum Profilaktyki Uzależnień") == "MCPU"
    )


def test_each_service_has_a_provider_whose_part_it_is(reference):
    assert Service.objects.filter(slug__contains="terapia").exclude(provider__short_name="Dom Terapii").count() == 0
    assert Service.objects.filter(slug__contains="poradnictwo").exclude(provider__short_name="MOPS").count() == 0
    assert Service.objects.filter(slug__contains="uzaleznien").exclude(provider__short_name="MCPU").count() == 0


def test_norr_is_not_made_at_wadowicka(reference):
    norr = Service.objects.get(slug="diagnoza-norr")
    assert set(norr.centres.values_list("slug", flat=True)) == {"wodna", "krakowiakow"}


def test_every_service_is_offered_somewhere_and_every_centre_offers_something(reference):
    assert Service.objects.offered().count() == Service.objects.count() == 21
    assert all(centre.services.exists() for centre in Centre.objects.all())


def test_the_six_help_numbers_are_there_with_source_and_date(reference):
    assert list(HelpLine.objects.values_list("number", flat=True)) == [
        "112", "800 12 00 02", "116 111", "116 123", "800 12 12 12", "12 421 92 82",
    ]  # fmt: skip
    assert not HelpLine.objects.filter(source="").exists()
    assert HelpLine.objects.get(number="12 421 92 82").tel == "tel:+48124219282"


def test_no_private_telephone_and_no_mail_address_is_shipped():
    text = REFERENCE.read_text(encoding="utf-8")
    assert "@" not in text
    shipped = set(re.findall(r"\d[\d ]{7,}\d", text))
    assert shipped == {"800 12 00 02", "800 12 12 12", "12 421 92 82"}


def test_loading_twice_changes_nothing(reference):
    def everything() -> list[object]:
        return [list(model._default_manager.order_by("pk").values()) for model in EVERYTHING]

    before = everything()
    assert not any(load_reference().values())
    assert everything() == before


def test_loading_into_an_empty_portal_is_cheap(db, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        load_reference()
    with django_assert_max_num_queries(8):
        load_reference()


def test_what_an_administrator_changed_stays(reference, wodna):
    Centre.objects.filter(pk=wodna.pk).update(audience="Dla wszystkich", place="Wodna 2")
    wodna.addresses.update(to_on=dt.date(2026, 1, 31))
    wodna.addresses.create(line="ul. Inna 1", from_on=dt.date(2026, 2, 1))
    Service.objects.get(slug="terapia-rodzinna").centres.remove(wodna)
    HelpLine.objects.filter(number="116 123").update(number="116 124")
    Organisation.objects.filter(short_name="MCPU").update(short_name="Profilaktyka")
    OpeningHours.objects.filter(weekday=5).delete()

    assert not any(load_reference().values())

    wodna.refresh_from_db()
    assert (wodna.audience, wodna.place) == ("Dla wszystkich", "Wodna 2")
    assert wodna.addresses.get(to_on=None).line == "ul. Inna 1"
    assert not wodna.services.filter(slug="terapia-rodzinna").exists()
    assert not HelpLine.objects.filter(number="116 123").exists()
    assert not OpeningHours.objects.filter(weekday=5).exists()


def test_what_is_missing_is_added_and_told(reference):
    Service.objects.filter(slug="terapia-par").delete()
    told = StringIO()
    call_command("load_centres", stdout=told)
    assert Service.objects.get(slug="terapia-par").centres.count() == 2
    assert "1 services" in told.getvalue()

    told = StringIO()
    call_command("load_centres", stdout=told)
    assert told.getvalue() == "Nothing was missing.\n"


def test_nobody_is_added_with_the_centres(reference):
    assert not User.objects.exists()

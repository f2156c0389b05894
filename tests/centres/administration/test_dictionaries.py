"""Changes of dictionaries, each on record."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.forms.models import model_to_dict
from django.urls import reverse

from audit.models import AuditEntry
from cases.casefile.models import DeadlineKind, DeadlineRule
from centres.models import Address, Centre, Organisation, Room, Service


def lines(prefix: str, *rows: dict[str, Any], stored: int = 0) -> dict[str, Any]:
    """What a browser sends for the lines under a record."""
    data: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": stored}
    for number, row in enumerate(rows):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
        if "id" in row and "from_on" in row:  # the hidden field says what it was when the page was opened
            data[f"initial-{prefix}-{number}-from_on"] = row.get("was_from_on", row["from_on"])
    return data


def centre_form(centre: Centre, **changes: Any) -> dict[str, Any]:
    fields = ("name", "place", "diagnosis", "audience", "about", "order")
    data = {name: getattr(centre, name) for name in fields} | {"partners": [p.pk for p in centre.partners.all()]}
    address = centre.addresses.get()
    kept = {"id": address.pk, "centre": centre.pk, "line": address.line, "city": "Kraków", "from_on": "01.01.2023"}
    return data | lines("addresses", kept, stored=1) | lines("opening_hours") | changes


def actions() -> list[str]:
    return list(AuditEntry.objects.filter(action__startswith="admin.").order_by("id").values_list("action", flat=True))


def test_a_new_room_is_on_record_with_who_added_it(sign_in, adam, wodna):
    answer = sign_in(adam).post(
        reverse("admin:centres_room_add"), {"centre": wodna.pk, "name": "Pokój 3", "seats": 6, "is_active": "on"}
    )
    assert answer.status_code == 302
    room = Room.objects.get()
    entry = AuditEntry.objects.get(action="admin.add_room")
    assert (entry.actor, entry.object_uuid) == (adam.user, room.uuid)


def test_two_rooms_of_a_centre_have_two_names(sign_in, adam, room):
    answer = sign_in(adam).post(
        reverse("admin:centres_room_add"), {"centre": room.centre_id, "name": room.name, "seats": 6}
    )
    assert "To centrum ma już pokój o tej nazwie." in answer.content.decode()
    assert actions() == []


def test_a_change_names_the_fields_and_not_their_text(sign_in, adam, wodna):
    sign_in(adam).post(
        reverse("admin:centres_centre_change", args=[wodna.pk]), centre_form(wodna, audience="Sekretny opis")
    )
    wodna.refresh_from_db()
    assert wodna.audience == "Sekretny opis"
    entry = AuditEntry.objects.get(action="admin.change_centre")
    assert entry.object_uuid == wodna.uuid
    assert entry.details == {"fields": ["audience"]}


def test_saving_without_a_change_leaves_no_entry(sign_in, adam, wodna):
    answer = sign_in(adam).post(reverse("admin:centres_centre_change", args=[wodna.pk]), centre_form(wodna))
    assert answer.status_code == 302
    assert actions() == []


def test_slug_and_letter_of_a_centre_stay(sign_in, adam, wodna):
    sign_in(adam).post(
        reverse("admin:centres_centre_change", args=[wodna.pk]), centre_form(wodna, slug="inna", letter="X")
    )
    wodna.refresh_from_db()
    assert (wodna.slug, wodna.letter) == ("wodna", "W")


def test_a_telephone_is_stored_as_it_is_dialled(sign_in, adam, wodna):
    sign_in(adam).post(
        reverse("admin:centres_centre_change", args=[wodna.pk]),
        centre_form(wodna, **{"addresses-0-phone": "12 421-99-99", "addresses-0-postcode": "31-001"}),
    )
    assert wodna.addresses.get().phone == "+48124219999"
    entry = AuditEntry.objects.get(action="admin.change_address")
    assert (entry.object_uuid, entry.details["fields"]) == (wodna.uuid, ["phone", "postcode"])


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("phone", "zadzwoń", "numer telefonu"),
        ("postcode", "31001", "Kod pocztowy"),
        ("to_on", "01.01.2020", "Koniec"),
        ("from_on", "jutro", "Wpisz poprawną datę"),
    ],
)
def test_bad_input_says_why_and_changes_nothing(sign_in, adam, wodna, field, typed, sentence):
    answer = sign_in(adam).post(
        reverse("admin:centres_centre_change", args=[wodna.pk]), centre_form(wodna, **{f"addresses-0-{field}": typed})
    )
    page = answer.content.decode()
    assert answer.status_code == 200
    assert sentence in page
    assert typed in page
    assert actions() == []


def moving(wodna: Centre, last_day: str) -> dict[str, Any]:
    kept = wodna.addresses.get()
    rows: list[dict[str, Any]] = [
        {"id": kept.pk, "line": kept.line, "city": "Kraków", "from_on": "01.01.2023", "to_on": last_day},
        {"line": "ul. Nowa 1", "city": "Kraków", "from_on": "01.01.2027"},
    ]
    return centre_form(wodna) | lines("addresses", *rows, stored=1)


def test_a_second_current_address_is_refused_in_a_sentence(sign_in, adam, wodna):
    answer = sign_in(adam).post(reverse("admin:centres_centre_change", args=[wodna.pk]), moving(wodna, ""))
    assert "Centrum ma w jednym czasie jeden adres" in answer.content.decode()
    assert Address.objects.filter(centre=wodna).count() == 1


def test_a_centre_moves_in_one_step(sign_in, adam, wodna):
    sign_in(adam).post(reverse("admin:centres_centre_change", args=[wodna.pk]), moving(wodna, "31.12.2026"))
    assert wodna.addresses.get(to_on=None).line == "ul. Nowa 1"
    assert actions() == ["admin.add_address", "admin.change_address"]


def test_an_address_of_the_past_comes_back_while_the_other_ends(sign_in, adam, wodna):
    """Both lines change, and the one that begins stands above the one that ends."""
    first = wodna.addresses.get()
    first.to_on = dt.date(2024, 12, 31)
    first.save()
    second = wodna.addresses.create(line="ul. Nowa 1", from_on=dt.date(2025, 1, 1))
    rows: list[dict[str, Any]] = [
        {"id": first.pk, "line": first.line, "city": "Kraków", "from_on": "01.01.2023", "to_on": ""},
        {"id": second.pk, "line": second.line, "city": "Kraków", "from_on": "01.01.2025", "to_on": "01.06.2025"},
    ]
    data = {name: getattr(wodna, name) for name in ("name", "place", "diagnosis", "audience", "about", "order")}
    data |= {"partners": [], **lines("addresses", *rows, stored=2), **lines("opening_hours")}
    answer = sign_in(adam).post(reverse("admin:centres_centre_change", args=[wodna.pk]), data)
    assert answer.status_code == 302
    assert wodna.addresses.get(to_on=None) == first


def test_opening_hours_are_added_with_an_entry(sign_in, adam, wodna):
    row = {"centre": wodna.pk, "weekday": 1, "opens_at": "08:00", "closes_at": "16:00", "from_on": "01.12.2026"}
    sign_in(adam).post(
        reverse("admin:centres_centre_change", args=[wodna.pk]), centre_form(wodna) | lines("opening_hours", row)
    )
    assert wodna.opening_hours.get().opens_at == dt.time(8)
    assert AuditEntry.objects.get(action="admin.add_openinghours").details["from_on"] == "2026-12-01"


def test_a_service_is_taken_from_a_centre(sign_in, adam, wodna, family_therapy):
    data = model_to_dict(family_therapy, ["name", "description", "form", "minutes", "provider", "order"])
    others = [one.pk for one in family_therapy.centres.all() if one != wodna]
    sign_in(adam).post(reverse("admin:centres_service_change", args=[family_therapy.pk]), {**data, "centres": others})
    assert not wodna.services.filter(pk=family_therapy.pk).exists()
    assert AuditEntry.objects.get(action="admin.change_service").details == {"fields": ["centres"]}


def test_a_spelling_of_an_organisation_is_added(sign_in, adam, reference):
    mops = Organisation.objects.get(short_name="MOPS")
    stored = [
        {"id": one.pk, "organisation": mops.pk, "spelling": one.spelling} for one in mops.spellings.order_by("pk")
    ]
    data = model_to_dict(mops, ["name", "short_name", "is_partner", "contribution"])
    new = {"organisation": mops.pk, "spelling": "MOPS Kraków"}
    answer = sign_in(adam).post(
        reverse("admin:centres_organisation_change", args=[mops.pk]),
        data | lines("spellings", *stored, new, stored=len(stored)),
    )
    assert answer.status_code == 302
    assert mops.spellings.filter(spelling="MOPS Kraków").exists()
    assert actions() == ["admin.add_organisationspelling"]


def test_a_deadline_rule_is_changed_and_its_kind_is_not(sign_in, adam, db):
    rule, _ = DeadlineRule.objects.update_or_create(
        kind=DeadlineKind.DIAGNOSIS, defaults={"due_after": 14, "unit": "day", "amber_after": 8}
    )
    url = reverse("admin:cases_deadlinerule_change", args=[rule.pk])
    browser = sign_in(adam)
    browser.post(url, {"kind": "plan", "due_after": 14, "unit": "day", "amber_after": 10, "source": rule.source})
    rule.refresh_from_db()
    assert (rule.kind, rule.amber_after) == (DeadlineKind.DIAGNOSIS, 10)
    assert AuditEntry.objects.get(action="admin.change_deadlinerule").details == {"fields": ["amber_after"]}

    answer = browser.post(url, {"due_after": 14, "unit": "day", "amber_after": 20, "source": ""})
    assert answer.status_code == 200


@pytest.mark.parametrize("model", [Centre, Room, Service, Organisation])
def test_what_families_records_hang_on_is_never_deleted(sign_in, adam, room, model):
    record = model.objects.first()
    url = reverse(f"admin:centres_{model._meta.model_name}_delete", args=[record.pk])
    assert sign_in(adam).post(url, {"post": "yes"}).status_code == 403
    assert model.objects.filter(pk=record.pk).exists()


def test_mass_deletion_does_not_exist(sign_in, adam, room):
    sign_in(adam).post(
        reverse("admin:centres_room_changelist"),
        {"action": "delete_selected", "_selected_action": [room.pk], "post": "yes"},
    )
    assert Room.objects.filter(pk=room.pk).exists()

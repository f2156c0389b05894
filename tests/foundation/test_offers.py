"""What fields offer: everything is asked for only where it is drawn, and only what is offered can be chosen."""

from __future__ import annotations

import uuid
from typing import NamedTuple

import pytest
from django import forms
from django.http import QueryDict

from foundation.forms import Offer, PickFrom, PickSeveralFrom


class Room(NamedTuple):
    uuid: uuid.UUID
    name: str

    def __str__(self) -> str:
        return self.name


ROOMS = [Room(uuid.UUID(int=number), f"Sala {number}") for number in range(1, 16)]
ELSEWHERE = str(uuid.UUID(int=99))


@pytest.fixture
def asked():
    """What was asked for, one after the other: some uuids, or None for all."""
    return []


@pytest.fixture
def offer(asked):
    def find(keys):
        asked.append(keys)
        return [room for room in ROOMS if keys is None or room.uuid in keys]

    return Offer(find)


def form_for(offer, data=None, **options):
    form = forms.Form(QueryDict(data) if data is not None else None)
    form.fields["room"] = PickFrom(offer, empty_label="—", **options)
    form.fields["others"] = PickSeveralFrom(offer, not_listed="Wybierz sale z listy.")
    return form


def test_all_are_drawn_and_asked_for_once(offer, asked):
    page = form_for(offer).as_p()
    assert page.count("Sala 15") == 2
    assert asked == [None]


def test_checking_asks_for_what_was_chosen_alone(offer, asked):
    first, second, third = ROOMS[:3]
    form = form_for(offer, f"room={first.uuid}&others={second.uuid}&others={third.uuid}&others={second.uuid}")
    assert form.is_valid()
    assert form.cleaned_data == {"room": first, "others": [second, third]}
    assert asked == [(first.uuid,), (second.uuid, third.uuid)]


def test_nothing_chosen_asks_for_nothing(offer, asked):
    assert form_for(offer, "", required=False).is_valid()
    form = form_for(offer, "")
    assert form.errors.as_data()["room"][0].code == "required"
    assert not asked


@pytest.mark.parametrize("key", [ELSEWHERE, "1", "Sala 1", "0" * 5000, str(ROOMS[0].uuid).replace("-", "")])
def test_what_is_not_offered_is_refused_and_stays_in_the_form(offer, key):
    form = form_for(offer, f"room={key}&others={key}")
    assert {name: errors[0].code for name, errors in form.errors.as_data().items()} == {
        "room": "invalid_choice",
        "others": "invalid_choice",
    }
    assert form["room"].value() == key


def test_many_at_once_are_looked_for_among_all(offer, asked):
    form = form_for(offer, "&".join(["room=", *(f"others={room.uuid}" for room in ROOMS)]), required=False)
    assert form.is_valid()
    assert form.cleaned_data["others"] == ROOMS
    assert asked == [None]


def test_a_narrowed_offer_holds_and_finds_fewer(offer, asked):
    small = offer.among(lambda room: room.uuid.int < 3)
    assert list(small) == ROOMS[:2]
    assert list(offer.among(lambda room: room.uuid.int < 3).chosen([str(ROOMS[0].uuid), str(ROOMS[5].uuid)])) == [
        str(ROOMS[0].uuid)
    ]
    assert asked == [None]  # the offer has them all by now

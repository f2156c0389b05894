from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from audit.models import AuditEntry
from cases.sessions.group_models import Group
from cases.sessions.models import Attendance, Occupancy, Session
from cases.sessions.rules import SessionError
from cases.sessions.series_models import SessionSeries
from centres.models import Absence, Room, Service
from tests.cases.groups.conftest import meetings_of
from tests.cases.sessions.conftest import at
from tests.cases.sessions.series_world import dates_of

pytestmark = pytest.mark.django_db


def test_a_group_is_planned_with_all_its_meetings_and_both_therapists(group, piotr, basia):
    meetings = meetings_of(group)
    assert [one.starts_at for one in meetings] == [
        at("2026-11-24", "16:00"),
        at("2026-12-08", "16:00"),
        at("2026-12-22", "16:00"),
        at("2027-01-05", "16:00"),
    ]
    assert {(one.case, one.group, one.therapist) for one in meetings} == {(None, group, piotr)}
    assert all([*one.co_therapists.all()] == [basia] for one in meetings)
    assert Occupancy.objects.filter(staff=piotr).count() == Occupancy.objects.filter(staff=basia).count() == 4
    assert AuditEntry.objects.filter(action="cases.plan_group").count() == 1


def test_nobody_is_expected_before_somebody_is_enrolled(group):
    assert not Attendance.objects.filter(session__group=group).exists()


def test_a_taken_co_therapist_keeps_the_group_from_being_planned_and_is_named(make_group, basia):
    Absence.objects.create(
        staff=basia, kind="leave", from_at=at("2026-12-08", "00:00"), to_at=at("2026-12-09", "00:00"),
        entered_by=basia.user,
    )  # fmt: skip
    with pytest.raises(SessionError) as error:
        make_group()
    assert error.value.code == "therapist_away"
    assert "Basia Druga" in str(error.value)
    assert not Group.objects.exists()
    assert not Session.objects.exists()


def test_two_groups_of_one_co_therapist_clash(make_group, group, marek, piotr, basia):
    with pytest.raises(SessionError) as error:
        make_group(name="TUS starsi", therapist=marek, co_therapists=[basia])
    assert error.value.code == "staff_taken"
    assert "Basia Druga" in str(error.value)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"service": "terapia-rodzinna"}, "no_group"),
        ({"seats": 0}, "min_value"),
        ({"name": ""}, "blank"),
    ],
)
def test_it_refuses_what_makes_no_group(make_group, change, code):
    if slug := change.get("service"):
        change = {"service": Service.objects.get(slug=slug)}
    with pytest.raises(SessionError) as error:
        make_group(**change)
    assert error.value.code == code
    assert not Group.objects.exists()


def test_a_centre_has_one_group_of_a_name(make_group, group, krakowiakow, ewa):
    with pytest.raises(SessionError) as error:
        make_group(first_on=dt.date(2027, 6, 1))
    assert error.value.code == "same_name"


@pytest.mark.parametrize("name", ["tus MŁODSI", " TUS  młodsi "])
def test_capital_letters_and_spaces_make_no_other_name(make_group, group, name):
    with pytest.raises(SessionError) as error:
        make_group(name=name, first_on=dt.date(2027, 6, 1))
    assert error.value.code == "same_name"
    assert "name" in error.value.error_dict


def test_the_database_takes_no_two_names_that_differ_by_capital_letters(group):
    other = Group(centre=group.centre, service=group.service, name="tus MłODSI", seats=3)
    with pytest.raises(IntegrityError), transaction.atomic():
        other.save()


def test_coordinators_and_heads_plan_for_their_own_centre_alone(make_group, ewa, piotr, marek):
    for stranger in (ewa, piotr):
        with pytest.raises(SessionError) as error:
            make_group(by=stranger.user)
        assert error.value.code == "not_yours"
    assert make_group(by=marek.user)


def test_the_therapist_is_not_their_own_co_therapist(make_group, piotr):
    with pytest.raises(SessionError) as error:
        make_group(co_therapists=[piotr])
    assert error.value.code == "therapist_twice"


def test_the_statements_do_not_grow_with_the_meetings(make_group, django_assert_max_num_queries):
    with django_assert_max_num_queries(40):
        make_group(count=26)


def test_the_database_takes_no_meeting_of_both_or_of_nobody(group, annas_case):
    meeting = meetings_of(group)[0]
    for change in ({"case": annas_case}, {"group": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Session.objects.filter(pk=meeting.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        SessionSeries.objects.filter(group=group).update(group=None)


# --- the pages ---


def typed(tus: Service, piotr: Any, **changes: Any) -> dict[str, Any]:
    return {
        "name": "TUS młodsi",
        "about": "dzieci 7–9 lat",
        "seats": "8",
        "service": str(tus.uuid),
        "therapist": str(piotr.uuid),
        "room": "",
        "day": "2026-11-24",
        "time": "16:00",
        "minutes": "90",
        "weeks_between": "2",
        "count": "",
        "step": "preview",
    } | changes


def test_two_pages_plan_a_group(sign_in, anna, piotr, basia, tus, wodna):
    browser, url = sign_in(anna), reverse("cases:plan_group")
    form = browser.get(url).context["form"]
    data = typed(tus, piotr, co_therapists=[str(basia.uuid)], once=str(form["once"].value()))
    second = browser.post(url, data)
    assert len(second.context["preview"].rows) == 13  # half a year, every two weeks (P2)
    saved = browser.post(url, dates_of(second) | {"co_therapists": [str(basia.uuid)], "step": "save"})
    group = Group.objects.get()
    assert (saved.status_code, saved.url) == (302, group.get_absolute_url())
    assert group.seats == 8
    assert [*group.series.co_therapists.all()] == [basia]


def test_the_second_page_carries_everything_typed_on_the_first(sign_in, anna, piotr, basia, tus):
    browser, url = sign_in(anna), reverse("cases:plan_group")
    once = str(browser.get(url).context["form"]["once"].value())
    page = browser.post(url, typed(tus, piotr, co_therapists=[str(basia.uuid)], once=once)).content.decode()
    for value in ("TUS młodsi", "dzieci 7–9 lat", str(basia.uuid)):
        assert f'value="{value}"' in page
    assert "TUS młodsi · Kto prowadzi: Piotr Próbny, Basia Druga" in page


def test_bad_input_is_said_beside_its_field_and_kept(sign_in, anna, piotr, tus):
    browser, url = sign_in(anna), reverse("cases:plan_group")
    once = str(browser.get(url).context["form"]["once"].value())
    answer = browser.post(url, typed(tus, piotr, seats="0", day="31.02.2026", co_therapists=["x"], once=once))
    assert {"seats", "day", "co_therapists"} <= set(answer.context["form"].errors)
    assert 'value="TUS młodsi"' in answer.content.decode()


def test_who_leads_it_is_refused_as_co_therapist_on_the_first_page(sign_in, anna, piotr, tus):
    browser, url = sign_in(anna), reverse("cases:plan_group")
    once = str(browser.get(url).context["form"]["once"].value())
    answer = browser.post(url, typed(tus, piotr, co_therapists=[str(piotr.uuid)], once=once))
    assert answer.context["form"].has_error("co_therapists", "therapist_twice")


def test_saving_without_any_date_says_so(sign_in, anna, piotr, tus):
    browser, url = sign_in(anna), reverse("cases:plan_group")
    once = str(browser.get(url).context["form"]["once"].value())
    second = browser.post(url, typed(tus, piotr, count="1", once=once))
    answer = browser.post(url, dates_of(second) | {"skip_0": "on", "step": "save"})
    assert answer.context["form"].has_error("__all__", "no_dates")
    assert not Group.objects.exists()


def test_a_name_that_is_taken_is_said_at_once(sign_in, anna, piotr, tus, group):
    browser, url = sign_in(anna), reverse("cases:plan_group")
    once = str(browser.get(url).context["form"]["once"].value())
    answer = browser.post(url, typed(tus, piotr, name="tus Młodsi", once=once))
    assert "name" in answer.context["form"].errors


def test_only_services_for_groups_are_offered(sign_in, anna):
    form = sign_in(anna).get(reverse("cases:plan_group")).context["form"]
    assert {one.form for one in form.fields["service"].offer} == {"group"}


def test_the_room_of_another_centre_is_none_of_the_choices(sign_in, anna, krakowiakow):
    elsewhere = Room.objects.create(centre=krakowiakow, name="Sala K")
    form = sign_in(anna).get(reverse("cases:plan_group")).context["form"]
    assert elsewhere not in form.fields["room"].offer


def test_planning_needs_the_right_to_it(sign_in, piotr, clara):
    for staff in (piotr, clara):
        assert sign_in(staff).get(reverse("cases:plan_group")).status_code == 403

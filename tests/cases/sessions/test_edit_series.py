from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry
from cases.casefile.models import CareTeamMember
from cases.sessions.models import Occupancy
from cases.sessions.series import change_series
from cases.sessions.series_models import SessionSeries
from cases.sessions.services import SessionError, edit_session
from centres.models import Absence, Role, Room
from foundation.forms import Stale
from tests.cases.sessions.conftest import at, fields_of
from tests.cases.sessions.series_world import dates_of, meetings_of, series_of
from tests.cases.sessions.test_double_booking import only_postgresql, together
from tests.cases.sessions.test_resolve_session import settle


@pytest.fixture
def series(annas_case, piotr, room, family_therapy):
    """Four Mondays at 16:00 from tomorrow on."""
    return series_of(annas_case, piotr, family_therapy, room)


def change(series, by, starts, **changes):
    series.refresh_from_db()
    arguments = {
        "therapist": series.therapist, "room": series.room, "minutes": series.minutes, "weekday": series.weekday,
        "time": series.time, "version": series.version,
    }  # fmt: skip
    return change_series(series, **arguments | changes, starts=starts, by=by.user)


def later(series, hours=1):
    return {one: one.starts_at + dt.timedelta(hours=hours) for one in meetings_of(series)}


def moved_alone(meeting, by, **changes):
    start = changes.get("starts_at", meeting.starts_at)
    arguments = {
        "service": meeting.service, "therapist": meeting.therapist, "room": meeting.room, "starts_at": start,
        "ends_at": start + dt.timedelta(minutes=meeting.minutes), "version": meeting.version, "by": by.user,
    }  # fmt: skip
    return edit_session(meeting, **arguments | changes)


def test_all_that_are_to_come_move_together_and_take_up_their_new_time(series, piotr):
    change(series, piotr, later(series, 0.5), time=dt.time(16, 30))  # over their own old hour, too
    assert {f"{timezone.localtime(one.starts_at):%H:%M}" for one in meetings_of(series)} == {"16:30"}
    rows = Occupancy.objects.filter(session__series=series)
    assert rows.count() == 16
    assert {(row.from_at, row.to_at) for row in rows} == {(one.starts_at, one.ends_at) for one in meetings_of(series)}
    series.refresh_from_db()
    assert (series.time, series.version) == (dt.time(16, 30), 2)


def test_meetings_not_asked_for_stay(series, piotr):
    first, *following = meetings_of(series)
    change(series, piotr, {one: one.starts_at + dt.timedelta(days=1) for one in following}, weekday=2)
    assert [timezone.localtime(one.starts_at).isoweekday() for one in meetings_of(series)] == [1, 2, 2, 2]
    first_again = meetings_of(series)[0]
    assert first_again.version == first.version


def test_what_is_over_or_settled_is_never_changed(series, piotr):
    meetings = meetings_of(series)
    settle(meetings[1], "by_family", piotr.user)
    with time_machine.travel(at("2026-11-24"), tick=False):
        for gone in meetings[:2]:
            with pytest.raises(SessionError) as error:
                change(series, piotr, {gone: at("2026-12-23", "10:00")})
            assert error.value.code == "changed"


def test_a_meeting_that_another_hand_has_just_moved_is_not_moved_over(series, piotr):
    starts = later(series)
    one = next(iter(starts))
    edit_session(
        one, service=one.service, therapist=piotr, room=one.room, starts_at=at("2026-11-24", "09:00"),
        ends_at=at("2026-11-24", "10:00"), version=1, by=piotr.user,
    )  # fmt: skip
    one.version = 1
    with pytest.raises(SessionError) as error:
        change(series, piotr, starts)
    assert error.value.code == "changed"


def test_a_clash_keeps_all_where_they_were(series, piotr, book):
    book(starts_at=at("2026-12-07", "17:30"))
    before = [one.starts_at for one in meetings_of(series)]
    with pytest.raises(SessionError) as error:
        change(series, piotr, later(series))
    assert error.value.code == "staff_taken"
    assert [one.starts_at for one in meetings_of(series)] == before


def test_another_therapist_takes_over_and_joins_the_care_team(series, piotr, anna, make_staff, wodna, annas_case):
    olga = make_staff("Olga", "Druga", Role.THERAPIST, centre=wodna)
    same_time = {one: one.starts_at for one in meetings_of(series)}
    with pytest.raises(SessionError) as error:
        change(series, piotr, same_time, therapist=olga)
    assert error.value.code == "not_yours"
    change(series, anna, same_time, therapist=olga)
    assert {one.therapist for one in meetings_of(series)} == {olga}
    assert Occupancy.objects.filter(staff=olga).count() == 4
    assert CareTeamMember.objects.filter(case=annas_case, staff=olga, to_on=None).exists()


def test_a_meeting_keeps_the_room_and_the_length_it_has_of_its_own(series, piotr, room, wodna):
    own, new = Room.objects.create(centre=wodna, name="Własny"), Room.objects.create(centre=wodna, name="Nowy")
    one = meetings_of(series)[2]
    edit_session(
        one, service=one.service, therapist=piotr, room=own, starts_at=one.starts_at,
        ends_at=one.starts_at + dt.timedelta(minutes=90), version=1, by=piotr.user,
    )  # fmt: skip
    change(series, piotr, {one: one.starts_at for one in meetings_of(series)}, room=new, minutes=45)
    assert [one.room.name for one in meetings_of(series)] == ["Nowy", "Nowy", "Własny", "Nowy"]
    assert [one.minutes for one in meetings_of(series)] == [45, 45, 90, 45]


def test_another_room_is_given_though_the_therapist_is_away_then(series, piotr, wodna):
    Absence.objects.create(
        staff=piotr, kind="leave", from_at=at("2026-12-07", "00:00"), to_at=at("2026-12-08", "00:00"),
        entered_by=piotr.user,
    )  # fmt: skip
    new = Room.objects.create(centre=wodna, name="Nowy")
    change(series, piotr, {one: one.starts_at for one in meetings_of(series)}, room=new)
    with pytest.raises(SessionError) as error:
        change(series, piotr, later(series))
    assert error.value.code == "therapist_away"


def test_who_saw_an_older_state_changes_nothing(series, piotr):
    change(series, piotr, later(series))
    with pytest.raises(Stale):
        change(series, piotr, later(series), version=1)


@pytest.mark.postgresql
@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_moving_one_meeting_and_its_whole_series_at_once_does_not_block_each_other(
    series, piotr, room, family_therapy
):
    one = meetings_of(series)[3]

    def move_one():
        return edit_session(
            one, service=family_therapy, therapist=piotr, room=room, starts_at=at("2026-12-15", "09:00"),
            ends_at=at("2026-12-15", "10:00"), version=1, by=piotr.user,
        )  # fmt: skip

    ended = together(*[job for _n in range(4) for job in (move_one, lambda: change(series, piotr, later(series)))])
    kinds = Counter(type(one).__name__ for one in ended)
    assert set(kinds) <= {"Session", "list", "SessionError", "Stale"}
    assert Occupancy.objects.filter(staff=piotr).count() == 4


# --- the pages ------------------------------------------------------------------------------------------------------


def page_of(series):
    return reverse("cases:edit_series", args=[series.uuid])


def go(browser, series, **changes):
    data = fields_of(browser.get(page_of(series)).context["form"])
    data["since"] = changes.pop("since", None) or str(meetings_of(series)[0].uuid)
    return browser.post(page_of(series), data | {"step": "preview"} | changes)


def test_this_and_the_following_ones_go_to_another_day_of_their_week(sign_in, piotr, series):
    browser = sign_in(piotr)
    second = str(meetings_of(series)[1].uuid)
    answer = go(browser, series, since=second, weekday="4", time="09:30")
    assert [row.words for row in answer.context["preview"].rows] == [
        "czwartek, 3.12.2026",
        "czwartek, 10.12.2026",
        "czwartek, 17.12.2026",
    ]
    assert browser.post(page_of(series), dates_of(answer) | {"step": "save"}).status_code == 302
    assert [one.starts_at for one in meetings_of(series)][:2] == [at("2026-11-23", "16:00"), at("2026-12-03", "09:30")]


def test_what_somebody_had_moved_on_its_own_is_left_there(sign_in, piotr, series, room, family_therapy):
    one = meetings_of(series)[2]
    edit_session(
        one, service=family_therapy, therapist=piotr, room=room, starts_at=at("2026-12-09", "08:00"),
        ends_at=at("2026-12-09", "09:00"), version=1, by=piotr.user,
    )  # fmt: skip
    browser = sign_in(piotr)
    answer = go(browser, series, time="18:00")
    assert browser.post(page_of(series), dates_of(answer) | {"step": "save"}).status_code == 302
    hours = [f"{timezone.localtime(one.starts_at):%d.%m %H:%M}" for one in meetings_of(series)]
    assert hours == ["23.11 18:00", "30.11 18:00", "09.12 08:00", "14.12 18:00"]


def test_all_take_along_those_that_an_earlier_change_of_the_following_ones_left_behind(sign_in, piotr, series):
    browser = sign_in(piotr)
    answer = go(browser, series, since=str(meetings_of(series)[2].uuid), time="09:30")
    assert browser.post(page_of(series), dates_of(answer) | {"step": "save"}).status_code == 302
    answer = go(browser, series, time="18:00")
    assert browser.post(page_of(series), dates_of(answer) | {"step": "save"}).status_code == 302
    assert {f"{timezone.localtime(one.starts_at):%H:%M}" for one in meetings_of(series)} == {"18:00"}


def save(browser, series, **changes):
    answer = go(browser, series, **changes)
    assert browser.post(page_of(series), dates_of(answer) | {"step": "save"}).status_code == 302


@pytest.mark.parametrize("first", [1, 3])
def test_all_take_along_those_that_kept_the_room_and_the_therapist_from_before(
    sign_in, anna, series, make_staff, wodna, first
):
    browser = sign_in(anna)
    olga = make_staff("Olga", "Druga", Role.THERAPIST, centre=wodna)
    other = Room.objects.create(centre=wodna, name="Inny")
    later_ones = {"room": str(other.uuid), "therapist": str(olga.uuid), "minutes": "90"}
    save(browser, series, since=str(meetings_of(series)[first].uuid), **later_ones)
    assert [one.room == other for one in meetings_of(series)] == [False] * first + [True] * (4 - first)

    save(browser, series, time="18:00")
    assert {f"{timezone.localtime(one.starts_at):%H:%M}" for one in meetings_of(series)} == {"18:00"}
    assert {(one.room, one.therapist, one.minutes) for one in meetings_of(series)} == {(other, olga, 90)}


def test_two_that_were_moved_alone_to_the_same_room_and_hour_both_keep_them(sign_in, piotr, series, wodna):
    own = Room.objects.create(centre=wodna, name="Własny")
    for one in meetings_of(series)[:2]:
        moved_alone(one, piotr, room=own, starts_at=one.starts_at + dt.timedelta(hours=1))
    save(sign_in(piotr), series, time="09:00", room="")
    hours = [f"{timezone.localtime(one.starts_at):%H:%M}" for one in meetings_of(series)]
    assert hours == ["17:00", "17:00", "09:00", "09:00"]
    assert [one.room for one in meetings_of(series)] == [own, own, None, None]


def test_what_was_brought_back_to_the_series_goes_along_again(sign_in, piotr, series, wodna, room):
    one = meetings_of(series)[1]
    moved = moved_alone(one, piotr, room=Room.objects.create(centre=wodna, name="Własny"))
    moved_alone(moved, piotr, room=room)
    save(sign_in(piotr), series, room="")
    assert {one.room for one in meetings_of(series)} == {None}


def test_a_row_moved_by_hand_among_the_dates_is_its_own_from_then_on(sign_in, piotr, series):
    browser = sign_in(piotr)
    answer = go(browser, series, time="18:00")
    browser.post(page_of(series), dates_of(answer) | {"step": "save", "day_1": "2026-12-02", "time_1": "08:00"})
    save(browser, series, time="10:00")
    hours = [f"{timezone.localtime(one.starts_at):%d.%m %H:%M}" for one in meetings_of(series)]
    assert hours == ["23.11 10:00", "02.12 08:00", "07.12 10:00", "14.12 10:00"]


def test_the_message_counts_the_meetings_that_did_change(sign_in, piotr, series):
    one = meetings_of(series)[1]
    moved_alone(one, piotr, starts_at=at("2026-12-01", "08:00"))
    browser = sign_in(piotr)
    answer = go(browser, series, time="18:00")
    assert [row.number for row in answer.context["preview"].fitting] == [1, 3, 4]
    done = browser.post(page_of(series), dates_of(answer) | {"step": "save"}, follow=True)
    assert "Zmieniono 3 spotkania." in done.content.decode()
    assert AuditEntry.objects.filter(action="cases.change_series").latest("id").details["meetings"] == 3

    answer = go(browser, series)
    done = browser.post(page_of(series), dates_of(answer) | {"step": "save"}, follow=True)
    assert "spotkania zostały bez zmian" in done.content.decode()


@pytest.mark.parametrize("part", ["room", "is_online", "minutes", "co_therapists"])
def test_another_place_length_or_co_therapist_is_a_change_as_well(series, anna, olga, wodna, part):
    new = Room.objects.create(centre=wodna, name="Nowy")
    value = {"room": new, "is_online": True, "minutes": 45, "co_therapists": [olga]}[part]
    same_time = {one: one.starts_at for one in meetings_of(series)}
    assert len(change(series, anna, same_time, **{part: value})) == 4


def test_the_dates_say_which_meeting_keeps_a_day_and_hour_of_its_own(sign_in, piotr, series):
    browser = sign_in(piotr)
    answer = go(browser, series, time="18:00")
    assert "zostaje we własnym terminie" not in answer.content.decode()
    browser.post(page_of(series), dates_of(answer) | {"step": "save", "day_1": "2026-12-02", "time_1": "08:00"})
    assert go(browser, series, time="10:00").content.decode().count("zostaje we własnym terminie") == 1


def test_one_may_be_left_as_it_is(sign_in, piotr, series):
    browser = sign_in(piotr)
    answer = go(browser, series, time="18:00")
    assert browser.post(page_of(series), dates_of(answer) | {"step": "save", "skip_1": "on"}).status_code == 302
    assert f"{timezone.localtime(meetings_of(series)[1].starts_at):%H:%M}" == "16:00"


def test_a_meeting_called_off_in_the_meantime_asks_for_another_look(sign_in, piotr, series):
    browser = sign_in(piotr)
    answer = go(browser, series, time="18:00")
    settle(meetings_of(series)[1], "by_family", piotr.user)
    again = browser.post(page_of(series), dates_of(answer) | {"step": "save"})
    assert again.context["preview"].form.outdated
    assert len(again.context["preview"].rows) == 3
    assert SessionSeries.objects.get().version == 1


def test_dates_that_were_typed_stay_beside_their_meetings_when_others_have_changed(sign_in, piotr, series):
    browser = sign_in(piotr)
    answer = go(browser, series, time="18:00")
    settle(meetings_of(series)[1], "by_family", piotr.user)
    typed = {"day_0": "2026-11-24", "time_0": "08:00", "skip_2": "on", "day_3": "2026-12-16", "step": "save"}
    again = browser.post(page_of(series), dates_of(answer) | typed)
    rows = again.context["preview"].rows
    assert "w międzyczasie" in again.content.decode()
    assert (rows[0].start, rows[1].skipped, rows[2].start) == (
        at("2026-11-24", "08:00"), True, at("2026-12-16", "18:00")
    )  # fmt: skip
    assert browser.post(page_of(series), dates_of(again) | {"step": "save"}).status_code == 302
    planned = [one.starts_at for one in meetings_of(series) if one.status == "planned"]
    assert planned == [at("2026-11-24", "08:00"), at("2026-12-07", "16:00"), at("2026-12-16", "18:00")]


def test_dates_that_were_typed_outlive_what_somebody_else_saved_of_the_series(sign_in, piotr, series, wodna):
    browser = sign_in(piotr)
    answer = go(browser, series, time="18:00")
    new = Room.objects.create(centre=wodna, name="Nowy")
    change(series, piotr, {one: one.starts_at for one in meetings_of(series)}, room=new)
    back = browser.post(page_of(series), dates_of(answer) | {"day_0": "2026-11-24", "time_0": "08:00", "step": "save"})
    assert back.context["preview"] is None
    assert [name for name in back.context["form"].errors if name != "__all__"] == ["time", "room"]
    plan = fields_of(back.context["form"]) | {"step": "preview"}
    again = browser.post(page_of(series), dict(back.context["dates"]) | plan)
    rows = again.context["preview"].rows
    assert rows[0].start == at("2026-11-24", "08:00")
    assert "w międzyczasie" not in again.content.decode()  # the page before has said it


def test_a_link_from_a_meeting_chooses_it(sign_in, piotr, series):
    third = meetings_of(series)[2]
    form = sign_in(piotr).get(f"{page_of(series)}?since={third.uuid}").context["form"]
    assert fields_of(form)["since"] == str(third.uuid)
    for nonsense in ("x", "\x00"):
        assert sign_in(piotr).get(page_of(series), {"since": nonsense}).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [("since", "x"), ("weekday", "8"), ("minutes", "9" * 30), ("time", "x"), ("version", "-1"), ("room", "\x00")],
)
def test_what_is_no_change_is_refused(sign_in, piotr, series, field, value):
    answer = go(sign_in(piotr), series, **{field: value})
    assert answer.status_code == 200
    assert answer.context["preview"] is None


def test_readers_strangers_and_other_therapists_change_nothing(sign_in, clara, ewa, jan, make_staff, wodna, series):
    other = make_staff("Olga", "Druga", Role.THERAPIST, centre=wodna)
    CareTeamMember.objects.create(case=series.case, staff=other, from_on=dt.date(2026, 11, 1))
    for stranger in (clara, ewa, jan, other):
        for action in ("edit_series", "prolong_series", "end_series"):
            assert sign_in(stranger).get(reverse(f"cases:{action}", args=[series.uuid])).status_code == 404

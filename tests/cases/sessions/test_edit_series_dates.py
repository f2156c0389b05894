"""Which meetings a change of their series takes along, and by what: it moves them only by what was changed."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from centres.models import Absence, Role, Room
from tests.cases.sessions.conftest import at, fields_of
from tests.cases.sessions.series_world import dates_of, meetings_of, series_of
from tests.cases.sessions.test_edit_series import moved_alone

FRI = "5"


@pytest.fixture
def mondays(annas_case, piotr, room, family_therapy):
    """Five Mondays at 16:00, from 7.12.2026 to 4.01.2027; the Fridays of the third and fourth week are holidays."""
    return series_of(annas_case, piotr, family_therapy, room, count=5, first_on=dt.date(2026, 12, 7))


@pytest.fixture
def change(sign_in, anna, mondays):
    """The dates of all these meetings after a change, and a way to send them."""
    browser, url = sign_in(anna), reverse("cases:edit_series", args=[mondays.uuid])

    def changed(**changes):
        data = fields_of(browser.get(url).context["form"]) | {"since": str(meetings_of(mondays)[0].uuid)}
        return browser.post(url, data | changes | {"step": "preview"})

    def sent(answer, step="save", **typed):
        return browser.post(url, dates_of(answer) | {"step": step} | typed, follow=True)

    return changed, sent


@pytest.fixture
def olga_meets(book, make_case, wodna, olga, anna):
    """Olga meets another family then."""
    other = make_case(wodna, "Rodzina Druga", coordinator=anna, received_on=dt.date(2026, 11, 1))
    return lambda day: book(case=other, therapist=olga, by=anna.user, room=None, starts_at=at(day, "16:00"))


@pytest.fixture
def fridays(change, mondays):
    """The same series after it was changed to Fridays: two meetings have kept their Monday for a holiday."""
    changed, sent = change
    sent(changed(weekday=FRI))
    assert days(mondays) == ["11.12 16:00", "18.12 16:00", "21.12 16:00", "28.12 16:00", "08.01 16:00"]
    return mondays


def days(series):
    return [f"{timezone.localtime(one.starts_at):%d.%m %H:%M}" for one in meetings_of(series)]


def test_another_therapist_takes_over_all_and_moves_none(fridays, change, olga):
    before = days(fridays)
    changed, sent = change
    answer = changed(therapist=str(olga.uuid))
    preview = answer.context["preview"]
    assert (preview.set_aside, preview.blocked, len(preview.fitting)) == ([], [], 5)
    page = sent(answer).content.decode()
    assert "Zmieniono 5 spotkań." in page
    assert "bez zmian" not in page
    assert {one.therapist for one in meetings_of(fridays)} == {olga}
    assert days(fridays) == before


def test_another_room_or_length_reaches_them_too(fridays, change, wodna):
    new, before = Room.objects.create(centre=wodna, name="Nowy"), days(fridays)
    changed, sent = change
    sent(changed(room=str(new.uuid), minutes="45"))
    assert {(one.room, one.minutes) for one in meetings_of(fridays)} == {(new, 45)}
    assert days(fridays) == before


def test_another_hour_alone_leaves_each_its_day(fridays, change):
    changed, sent = change
    sent(changed(time="10:00"))
    assert days(fridays) == ["11.12 10:00", "18.12 10:00", "21.12 10:00", "28.12 10:00", "08.01 10:00"]
    sent(changed(time="11:00"))  # none of them has an hour of its own by that
    assert {day[-5:] for day in days(fridays)} == {"11:00"}


def test_another_weekday_takes_them_back_into_the_rhythm(fridays, change):
    changed, sent = change
    sent(changed(weekday="2", time="10:00"))
    assert days(fridays) == ["08.12 10:00", "15.12 10:00", "22.12 10:00", "29.12 10:00", "05.01 10:00"]


def test_who_would_fall_on_a_holiday_keeps_the_day_and_takes_over_the_rest_of_the_same_change(change, mondays, olga):
    changed, sent = change
    page = sent(changed(weekday=FRI, therapist=str(olga.uuid))).content.decode()
    assert "Zmieniono 5 spotkań." in page
    assert {one.therapist for one in meetings_of(mondays)} == {olga}
    assert days(mondays)[2:4] == ["21.12 16:00", "28.12 16:00"]


def test_what_changes_nothing_for_a_meeting_is_said_of_it_by_its_date(change, mondays):
    changed, sent = change
    page = sent(changed(weekday=FRI)).content.decode()
    assert "Zmieniono 3 spotkania." in page
    assert "2 spotkania zostają bez zmian: 21.12.2026, 16:00, Piotr Próbny, Pokój 1; 28.12.2026, 16:00" in page


def test_where_the_new_therapist_is_not_free_the_row_says_so_and_waits_for_a_decision(
    fridays, change, olga, olga_meets, piotr
):
    olga_meets("2026-12-21")
    Absence.objects.create(
        staff=olga, kind="leave", from_at=at("2026-12-28", "00:00"), to_at=at("2026-12-29", "00:00"),
        entered_by=olga.user,
    )  # fmt: skip
    changed, sent = change
    answer = sent(changed(therapist=str(olga.uuid)))
    preview, page = answer.context["preview"], answer.content.decode()
    assert [row.number for row in preview.blocked] == [3, 4]
    assert ('value="skip"' in page, 'value="stay"' in page) == (True, False)  # they are on the date they have
    assert {one.therapist for one in meetings_of(fridays)} == {piotr}

    left = sent(answer, step="skip")
    assert "zostaje bez zmian: Piotr Próbny, Pokój 1" in left.content.decode()
    page = sent(left).content.decode()
    assert "Zmieniono 3 spotkania. 2 spotkania zostają bez zmian: 21.12.2026, 16:00, Piotr Próbny" in page
    assert [one.therapist for one in meetings_of(fridays)] == [olga, olga, piotr, piotr, olga]

    answer = changed()  # and nobody has to remember them: the next change offers them again
    assert [row.number for row in answer.context["preview"].blocked] == [3, 4]


def test_blocked_ones_may_keep_their_day_and_hour_and_still_go_to_the_new_therapist(change, mondays, olga, olga_meets):
    olga_meets("2026-12-08")
    changed, sent = change
    answer = changed(weekday="2", therapist=str(olga.uuid))
    page = answer.content.decode()
    assert "1. 7.12.2026, 16:00</a> → wtorek, 8.12.2026" in page
    assert ('value="skip"' in page, 'value="stay"' in page) == (False, True)

    kept = sent(answer, step="stay")
    assert kept.context["preview"].blocked == []
    assert "zachowuje dzień i godzinę" in kept.content.decode()
    sent(kept)
    assert days(mondays)[:2] == ["07.12 16:00", "15.12 16:00"]
    assert {one.therapist for one in meetings_of(mondays)} == {olga}
    sent(changed(time="10:00"))
    assert days(mondays)[0] == "07.12 10:00"  # kept is not chosen: it has no hour of its own by that


def test_two_meetings_of_one_week_stand_in_the_way_of_no_change_of_the_therapist(mondays, change, olga):
    changed, sent = change
    sent(changed(), day_1="2026-12-09", time_1="16:00")
    sent(changed(therapist=str(olga.uuid)))
    assert days(mondays)[:2] == ["07.12 16:00", "09.12 16:00"]
    assert {one.therapist for one in meetings_of(mondays)} == {olga}


def test_a_meeting_with_a_therapist_of_its_own_is_named_as_one_that_stays(
    change, mondays, anna, olga, make_staff, wodna
):
    nina = make_staff("Nina", "Trzecia", Role.THERAPIST, centre=wodna)
    moved_alone(meetings_of(mondays)[1], anna, therapist=nina)
    changed, sent = change
    answer = changed(therapist=str(olga.uuid))
    assert "zostaje bez zmian: Nina Trzecia, Pokój 1" in answer.content.decode()
    page = sent(answer).content.decode()
    assert "1 spotkanie zostaje bez zmian: 14.12.2026, 16:00, Nina Trzecia, Pokój 1." in page


def test_what_this_and_the_following_left_behind_is_moved_by_no_change_of_the_therapist(change, mondays, olga):
    changed, sent = change
    sent(changed(since=str(meetings_of(mondays)[2].uuid), weekday="2", time="10:00"))
    before = days(mondays)
    sent(changed(therapist=str(olga.uuid)))
    assert days(mondays) == before
    assert {one.therapist for one in meetings_of(mondays)} == {olga}


def test_those_ticked_are_named_as_well(change):
    changed, sent = change
    answer = changed(time="10:00")
    skips = {f"skip_{number}": "on" for number in range(1, 5)}
    page = sent(answer, **skips).content.decode()
    assert "Zmieniono 1 spotkanie. 4 spotkania zostają bez zmian: 14.12.2026" in page


def test_a_substitute_who_becomes_the_therapist_of_the_series_is_replaced_with_it(change, mondays, anna, olga, piotr):
    moved_alone(meetings_of(mondays)[1], anna, therapist=olga)
    changed, sent = change
    sent(changed(therapist=str(olga.uuid)))
    sent(changed(therapist=str(piotr.uuid)))
    assert {one.therapist for one in meetings_of(mondays)} == {piotr}


# --- what the pages say ---


def test_each_row_says_who_leads_the_meeting_instead_and_where_it_is(change, wodna, olga):
    changed, _sent = change
    new = Room.objects.create(centre=wodna, name="Nowy")
    page = changed(therapist=str(olga.uuid), room=str(new.uuid)).content.decode()
    assert page.count("prowadzi: Piotr Próbny → Olga Druga") == 5
    assert page.count("miejsce: Pokój 1 → Nowy") == 5
    assert "miejsce: Pokój 1 → bez pokoju" in changed(room="").content.decode()
    unchanged = changed(time="10:00").content.decode()
    assert ("prowadzi:" in unchanged, "miejsce:" in unchanged) == (False, False)


def test_what_somebody_else_saved_meanwhile_stands_beside_the_fields_before_any_date(change, mondays, wodna):
    changed, sent = change
    new = Room.objects.create(centre=wodna, name="Nowy")
    answer = changed(room=str(new.uuid))
    sent(changed(minutes="45"))
    again = sent(answer)
    assert again.context["preview"] is None
    assert again.context["form"].errors["minutes"] == ["W międzyczasie zapisano: 45"]
    assert again.context["form"].errors["room"] == ["W międzyczasie zapisano: Pokój 1"]
    assert {one.minutes for one in meetings_of(mondays)} == {45}
    data = fields_of(again.context["form"]) | {"minutes": "45", "step": "preview"}
    url = reverse("cases:edit_series", args=[mondays.uuid])
    sent(again.client.post(url, data))
    assert {(one.minutes, one.room) for one in meetings_of(mondays)} == {(45, new)}


def test_who_takes_over_is_not_their_own_co_therapist_and_hears_it_on_the_first_page(change, olga):
    changed, _sent = change
    answer = changed(therapist=str(olga.uuid), co_therapists=[str(olga.uuid)])
    assert answer.context["preview"] is None
    assert "co_therapists" in answer.context["form"].errors


def test_a_change_that_changes_nothing_says_so(change, mondays):
    changed, sent = change
    answer = changed(time="10:00")
    page = sent(answer, **{f"skip_{number}": "on" for number in range(5)}).content.decode()
    assert "Żadne spotkanie by się nie zmieniło." in page
    assert {day[-5:] for day in days(mondays)} == {"16:00"}


def test_who_is_absent_at_a_meeting_that_stays_when_it_is_is_named_and_blocks_nothing(change, wodna, piotr, anna):
    day = at("2026-12-14", "08:00")
    Absence.objects.create(
        staff=piotr, kind="leave", from_at=day, to_at=day + dt.timedelta(hours=12), entered_by=anna.user
    )
    changed, sent = change
    answer = changed(room=str(Room.objects.create(centre=wodna, name="Nowy").uuid))
    page = answer.content.decode()
    assert page.count("nieobecność: Piotr Próbny") == 1
    assert answer.context["preview"].blocked == []
    assert "Zmieniono 5 spotkań." in sent(answer).content.decode()

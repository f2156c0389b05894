from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry
from cases.people.models import FamilyMember, FamilyRole
from cases.sessions.models import Attendance, Occupancy
from cases.sessions.series_models import SessionSeries
from cases.sessions.services import SessionError
from centres.models import Absence, OpeningHours
from tests.cases.sessions.conftest import NOW, at, fields_of, people_of
from tests.cases.sessions.series_world import MONDAY, dates_of, meetings_of, series_of
from tests.cases.sessions.test_double_booking import only_postgresql, together


@pytest.fixture
def plan(sign_in, annas_case, piotr, room, family_therapy):
    """Go through the first page as Piotr; gives the browser, the address and the answer with all dates."""

    def planned(by=piotr, **changes):
        browser, url = sign_in(by), reverse("cases:plan_series", args=[annas_case.uuid])
        data = fields_of(browser.get(url).context["form"])
        data |= {
            "service": str(family_therapy.uuid), "room": str(room.uuid), "day": "2026-11-23", "time": "16:00",
            "minutes": "60", "count": "6", "step": "preview",
        }  # fmt: skip
        return browser, url, browser.post(url, data | changes)

    return planned


def words_of(answer, number):
    row = answer.context["preview"].rows[number]
    return " ".join(str(mark.words) for mark in row.findings.marks)


# --- the service ----------------------------------------------------------------------------------------------------


def test_all_meetings_are_planned_at_once_with_everybody(annas_case, piotr, room, family_therapy):
    series = series_of(annas_case, piotr, family_therapy, room, count=26)
    meetings = meetings_of(series)
    assert len(meetings) == series.count == 26
    assert {timezone.localtime(one.starts_at).strftime("%a %H:%M") for one in meetings} == {"Mon 16:00"}
    assert Attendance.objects.filter(session__series=series).count() == 52
    assert Occupancy.objects.filter(session__series=series).count() == 26 * 4
    assert AuditEntry.objects.filter(action="cases.plan_series").latest("id").details["meetings"] == 26


def test_the_half_year_of_therapy_is_its_first_review(annas_case, piotr, family_therapy):
    assert series_of(annas_case, piotr, family_therapy).review_on == MONDAY + dt.timedelta(days=182)


def test_the_statements_do_not_grow_with_the_meetings(annas_case, piotr, anna, room, family_therapy):
    def cost(**more):
        with CaptureQueriesContext(connection) as made:
            series_of(annas_case, piotr, family_therapy, room, **more)
        return len(made)

    few, many = cost(count=2), cost(count=26, time=dt.time(12))
    assert many <= few
    assert many <= 30


def test_one_taken_date_keeps_all_from_being_saved(annas_case, piotr, room, family_therapy, book):
    book(starts_at=at("2026-12-07", "16:30"))
    with pytest.raises(SessionError) as error:
        series_of(annas_case, piotr, family_therapy, room, count=26)
    assert error.value.code == "staff_taken"
    assert not SessionSeries.objects.exists()


def test_meetings_may_touch_and_cancelled_ones_leave_their_place(annas_case, piotr, room, family_therapy, book):
    book(starts_at=at("2026-11-23", "17:00"))
    book(starts_at=at("2026-11-30", "16:00"), status="by_family")
    assert series_of(annas_case, piotr, family_therapy, room).count == 4


def test_dates_of_a_series_do_not_overlap_each_other(annas_case, piotr, family_therapy):
    with pytest.raises(SessionError) as error:
        series_of(annas_case, piotr, family_therapy, starts=[at("2026-11-23", "16:00"), at("2026-11-23", "16:30")])
    assert error.value.code == "series_taken"


def test_a_child_of_two_families_is_not_in_two_series_at_once(
    annas_case, make_case, wodna, anna, piotr, make_staff, family_therapy
):
    other = make_case(wodna, "Rodzina Druga", coordinator=anna, received_on=dt.date(2026, 11, 1), members=())
    for person in people_of(annas_case):
        FamilyMember.objects.create(family=other.family, person=person, role=FamilyRole.OTHER, from_on=NOW.date())
    series_of(annas_case, piotr, family_therapy)
    with pytest.raises(SessionError) as error:
        series_of(other, anna, family_therapy)
    assert error.value.code == "person_taken"


def test_nobody_is_planned_into_their_absence(annas_case, piotr, marek, family_therapy):
    Absence.objects.create(
        staff=piotr, kind="leave", from_at=at("2026-12-07", "00:00"), to_at=at("2026-12-08", "00:00"),
        entered_by=piotr.user,
    )  # fmt: skip
    with pytest.raises(SessionError) as error:
        series_of(annas_case, piotr, family_therapy)
    assert error.value.code == "therapist_away"


def test_a_therapist_plans_for_nobody_else_and_a_stranger_for_nobody(annas_case, piotr, anna, ewa, family_therapy):
    for therapist, by in ((anna, piotr), (piotr, ewa)):
        with pytest.raises(SessionError) as error:
            series_of(annas_case, therapist, family_therapy, by=by.user)
        assert error.value.code == "not_yours"


@pytest.mark.postgresql
@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_of_eight_series_of_one_therapist_at_once_each_hour_is_taken_once(
    annas_case, make_case, wodna, anna, piotr, room, family_therapy
):
    cases = [make_case(wodna, f"Rodzina {n}", coordinator=anna, received_on=dt.date(2026, 11, 1)) for n in range(8)]
    first = dt.date(2026, 11, 23)
    jobs = [
        lambda case=case, n=n: series_of(
            case, piotr, family_therapy, room, by=anna.user, count=26 - n, first_on=first + dt.timedelta(weeks=n)
        )
        for n, case in enumerate(cases)
    ]
    ended = together(*jobs)
    assert Counter(type(one) for one in ended) == {SessionSeries: 1, SessionError: 7}
    assert {one.code for one in ended if isinstance(one, SessionError)} == {"staff_taken"}
    won = next(one for one in ended if isinstance(one, SessionSeries))
    assert Occupancy.objects.filter(staff=piotr).count() == won.count


# --- the pages ------------------------------------------------------------------------------------------------------


def test_two_pages_plan_a_series(plan):
    browser, url, answer = plan()
    assert [row.blocked for row in answer.context["preview"].rows] == [False] * 6
    saved = browser.post(url, dates_of(answer) | {"step": "save"})
    series = SessionSeries.objects.get()
    assert (saved.status_code, saved.url) == (302, series.get_absolute_url())
    assert [one.starts_at for one in meetings_of(series)][:2] == [
        at("2026-11-23", "16:00"),
        at("2026-11-30", "16:00"),
    ]


@pytest.mark.parametrize(("weeks", "count"), [("1", 26), ("2", 13)])
def test_half_a_year_is_proposed(plan, weeks, count):
    _browser, _url, answer = plan(weeks_between=weeks, count="")
    assert len(answer.context["preview"].rows) == count


def test_a_clash_is_marked_without_a_foreign_family(plan, book, make_case, wodna, anna, piotr):
    other = make_case(wodna, "Rodzina Tajemniczych", coordinator=anna, received_on=dt.date(2026, 11, 1))
    book(case=other, present={people_of(other)[0]: "present"}, starts_at=at("2026-12-07", "16:30"), by=anna.user)
    browser, url, answer = plan()
    assert "Terapeuta ma w tym czasie inne spotkanie (16:30–17:30)." in words_of(answer, 2)
    assert "Pokój jest w tym czasie zajęty" in words_of(answer, 2)
    assert "Tajemniczych" not in answer.content.decode()
    again = browser.post(url, dates_of(answer) | {"step": "save"})
    assert again.status_code == 200
    assert not SessionSeries.objects.exists()


def test_the_first_words_lead_to_each_date_that_cannot_be_kept(plan, book):
    book(starts_at=at("2026-12-07", "16:30"))
    _browser, _url, answer = plan(day="2026-11-30", count="5")  # 28.12 is no holiday
    page = answer.content.decode()
    alert = page[page.index('id="blocked"') : page.index("</ul>", page.index('id="blocked"'))]
    assert '<a href="#row-2">2. poniedziałek, 7.12.2026</a>' in alert
    assert alert.count("#row-") == 1
    assert page.count('id="row-2" tabindex="-1"') == 1


def test_blocked_dates_are_left_out_with_one_click(plan, book):
    book(starts_at=at("2026-12-07", "16:30"))
    browser, url, answer = plan()
    again = browser.post(url, dates_of(answer) | {"step": "skip"})
    assert [row.skipped for row in again.context["preview"].rows] == [False, False, True, False, False, False]
    assert browser.post(url, dates_of(again) | {"step": "save"}).status_code == 302
    assert SessionSeries.objects.get().count == 5


def test_a_date_is_moved_by_typing_another_one(plan, book):
    book(starts_at=at("2026-12-07", "16:30"))
    browser, url, answer = plan()
    data = dates_of(answer) | {"day_2": "2026-12-08", "time_2": "09:15"}
    checked = browser.post(url, data | {"step": "check"})
    assert checked.context["preview"].rows[2].moved
    page = checked.content.decode()
    assert "3. wtorek, 8.12.2026" in page
    assert "przeniesiony z: poniedziałek, 7.12.2026" in page
    assert browser.post(url, dates_of(checked) | {"step": "save"}).status_code == 302
    assert at("2026-12-08", "09:15") in [one.starts_at for one in meetings_of(SessionSeries.objects.get())]


def test_a_holiday_is_named_and_left_out_until_somebody_wants_it(plan):
    browser, url, answer = plan(day="2026-12-18")  # the second Friday is Christmas
    assert "Boże Narodzenie" in words_of(answer, 1)
    assert answer.context["preview"].rows[1].skipped
    data = dates_of(answer)
    moved = browser.post(url, data | {"step": "check", "day_1": "2026-12-28"})
    assert not moved.context["preview"].rows[1].skipped
    data.pop("skip_1")
    assert not browser.post(url, data | {"step": "check"}).context["preview"].rows[1].skipped


def test_hours_outside_the_known_ones_absence_and_the_end_of_half_a_year_are_told(plan, piotr, wodna):
    OpeningHours.objects.filter(centre=wodna).delete()
    for weekday in range(1, 6):
        OpeningHours.objects.create(
            centre=wodna, weekday=weekday, opens_at=dt.time(8), closes_at=dt.time(16), from_on=dt.date(2026, 1, 1)
        )
    Absence.objects.create(
        staff=piotr, kind="sick", from_at=at("2026-12-07", "00:00"), to_at=at("2026-12-08", "00:00"),
        entered_by=piotr.user,
    )  # fmt: skip
    _browser, _url, answer = plan(count="30")
    assert "poza godzinami otwarcia" in words_of(answer, 0)
    assert "Terapeuta jest wtedy nieobecny" in words_of(answer, 2) or "nieobecn" in words_of(answer, 2)
    assert answer.context["preview"].rows[2].skipped
    assert "po upływie pół roku" in words_of(answer, 29)
    assert "po upływie pół roku" not in words_of(answer, 25)


@pytest.mark.parametrize(
    ("day", "words"),
    [("2026-11-21", "Ten dzień już minął."), ("2027-11-24", "najwyżej na rok"), ("2098-01-01", "najwyżej na rok")],
)
def test_a_first_day_that_is_over_or_too_far_is_refused_beside_its_field_with_all_that_was_typed(plan, day, words):
    _browser, _url, answer = plan(day=day, time="17:15")
    assert answer.context["preview"] is None
    (error,) = answer.context["form"].errors["day"]
    assert words in error
    assert (fields_of(answer.context["form"])["day"], fields_of(answer.context["form"])["time"]) == (day, "17:15")


def test_today_and_this_day_in_a_year_may_be_the_first_one(plan):
    for day in ("2026-11-22", "2027-11-22"):
        assert plan(day=day)[2].context["preview"] is not None


def test_dates_beyond_a_year_are_blocked(plan):
    _browser, _url, answer = plan(count="60")
    assert answer.context["preview"].rows[-1].blocked


def test_at_krakowiakow_a_therapy_past_the_project_warns(plan, settings):
    settings.FUNDED_UNTIL = {"wodna": dt.date(2026, 12, 20)}
    _browser, _url, answer = plan(count="4")
    assert answer.context["preview"].warning == ""
    _browser, _url, answer = plan(count="5")
    assert "20.12.2026" in answer.context["preview"].warning


def test_the_end_of_the_project_at_krakowiakow_is_a_setting(settings):
    assert {"krakowiakow": dt.date(2029, 6, 30)} == settings.FUNDED_UNTIL


def test_a_lost_race_shows_the_dates_again_with_the_new_clash_and_all_that_was_typed(plan, book, annas_case):
    browser, url, answer = plan()
    data = dates_of(answer) | {"day_1": "2026-12-01", "time_1": "08:30", "skip_4": "on"}
    book(starts_at=at("2026-12-07", "16:00"))
    again = browser.post(url, data | {"step": "save"})
    rows = again.context["preview"].rows
    assert [row.number for row in rows if row.blocked] == [3]
    assert (rows[1].start, rows[4].skipped) == (at("2026-12-01", "08:30"), True)
    assert not SessionSeries.objects.exists()


def test_back_to_the_plan_keeps_it(plan):
    browser, url, answer = plan(time="17:15")
    back = browser.post(url, dates_of(answer) | {"step": "back"})
    assert back.context["preview"] is None
    assert fields_of(back.context["form"])["time"] == "17:15"


def forward_again(browser, url, back, **changes):
    """The first page sent again as it stands, with the dates that it has brought along."""
    sent = dict(back.context["dates"]) | fields_of(back.context["form"]) | {"step": "preview"}
    return browser.post(url, sent | changes)


def test_dates_that_were_typed_are_still_there_after_a_look_back_at_the_plan(plan, room):
    browser, url, answer = plan()
    typed = {"day_1": "2026-12-01", "time_1": "08:30", "skip_4": "on", "step": "back"}
    back = browser.post(url, dates_of(answer) | typed)
    assert 'name="day_1" value="2026-12-01"' in back.content.decode()
    again = forward_again(browser, url, back, room=str(room.uuid))
    rows = again.context["preview"].rows
    assert (rows[1].start, rows[4].skipped) == (at("2026-12-01", "08:30"), True)
    assert not again.context["preview"].form.outdated
    assert browser.post(url, dates_of(again) | {"step": "save"}).status_code == 302
    starts = [one.starts_at for one in meetings_of(SessionSeries.objects.get())]
    assert at("2026-12-01", "08:30") in starts


def test_of_a_longer_plan_the_dates_that_were_there_keep_what_was_typed(plan):
    browser, url, answer = plan(count="6")
    back = browser.post(url, dates_of(answer) | {"day_1": "2026-12-01", "time_1": "08:30", "step": "back"})
    again = forward_again(browser, url, back, count="8")
    rows = again.context["preview"].rows
    assert len(rows) == 8
    assert [row.number for row in rows if row.moved] == [2]
    assert rows[1].start == at("2026-12-01", "08:30")
    assert [row.skipped for row in rows] == [row.set_aside for row in rows]  # the holidays that came in are proposed
    assert "w międzyczasie" not in again.content.decode()


def test_what_the_page_left_out_by_itself_is_proposed_anew_and_what_somebody_said_stays(
    plan, sign_in, anna, piotr, olga
):
    for staff, day in ((piotr, 4), (olga, 11)):
        Absence.objects.create(
            staff=staff, kind="leave", from_at=at(f"2026-12-{day:02}", "00:00"),
            to_at=at(f"2026-12-{day + 1:02}", "00:00"), entered_by=anna.user,
        )  # fmt: skip
    _browser, url, answer = plan(count="6", day="2026-11-27")  # Fridays: Christmas and New Year's Day among them
    assert [row.number for row in answer.context["preview"].rows if row.skipped] == [2, 5, 6]
    data = dates_of(answer) | {"skip_0": "on", "step": "back"}
    del data["skip_4"]
    annas = sign_in(anna)
    back = annas.post(url, data)
    again = forward_again(annas, url, back, therapist=str(olga.uuid))
    assert [row.number for row in again.context["preview"].rows if row.skipped] == [1, 3, 6]


def test_nonsense_that_travels_along_is_only_text(plan):
    browser, url, answer = plan()
    data = dates_of(answer) | {
        "basis": "x",
        "of_0": "\x00",
        "day_0": "<b>",
        "of_1": "2026-11-30T16:00",
        "day_1": "\x00",
    }
    back = browser.post(url, data | {"step": "back"})
    assert "&lt;b&gt;" in back.content.decode()
    assert forward_again(browser, url, back).status_code == 200
    assert not SessionSeries.objects.exists()


def test_sent_twice_it_is_saved_once(plan):
    browser, url, answer = plan()
    data = dates_of(answer) | {"step": "save"}
    assert browser.post(url, data).status_code == browser.post(url, data).status_code == 302
    assert SessionSeries.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("count", "0"), ("count", "9" * 30), ("count", "61"), ("weeks_between", "3"), ("weeks_between", "x\x00"),
        ("day", "2026-02-30"), ("day", "9999-12-31"), ("time", "25:00"), ("service", "x"), ("room", "\x00"),
        ("presences", ["x"]), ("minutes", "-1"),
    ],
)  # fmt: skip
def test_what_is_no_plan_is_refused_beside_its_field(plan, field, value):
    _browser, _url, answer = plan(**{field: value})
    assert answer.status_code == 200
    preview = answer.context["preview"]
    assert field in answer.context["form"].errors or all(row.blocked for row in preview.rows)


@pytest.mark.parametrize("value", ["", "x", "2026-02-30", "\x00", "9" * 40, "0001-01-01", "9999-12-31"])
def test_a_date_that_is_none_blocks_its_row(plan, value):
    browser, url, answer = plan()
    again = browser.post(url, dates_of(answer) | {"day_3": value, "time_4": value, "step": "save"})
    assert {row.number for row in again.context["preview"].rows if row.blocked} >= {4, 5}
    assert not SessionSeries.objects.exists()


def test_dates_typed_for_another_plan_are_not_taken_for_this_one(plan):
    browser, url, answer = plan()
    again = browser.post(url, dates_of(answer) | {"day": "2026-11-24", "step": "save"})
    assert again.context["preview"].form.outdated
    assert not SessionSeries.objects.exists()


def test_an_hour_that_the_clocks_leave_out_is_told_beside_its_date(plan):
    _browser, _url, answer = plan(day="2027-03-21", time="02:30", count="2")
    assert [row.blocked for row in answer.context["preview"].rows] == [False, True]


def test_readers_and_strangers_plan_nothing(sign_in, annas_case, clara, ewa, jan):
    for stranger in (clara, ewa, jan):
        assert sign_in(stranger).get(reverse("cases:plan_series", args=[annas_case.uuid])).status_code == 404


def test_the_address_may_bring_the_plan_along(sign_in, piotr, annas_case, room):
    url = reverse("cases:plan_series", args=[annas_case.uuid])
    asked = {"day": "2026-12-03", "time": "09:30", "weeks_between": "2", "room": str(room.uuid), "minutes": "x"}
    data = fields_of(sign_in(piotr).get(url, asked).context["form"])
    assert (data["day"], data["time"], data["weeks_between"], data["room"]) == (
        "2026-12-03",
        "09:30",
        "2",
        str(room.uuid),
    )

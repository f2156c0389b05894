"""Several people lead one meeting, or a series: each is taken up, works at the centre and is chosen once."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from audit.models import AuditEntry
from cases.casefile.models import CareTeamMember
from cases.sessions.models import Session
from cases.sessions.series import change_series
from cases.sessions.services import SessionError
from centres.models import Absence, Role, RoleAssignment
from tests.cases.sessions.conftest import at, fields_of
from tests.cases.sessions.series_world import dates_of, meetings_of, series_of
from tests.cases.sessions.test_double_booking import only_postgresql, together
from tests.cases.sessions.test_edit_session import edit


def away(staff, day="2026-11-23"):
    start = at(day, "00:00")
    return Absence.objects.create(
        staff=staff, kind="leave", from_at=start, to_at=start + dt.timedelta(days=1), entered_by=staff.user
    )


def refusal(error):
    return error.value.code, list(error.value.error_dict)


def said(error, field):
    return error.value.message_dict[field]


def others_of(session):
    return {one.first_name for one in session.co_therapists.all()}


# --- one meeting ----------------------------------------------------------------------------------------------------


def test_a_co_therapist_is_taken_up_and_on_record(together_with_olga, olga):
    assert together_with_olga.occupancies.filter(staff=olga).count() == 1
    assert AuditEntry.objects.latest("id").details["co_therapists"] == [str(olga.uuid)]


def test_a_co_therapist_who_has_another_meeting_is_named_beside_the_boxes(together_with_olga, book, marek, olga, anna):
    with pytest.raises(SessionError) as error:
        book(therapist=anna, co_therapists=[olga], room=None, present={}, by=anna.user)
    assert error.value.code == "nobody"
    with pytest.raises(SessionError) as error:
        edit(book(starts_at=at("2026-11-24")), anna.user, starts_at=at("2026-11-23", "16:30"), co_therapists=[olga])
    assert said(error, "co_therapists") == ["Olga Druga ma w tym czasie inne spotkanie (16:00–17:00)."]


def test_a_co_therapist_leads_no_other_meeting_then(together_with_olga, book, olga, anna, make_case, wodna):
    other = make_case(wodna, "Rodzina Druga", coordinator=anna, received_on=dt.date(2026, 11, 1))
    with pytest.raises(SessionError) as error:
        book(case=other, therapist=olga, room=None, by=anna.user)
    assert refusal(error) == ("staff_taken", ["therapist"])


def test_nobody_is_planned_beside_another_into_an_absence(book, planned, olga_in_team, piotr):
    away(olga_in_team)
    with pytest.raises(SessionError) as error:
        book(co_therapists=[olga_in_team], starts_at=at("2026-11-23", "09:00"))
    assert refusal(error) == ("therapist_away", ["co_therapists"])
    assert "Olga Druga" in said(error, "co_therapists")[0]
    with pytest.raises(SessionError) as error:
        edit(planned, piotr.user, co_therapists=[olga_in_team])
    assert error.value.code == "therapist_away"


def test_a_meeting_with_somebody_since_away_may_still_change_its_room(together_with_olga, olga, piotr):
    away(olga)
    assert edit(together_with_olga, piotr.user, room=None).room is None


def test_a_co_therapist_works_at_the_centre(book, ewa, anna):
    with pytest.raises(SessionError) as error:
        book(co_therapists=[ewa], by=anna.user)
    assert refusal(error) == ("therapist_elsewhere", ["co_therapists"])


def test_who_has_left_since_stays_with_their_meeting_until_it_is_moved(together_with_olga, olga, piotr):
    RoleAssignment.objects.filter(user=olga.user).update(to_on="2026-11-21")
    with pytest.raises(SessionError) as error:
        edit(together_with_olga, piotr.user, starts_at=at("2026-11-24"), co_therapists=[olga])
    assert refusal(error) == ("therapist_left", ["co_therapists"])

    elsewhere = edit(together_with_olga, piotr.user, room=None, co_therapists=[olga])
    assert others_of(elsewhere) == {"Olga"}
    moved = edit(elsewhere, piotr.user, starts_at=at("2026-11-24"), co_therapists=[])
    assert others_of(moved) == set()


def test_the_therapist_is_not_chosen_twice(book, planned, piotr):
    with pytest.raises(SessionError) as error:
        book(co_therapists=[piotr], starts_at=at("2026-11-24"))
    assert refusal(error) == ("therapist_twice", ["co_therapists"])
    with pytest.raises(SessionError) as error:
        edit(planned, piotr.user, co_therapists=[piotr])
    assert error.value.code == "therapist_twice"


def test_a_co_therapist_who_takes_the_meeting_over_is_its_therapist_only(together_with_olga, olga, anna):
    moved = edit(together_with_olga, anna.user, therapist=olga)
    assert (moved.therapist, others_of(moved)) == (olga, set())
    assert moved.occupancies.filter(staff__isnull=False).count() == 1


def test_one_joins_and_another_goes(together_with_olga, make_staff, wodna, anna, annas_case):
    nina = make_staff("Nina", "Trzecia", Role.THERAPIST, centre=wodna)
    changed = edit(together_with_olga, anna.user, co_therapists=[nina])
    assert others_of(changed) == {"Nina"}
    assert set(changed.occupancies.filter(staff__isnull=False).values_list("staff__first_name", flat=True)) == {
        "Piotr",
        "Nina",
    }
    assert AuditEntry.objects.latest("id").details["changed"] == ["co_therapists"]
    assert CareTeamMember.objects.filter(case=annas_case, staff=nina, to_on=None).exists()


def test_a_therapist_brings_nobody_into_the_care_team(book, planned, olga, piotr, anna, annas_case):
    with pytest.raises(SessionError) as error:
        book(co_therapists=[olga], starts_at=at("2026-11-24"))
    assert refusal(error) == ("not_in_team", ["co_therapists"])
    with pytest.raises(SessionError):
        edit(planned, piotr.user, co_therapists=[olga])
    assert not CareTeamMember.objects.filter(staff=olga).exists()
    edit(planned, anna.user, co_therapists=[olga])
    assert CareTeamMember.objects.filter(case=annas_case, staff=olga).exists()


@pytest.mark.postgresql
@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_meetings_that_want_one_co_therapist_at_once_one_gets_them(
    book, annas_case, make_case, wodna, anna, piotr, marek, olga
):
    other = make_case(wodna, "Rodzina Druga", coordinator=anna, received_on=dt.date(2026, 11, 1))
    ended = together(
        lambda: book(co_therapists=[olga], by=anna.user),
        lambda: book(case=other, therapist=marek, room=None, co_therapists=[olga], by=anna.user),
    )
    assert sorted(type(one).__name__ for one in ended) == ["Session", "SessionError"]
    assert [one.code for one in ended if isinstance(one, SessionError)] == ["staff_taken"]


@pytest.mark.postgresql
@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_who_lead_for_each_other_at_once_do_not_block_each_other(
    book, annas_case, make_case, wodna, anna, piotr, olga
):
    other = make_case(wodna, "Rodzina Druga", coordinator=anna, received_on=dt.date(2026, 11, 1))
    ended = together(
        *(
            lambda case=case, lead=lead, beside=beside: book(
                case=case, therapist=lead, co_therapists=[beside], room=None, by=anna.user
            )
            for case, lead, beside in [(annas_case, piotr, olga), (other, olga, piotr)] * 4
        )
    )
    assert sum(isinstance(one, Session) for one in ended) == 1
    assert {one.code for one in ended if not isinstance(one, Session)} == {"staff_taken"}


# --- a series -------------------------------------------------------------------------------------------------------


@pytest.fixture
def series(annas_case, piotr, olga_in_team, room, family_therapy):
    """Four Mondays at 16:00 from tomorrow on, Piotr's and Olga's."""
    return series_of(annas_case, piotr, family_therapy, room, co_therapists=[olga_in_team])


@pytest.fixture
def nina(make_staff, wodna):
    return make_staff("Nina", "Trzecia", Role.THERAPIST, centre=wodna)


def change(series, by, **changes):
    series.refresh_from_db()
    arguments = {
        "therapist": series.therapist, "room": series.room, "minutes": series.minutes, "weekday": series.weekday,
        "time": series.time, "version": series.version, "starts": {one: one.starts_at for one in meetings_of(series)},
    }  # fmt: skip
    return change_series(series, **arguments | changes, by=by.user)


def leaders_of(series):
    return [[one.first_name for one in meeting.leaders] for meeting in meetings_of(series)]


def test_every_meeting_of_a_series_takes_up_its_co_therapist(series, olga):
    assert leaders_of(series) == [["Piotr", "Olga"]] * 4
    assert [one.occupancies.filter(staff=olga).count() for one in meetings_of(series)] == [1] * 4


def test_a_series_is_not_planned_into_what_a_co_therapist_has_already(
    annas_case, piotr, olga_in_team, family_therapy, book, anna, make_case, wodna
):
    other = make_case(wodna, "Rodzina Druga", coordinator=anna, received_on=dt.date(2026, 11, 1))
    book(case=other, therapist=olga_in_team, room=None, starts_at=at("2026-12-07", "16:30"), by=anna.user)
    with pytest.raises(SessionError) as error:
        series_of(annas_case, piotr, family_therapy, co_therapists=[olga_in_team])
    assert said(error, "co_therapists") == ["Olga Druga ma w tym czasie inne spotkanie (16:30–17:30)."]
    assert Session.objects.count() == 1


def test_a_series_has_its_therapist_once_and_nobody_from_elsewhere(annas_case, piotr, ewa, anna, family_therapy):
    for wrong, code in ((piotr, "therapist_twice"), (ewa, "therapist_elsewhere")):
        with pytest.raises(SessionError) as error:
            series_of(annas_case, piotr, family_therapy, co_therapists=[wrong], by=anna.user)
        assert refusal(error) == (code, ["co_therapists"])


def test_a_series_is_given_another_co_therapist_and_the_old_one_is_free(series, olga, nina, anna, annas_case):
    change(series, anna, co_therapists=[nina])
    assert leaders_of(series) == [["Piotr", "Nina"]] * 4
    assert not any(one.occupancies.filter(staff=olga).exists() for one in meetings_of(series))
    assert CareTeamMember.objects.filter(case=annas_case, staff=nina, to_on=None).exists()
    assert {one.first_name for one in series.co_therapists.all()} == {"Nina"}


def test_nobody_takes_the_place_of_a_co_therapist_in_their_own_absence(series, nina, anna):
    away(nina, "2026-11-30")
    with pytest.raises(SessionError) as error:
        change(series, anna, co_therapists=[nina])
    assert refusal(error) == ("therapist_away", ["co_therapists"])
    assert leaders_of(series) == [["Piotr", "Olga"]] * 4


def test_a_co_therapist_who_is_away_keeps_the_meetings_they_had(series, olga, anna):
    away(olga, "2026-11-30")
    change(series, anna, room=None)
    assert leaders_of(series) == [["Piotr", "Olga"]] * 4


def test_the_two_who_lead_a_series_may_change_places(series, olga, piotr, anna):
    change(series, anna, therapist=olga, co_therapists=[piotr])
    assert leaders_of(series) == [["Olga", "Piotr"]] * 4
    with pytest.raises(SessionError) as error:
        change(series, anna, therapist=olga, co_therapists=[olga])
    assert refusal(error) == ("therapist_twice", ["co_therapists"])


def test_who_takes_a_series_over_is_nowhere_their_own_co_therapist(series, olga, nina, anna):
    """One of the meetings has co-therapists of its own, among them the new therapist."""
    edit(meetings_of(series)[1], anna.user, co_therapists=[olga, nina])
    change(series, anna, therapist=olga)
    assert leaders_of(series) == [["Olga"], ["Olga", "Nina"], ["Olga"], ["Olga"]]
    assert [one.occupancies.filter(staff=olga).count() for one in meetings_of(series)] == [1] * 4


def test_a_meeting_led_by_others_keeps_them(series, nina, marek, anna):
    edit(meetings_of(series)[0], anna.user, therapist=marek, co_therapists=[])
    change(series, anna, co_therapists=[nina])
    assert leaders_of(series) == [["Marek"], *[["Piotr", "Nina"]] * 3]


@pytest.mark.postgresql
@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_series_that_want_one_co_therapist_at_once_do_not_both_get_them(
    series, nina, anna, marek, make_case, wodna, family_therapy
):
    other = make_case(wodna, "Rodzina Druga", coordinator=anna, received_on=dt.date(2026, 11, 1))
    second = series_of(other, marek, family_therapy, by=anna.user)
    ended = together(
        lambda: change(series, anna, co_therapists=[nina]), lambda: change(second, anna, co_therapists=[nina])
    )
    assert sorted(type(one).__name__ for one in ended) == ["SessionError", "list"]  # who lost, and what was changed


def test_a_series_is_changed_over_both_pages_by_the_therapist_who_leads_it(sign_in, piotr, olga, series):
    browser = sign_in(piotr)
    url = reverse("cases:edit_series", args=[series.uuid])
    first = fields_of(browser.get(url).context["form"]) | {"since": str(meetings_of(series)[0].uuid)}
    assert first["co_therapists"] == [olga.uuid]
    assert "Olga Druga" in browser.get(series.get_absolute_url()).content.decode()
    dates = dates_of(browser.post(url, first | {"co_therapists": [], "step": "preview"}))
    assert browser.post(url, dates | {"step": "save"}).status_code == 302
    assert leaders_of(series) == [["Piotr"]] * 4


def test_the_dates_of_a_series_say_which_co_therapist_is_not_free(
    sign_in, anna, piotr, olga, annas_case, nina, series
):
    away(nina, "2026-12-07")
    browser = sign_in(anna)
    url = reverse("cases:edit_series", args=[series.uuid])
    first = fields_of(browser.get(url).context["form"]) | {"since": str(meetings_of(series)[0].uuid)}
    answer = browser.post(url, first | {"co_therapists": [str(nina.uuid)], "step": "preview"})
    taken = answer.context["preview"].blocked
    assert [(row.number, row.skipped) for row in taken] == [(3, False)]
    assert "Nina Trzecia" in str(taken[0].findings.marks[0].words)

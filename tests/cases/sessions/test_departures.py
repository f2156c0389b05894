"""A therapist leaves the centre: their meetings go on, and somebody gives them to others (decision 0110)."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import AuditEntry
from cases.casefile.models import CareTeamMember
from cases.sessions.departures import departures_for
from cases.sessions.rules import SessionError
from cases.sessions.series import prolong_series
from cases.sessions.series_models import SessionSeries
from centres.models import Role, RoleAssignment, StaffMember
from tests.cases.sessions.conftest import NOW, at, fields_of, people_of
from tests.cases.sessions.series_world import dates_of, meetings_of, series_of
from tests.cases.sessions.test_co_therapists import refusal
from tests.cases.sessions.test_edit_series import change, later, moved_alone
from tests.cases.sessions.test_resolve_session import settle
from tests.groups import group_meeting, make_group

GONE = "Piotr Próbny nie pracuje już w tym centrum od 22.11.2026."
GOING = "Piotr Próbny pracuje w tym centrum do 30.11.2026."
CHOOSE = "Wybierz na ten termin inną osobę."


def leaves(staff: StaffMember, last_on: dt.date = dt.date(2026, 11, 21)) -> None:
    """The administrator ends the role; today is Sunday 22 November."""
    RoleAssignment.objects.filter(user=staff.user).update(to_on=last_on)


@pytest.fixture
def series(annas_case, piotr, room, family_therapy):
    """Four Mondays at 16:00 from tomorrow on."""
    return series_of(annas_case, piotr, family_therapy, room)


# --- what may not be planned -----------------------------------------------------------------------------------------


def test_a_meeting_of_who_has_left_is_not_moved_and_goes_to_somebody_else(planned, piotr, olga, anna):
    leaves(piotr)
    with pytest.raises(SessionError) as error:
        moved_alone(planned, anna, starts_at=at("2026-11-24", "07:00"))
    assert refusal(error) == ("therapist_left", ["therapist"])
    assert error.value.error_dict["therapist"][0].messages == [f"{GONE} {CHOOSE}"]

    assert moved_alone(planned, anna, room=None).therapist == piotr
    planned.refresh_from_db()
    given = moved_alone(planned, anna, therapist=olga, starts_at=at("2026-11-24", "07:00"))
    assert given.therapist == olga


def test_the_day_of_the_meeting_counts_and_not_today(planned, piotr, anna):
    leaves(piotr, dt.date(2026, 11, 30))
    with pytest.raises(SessionError) as error:
        moved_alone(planned, anna, starts_at=at("2026-12-01", "16:00"))
    assert error.value.error_dict["therapist"][0].messages == [f"{GOING} {CHOOSE}"]
    assert moved_alone(planned, anna, starts_at=at("2026-11-30", "16:00")).day == dt.date(2026, 11, 30)


def test_nothing_new_is_planned_past_somebody_s_last_day(book, piotr):
    leaves(piotr, dt.date(2026, 11, 30))
    with pytest.raises(SessionError) as error:
        book(starts_at=at("2026-12-01", "16:00"))
    assert refusal(error) == ("therapist_left", ["therapist"])
    assert book(starts_at=at("2026-11-30", "16:00")).therapist == piotr


def test_who_may_not_sign_in_any_more_has_left(planned, piotr, anna):
    piotr.user.is_active = False
    piotr.user.save()
    with pytest.raises(SessionError) as error:
        moved_alone(planned, anna, starts_at=at("2026-11-24"))
    said = error.value.error_dict["therapist"][0].messages
    assert said == [f"Piotr Próbny nie pracuje w tym centrum. {CHOOSE}"]


def test_who_keeps_another_role_at_the_centre_has_not_left(planned, piotr, anna, wodna):
    leaves(piotr)
    RoleAssignment.objects.create(user=piotr.user, role=Role.COORDINATOR, centre=wodna, from_on=dt.date(2026, 11, 1))
    assert moved_alone(planned, anna, starts_at=at("2026-11-24")).therapist == piotr


def test_calling_off_and_settling_stay_possible_and_taking_it_back_does_not(planned, unresolved, piotr, anna, olga):
    leaves(piotr)
    assert settle(unresolved, "held", anna.user).status == "held"
    called_off = settle(planned, "by_centre", anna.user)
    with pytest.raises(SessionError) as error:
        settle(called_off, "planned", anna.user)
    assert error.value.code == "therapist_left"

    called_off.refresh_from_db()
    given = moved_alone(called_off, anna, therapist=olga)
    assert settle(given, "planned", anna.user).status == "planned"


def test_what_has_been_is_corrected_as_ever(held, piotr, anna):
    leaves(piotr)
    assert moved_alone(held, anna, starts_at=at("2026-11-19", "10:00")).therapist == piotr


def test_a_series_is_not_moved_with_who_has_left(series, piotr, olga, anna):
    leaves(piotr)
    with pytest.raises(SessionError) as error:
        change(series, anna, later(series), time=dt.time(17))
    assert refusal(error) == ("therapist_left", ["therapist"])

    assert len(change(series, anna, {one: one.starts_at for one in meetings_of(series)}, room=None)) == 4
    assert len(change(series, anna, later(series), time=dt.time(17), therapist=olga)) == 4


def test_a_series_is_prolonged_with_somebody_else_who_leads_it_from_then_on(series, piotr, olga, anna):
    leaves(piotr)
    arguments = {
        "persons": people_of(series.case), "starts": [at("2026-12-21", "16:00")], "decision": "extended",
        "reason": "Rodzina potrzebuje więcej czasu.", "version": series.version, "by": anna.user,
    }  # fmt: skip
    with pytest.raises(SessionError):
        prolong_series(series, **arguments)
    longer = prolong_series(series, **arguments, therapist=olga)

    assert longer.therapist == olga
    assert [one.therapist for one in meetings_of(series)] == [piotr] * 4 + [olga]
    assert CareTeamMember.objects.current().filter(staff=olga).exists()
    assert AuditEntry.objects.get(action="cases.prolong_series").details["therapist"] == str(olga.uuid)


def test_a_therapist_gives_the_series_to_nobody_when_prolonging(series, piotr, olga):
    with pytest.raises(SessionError) as error:
        prolong_series(
            series, therapist=olga, persons=people_of(series.case), starts=[at("2026-12-21", "16:00")],
            decision="extended", reason="Dłużej.", version=series.version, by=piotr.user,
        )  # fmt: skip
    assert error.value.code == "not_yours"


# --- in the forms, before anything is saved --------------------------------------------------------------------------


def test_the_form_of_a_meeting_says_it_beside_the_therapist(planned, piotr, anna, sign_in):
    leaves(piotr)
    browser, url = sign_in(anna), reverse("cases:edit_session", args=[planned.uuid])
    answer = browser.get(url)
    assert "Piotr Próbny – nie pracuje już w tym centrum" in answer.content.decode()
    form = browser.post(url, fields_of(answer.context["form"]) | {"time": "07:00"}).context["form"]
    assert form.errors["therapist"] == [f"{GONE} {CHOOSE}"]
    assert form["time"].value() == "07:00"


def test_a_change_of_a_series_is_refused_before_its_dates_are_shown(series, piotr, anna, olga, sign_in):
    leaves(piotr)
    browser, url = sign_in(anna), reverse("cases:edit_series", args=[series.uuid])
    page = browser.get(url)
    typed = fields_of(page.context["form"]) | {
        "since": str(meetings_of(series)[0].uuid), "time": "17:00", "step": "preview",
    }  # fmt: skip
    refused = browser.post(url, typed)
    assert refused.context["preview"] is None
    assert refused.context["form"].errors == {"therapist": [f"{GONE} {CHOOSE}"]}

    shown = browser.post(url, typed | {"therapist": str(olga.uuid)})
    browser.post(url, dates_of(shown) | {"step": "save"})
    assert {one.therapist for one in meetings_of(series)} == {olga}


def test_only_the_dates_after_the_last_day_are_blocked(series, piotr, anna, sign_in):
    leaves(piotr, dt.date(2026, 11, 30))
    browser, url = sign_in(anna), reverse("cases:edit_series", args=[series.uuid])
    typed = fields_of(browser.get(url).context["form"]) | {
        "since": str(meetings_of(series)[0].uuid), "time": "17:00", "step": "preview",
    }  # fmt: skip
    preview = browser.post(url, typed).context["preview"]
    assert [row.blocked for row in preview.rows] == [False, False, True, True]
    assert f"{GOING} {CHOOSE}" in [mark.words for mark in preview.rows[2].findings.marks]


def test_prolonging_offers_somebody_else(series, piotr, anna, olga, sign_in):
    browser, url = sign_in(anna), reverse("cases:prolong_series", args=[series.uuid])
    assert "therapist" not in browser.get(url).context["form"].fields

    leaves(piotr)
    page = browser.get(url)
    form = page.context["form"]
    assert GONE in page.content.decode()
    assert piotr not in form.fields["therapist"].offer
    typed = fields_of(form) | {"count": "2", "reason": "Dłużej.", "step": "preview"}
    assert browser.post(url, typed).context["form"].errors == {"therapist": ["To pole jest wymagane."]}

    shown = browser.post(url, typed | {"therapist": str(olga.uuid)})
    assert [row.blocked for row in shown.context["preview"].rows] == [False, False]
    assert browser.post(url, dates_of(shown) | {"step": "save"}).status_code == 302
    assert [one.therapist for one in meetings_of(series)] == [piotr] * 4 + [olga] * 2


def test_who_leaves_soon_may_prolong_until_then(series, piotr, anna, sign_in):
    leaves(piotr, dt.date(2026, 12, 25))
    browser, url = sign_in(anna), reverse("cases:prolong_series", args=[series.uuid])
    typed = fields_of(browser.get(url).context["form"]) | {"count": "2", "reason": "Dłużej.", "step": "preview"}
    assert typed["therapist"] == str(piotr.uuid)
    assert [row.blocked for row in browser.post(url, typed).context["preview"].rows] == [False, True]


def test_a_co_therapist_who_has_left_is_left_out_when_prolonging(
    annas_case, piotr, olga_in_team, family_therapy, sign_in
):
    series = series_of(annas_case, piotr, family_therapy, co_therapists=[olga_in_team])
    leaves(olga_in_team)
    browser, url = sign_in(piotr), reverse("cases:prolong_series", args=[series.uuid])
    form = browser.get(url).context["form"]
    assert ("therapist" in form.fields, form["co_therapists"].value()) == (False, [])
    shown = browser.post(url, fields_of(form) | {"count": "1", "reason": "Dłużej.", "step": "preview"})
    assert browser.post(url, dates_of(shown) | {"step": "save"}).status_code == 302
    assert meetings_of(series)[-1].leaders == [piotr]
    assert not SessionSeries.objects.get().co_therapists.exists()


# --- on the pages ----------------------------------------------------------------------------------------------------


def test_the_page_of_a_meeting_to_come_says_it(planned, piotr, anna, clara, sign_in):
    url, change_it = planned.get_absolute_url(), reverse("cases:edit_session", args=[planned.uuid])
    assert sign_in(anna).get(url).context["leaving"] == []
    leaves(piotr)
    page = sign_in(anna).get(url)
    assert page.context["leaving"] == [GONE]
    assert f'<a href="{change_it}">Przekaż spotkanie innej osobie.</a>' in page.content.decode()
    read_only = sign_in(clara).get(url)
    assert GONE in read_only.content.decode()
    assert "Przekaż spotkanie" not in read_only.content.decode()


def test_the_page_of_a_meeting_that_is_over_does_not(held, unresolved, piotr, anna, sign_in):
    leaves(piotr)
    for meeting in (held, unresolved):
        assert sign_in(anna).get(meeting.get_absolute_url()).context["leaving"] == []


def test_the_page_of_a_series_leads_to_where_it_is_given_to_somebody_else(series, piotr, anna, sign_in):
    leaves(piotr)
    page = sign_in(anna).get(series.get_absolute_url())
    assert (page.context["leaving"], page.context["way_out"].url) == (
        [GONE], reverse("cases:edit_series", args=[series.uuid]),
    )  # fmt: skip
    for meeting in meetings_of(series):
        settle(meeting, "by_centre", anna.user)
    page = sign_in(anna).get(series.get_absolute_url())
    assert (page.context["leaving"], page.context["way_out"].url) == (
        [GONE], reverse("cases:prolong_series", args=[series.uuid]),
    )  # fmt: skip


def test_the_page_of_a_group_says_it_to_its_own_centre(wodna, piotr, anna, ewa, annas_case, sign_in):
    group = make_group(wodna, piotr, annas_case)
    group_meeting(group, dt.date(2026, 12, 1), status="planned")
    leaves(piotr)
    page = sign_in(anna).get(group.get_absolute_url())
    assert (page.context["leaving"], page.context["way_out"].url) == (
        [GONE], reverse("cases:edit_series", args=[group.series.uuid]),
    )  # fmt: skip
    assert GONE not in sign_in(ewa).get(group.get_absolute_url()).content.decode()


# --- on „Dziś” -------------------------------------------------------------------------------------------------------


def shown_to(staff: StaffMember) -> list[tuple[str, int, list[str]]]:
    return [
        (one.words, one.meetings, [thing.url for thing in one.entrusted]) for one in departures_for(staff.user, NOW)
    ]


def test_today_names_who_has_left_and_what_still_stands_with_them(
    series, book, wodna, piotr, anna, marek, ewa, make_case, sign_in
):
    others = make_case(wodna, "Rodzina Cudza")
    single = book(case=others, starts_at=at("2026-11-25"), by=marek.user)
    group = make_group(wodna, piotr)
    of_group = group_meeting(group, dt.date(2026, 11, 26), status="planned")
    assert shown_to(marek) == []

    leaves(piotr)
    first = meetings_of(series)[0]
    of_series = f"{reverse('cases:edit_series', args=[series.uuid])}?since={first.uuid}"
    cycle = f"{reverse('cases:edit_series', args=[group.series.uuid])}?since={of_group.uuid}"
    alone = reverse("cases:edit_session", args=[single.uuid])
    assert shown_to(marek) == [(GONE, 6, [of_series, alone, cycle])]
    assert shown_to(anna) == [(GONE, 5, [of_series, cycle])]
    assert shown_to(ewa) == []

    page = sign_in(marek).get(reverse("cases:today")).content.decode()
    assert "Spotkania do przekazania" in page
    assert "6 spotkań" in page
    assert "od 23.11.2026" in page
    assert "Spotkania do przekazania" not in sign_in(ewa).get(reverse("cases:today")).content.decode()
    assert "Spotkania do przekazania" not in sign_in(piotr).get(reverse("cases:groups")).content.decode()


def test_of_many_the_nearest_are_listed_and_the_others_counted(book, piotr, anna, sign_in):
    for day in range(13):
        book(starts_at=at("2026-11-23") + dt.timedelta(days=day))
    leaves(piotr)
    page = sign_in(anna).get(reverse("cases:today")).content.decode()
    assert "13 spotkań" in page
    assert "i jeszcze 1<" in page


def test_of_who_will_leave_only_what_comes_after_that_day(series, piotr, anna):
    leaves(piotr, dt.date(2026, 11, 30))
    ((words, number, (url,)),) = shown_to(anna)
    assert (words, number) == (GOING, 2)
    assert url.endswith(str(meetings_of(series)[2].uuid))


def test_co_therapists_are_named_too(together_with_olga, olga, anna):
    leaves(olga)
    ((words, number, (url,)),) = shown_to(anna)
    assert words.startswith("Olga Druga nie pracuje już")
    assert (number, url) == (1, reverse("cases:edit_session", args=[together_with_olga.uuid]))


def test_a_meeting_that_was_given_away_alone_is_named_alone(series, piotr, olga, anna):
    second = moved_alone(meetings_of(series)[1], anna, therapist=olga)
    leaves(olga)
    assert shown_to(anna) == [
        ("Olga Druga nie pracuje już w tym centrum od 22.11.2026.", 1,
         [reverse("cases:edit_session", args=[second.uuid])]),
    ]  # fmt: skip


def test_who_was_moved_to_another_centre_has_left_this_one(planned, piotr, anna, krakowiakow):
    RoleAssignment.objects.filter(user=piotr.user).update(centre=krakowiakow)
    ((words, number, _urls),) = shown_to(anna)
    assert (words, number) == ("Piotr Próbny nie pracuje w tym centrum.", 1)


def test_given_to_somebody_else_it_is_off_the_page(series, book, piotr, olga, anna):
    alone = book(starts_at=at("2026-11-27", "10:00"))
    leaves(piotr)
    change(series, anna, {one: one.starts_at for one in meetings_of(series)}, therapist=olga)
    moved_alone(alone, anna, therapist=olga)
    assert shown_to(anna) == []


def test_it_is_one_query_however_many_meetings(series, book, piotr, anna):
    leaves(piotr)
    departures_for(anna.user, NOW)
    with CaptureQueriesContext(connection) as captured:
        assert shown_to(anna)[0][1] == 4
    assert len(captured) == 1

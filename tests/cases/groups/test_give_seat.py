from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from cases.groups.services import edit_group, give_seat, leave_group
from cases.sessions.rules import SessionError
from cases.sessions.services import log_session
from centres.models import Role
from foundation.forms import Stale
from tests.cases.groups.conftest import expected_at, meetings_of
from tests.cases.sessions.conftest import at, fields_of, people_of

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 12, 1)


@pytest.fixture
def waiting(enrol):
    (enrolment,) = enrol(from_on=None)
    return enrolment


def test_who_waited_is_expected_from_the_day_on(waiting, group, anna):
    give_seat(waiting, from_on=DAY, version=1, by=anna.user)
    assert [len(expected_at(one)) for one in meetings_of(group)] == [0, 1, 1, 1]


def test_a_full_group_gives_none(make_group, enrol, annas_case, anna):
    small = make_group(name="Mała", seats=1, time=dt.time(10))
    enrol(group=small, persons=people_of(annas_case)[:1])
    (waiting,) = enrol(group=small, from_on=None)
    with pytest.raises(SessionError) as error:
        give_seat(waiting, from_on=DAY, version=1, by=anna.user)
    assert error.value.code == "full"
    small.refresh_from_db()
    edit_group(small, name="Mała", about="", seats=2, version=small.version, by=anna.user)
    assert give_seat(waiting, from_on=DAY, version=1, by=anna.user).from_on == DAY


@pytest.fixture
def full(make_group, enrol, annas_case):
    """One seat, which Maria has; Zofia waits."""
    small = make_group(name="Mała", seats=1, time=dt.time(10))
    (seated,) = enrol(group=small, persons=people_of(annas_case)[:1])
    (waiting,) = enrol(group=small, from_on=None)
    return small, seated, waiting


def test_no_seat_is_offered_where_none_is_free(full, anna, sign_in):
    group, _seated, waiting = full
    browser, url = sign_in(anna), reverse("cases:give_seat", args=[waiting.uuid])
    assert url not in browser.get(group.get_absolute_url()).content.decode()
    answer = browser.get(url, follow=True)
    assert answer.redirect_chain == [(group.get_absolute_url(), 302)]
    assert "W grupie nie ma teraz wolnego miejsca" in answer.content.decode()


def test_a_seat_that_will_be_free_is_offered_from_that_day_on(full, anna, sign_in):
    group, seated, waiting = full
    leave_group(seated, to_on=dt.date(2026, 12, 8), reason="Przeprowadzka", version=1, by=anna.user)
    browser, url = sign_in(anna), reverse("cases:give_seat", args=[waiting.uuid])
    assert url in browser.get(group.get_absolute_url()).content.decode()
    page = browser.get(url)
    assert "Miejsce zwolni się 9.12.2026." in page.content.decode()
    data = fields_of(page.context["form"])
    assert data["from_on"] == "2026-12-09"
    too_early = browser.post(url, data | {"from_on": "2026-12-01"}).context["form"].errors
    assert too_early["from_on"] == ["Od tego dnia nie ma wolnego miejsca. Ta osoba pozostaje na liście oczekujących."]
    assert browser.post(url, data).status_code == 302


def test_those_who_look_alike_have_the_same_number_on_the_list_and_on_the_page(
    enrol, annas_case, make_staff, wodna, sign_in, group
):
    enrol(persons=people_of(annas_case), from_on=None)
    browser = sign_in(make_staff("Beata", "Nowa", Role.COORDINATOR, centre=wodna))
    waiting = browser.get(group.get_absolute_url()).context["people"].waiting
    assert [one.known_as for one in waiting] == [f"{annas_case.number} ({n})" for n in (1, 2)]
    page = browser.get(reverse("cases:give_seat", args=[waiting[1].enrolment.uuid])).content.decode()
    assert f"Osoba ze sprawy {annas_case.number} (2)" in page


def test_nobody_gets_two_seats(waiting, anna):
    seated = give_seat(waiting, from_on=DAY, version=1, by=anna.user)
    with pytest.raises(SessionError) as error:
        give_seat(seated, from_on=DAY, version=2, by=anna.user)
    assert error.value.code == "not_waiting"
    with pytest.raises(Stale):
        give_seat(seated, from_on=DAY, version=1, by=anna.user)


def test_the_family_s_coordinator_and_the_group_s_centre_give_it(enrol, ewas_case, ewa, anna, piotr, basia):
    (waiting,) = enrol(case=ewas_case, from_on=None, by=ewa.user)
    for stranger in (piotr, basia):
        with pytest.raises(SessionError) as error:
            give_seat(waiting, from_on=DAY, version=1, by=stranger.user)
        assert error.value.code == "not_yours"
    assert give_seat(waiting, from_on=DAY, version=1, by=anna.user)


def test_the_page_gives_the_seat_and_hides_a_stranger_s_name(enrol, ewas_case, ewa, anna, sign_in, group):
    (waiting,) = enrol(case=ewas_case, from_on=None, by=ewa.user)
    browser, url = sign_in(anna), reverse("cases:give_seat", args=[waiting.uuid])
    page = browser.get(url)
    assert "Osoba z centrum Krakowiaków 2" in " ".join(page.content.decode().split())
    assert "Zofia" not in page.content.decode()
    answer = browser.post(url, fields_of(page.context["form"]) | {"from_on": "2026-12-01"})
    assert (answer.status_code, answer.url) == (302, group.get_absolute_url())


def test_it_says_how_many_have_waited_longer(enrol, annas_case, anna, sign_in):
    enrol(from_on=None)
    (later,) = enrol(persons=people_of(annas_case)[:1], from_on=None)
    page = sign_in(anna).get(reverse("cases:give_seat", args=[later.uuid]))
    assert page.context["ahead"] == 1
    assert "1 osoba czeka dłużej" in page.content.decode()


def test_who_has_a_seat_already_is_not_asked_about(waiting, anna, sign_in, group):
    give_seat(waiting, from_on=DAY, version=1, by=anna.user)
    answer = sign_in(anna).get(reverse("cases:give_seat", args=[waiting.uuid]))
    assert (answer.status_code, answer.url) == (302, group.get_absolute_url())


def test_a_clash_of_somebody_else_s_client_names_the_days_and_nobody(enrol, ewas_case, ewa, anna, family_therapy):
    (waiting,) = enrol(case=ewas_case, from_on=None, by=ewa.user)
    start = at("2026-12-08", "16:30")
    log_session(
        ewas_case, service=family_therapy, therapist=ewa, starts_at=start, ends_at=start + dt.timedelta(hours=1),
        present=dict.fromkeys(people_of(ewas_case)[1:], "expected"), status="planned", by=ewa.user,
    )  # fmt: skip
    with pytest.raises(SessionError) as error:
        give_seat(waiting, from_on=DAY, version=1, by=anna.user)
    assert error.value.code == "person_taken"
    assert "8.12.2026" in str(error.value)
    assert "Zofia" not in str(error.value)


def test_bad_dates_are_said_beside_the_field(waiting, anna, sign_in):
    url = reverse("cases:give_seat", args=[waiting.uuid])
    browser = sign_in(anna)
    data = fields_of(browser.get(url).context["form"])
    for wrong in ("", "kiedyś", "1.1.0001"):
        assert "from_on" in browser.post(url, data | {"from_on": wrong}).context["form"].errors

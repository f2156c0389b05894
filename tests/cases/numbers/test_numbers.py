"""Spotkania w liczbach: exact for those who lead, sums without names for a coordinator, one's own for a therapist."""

from __future__ import annotations

import datetime as dt
import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.text import capfirst

from audit.models import AuditEntry
from centres.models import Role, RoleAssignment, Service, WeeklyHours

URL = "/sessions/numbers/"
OCTOBER = {"period": "2026-10"}


def text_of(response):
    return html.unescape(response.content.decode())


def table(response, key):
    """The rows of a table, each as its cells by their columns."""
    section = re.search(rf'<section[^>]*aria-labelledby="{key}".*?</section>', response.content.decode(), re.S)
    if section is None:
        return None
    found = {}
    for row in re.findall(r"<tr[^>]*>(.*?)</tr>", section[0], re.S)[1:]:
        (label,) = re.findall(r'<th scope="row">(.*?)</th>', row)
        cells = re.findall(r'<td[^>]*data-label="([^"]*)">(.*?)</td>', row, re.S)
        assert all(name == capfirst(name) for name, _cell in cells)
        texts = {
            name[:1].lower() + name[1:]: html.unescape(re.sub(r"<[^>]+>", " ", cell)).strip() for name, cell in cells
        }
        found[html.unescape(label)] = texts
    return found


@pytest.fixture
def kinga(make_staff, wodna):
    return make_staff("Kinga", "Druga", Role.THERAPIST, centre=wodna)


@pytest.fixture
def october(families, meet, kinga, wodna, krakowiakow, make_staff):
    """Ten meetings of Piotr's, one of them with Kinga, one of Kinga's; and one of another centre."""
    cases = families(5)
    for number, case in enumerate(cases):
        meet(case, f"2026-10-{5 + number:02}", late=1)
        meet(case, f"2026-10-{12 + number:02}", present=1, together_with=[kinga] if number == 0 else [])
    meet(cases[0], "2026-10-20", status="no_show")
    meet(cases[1], "2026-10-21", status="by_family")
    meet(cases[2], "2026-10-22", therapist=kinga, minutes=90)
    (stranger,) = families(1, krakowiakow)
    olga = make_staff("Olga", "Obca", Role.THERAPIST, centre=krakowiakow)
    meet(stranger, "2026-10-23", therapist=olga, minutes=100)
    return cases


def test_a_head_sees_the_exact_numbers_of_the_own_centre(october, sign_in, marek):
    page = sign_in(marek).get(URL, OCTOBER)
    (outcomes,) = table(page, "outcomes").values()
    assert (outcomes["odbyło się"], outcomes["odwołane przez rodzinę"], outcomes["nikt nie przyszedł"]) == (
        "11",
        "1",
        "1",
    )
    assert (outcomes["nierozliczone"], outcomes["wszystkie"], outcomes["odsetek niestawień"]) == ("0", "13", "8%")
    together = table(page, "services")["razem"]
    assert (together["odbyły się"], together["godziny"]) == ("11", "9:50")
    # 10 + 5 + 2 present of 20 + 2 expected at held meetings and 2 at the no-show
    assert (together["obecność"], together["spóźnienie"]) == ("71%", "29%")


def test_a_head_sees_each_therapist_with_all_hours_that_they_led(october, sign_in, marek):
    rows = table(sign_in(marek).get(URL, OCTOBER), "therapists")
    assert {name: row["godziny"] for name, row in rows.items()} == {"Piotr Próbny": "8:20", "Kinga Druga": "2:20"}
    assert "Olga Obca" not in text_of(sign_in(marek).get(URL, OCTOBER))


def test_a_therapist_can_be_chosen(october, sign_in, marek, kinga):
    page = sign_in(marek).get(URL, {**OCTOBER, "therapist": str(kinga.uuid)})
    assert table(page, "services")["razem"]["godziny"] == "2:20"
    assert table(page, "therapists") is None
    assert list(table(page, "therapist-weeks")) == ["Kinga Druga"]


def test_a_service_can_be_chosen(october, meet, sign_in, marek, family_therapy):
    other = Service.objects.exclude(pk=family_therapy.pk)[0]
    meet(october[0], "2026-10-26", service=other, minutes=30)
    services = table(sign_in(marek).get(URL, {**OCTOBER, "service": str(other.uuid)}), "services")
    assert {name: row["godziny"] for name, row in services.items()} == {other.name: "0:30", "razem": "0:30"}


def test_the_form_shows_what_was_counted(october, sign_in, marek, jan):
    assert '<option value="2026-11" selected>listopad 2026</option>' in text_of(sign_in(marek).get(URL))
    published = text_of(sign_in(jan).get(URL))
    assert '<option value="2026-10" selected>październik 2026</option>' in published
    assert '<option value="all" selected>' in published


def test_travel_and_documentation_stand_where_somebody_logs_them(october, meet, sign_in, marek):
    assert "dojazd" not in table(sign_in(marek).get(URL, OCTOBER), "services")["razem"]
    meet(october[0], "2026-10-26", travel_minutes=40, paperwork_minutes=15)
    together = table(sign_in(marek).get(URL, OCTOBER), "services")["razem"]
    assert (together["dojazd"], together["dokumentacja"]) == ("0:40", "0:15")


def test_unresolved_meetings_are_a_gap_in_the_table_and_said_in_words(october, meet, sign_in, marek, clara, jan):
    meet(october[0], "2026-10-27", status="planned")
    page = sign_in(marek).get(URL, OCTOBER)
    assert table(page, "services")["razem"]["nierozliczone"] == "1"
    assert "Nierozliczone spotkania z tego okresu: 1." in text_of(page)
    assert 'href="/sessions/unresolved/?scope=centre"' in text_of(page)
    of_all = text_of(sign_in(clara).get(URL, OCTOBER))
    assert "Nierozliczone spotkania z tego okresu: 1." in of_all
    assert 'href="/sessions/unresolved/?scope=all"' in of_all
    published = text_of(sign_in(jan).get(URL, OCTOBER))
    assert "Nierozliczone spotkania z tego okresu: <5." in published
    assert "/sessions/unresolved/" not in published


def test_a_month_in_which_all_is_settled_says_nothing_of_it(october, sign_in, marek):
    assert "Nierozliczone spotkania z tego okresu" not in text_of(sign_in(marek).get(URL, OCTOBER))


def test_meetings_to_come_are_told_apart_from_unresolved_ones(october, meet, sign_in, marek):
    meet(october[0], "2026-11-27", status="planned")
    meet(october[0], "2026-11-20", status="planned")
    together = table(sign_in(marek).get(URL), "services")["razem"]
    assert (together["nierozliczone"], together["zaplanowane"]) == ("1", "1")


def test_several_months_are_told_apart(october, meet, sign_in, marek):
    meet(october[0], "2026-11-05", minutes=30)
    months = table(sign_in(marek).get(URL, {"from_on": "2026-10-20", "to_on": "2026-11-06"}), "months")
    assert {name: row["godziny"] for name, row in months.items()} == {
        "październik 2026": "1:30",
        "listopad 2026": "0:30",
        "razem": "2:00",
    }


def test_the_clinical_lead_sees_all_centres_together_and_each(october, sign_in, clara):
    page = sign_in(clara).get(URL, OCTOBER)
    centres = table(page, "centres")
    hours = {name: row["godziny"] for name, row in centres.items()}
    assert sorted(hours.values()) == ["0:00", "11:30", "1:40", "9:50"]
    assert "Olga Obca" in table(page, "therapists")
    assert (
        table(sign_in(clara).get(URL, {**OCTOBER, "centre": "krakowiakow"}), "services")["razem"]["godziny"] == "1:40"
    )


def test_a_coordinator_sees_the_own_centres_sums_and_no_therapist_by_name(october, sign_in, anna, piotr):
    page = sign_in(anna).get(URL, OCTOBER)
    assert table(page, "services")["razem"]["godziny"] == "9:50"
    assert table(page, "therapists") is None
    assert table(page, "therapist-weeks") is None
    assert "Piotr" not in text_of(page)
    refused = sign_in(anna).get(URL, {**OCTOBER, "therapist": str(piotr.uuid)})
    assert table(refused, "services") == table(page, "services")  # there is no such field


def test_a_therapist_sees_what_they_led_alone_and_with_others(october, sign_in, kinga, piotr):
    page = sign_in(kinga).get(URL, OCTOBER)
    assert table(page, "services")["razem"]["godziny"] == "2:20"
    assert table(page, "therapists") is None
    assert "Piotr" not in text_of(page)
    assert "spotkania, które prowadzę" in text_of(page)
    assert table(sign_in(piotr).get(URL, OCTOBER), "services")["razem"]["godziny"] == "8:20"


def test_a_therapist_cannot_ask_for_the_centre(october, sign_in, kinga):
    for centre in ("wodna", "all"):
        response = sign_in(kinga).get(URL, {**OCTOBER, "centre": centre})
        assert response.status_code == 400
        assert "Nie ma takiego centrum do wyboru" in text_of(response)


def test_of_a_centre_that_they_have_left_a_therapist_sees_nothing_any_more(october, sign_in, kinga, krakowiakow):
    RoleAssignment.objects.filter(user=kinga.user).update(to_on=dt.date(2026, 11, 1))
    RoleAssignment.objects.create(user=kinga.user, role=Role.THERAPIST, centre=krakowiakow)
    assert list(table(sign_in(kinga).get(URL, OCTOBER), "services")) == ["razem"]


def test_who_heads_one_centre_and_works_at_another_has_no_names_there(
    october, sign_in, marek, krakowiakow, make_staff
):
    RoleAssignment.objects.create(user=marek.user, role=Role.COORDINATOR, centre=krakowiakow)
    browser = sign_in(marek)
    assert table(browser.get(URL, {**OCTOBER, "centre": "krakowiakow"}), "therapists") is None
    assert "Piotr Próbny" in table(browser.get(URL, {**OCTOBER, "centre": "wodna"}), "therapists")
    staff = RoleAssignment.objects.filter(centre__slug="wodna", role=Role.THERAPIST)[0].user.staff
    asked = {**OCTOBER, "centre": "krakowiakow", "therapist": str(staff.uuid)}
    response = browser.get(URL, asked)
    assert response.status_code == 400
    assert "widzisz sumy bez podziału na terapeutów" in text_of(response)


def test_a_month_that_is_not_over_cannot_be_passed_on_and_the_last_one_is_chosen_instead(marek, sign_in):
    answer = sign_in(marek).get(URL, {"period": "2026-11", "numbers": "published"})
    assert answer.status_code == 400
    page = text_of(answer)
    assert "Dalej można przekazać tylko zakończone miesiące – wybrano teraz ostatni z nich." in page
    assert '<option value="2026-10" selected>październik 2026</option>' in page


def test_a_head_can_look_at_what_may_be_passed_on(october, sign_in, marek, jan):
    published = sign_in(marek).get(URL, {**OCTOBER, "numbers": "published"})
    assert table(published, "outcomes") == table(sign_in(jan).get(URL, {**OCTOBER, "centre": "wodna"}), "outcomes")
    assert table(published, "therapists") is None
    (outcomes,) = table(published, "outcomes").values()
    assert outcomes["odwołane przez rodzinę"] in ("<5", "—")


def test_the_weeks_to_come_are_compared_with_the_time_there_is(october, meet, sign_in, marek, piotr, kinga, wodna):
    WeeklyHours.objects.create(staff=piotr, centre=wodna, hours=2, from_on=dt.date(2026, 1, 1))
    meet(october[0], "2026-11-24", status="planned", minutes=90)
    meet(october[1], "2026-11-25", status="planned", minutes=60)
    meet(october[2], "2026-12-01", status="planned", minutes=30, therapist=kinga)
    page = sign_in(marek).get(URL)
    weeks = list(table(page, "weeks").items())
    assert len(weeks) == 8
    label, first = weeks[0]
    assert label == "23.11 – 29.11.2026"
    assert (first["jest"], first["zajęte"], first["wolne"]) == ("2:00", "2:30", "0:00")
    assert re.sub(r"\s+", " ", first["za dużo"]) == "o 0:30 1 osoba"
    second = weeks[1][1]
    assert (second["jest"], second["wolne"], second["ile jeszcze spotkań po 50 min"]) == ("2:00", "2:00", "2")
    without_hours = second["osoby bez wpisanych godzin"], second["zajęty czas osób bez wpisanych godzin"]
    assert without_hours == ("1", "0:30")
    people = table(page, "therapist-weeks")
    assert re.sub(r"\s+", " ", people["Piotr Próbny"]["od 23.11"]) == "2:30 z 2:00 za dużo o 0:30"
    assert re.sub(r"\s+", " ", people["Kinga Druga"]["od 30.11"]) == "nie wpisano zajęte: 0:30"


def test_where_nobody_has_entered_hours_the_page_says_so(october, sign_in, marek):
    weeks = table(sign_in(marek).get(URL), "weeks")
    assert {row["jest"] for row in weeks.values()} == {"nie wpisano"}
    assert {row["wolne"] for row in weeks.values()} == {"—"}


def test_of_a_week_of_few_families_an_analyst_sees_what_there_is_and_not_what_is_booked(
    october, meet, sign_in, jan, piotr, wodna
):
    WeeklyHours.objects.create(staff=piotr, centre=wodna, hours=20, from_on=dt.date(2026, 1, 1))
    meet(october[0], "2026-11-24", status="planned")
    for number in range(5):
        meet(october[number], f"2026-12-0{number + 1}", time="14:00", status="planned")
    weeks = list(table(sign_in(jan).get(URL, {"centre": "wodna"}), "weeks").values())
    assert (weeks[0]["jest"], weeks[0]["wolne"]) == ("20:00", "—")
    assert weeks[0]["zajęte"] in ("<5", "—")
    assert (weeks[1]["zajęte"], weeks[1]["wolne"]) == ("4:10", "15:50")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"period": "1999"}, "wybierz"),
        ({"period": "9" * 400}, "wybierz"),
        ({"centre": "krakowiakow"}, "Nie ma takiego centrum do wyboru"),
        ({"centre": "\x00"}, "nie da się zapisać"),
        ({"service": "' OR 1=1 --"}, "Nie ma takiej usługi"),
        ({"therapist": "nobody"}, "Nie ma takiego terapeuty do wyboru"),
        ({"from_on": "2026-10-01"}, "Podaj też ostatni dzień."),
        ({"to_on": "2026-10-01"}, "Podaj też pierwszy dzień."),
        ({"from_on": "2026-10-02", "to_on": "2026-10-01"}, "Koniec nie może być"),
        ({"from_on": "2024-10-02", "to_on": "2026-10-03"}, "Wybierz najwyżej dwa lata."),
        ({"from_on": "2026-10-02", "to_on": "2028-01-01"}, "Wybierz dzień nie dalej niż za rok."),
        ({"from_on": "9999-12-31", "to_on": "9999-12-31"}, "Podaj rok od 1900 do 2100."),
        ({"centre": "own", "therapist": "piotr"}, "Wybierz albo własne spotkania, albo terapeutę."),
        ({"numbers": "all"}, "poprawną wartość"),
    ],
)
@pytest.mark.parametrize("url", [URL, f"{URL}export/"])
def test_what_is_not_on_the_lists_is_refused_in_words(october, sign_in, marek, piotr, url, asked, said):
    asked = {name: str(piotr.uuid) if value == "piotr" else value for name, value in asked.items()}
    response = sign_in(marek).get(url, asked)
    assert response.status_code == 400
    assert "Tego nie da się policzyć" in text_of(response)
    assert said in text_of(response)


def test_before_the_first_meeting_there_is_nothing_to_count(sign_in, marek, jan, piotr, reference):
    for staff in (marek, jan, piotr):
        page = sign_in(staff).get(URL)
        assert page.status_code == 200


def test_reading_is_on_record_with_codes_and_no_name(october, sign_in, marek, kinga):
    sign_in(marek).get(URL, {**OCTOBER, "therapist": str(kinga.uuid)})
    details = AuditEntry.objects.get(action="cases.read_numbers").details
    assert details == {"period": "2026-10", "place": "wodna", "numbers": "exact", "therapist": str(kinga.uuid)}


def test_nothing_on_the_page_leads_to_a_family(october, sign_in, marek):
    page = text_of(sign_in(marek).get(URL, OCTOBER))
    assert "Sekretn" not in page
    assert not re.search(r'href="/cases/[0-9a-f]{8}', page)


@pytest.mark.parametrize(
    ("who", "period", "most"),
    [("marek", "2026-10", 26), ("marek", "2026", 26), ("jan", "2026-10", 31), ("jan", "2026", 31)],
)
def test_the_page_takes_the_same_statements_however_much_there_is(october, request, meet, sign_in, who, period, most):
    browser = sign_in(request.getfixturevalue(who))

    def statements():
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(URL, {"period": period}).status_code == 200
        return len(captured)

    statements()  # what is remembered per process
    few = statements()
    for number, case in enumerate(october * 3):
        meet(case, f"2026-{8 + number % 3:02}-{1 + number:02}", time="17:00")
    assert statements() == few <= most


def test_who_has_left_is_said_to_have_left_and_their_meetings_are_too_much(
    october, meet, sign_in, marek, piotr, kinga, wodna
):
    for staff in (piotr, kinga):
        WeeklyHours.objects.create(staff=staff, centre=wodna, hours=2, from_on=dt.date(2026, 1, 1))
    meet(october[0], "2026-11-24", status="planned", minutes=90)
    RoleAssignment.objects.filter(user=piotr.user).update(to_on=dt.date(2026, 11, 1))
    page = sign_in(marek).get(URL)
    people = table(page, "therapist-weeks")
    assert re.sub(r"\s+", " ", people["Piotr Próbny"]["od 23.11"]) == "nie pracuje tutaj zajęte: 1:30"
    assert people["Piotr Próbny"]["od 30.11"] == "nie pracuje tutaj"
    first = next(iter(table(page, "weeks").values()))
    assert (first["jest"], first["zajęte"], first["wolne"]) == ("2:00", "1:30", "2:00")
    assert re.sub(r"\s+", " ", first["za dużo"]) == "o 1:30 1 osoba"
    RoleAssignment.objects.filter(user=kinga.user).update(to_on=dt.date(2026, 11, 1))
    assert next(iter(table(sign_in(marek).get(URL), "weeks").values()))["jest"] == "0:00"
    assert "osoby bez wpisanych godzin" not in first

"""The page of the Programme."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from django.core.management import call_command
from django.urls import reverse

from centres.models import Role
from programme.plan.models import Indicator
from programme.results.models import Result
from programme.results.pace import Assessment
from programme.results.services import seed_demo_results
from programme.results.standing import overview

URL = "/programme/"


@pytest.fixture(autouse=True)
def november(time_machine):
    time_machine.move_to(dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC), tick=False)


@pytest.fixture
def page(programme, jan, sign_in):
    """The page as Jan, the analyst, sees it: `page("?rok=2025")`."""
    client = sign_in(jan)

    def get(query: str = "", url: str = URL) -> str:
        response = client.get(url + query)
        assert response.status_code == 200
        html: str = response.content.decode()
        return html

    return get


def rows(html: str) -> int:
    return html.count('<th scope="row">')


def test_it_shows_all_indicators_with_their_tasks_and_targets(page):
    html = page()

    assert "Program Wspierania Rodziny 2025–2027" in html
    assert "78 wskaźników, 51 zadań" in html
    assert "stan na 31.10.2026" in html
    assert rows(html) == 78
    assert html.count('scope="rowgroup"') == 51
    assert html.count("Zadania podstawowe") == 3
    assert "Usługi poradnictwa rodzinnego i terapii" in html
    assert "2025: 690" in html
    assert "2027: 710" in html


def test_the_tiles_count_what_they_list(page, programme):
    seed_demo_results(programme, dt.date(2026, 11, 22), random.Random(1))  # noqa: S311 - invented data
    found = [one.assessment for one in overview(programme, on=dt.date(2026, 10, 31))]

    for assessment in (Assessment.ON_PLAN, Assessment.BELOW_PACE, Assessment.AT_RISK, Assessment.NO_DATA):
        assert rows(page(f"?ocena={assessment.value}")) == found.count(assessment)
        assert f"<b>{found.count(assessment)}</b>" in page()


def test_another_year_has_its_own_targets(page):
    assert "Cel 2025" in page("?rok=2025")
    assert "stan na 31.12.2025" in page("?rok=2025")
    assert "nie minął jeszcze żaden miesiąc" in page("?rok=2027")


@pytest.mark.parametrize("year", ["2024", "2028", "1", "abc", "２０２６", "20260", "-2026", "%00", "2026.0"])
def test_a_year_outside_the_programme_is_not_found(programme, jan, sign_in, year):
    assert sign_in(jan).get(f"{URL}?rok={year}").status_code == 404


def test_what_is_no_assessment_chooses_none(page):
    assert rows(page("?ocena=nic&q=%00&cursor=x")) in {0, 78}
    assert rows(page("?ocena=nic")) == 78


def test_search_ignores_case_and_diacritics(page):
    assert "Biblioteka Kraków" in page("?q=BIBLIOTEKA+krakow")
    assert rows(page("?q=zaswiadczenia+xyz")) == 0
    assert "Żaden wskaźnik nie pasuje" in page("?q=zaswiadczenia+xyz")
    assert rows(page("?q=straz+miejska")) == 1
    assert rows(page("?q=27.4")) >= 1


def test_a_typed_word_comes_back_escaped(page):
    assert "<script>" not in page("?q=<script>")
    assert "&lt;script&gt;" in page("?q=<script>")
    assert "\0" not in page("?q=bibli%00oteka")


def test_invented_results_are_marked(page, programme):
    seed_demo_results(programme, dt.date(2026, 11, 22), random.Random(1))  # noqa: S311 - invented data

    assert "dane pokazowe" in page()


def test_a_number_of_few_families_is_not_published(page, annas_case, hold):
    for day in range(1, 10):
        hold(annas_case, dt.date(2026, 10, day))

    assert "&lt;5" in page("?q=1.1+poradnictwa+rodzinnego")
    assert "&lt;5" in page(url="/programme/indicators/1.1/")


def test_the_page_takes_six_statements_at_first_and_three_when_nothing_has_changed(
    programme, make_case, wodna, jan, sign_in, hold, django_assert_max_num_queries
):
    client = sign_in(jan)
    client.get("/programme/about/")
    for n in range(7):
        hold(make_case(wodna, f"Rodzina {n}"), dt.date(2026, 1 + n, 5))
    seed_demo_results(programme, dt.date(2026, 11, 22), random.Random(1))  # noqa: S311 - invented data

    with django_assert_max_num_queries(6 + 5):  # session, user, roles and the like come on top
        client.get(URL)
    with django_assert_max_num_queries(3 + 5):
        client.get(URL)


def test_whatever_changes_is_on_the_page_at_once(page, programme, make_case, wodna, hold, edited):
    assert "4\u00a0321" not in page()

    result = Result.objects.create(
        indicator=Indicator.objects.get(code="16.1"),
        unit=programme.tasks.get(number=16).responsible[0],
        month=dt.date(2026, 10, 1),
        value=4321,
    )
    assert "4\u00a0321" in page()
    Result.objects.filter(pk=result.pk).update(value=4322)
    assert "4\u00a0322" in page()
    for n in range(7):
        hold(make_case(wodna, f"Rodzina {n}"), dt.date(2026, 10, 5))
    assert "policzone z portalu" in page("?q=1.1")
    assert ">\n          7\n" in page("?q=poradnictwa+rodzinnego+i+terapii")
    call_command(
        "load_programme", edited((";9910;9910;9910;6540600", ";9910;10007;9910;6540600")), yes=True, verbosity=0
    )
    assert "10\u00a0007" in page()
    result.delete()
    assert "4\u00a0322" not in page()


def test_without_a_programme_the_page_says_how_to_load_it(jan, sign_in):
    response = sign_in(jan).get(URL)

    assert "load_programme" in response.content.decode()


def test_who_works_with_cases_only_is_not_let_in(programme, anna, piotr, sign_in):
    for staff in (anna, piotr):
        for url in (URL, "/programme/about/", "/programme/indicators/1.1/"):
            assert sign_in(staff).get(url).status_code == 403


@pytest.mark.parametrize("url", [URL, "/programme/about/", "/programme/indicators/1.1/"])
def test_head_and_unit_read_it(programme, marek, make_staff, sign_in, url):
    unit = Indicator.objects.get(code="8.1").task.responsible[0]
    library = make_staff("Ula", "Biblioteczna", Role.UNIT, organisation=unit)

    for staff in (marek, library):
        assert sign_in(staff).get(url).status_code == 200
        assert sign_in(staff).post(url).status_code == 405


def test_the_indicator_page_shows_targets_months_and_the_counting_rule(page, make_case, wodna, hold):
    for n in range(6):
        hold(make_case(wodna, f"Rodzina {n}"), dt.date(2026, 9, 5), service="terapia-par")

    html = page(url=reverse("programme:indicator", args=["1.1"]))

    assert "9\u00a0910" in html
    assert "Spotkania, które się odbyły" in html
    assert "wersja 1, obowiązuje od 1.01.2025" in html
    assert "policzone z portalu" in html
    assert "Terapia par i małżeństw" in html
    assert "Wodna 2B" in html
    assert "wrzesień 2026" in html
    assert "listopad 2026" not in html
    assert "<svg" in html
    assert "Rodzina 1" not in html


def test_every_indicator_has_its_page(page, programme):
    seed_demo_results(programme, dt.date(2026, 11, 22), random.Random(1))  # noqa: S311 - invented data

    for code in Indicator.objects.values_list("code", flat=True):
        assert code in page(url=f"/programme/indicators/{code}/")


@pytest.mark.parametrize("year", [2025, 2027])
@pytest.mark.parametrize("code", ["1.1", "2.1", "15.1", "22.2", "24.1", "26.3", "39.1"])
def test_an_indicator_of_any_type_has_a_page_for_every_year(page, programme, code, year):
    seed_demo_results(programme, dt.date(2026, 11, 22), random.Random(1))  # noqa: S311 - invented data

    assert code in page(f"?rok={year}", url=f"/programme/indicators/{code}/")


def test_an_indicator_that_left_the_programme_keeps_its_page(page, programme, edited):
    call_command("load_programme", edited(drop=(5,)), yes=True, verbosity=0)

    assert "nie ma już w Programie" in page(url="/programme/indicators/3.2/")
    assert ">3.2<" not in page()


def test_an_indicator_that_was_reported_in_words_shows_them(page):
    indicator = Indicator.objects.get(code="26.1")
    Result.objects.create(
        indicator=indicator,
        unit=indicator.task.responsible[0],
        month=dt.date(2026, 10, 1),
        value=1,
        text="Gala odbyła się 10 października.",
    )

    html = page(url="/programme/indicators/26.1/")

    assert "Gala odbyła się 10 października." in html
    assert "zrealizowano" in html


@pytest.mark.parametrize("code", ["99.1", "1.9", "1", "0.1", "1.01", "1.1.1", "a.b", "1,1", "１.１", "%00", "1.1%0A"])
def test_an_unknown_or_malformed_indicator_is_not_found(programme, jan, sign_in, code):
    assert sign_in(jan).get(f"/programme/indicators/{code}/").status_code == 404


def test_the_page_about_it_tells_goals_directions_addressees_and_implementers(page):
    html = page(url="/programme/about/")

    for words in (
        "Celem nadrzędnym Programu jest zapewnienie możliwości dalszego rozwoju",
        "Kierunki rozwoju systemu wspierania rodziny",
        "Adresaci Programu",
        "Capella Cracoviensis",
        "ewaluacja ex-post",
        "58\u00a0647\u00a0920,00\u00a0zł",
    ):
        assert words in html


def test_unit_costs_are_those_of_services_and_hours(page):
    html = page(url="/programme/about/")

    assert "220,00\u00a0zł" in html
    assert "44,00\u00a0zł" in html
    assert html.count(",00\u00a0zł") == 7 + 2 + 1

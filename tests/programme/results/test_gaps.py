"""Unresolved meetings: how many a number lacks, and what of it may be printed."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from cases.sessions.models import Session
from programme.results.gaps import Gap, Part, Total, gap_in, gap_of, in_words, listed, lower_bound, said_of
from tests.groups import group_meeting, make_group

URL = "/programme/indicators/1.1/"
OCTOBER_END = dt.date(2026, 10, 31)


@pytest.fixture(autouse=True)
def november(time_machine):
    time_machine.move_to(dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC), tick=False)


def gap(**parts):
    """`gap(a1=(3, "xyz"))`: centre a, service 1, three meetings, the families x, y and z."""
    return Gap({
        (ord(key[0]), int(key[1])): Part(count, frozenset(map(ord, families)))
        for key, (count, families) in parts.items()
    })  # fmt: skip


# --- what is counted -------------------------------------------------------------------------------------------------


@pytest.fixture
def open_meetings(make_case, wodna, krakowiakow, hold):
    """At Wodna six of therapy by six families and two of counselling by one; at Krakowiaków one; all in October."""
    cases = [make_case(wodna, f"Rodzina {n}") for n in range(6)]
    for n, case in enumerate(cases):
        hold(case, dt.date(2026, 10, 5 + n), status="planned")
    for day in (20, 21):
        hold(cases[0], dt.date(2026, 10, day), service="poradnictwo-rodzinne", status="planned")
    hold(make_case(krakowiakow, "Rodzina Daleka"), dt.date(2026, 10, 5), status="planned")
    return cases


def open_gap(**options):
    return gap_in("held_sessions", 2026, until=OCTOBER_END, now=timezone.now(), **options)


def test_planned_meetings_of_the_services_that_count_are_lacking(open_meetings, wodna, hold):
    hold(open_meetings[0], dt.date(2026, 10, 22), service="diagnoza-norr", status="planned")  # does not count
    hold(open_meetings[0], dt.date(2026, 11, 2), status="planned")  # after the day
    hold(open_meetings[0], dt.date(2025, 12, 30), status="planned")  # another year
    hold(open_meetings[0], dt.date(2026, 10, 23), status="by_family")
    hold(open_meetings[0], dt.date(2026, 10, 24))

    assert open_gap().count == 9
    assert (open_gap(centre=wodna).count, open_gap(centre=wodna).families) == (8, 6)


def test_a_meeting_that_is_not_over_is_not_lacking(annas_case, hold):
    hold(annas_case, dt.datetime(2026, 10, 31, 9, tzinfo=dt.UTC), status="planned")

    before = dt.datetime(2026, 10, 31, 9, 49, tzinfo=dt.UTC)

    assert gap_in("held_sessions", 2026, until=OCTOBER_END, now=before).count == 0
    assert gap_in("held_sessions", 2026, until=OCTOBER_END, now=before + dt.timedelta(minutes=1)).count == 1


def test_a_group_s_meeting_lacks_with_the_families_that_were_invited(open_meetings, wodna, piotr):
    group = make_group(wodna, piotr, *open_meetings[:3], service="terapia-grupowa", first_on=dt.date(2026, 10, 1))
    group_meeting(group, dt.date(2026, 10, 8), status="planned")

    part = next(part for part in gap_of(Session.objects.filter(group=group)).parts.values())

    assert (part.count, len(part.families)) == (1, 3)
    assert open_gap().count == 10


def test_two_statements_count_it_and_one_says_that_there_is_none(
    open_meetings, django_assert_num_queries, make_case, wodna, hold
):
    with django_assert_num_queries(2):
        gap_of(Session.objects.unresolved())
    for n in range(4):
        hold(make_case(wodna, f"Rodzina Nowa {n}"), dt.date(2026, 10, 12), status="planned")
    with django_assert_num_queries(2):
        gap_of(Session.objects.unresolved())
    with django_assert_num_queries(1):
        gap_of(Session.objects.none() | Session.objects.filter(status="planned", pk=-1))


# --- what may be printed ---------------------------------------------------------------------------------------------


def test_a_total_of_few_families_is_hidden():
    assert gap(a1=(9, "wxyz")).total.text == "<5"
    assert gap(a1=(9, "vwxyz")).total.text == "9"


def test_a_service_of_few_families_is_not_numbered():
    assert gap(a1=(5, "abcde"), a2=(3, "fgh"), a3=(3, "ij")).shown_services() == {1}


def test_a_service_is_kept_back_where_it_would_tell_a_small_one():
    # 8 in all less 6 would be the 2 meetings of two families
    assert gap(a1=(6, "abcde"), a2=(2, "fg")).shown_services() == set()
    # of several, the one with the fewest families
    assert gap(a1=(6, "abcdef"), a2=(6, "vwxyz"), a3=(2, "gh")).shown_services() == {1}


def test_centres_together_print_sums_of_what_each_prints_itself():
    both = gap(a1=(6, "abcde"), b1=(5, "fghij"))
    assert (both.total.text, both.shown_services()) == ("11", {1})
    one_small = gap(a1=(6, "abcde"), b1=(2, "fg"))
    assert (one_small.total.text, one_small.shown_services()) == ("co najmniej 6", set())


def test_centres_that_are_hidden_are_in_the_total_where_there_are_several_of_them():
    hidden = gap(a1=(6, "abcde"), b1=(3, "fgh"), c1=(2, "ij"))
    assert hidden.total.text == "11"  # b and c together: five families
    assert [hidden.centres[ord(centre)].total.text for centre in "abc"] == ["6", "<5", "<5"]


PARTS = st.dictionaries(
    st.tuples(st.integers(1, 3), st.integers(1, 4)),
    st.tuples(st.integers(1, 4), st.frozensets(st.integers(1, 12), min_size=1, max_size=7)),
)


@given(PARTS)
def test_nothing_printed_tells_a_number_of_few_families(drawn):
    """Whatever is subtracted within one centre, or of all from each: what is left stands for enough families."""
    found = Gap({key: Part(max(count, 1), families) for key, (count, families) in drawn.items()})
    for centre, own in found.centres.items():
        shown = own.shown_services()
        if not own.total.is_exact:
            assert not shown
            continue
        for size in range(len(shown) + 1):
            for known in itertools.combinations(sorted(shown), size):
                rest = [part.families for (_c, service), part in own.parts.items() if service not in known]
                assert not rest or len(frozenset().union(*rest)) >= 5, (centre, known)
    hidden = [own for own in found.centres.values() if not own.total.is_exact]
    if found.total.is_exact and hidden:
        families = [part.families for own in hidden for part in own.parts.values()]
        assert len(frozenset().union(*families)) >= 5
    if len(found.centres) > 1:
        for service in found.shown_services():
            assert all(service in found.centres[c].shown_services() for c, s in found.parts if s == service)


NAMES = {service: f"Usługa {service}" for service in range(1, 5)}


def possible(own, service):
    """The least and the most that a service's number can be for a reader of the words, who knows all services."""
    words = in_words(own, NAMES)
    shown = own.shown_services()
    rest = own.count - sum(own.services[one] for one in shown)
    least = {one: int(name in words) for one, name in NAMES.items() if one not in shown}
    return least[service], rest - sum(least[one] for one in least if one != service)


def assert_nothing_bounds_a_service_of_few(own):
    for (_centre, service), part in own.parts.items():
        if own.total.is_exact and len(part.families) < 5:
            least, most = possible(own, service)
            assert (least, most > least) == (0, True), (service, least, most)


@given(PARTS)
def test_the_total_and_the_names_bound_no_number_of_few_families(drawn):
    found = Gap({key: Part(count, families) for key, (count, families) in drawn.items()})
    for own in found.centres.values():
        assert_nothing_bounds_a_service_of_few(own)


def test_three_meetings_of_three_services_do_not_name_them():
    """They would be one of each, and one family's counselling would be told."""
    three = gap(a1=(1, "abc"), a2=(1, "cd"), a3=(1, "e"))  # a group's meeting has several families
    assert in_words(three, NAMES) == "3 spotkania (bez podziału na usługi)"
    assert_nothing_bounds_a_service_of_few(three)


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "words"),
    [
        (Total(1), "nierozliczone pozostaje 1 spotkanie poradnictwa"),
        (Total(3), "nierozliczone pozostają 3 spotkania poradnictwa"),
        (Total(12), "nierozliczonych pozostaje 12 spotkań poradnictwa"),
        (Total(22), "nierozliczone pozostają 22 spotkania poradnictwa"),
        (Total(0, is_exact=False), "nierozliczonych pozostaje <5 spotkań poradnictwa"),
        (Total(8, is_exact=False), "nierozliczonych pozostaje co najmniej 8 spotkań poradnictwa"),
    ],
)
def test_the_lower_bound_is_told_in_polish(total, words):
    assert words in lower_bound(total)


def test_services_are_listed_with_their_numbers_and_the_rest_without_names():
    two = [("Terapia rodzinna", 3), ("Terapia par", 6)]
    assert listed(two, has_rest=False) == "w tym: Terapia rodzinna – 3, Terapia par – 6"
    assert listed(two[:1], has_rest=True) == "w tym: Terapia rodzinna – 3; reszta bez podziału na usługi"
    assert listed([], has_rest=True) == "bez podziału na usługi"


def test_each_centre_says_what_it_has_not_settled(open_meetings):
    said = said_of(open_gap())

    assert said is not None
    assert [(line.centre.slug, line.words) for line in said.lines] == [
        ("wodna", "8 spotkań (bez podziału na usługi)"),
        ("krakowiakow", "<5 spotkań (bez podziału na usługi)"),
    ]
    assert "co najmniej 8 spotkań" in said.lower_bound


def test_the_page_of_the_indicator_says_that_its_number_is_a_lower_bound(programme, open_meetings, jan, sign_in):
    page = sign_in(jan).get(URL).content.decode()

    assert "Liczba jest dolną granicą: od stycznia nierozliczonych pozostaje co najmniej 8 spotkań" in page
    assert "Nierozliczone, więc niepoliczone powyżej:" in page
    assert "8 spotkań (bez podziału na usługi)" in page


def test_where_all_is_settled_the_page_says_nothing_of_it(programme, annas_case, hold, jan, sign_in):
    hold(annas_case, dt.date(2026, 10, 5))

    page = sign_in(jan).get(URL).content.decode()

    assert "dolną granicą" not in page
    assert "Nierozliczone" not in page


def test_an_indicator_that_the_portal_does_not_count_lacks_nothing(programme, open_meetings, jan, sign_in):
    assert "dolną granicą" not in sign_in(jan).get("/programme/indicators/2.1/").content.decode()

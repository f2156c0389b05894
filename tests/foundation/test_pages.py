import datetime as dt

import pytest
from django.core.exceptions import SuspiciousOperation
from django.template.loader import render_to_string
from django.test import RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.pages import BadCursor, KeysetPage, keyset_page
from tests.foundation.conftest import Paper

ORDERS = [("due_on", "id"), ("-due_on", "-id"), ("name", "number", "id"), ("-at", "-id"), ("id",), ("-name", "-uuid")]


def walk(queryset, order, size, cursor=None, back=False):
    """All pages from here to the end, in the order in which they were turned."""
    pages = []
    while True:
        page = keyset_page(queryset, order=order, cursor=cursor, size=size)
        pages.append(page)
        cursor = page.previous_cursor if back else page.next_cursor
        if not cursor:
            return pages


@pytest.mark.parametrize("order", ORDERS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=14), size=st.integers(1, 5))
def test_the_pages_together_are_the_whole_list_forward_and_back(papers, order, rows, size):
    papers.objects.all().delete()
    start = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    papers.objects.bulk_create(
        Paper(
            due_on=dt.date(2026, 11, 1 + day),
            number=number,
            name="Łąka"[: day + 1],
            at=start + dt.timedelta(microseconds=number),
        )
        for day, number in rows
    )
    whole = list(papers.objects.order_by(*order))

    forward = walk(papers.objects.all(), order, size)
    assert [paper for page in forward for paper in page.items] == whole
    assert all(page.items for page in forward) or not whole

    if len(forward) > 1:
        last = keyset_page(papers.objects.all(), order=order, cursor=forward[0].last_cursor, size=size)
        assert last.items == whole[-size:]
        assert last.next_cursor is None
        back = walk(papers.objects.all(), order, size, forward[0].last_cursor, back=True)
        assert [paper for page in reversed(back) for paper in page.items] == whole
        assert forward[0].previous_cursor is None
        assert back[-1].previous_cursor is None


@pytest.mark.parametrize("order", [("number", "id"), ("-at", "-id"), ("due_on", "id")])
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=14), size=st.integers(1, 5))
def test_lists_without_a_row_in_common_are_turned_as_one(papers, order, rows, size):
    papers.objects.all().delete()
    start = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    papers.objects.bulk_create(
        Paper(due_on=dt.date(2026, 11, 1 + n % 3), number=number, at=start + dt.timedelta(seconds=n % 3), name=name)
        for n, (number, name) in enumerate(rows)
    )
    whole = list(papers.objects.order_by(*order))
    parts = [papers.objects.filter(name=name) for name in range(3)]
    pages, cursor = [], None
    while True:
        pages.append(keyset_page(*parts, order=order, cursor=cursor, size=size))
        if not (cursor := pages[-1].next_cursor):
            break
    assert [paper for page in pages for paper in page.items] == whole
    if len(pages) > 1:
        back = keyset_page(*parts, order=order, cursor=pages[-1].previous_cursor, size=size)
        assert back.items == pages[-2].items
        assert keyset_page(*parts, order=order, cursor=pages[0].last_cursor, size=size).items == whole[-size:]


def test_turning_back_shows_the_page_one_came_from(papers):
    papers.objects.bulk_create(Paper(number=i) for i in range(7))
    first = keyset_page(papers.objects.all(), order=("number", "id"), size=3)
    second = keyset_page(papers.objects.all(), order=("number", "id"), cursor=first.next_cursor, size=3)
    again = keyset_page(papers.objects.all(), order=("number", "id"), cursor=second.previous_cursor, size=3)
    assert again.items == first.items
    assert again.next_cursor == first.next_cursor
    assert again.previous_cursor is None


def test_a_page_is_one_query_in_the_form_an_index_can_use(papers, django_assert_num_queries):
    papers.objects.bulk_create(Paper(number=i) for i in range(5))
    first = keyset_page(papers.objects.all(), order=("number", "id"), size=2)
    with django_assert_num_queries(1) as queries:
        keyset_page(papers.objects.all(), order=("number", "id"), cursor=first.next_cursor, size=2)
    (query,) = queries.captured_queries
    where = query["sql"].split("WHERE")[1].replace('"foundation_paper".', "").replace('"', "")
    assert where.split("ORDER")[0].strip() == f"(number >= 1 AND (number > 1 OR id > {first.items[-1].pk}))"
    assert "LIMIT 3" in where


def test_rows_deleted_meanwhile_leave_a_way_back(papers):
    papers.objects.bulk_create(Paper(number=i) for i in range(6))
    first = keyset_page(papers.objects.all(), order=("id",), size=3)
    papers.objects.filter(pk__gt=first.items[-1].pk).delete()
    gone = keyset_page(papers.objects.all(), order=("id",), cursor=first.next_cursor, size=3)
    assert gone.items == []
    assert keyset_page(papers.objects.all(), order=("id",), cursor=gone.previous_cursor, size=3).items == first.items


def test_rows_deleted_before_leave_a_way_on(papers):
    papers.objects.bulk_create(Paper(number=i) for i in range(6))
    first = keyset_page(papers.objects.all(), order=("id",), size=3)
    second = keyset_page(papers.objects.all(), order=("id",), cursor=first.next_cursor, size=3)
    papers.objects.filter(pk__lt=second.items[0].pk).delete()
    gone = keyset_page(papers.objects.all(), order=("id",), cursor=second.previous_cursor, size=3)
    assert gone.items == []
    start = keyset_page(papers.objects.all(), order=("id",), cursor=gone.next_cursor, size=3)
    assert start.items == second.items
    assert start.previous_cursor is None


def test_the_cursor_shows_neither_name_nor_row_number(papers):
    papers.objects.bulk_create(Paper(name="Przykładowa") for _ in range(3))
    cursor = keyset_page(papers.objects.all(), order=("name", "id"), size=1).next_cursor
    assert cursor == keyset_page(papers.objects.all(), order=("name", "id"), size=1).next_cursor
    assert cursor
    assert cursor.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("cursor", ["x", "1", "ż", "\x00", "a" * 5000, "AAAA", "=", "ImYi:abc", "🙂"])
def test_a_made_up_cursor_is_refused(papers, cursor):
    with pytest.raises(BadCursor):
        keyset_page(papers.objects.all(), order=("id",), cursor=cursor)
    assert issubclass(BadCursor, SuspiciousOperation)


def test_a_cursor_of_another_list_is_refused(papers):
    papers.objects.bulk_create(Paper(number=i) for i in range(3))
    cursor = keyset_page(papers.objects.all(), order=("number", "id"), size=1).next_cursor
    with pytest.raises(BadCursor):
        keyset_page(papers.objects.all(), order=("-number", "-id"), cursor=cursor)


@given(st.text())
def test_no_cursor_makes_a_fault(cursor):
    if cursor:
        with pytest.raises(BadCursor):
            keyset_page(Paper._default_manager.all(), order=("id",), cursor=cursor)


def test_a_cursor_from_before_the_secret_changed_still_works(papers, settings):
    papers.objects.bulk_create(Paper(number=i) for i in range(3))
    cursor = keyset_page(papers.objects.all(), order=("id",), size=2).next_cursor
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret-key-for-this-test-alone"
    assert len(keyset_page(papers.objects.all(), order=("id",), cursor=cursor, size=2).items) == 1


@pytest.mark.parametrize("order", [(), ("-due_on", "id")])
def test_an_order_that_goes_both_ways_is_a_mistake_in_the_code(papers, order):
    with pytest.raises(ValueError, match="order"):
        keyset_page(papers.objects.all(), order=order)


@given(
    st.one_of(
        st.booleans(),
        st.integers(),
        st.text(),
        st.dates(),
        st.datetimes(timezones=st.just(dt.UTC)),
        st.uuids(),
        st.decimals(allow_nan=False, allow_infinity=False),
    )
)
def test_every_type_comes_back_as_it_was(value):
    from foundation.pages import CURSOR_MAX_LENGTH, _decoded, _encoded

    cursor = _encoded("f", [value], "place")
    if len(cursor) <= CURSOR_MAX_LENGTH:
        direction, key = _decoded(cursor, "place", 1)
        assert (direction, key) == ("f", [value])
        assert key is not None
        assert type(key[0]) is type(value)


def test_the_links_keep_the_other_parameters():
    request = RequestFactory().get("/cases/", {"stage": "plan", "q": "Łoś", "cursor": "old"})
    page: KeysetPage[Paper] = KeysetPage(items=[], next_cursor="NEXT", previous_cursor="BEFORE", last_cursor="LAST")
    html = render_to_string("foundation/_pages.html", {"page": page, "request": request})
    assert 'rel="next" href="?stage=plan&amp;q=%C5%81o%C5%9B&amp;cursor=NEXT"' in html
    assert 'rel="prev" href="?stage=plan&amp;q=%C5%81o%C5%9B&amp;cursor=BEFORE"' in html
    assert 'href="?stage=plan&amp;q=%C5%81o%C5%9B"' in html
    assert "old" not in html
    assert "Następna strona" in html


def test_a_list_of_one_page_has_no_links():
    request = RequestFactory().get("/cases/")
    html = render_to_string(
        "foundation/_pages.html",
        {"page": keyset_page(Paper._default_manager.none(), order=("id",)), "request": request},
    )
    assert html.strip() == ""

"""A group from its plan to its roll, as the people at the centre do it; its pages are accessible and fit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cases.casefile.models import Case
from cases.groups.services import enrol_in_group, plan_group
from cases.sessions.group_models import Group
from cases.sessions.models import Occupancy, Session
from cases.sessions.moments import local_moment
from centres.models import Role, Service, StaffMember
from tests.browser.conftest import OpenWindow
from tests.browser.test_pages import look_at

NAME = "TUS młodsi, popołudnia"


@pytest.fixture
def basia(make_staff: Callable[..., StaffMember], wodna) -> StaffMember:
    Service.objects.get(slug="trening-umiejetnosci-spolecznych").centres.add(wodna)
    return make_staff("Basia", "Druga", Role.THERAPIST, centre=wodna)


def just_over(session: Session) -> None:
    """Let the meeting have ended a minute ago, as time would have done."""
    end = timezone.now() - dt.timedelta(minutes=1)
    start = end - dt.timedelta(minutes=90)
    Session.objects.filter(pk=session.pk).update(starts_at=start, ends_at=end)
    Occupancy.objects.filter(session=session).update(from_at=start, to_at=end)


def test_a_group_is_planned_filled_and_its_roll_taken_on_a_phone(
    open_window: OpenWindow, annas_case: Case, anna: StaffMember, piotr: StaffMember, basia: StaffMember, turn
) -> None:
    annas = open_window(anna)
    page = annas.page
    annas.open("/groups/")
    annas.follow("Zaplanuj grupę")
    page.get_by_label("Nazwa grupy").fill(NAME)
    page.get_by_label("Usługa").select_option(label="Trening umiejętności społecznych (TUS)")
    page.get_by_label("Miejsca").fill("6")
    page.get_by_label("Terapeuta").select_option(label="Piotr Próbny")
    page.get_by_label("Basia Druga").check()
    page.get_by_label("Pierwszy dzień").fill((timezone.localdate() + dt.timedelta(days=1)).isoformat())
    page.get_by_label("Początek").fill("16:00")
    page.get_by_label("Liczba spotkań").fill("3")
    annas.press("Pokaż terminy")
    expect(page.locator("h1")).to_have_text("Sprawdź terminy")
    annas.press("Zapisz te spotkania")
    expect(page.locator("h1")).to_have_text(NAME)

    annas.follow("Zapisz osobę")
    page.get_by_label("Sprawa").select_option(index=1)
    annas.press("Dalej")
    page.get_by_label("Zofia Przykładowa").check()
    annas.press("Zapisz do grupy")
    expect(page.get_by_role("main")).to_contain_text("1 osoba ma miejsce w grupie")
    expect(page.get_by_role("main")).to_contain_text("1 z 6")

    with turn:
        group = Group.objects.get()
        meeting = group.sessions.earliest("starts_at")
        just_over(meeting)
    phone = open_window(basia, width=360)
    phone.open("/sessions/unresolved/")
    phone.follow("Odbyło się")
    expect(phone.page.get_by_label("odbyło się", exact=True)).to_be_checked()
    phone.page.get_by_label("Notatka o grupie").fill("Ćwiczyli słuchanie.")
    phone.press("Zapisz")
    expect(phone.page.get_by_role("main")).to_contain_text("Rozliczono spotkanie")
    with turn:
        meeting.refresh_from_db()
        assert meeting.status == Session.Status.HELD
        assert [row.presence for row in meeting.attendances.all()] == ["present"]
        assert meeting.notes.get().is_of_group


def test_the_pages_of_groups_are_accessible_and_fit(
    open_window: OpenWindow, annas_case: Case, anna: StaffMember, piotr: StaffMember, basia: StaffMember, turn
) -> None:
    day = timezone.localdate() + dt.timedelta(days=3)
    with turn:
        group = plan_group(
            annas_case.centre,
            name="Warsztaty dla rodziców nastolatków, które odsuwają się od domu, grupa druga",
            about="Rodzice dzieci w wieku 12–16 lat.",
            seats=1,
            service=Service.objects.get(slug="trening-umiejetnosci-spolecznych"),
            therapist=piotr,
            co_therapists=[basia],
            room=None,
            weeks_between=2,
            first_on=day,
            time=dt.time(16),
            minutes=90,
            starts=[local_moment(day, dt.time(16))],
            by=anna.user,
        )
        mother, daughter = [member.person for member in annas_case.family.members.order_by("id")]
        enrol_in_group(group, case=annas_case, persons=[daughter], from_on=timezone.localdate(), by=anna.user)
        (waiting,) = enrol_in_group(group, case=annas_case, persons=[mother], from_on=None, by=anna.user)
        meeting = group.sessions.get()
    url = group.get_absolute_url()
    annas = open_window(anna)
    look_at(annas, "/groups/", "/groups/new/", url, f"{url}edit/", f"{url}enrol/")
    look_at(annas, f"{annas_case.get_absolute_url()}groups/enrol/", f"{annas_case.get_absolute_url()}sessions/")
    look_at(annas, f"/enrolments/{waiting.uuid}/seat/", f"/enrolments/{waiting.uuid}/leave/")
    with turn:
        just_over(meeting)
    basias = open_window(basia)
    look_at(basias, url, f"{url}log/")
    look_at(basias, f"{meeting.get_absolute_url()}resolve/", f"{meeting.get_absolute_url()}group-note/")

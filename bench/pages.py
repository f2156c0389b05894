"""The pages that have a budget, each as somebody of the demonstration opens it."""

from __future__ import annotations

import datetime as dt
import html
import re
import uuid
from collections.abc import Callable
from http import HTTPStatus
from itertools import count
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Count
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from bench import bare
from cases.casefile.models import Case, Stage
from cases.people.models import FamilyMember
from cases.sessions.models import Attendance, Occupancy, Session, cases_to_log
from centres.models import Room, Service, StaffMember

Act = Callable[[], object]

FIRST_MINUTE = 4 * 60
A_DAY = 36
"""Meetings of five minutes from 4:00 to 7:00, when nobody of the demonstration is at work: always free.
They are logged in earlier weeks, so that this week's calendar stays as it is."""
SLOTS = count()


def browser_of(email: str, backend: str = "centres.backends.SignInBackend") -> Client:
    """A browser in which this person is signed in."""
    client = Client()
    client.force_login(User.objects.get(email=email), backend=backend)
    return client


def bare_browser(email: str) -> Client:
    """The same person at a plain Django: its middleware, its views, nothing of ours."""
    plain = f"{bare.PlainBackend.__module__}.{bare.PlainBackend.__qualname__}"
    settings.AUTHENTICATION_BACKENDS = [*settings.AUTHENTICATION_BACKENDS, plain]
    client = browser_of(email, plain)
    with override_settings(MIDDLEWARE=bare.MIDDLEWARE, SESSION_ENGINE="django.contrib.sessions.backends.db"):
        client.handler.load_middleware()
    return client


def opening(client: Client, url: str) -> Act:
    """Open a page; anything but a page is an error of the measurement."""

    def act() -> None:
        answer = client.get(url)
        if answer.status_code != HTTPStatus.OK:
            raise RuntimeError(f"{url} answered {answer.status_code}")

    return act


def last_page_of(client: Client, url: str) -> str:
    """The address of a long list's last page, which is the last link below it; a short list has one page."""
    links = re.findall(r'href="([^"]*\bcursor=[^"]*)"', client.get(url).content.decode())
    return url.partition("?")[0] + html.unescape(links[-1]) if links else url


def case_with_most_meetings(email: str) -> Case:
    """An open case whose meetings this person logs, as full as one of the demonstration gets."""
    cases = cases_to_log(User.objects.get(email=email)).filter(closed_on=None, stage=Stage.THERAPY)
    return max(cases, key=lambda case: case.sessions.count())


def settling(client: Client, email: str, stock: int) -> Act:
    """Log from the calendar: a planned meeting of yesterday took place, each time another one; the POST alone."""
    therapist = StaffMember.objects.get(user__email=email)
    own = Session.objects.filter(therapist=therapist, room__isnull=False, group=None, case__closed_on=None)
    example = own.select_related("case").annotate(people=Count("attendances")).order_by("-people", "id")[0]
    people = list(example.attendances.values_list("person_id", "person__uuid"))
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0) - dt.timedelta(days=1)
    shared = ("case_id", "centre_id", "service_id", "therapist_id", "room_id")
    planned = Session.objects.bulk_create(
        Session(
            starts_at=midnight + dt.timedelta(minutes=5 * number),
            ends_at=midnight + dt.timedelta(minutes=5 * number + 5),
            **{name: getattr(example, name) for name in shared},
        )
        for number in range(stock)
    )
    Attendance.objects.bulk_create(
        Attendance(session=one, case=example.case, person_id=person) for one in planned for person, _ in people
    )
    taken: list[dict[str, Any]] = [
        {"staff_id": therapist.pk},
        {"room_id": example.room_id},
        *({"person_id": person} for person, _ in people),
    ]
    Occupancy.objects.bulk_create(
        Occupancy(session=one, from_at=one.starts_at, to_at=one.ends_at, **what) for one in planned for what in taken
    )
    answers = {"status": "held", "minutes": "5", "reason": "", "note": "", "summary": ""}
    answers |= {f"presence_{person.hex}": "present" for _, person in people}
    pages = [reverse("cases:resolve_session", args=[one.uuid]) for one in planned]
    sent = iter([(page, answers | _hidden(client.get(page).content.decode())) for page in pages])

    def act() -> None:
        _send(client, *next(sent))

    return act


def _hidden(page: str) -> dict[str, str]:
    """What the page of a form sends along with what is typed."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def _send(client: Client, url: str, fields: dict[str, str]) -> None:
    """Send a form as a browser does; anything but success is an error of the measurement."""
    body = urlencode(fields | {"once": str(uuid.uuid4())})
    answer = client.post(url, body, content_type="application/x-www-form-urlencoded")
    if answer.status_code != HTTPStatus.FOUND:
        refused = re.search(r'id="form-errors".*?</ul>', answer.content.decode(), re.DOTALL)
        raise RuntimeError(f"{url} was refused: {refused[0] if refused else answer}")
    client.cookies.pop("messages", None)  # shown by the page that follows, which is not opened here


def logging(client: Client, email: str, therapist: str) -> Act:
    """Log a meeting that was not planned, led by this therapist, each time in another five minutes: the POST alone."""
    case = case_with_most_meetings(email)
    service = Service.objects.filter(centres=case.centre).exclude(form=Service.Form.GROUP)[0]
    persons = FamilyMember.objects.current().filter(family=case.family).values_list("person__uuid", flat=True)
    url = reverse("cases:log_session", args=[case.uuid])
    facts = {
        "service": str(service.uuid),
        "therapist": str(StaffMember.objects.get(user__email=therapist).uuid),
        "room": str(Room.objects.filter(centre=case.centre)[0].uuid),
        "minutes": "5",
        "status": "held",
        **{f"presence_{person.hex}": "present" for person in persons},
    }

    def act() -> None:
        number = next(SLOTS)
        day = timezone.localdate() - dt.timedelta(days=8 + number // A_DAY)
        minute = FIRST_MINUTE + number % A_DAY * 5
        when = {"day": f"{day}", "time": f"{minute // 60:02}:{minute % 60:02}"}
        _send(client, url, facts | when)

    return act

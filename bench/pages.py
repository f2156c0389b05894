"""The pages that have a budget, each as somebody of the demonstration opens it."""

from __future__ import annotations

import datetime as dt
import html
import re
import uuid
from collections.abc import Callable
from http import HTTPStatus
from itertools import count

from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from bench import bare
from cases.casefile.models import Case, Stage
from cases.people.models import FamilyMember
from centres.models import Role, Room, Service, StaffMember

Act = Callable[[], object]

FIRST_MINUTE = 4 * 60
A_DAY = 36
"""Meetings of five minutes from 4:00 to 7:00, when nobody of the demonstration is at work: always free.
They are logged in earlier weeks, so that this week's calendar stays as it is."""


def browser_of(email: str) -> Client:
    """A browser in which this person is signed in."""
    client = Client()
    client.force_login(User.objects.get(email=email), backend="accounts.backends.SignInBackend")
    return client


def bare_browser(email: str) -> Client:
    """The same person at a plain Django: its middleware, its views, nothing of ours."""
    client = browser_of(email)
    with override_settings(MIDDLEWARE=bare.MIDDLEWARE):
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
    """An open case that this person reads, as full as one of the demonstration gets."""
    cases = Case.objects.readable_by(User.objects.get(email=email)).open().filter(stage=Stage.THERAPY)
    return max(cases, key=lambda case: case.sessions.count())


def logging(client: Client, email: str) -> Act:
    """Log a meeting that took place, each time in another five minutes: the POST alone, as a browser sends it."""
    case = case_with_most_meetings(email)
    therapists = StaffMember.objects.working_at(case.centre).filter(user__role_assignments__role=Role.THERAPIST)
    service = Service.objects.filter(centres=case.centre).exclude(form=Service.Form.GROUP)[0]
    persons = FamilyMember.objects.current().filter(family=case.family).values_list("person__uuid", flat=True)
    url = reverse("cases:log_session", args=[case.uuid])
    facts = {
        "service": str(service.uuid),
        "therapist": str(therapists[0].uuid),
        "room": str(Room.objects.filter(centre=case.centre)[0].uuid),
        "minutes": "5",
        "status": "held",
        **{f"presence_{person.hex}": "present" for person in persons},
    }
    slots = count()

    def act() -> None:
        number = next(slots)
        day = timezone.localdate() - dt.timedelta(days=8 + number // A_DAY)
        minute = FIRST_MINUTE + number % A_DAY * 5
        when = {"day": f"{day}", "time": f"{minute // 60:02}:{minute % 60:02}"}
        answer = client.post(url, facts | when | {"once": str(uuid.uuid4())})
        if answer.status_code != HTTPStatus.FOUND:
            refused = re.search(r'id="form-errors".*?</ul>', answer.content.decode(), re.DOTALL)
            raise RuntimeError(f"No meeting could be logged on {day}: {refused[0] if refused else answer}")

    return act

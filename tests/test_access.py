"""Every address of the portal, asked for by everybody, lets in exactly whom `tests/access_table.py` names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.adapters import MFAAdapter
from audit.services import record
from cases.assessments import results
from cases.assessments.models import Assessment, CoupleOverride, CriticalAlert, Judgement
from cases.assessments.services import start_assessment
from cases.calendar.feeds import create_calendar_feed
from cases.casefile.models import CareTeamMember, Case, DeadlineRule
from cases.groups.services import enrol_in_group, plan_group
from cases.instruments.models import InstrumentVersion
from cases.instruments.questions import Part, questions_of
from cases.instruments.scoring import ENGINE_VERSION
from cases.instruments.services import approve_version, load_example
from cases.intake.models import Referral, Source
from cases.people.models import FamilyRole
from cases.sessions.group_models import Group, GroupEnrolment
from cases.sessions.models import Session
from cases.sessions.moments import local_moment
from cases.sessions.note_models import TherapyNote
from cases.sessions.series_models import SessionSeries
from centres.absences import add_absence
from centres.models import Absence, Organisation, Role, Service, StaffMember
from krakow_family import errors
from programme.plan.models import Indicator
from programme.reports.models import Report, number_of
from tests.access_table import DOCUMENT, PERSONAS, TABLE, document

OCTOBER = dt.date(2026, 10, 1)
REFUSED = (401, 403, 404)
BROKEN = (400, 429, 500)  # readyz says 503 where no worker runs
SIGN_IN = "/accounts/login/?next="


def addresses(
    patterns: list[URLPattern | URLResolver] | None = None, namespace: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    """The name of each address with its pattern; one without a name has its route for it."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from addresses(pattern.url_patterns, inner)
        else:
            yield f"{namespace}{pattern.name or pattern.pattern}", pattern


@cache
def ours() -> dict[str, URLPattern]:
    return {name: pattern for name, pattern in addresses() if not name.startswith("admin:")}


@pytest.fixture
def cast(
    make_staff: Callable[..., StaffMember], wodna: Any, krakowiakow: Any, anna: Any, piotr: Any, marek: Any, ewa: Any
) -> dict[str, StaffMember]:
    """A person for each column of the table."""
    unit = Organisation.objects.create(name="Jednostka Przykładowa", short_name="JP")
    return {
        "coordinator": anna,
        "colleague": make_staff("Olga", "Druga", Role.COORDINATOR, centre=wodna),
        "therapist": piotr,
        "other_therapist": make_staff("Tomasz", "Drugi", Role.THERAPIST, centre=wodna),
        "lead": marek,
        "elsewhere": ewa,
        "lead_elsewhere": make_staff("Beata", "Inna", Role.LEAD, centre=krakowiakow),
        "clinical_lead": make_staff("Klara", "Kliniczna", Role.CLINICAL_LEAD),
        "analyst": make_staff("Jan", "Liczący", Role.ANALYST),
        "project_officer": make_staff("Paweł", "Projektowy", Role.PROJECT_OFFICER),
        "unit": make_staff("Julia", "Jednostkowa", Role.UNIT, organisation=unit),
        "dpo": make_staff("Iga", "Strażnik", Role.DPO),
        "admin": make_staff("Adam", "Słownik", Role.ADMIN),
        "no_role": make_staff("Nina", "Nikt"),
    }


@pytest.fixture
def world(
    cast: dict[str, StaffMember], make_case: Callable[..., Case], wodna: Any, family_therapy: Any
) -> dict[str, dict[str, Any]]:
    """One of everything, of Wodna; for each address what stands in its place-holders."""
    call_command("load_programme", verbosity=0)
    case = make_case(wodna, coordinator=cast["coordinator"])
    team = CareTeamMember.objects.create(case=case, staff=cast["therapist"], from_on=timezone.localdate())
    starts_at = timezone.now() - dt.timedelta(hours=3)
    session = Session.objects.create(
        case=case,
        centre=wodna,
        service=family_therapy,
        therapist=cast["therapist"],
        starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(minutes=50),
        status=Session.Status.PLANNED,
    )
    note = TherapyNote.objects.create(session=session, author=cast["therapist"], text="Notatka")
    group, enrolment = group_with_somebody_waiting(case, cast["coordinator"], cast["therapist"])
    referral = Referral.objects.create(
        centre=wodna,
        source=Source.SELF,
        received_on=timezone.localdate(),
        family_label="Rodzina Nowych",
        contact_first_name="Ala",
        contact_role=FamilyRole.MOTHER,
    )
    reports = {
        scope: Report.objects.create(
            month=OCTOBER, scope=scope, centre=centre, number=number_of(OCTOBER, scope, centre, 1)
        )
        for scope, centre in (("centre", wodna), ("centres", None), ("programme", None))
    }
    version = approved_example(cast["clinical_lead"])
    entry = record(cast["coordinator"].user, "cases.read_case", case)
    for staff in cast.values():
        secret = MFAAdapter().encrypt("JBSWY3DPEHPK3PXP")
        Authenticator.objects.create(user=staff.user, type="totp", data={"secret": secret})
        Authenticator.objects.create(user=staff.user, type="recovery_codes", data={"seed": secret, "used_mask": 0})
    absence = add_absence(
        cast["therapist"],
        kind=Absence.Kind.LEAVE,
        from_at=timezone.now() + dt.timedelta(days=30),
        to_at=timezone.now() + dt.timedelta(days=31),
        by=cast["therapist"].user,
    )
    kwargs: dict[str, Any] = {
        "absence": absence.uuid,
        "token": create_calendar_feed(cast["therapist"], by=cast["therapist"].user),
        "centre": "wodna",
        "case": case.uuid,
        "referral": referral.uuid,
        "session": session.uuid,
        "series": SessionSeries.objects.create(
            case=case,
            service=family_therapy,
            therapist=cast["therapist"],
            weeks_between=1,
            weekday=1,
            time=dt.time(16),
            minutes=50,
            first_on=timezone.localdate(),
            count=26,
            review_on=timezone.localdate() + dt.timedelta(days=182),
        ).uuid,
        "group": group.uuid,
        "enrolment": enrolment.uuid,
        "note": note.uuid,
        "version": version.uuid,
        "member": case.family.members.earliest("id").uuid,
        "report": reports["centre"].uuid,
        "entry": entry.uuid,
        "code": Indicator.objects.earliest("id").code,
        "uidb36": "1",
        "key": "abc-def",
    }
    finalised = finalised_assessment(case, version, cast["coordinator"])
    after = {
        "assessment": finalised.uuid,
        "alert": finalised.alerts.get().uuid,
        "override": finalised.overrides.get().uuid,
    }
    draft = started_assessment(case, version, cast["coordinator"], Assessment.Occasion.MIDDLE)
    interview = draft.interviews.earliest("id")
    area = interview.sheets.earliest("id").area
    Judgement.objects.create(assessment=draft, area=area)
    kwargs |= {"assessment": draft.uuid, "interview": interview.uuid, "area": area}
    of_group = {"session": group.sessions.earliest("starts_at").uuid, "series": group.series.uuid}
    special = {
        "cases:end_care_team_membership": {"member": team.uuid},
        "cases:decide_proposals": after,
        "cases:add_addendum": after,
        "cases:request_override": after,
        "cases:decide_override": after,
        "cases:acknowledge_alert": after,
        "cases:assessment_pdf": after,
    }
    return {
        row: {
            **kwargs,
            **special.get(row, {}),
            **({"report": reports[row.partition("@")[2]].uuid} if row.startswith("programme:") and "@" in row else {}),
            **(of_group if row.endswith("@group") or "group_note" in row else {}),
        }
        for row in TABLE
    }


def group_with_somebody_waiting(
    case: Case, coordinator: StaffMember, therapist: StaffMember
) -> tuple[Group, GroupEnrolment]:
    """A group of the centre; the case's first person waits for a seat, the second has one."""
    service = Service.objects.filter(form=Service.Form.GROUP, centres=case.centre)[0]
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    group = plan_group(
        case.centre,
        name="Grupa",
        about="",
        seats=5,
        service=service,
        therapist=therapist,
        room=None,
        weeks_between=2,
        first_on=tomorrow,
        time=dt.time(16),
        minutes=90,
        starts=[local_moment(tomorrow, dt.time(16))],
        by=coordinator.user,
    )
    waiting, seated = [member.person for member in case.family.members.order_by("id")]
    enrol_in_group(group, case=case, persons=[seated], from_on=timezone.localdate(), by=coordinator.user)
    (enrolment,) = enrol_in_group(group, case=case, persons=[waiting], from_on=None, by=coordinator.user)
    return group, enrolment


def approved_example(clinical_lead: StaffMember) -> InstrumentVersion:
    """The version that families are assessed with."""
    load_example()
    version = InstrumentVersion.objects.get()
    return approve_version(version, valid_from=OCTOBER, version=version.version, by=clinical_lead.user)


def started_assessment(case: Case, version: InstrumentVersion, coordinator: StaffMember, occasion: str) -> Assessment:
    mother = case.family.members.earliest("id").person
    return start_assessment(
        case,
        instrument_version=version,
        occasion=occasion,
        assessor=coordinator,
        parts={mother: Part.ADULT},
        by=coordinator.user,
    )


def finalised_assessment(case: Case, version: InstrumentVersion, coordinator: StaffMember) -> Assessment:
    """With one critical answer, and the coordinator's signature of a reason to go on with couple work."""
    assessment = started_assessment(case, version, coordinator, Assessment.Occasion.START)
    interview = assessment.interviews.earliest("id")
    asked = next(questions_of(version.definition, assessment.participants_for_scoring(), interview.talk))
    area = version.definition.area_of[asked.item.id].id
    CriticalAlert.objects.create(assessment=assessment, interview=interview, question=asked.key, area=area)
    CoupleOverride.objects.create(assessment=assessment, reason="Powód", signed_by=coordinator)
    result, inputs = results.compute(assessment)
    assessment.status = Assessment.Status.FINALISED
    assessment.finalised_at = timezone.now()
    assessment.finalised_by = coordinator
    assessment.engine_version = ENGINE_VERSION
    assessment.result = results.to_text(result, inputs, ENGINE_VERSION)
    assessment.save()
    return assessment


def url_of(row: str, values: dict[str, Any]) -> str:
    name = row.partition("@")[0]
    wanted = ours()[name].pattern.regex.groupindex
    missing = set(wanted) - set(values)
    assert not missing, f"{row} needs {missing}: make such a record in the fixture world."
    return reverse(name, kwargs={key: values[key] for key in wanted})


def browser_of(staff: StaffMember | None) -> Client:
    browser = Client()
    if staff:
        browser.force_login(staff.user, backend="centres.backends.SignInBackend")
    return browser


@pytest.fixture
def short_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages of refusals are drawn elsewhere; thousands of them would take a minute."""
    monkeypatch.setattr(errors, "_page", lambda request, template, status: HttpResponse(status=status))


def is_let_in(answer: Any) -> bool:
    return answer.status_code not in REFUSED and not answer.get("Location", "").startswith(SIGN_IN)


def test_every_address_stands_in_the_table():
    """A new one fails here until somebody has decided whom it lets in."""
    assert {row.partition("@")[0] for row in TABLE} ^ set(ours()) == set()


@pytest.mark.parametrize("persona", ["anonymous", *PERSONAS])
def test_it_lets_in_exactly_whom_the_table_names(persona, cast, world, short_refusals):
    wrong = []
    browser = browser_of(cast.get(persona))
    for row, allowed in TABLE.items():
        url = url_of(row, world[row])
        # A stranger's POST is tried as well; test_scoped.py shows that all other verbs are treated alike.
        for method in ("get",) if persona in allowed else ("get", "post"):
            answer = getattr(browser, method)(url)
            if answer.status_code in BROKEN or is_let_in(answer) != (persona in allowed):
                wrong.append(f"{method.upper()} {row} {url} is answered with {answer.status_code}")
    assert wrong == []


def test_the_administration_lets_in_nobody_but_administrators(cast, world, short_refusals):
    anybody = cast["coordinator"].user.pk
    values = {
        "object_id": anybody,
        "user_id": anybody,
        "app_label": "accounts",
        "content_type_id": 1,
        "url": "nowhere",
    }
    urls = {
        reverse(name, kwargs={key: values[key] for key in pattern.pattern.regex.groupindex})
        for name, pattern in addresses()
        # the last two are Django's redirects, to a record's page and to an address of today
        if name.startswith("admin:") and pattern.name not in (None, "view_on_site")
    }
    assert len(urls) > 40
    let_in = []
    for persona in ("anonymous", *(PERSONAS.keys() - {"admin"})):
        browser = browser_of(cast.get(persona))
        # One permission opens all of them: two people try every page, the others the first one.
        for url in sorted(urls) if persona in ("anonymous", "lead") else [reverse("admin:index")]:
            for method in ("get", "post"):
                answer = getattr(browser, method)(url, follow=True)
                last = answer.redirect_chain[-1][0] if answer.redirect_chain else ""
                if answer.status_code not in REFUSED and not last.startswith(SIGN_IN):
                    let_in.append((persona, method, url, answer.status_code, last))
    assert let_in == []


def test_the_administration_opens_for_an_administrator(cast, world):
    browser = browser_of(cast["admin"])
    for name, _ in addresses():
        if name.startswith("admin:") and name.endswith(("_changelist", ":index")):
            assert browser.get(reverse(name)).status_code == 200, name


def test_nothing_of_families_stands_in_the_administration():
    of_cases = {model for model in admin.site._registry if model._meta.app_label in ("cases", "audit")}
    assert of_cases == {DeadlineRule}  # a dictionary


def test_the_document_says_the_same():
    assert DOCUMENT.read_text() == document(), "Write it anew: python -m tests.access_table"

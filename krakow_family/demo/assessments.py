"""Invented assessments of the demonstration's families, with the example instrument: the same for the same seed.

They are written in bulk, with the same functions that compute and keep the result of a real one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from itertools import count
from random import Random

from cases.assessments import results
from cases.assessments.alerts import key_of
from cases.assessments.answers import to_text
from cases.assessments.forms import proposed_parts
from cases.assessments.models import (
    Addendum,
    AlertMail,
    AlertReading,
    Assessment,
    AssessmentParticipant,
    CoupleOverride,
    CriticalAlert,
    Interview,
    Judgement,
    ProposalDecision,
    Sheet,
)
from cases.assessments.rules import COUPLE
from cases.assessments.services import put_result
from cases.casefile.models import CareTeamMember, Case, CoordinatorAssignment, Stage, StageChange
from cases.instruments.definition import Method, Proposal
from cases.instruments.models import InstrumentVersion
from cases.instruments.questions import Answer, Part, Participant, Talk, questions_of, talks_of
from cases.instruments.scoring import Result
from cases.people.models import FamilyMember
from centres.models import Centre, Role, StaffMember
from krakow_family.demo import words
from krakow_family.demo.answering import answer_all, part_of
from krakow_family.demo.assessment_world import BATCH, Family, World

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
START_MADE, MIDDLE_MADE, END_MADE, FOLLOW_UP_MADE = 0.9, 0.35, 0.55, 0.6
IMPROVES, UNDECIDED, DIFFERS, ADDED, DRAFTED = 0.8, 0.5, 0.2, 0.12, 0.4
NEW = 14  # days
START_DRAFTS, MIDDLE_DRAFTS = 3, 3
CRITICAL = {"granted": 400, "waiting": 60}
"""What has become of a critical answer, and how many days old the diagnosis may be; one family each."""

Occasion = Assessment.Occasion


def make_assessments(seed: int, *, today: dt.date, version: InstrumentVersion) -> None:
    """Assessments for most families of the centres that diagnose with NORR."""
    rng = Random(f"{seed} assessments")  # of its own, so that the families stay as they are
    leads = StaffMember.objects.with_role(Role.CLINICAL_LEAD).order_by("user__email")
    world = World(rng, today, version, list(leads))
    diagnosed = []
    stories = Stories(world)
    for family in _families(world):
        start = stories.tell(family)
        if start and family.case.diagnosed_on:
            family.case.diagnosed_by = start.assessor
            diagnosed.append(family.case)
    world.write()
    Case.objects.bulk_update(diagnosed, ["diagnosed_by"], batch_size=BATCH)


def _families(world: World) -> Iterator[Family]:
    """Cases with a coordinator, in four queries."""
    cases = list(Case.objects.filter(centre__diagnosis=Centre.Diagnosis.NORR).select_related("centre").order_by("id"))
    coordinators = {
        one.case_id: one.coordinator for one in CoordinatorAssignment.objects.current().select_related("coordinator")
    }
    therapists = {one.case_id: one.staff for one in CareTeamMember.objects.select_related("staff").order_by("id")}
    members: dict[int, list[FamilyMember]] = {}
    for member in FamilyMember.objects.select_related("person").order_by("id"):
        members.setdefault(member.family_id, []).append(member)
    reached: dict[int, dict[str, dt.date]] = {}
    for change in StageChange.objects.order_by("id"):
        reached.setdefault(change.case_id, {})[change.stage] = change.on
    for case in cases:
        if case.pk in coordinators:
            yield Family(
                case=case,
                coordinator=coordinators[case.pk],
                therapist=therapists.get(case.pk),
                parts=proposed_parts(members[case.family_id]),
                reached=reached[case.pk],
                burdens={area.id: world.rng.uniform(0.02, 0.55) for area in world.version.definition.areas},
            )


class Stories:
    """Which assessments a family has had by today; here and there something that a demonstration should show."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.diagnosed = count()
        self.start_drafts, self.middle_drafts = count(), count()
        self.critical = dict(CRITICAL)
        self.has_fresh_alert = False

    def tell(self, family: Family) -> Assessment | None:
        """Returns the assessment at the start, where it has been finalised."""
        world, rng, case = self.world, self.world.rng, family.case
        if case.diagnosed_on is None:
            self._in_diagnosis(family)
            return None
        if rng.random() > START_MADE:
            return None  # diagnosed on paper
        if next(self.diagnosed) % 25 == 3:  # of each 25 families the fourth
            broken_off(world, family, case.opened_on)
        kind = self._kind_of_critical(family)
        start = finalised(world, family, Occasion.START, case.diagnosed_on, family.coordinator, critical=kind)
        therapy, ended = family.reached.get(Stage.THERAPY), family.reached.get(Stage.FOLLOW_UP)
        by = family.therapist or family.coordinator
        if therapy:
            self._during_therapy(family, therapy, ended, by)
        if ended and rng.random() < END_MADE:
            _move_on(family, rng)
            finalised(world, family, Occasion.END, ended, by)
            if case.closed_on and rng.random() < FOLLOW_UP_MADE:
                finalised(world, family, Occasion.FOLLOW_UP, case.closed_on, family.coordinator)
        return start

    def _in_diagnosis(self, family: Family) -> None:
        """A few have begun; one couple has just given a critical answer."""
        world, rng = self.world, self.world.rng
        fresh = _is_couple(family) and not self.has_fresh_alert
        if fresh or (rng.random() < DRAFTED and next(self.start_drafts) < START_DRAFTS):
            on = world.today - DAY * (1 if fresh else rng.randrange(1, 4))
            draft(world, family, Occasion.START, on, family.coordinator, critical=fresh)
            self.has_fresh_alert |= fresh

    def _during_therapy(self, family: Family, since: dt.date, ended: dt.date | None, by: StaffMember) -> None:
        world, rng = self.world, self.world.rng
        half_way = since + DAY * rng.randrange(80, 100)
        if half_way >= (ended or world.today):
            return
        if rng.random() < MIDDLE_MADE:
            _move_on(family, rng)
            finalised(world, family, Occasion.MIDDLE, half_way, by)
        elif not ended and next(self.middle_drafts) < MIDDLE_DRAFTS:
            draft(world, family, Occasion.MIDDLE, world.today - DAY * rng.randrange(1, 9), by)

    def _kind_of_critical(self, family: Family) -> str:
        """For couples between diagnosis and therapy: nothing has happened yet that a critical answer would stop."""
        case = family.case
        if not _is_couple(family) or case.stage not in {Stage.PLAN, Stage.WAITING} or not case.diagnosed_on:
            return ""
        age = (self.world.today - case.diagnosed_on).days
        kind = next((kind for kind, at_most in self.critical.items() if age <= at_most), "")
        self.critical.pop(kind, None)
        return kind


def _is_couple(family: Family) -> bool:
    return list(family.parts.values()).count(Part.PARTNER) == COUPLE


def _move_on(family: Family, rng: Random) -> None:
    """Most areas get lighter with time, some heavier."""
    for area, burden in family.burdens.items():
        change = -rng.uniform(0.05, 0.35) if rng.random() < IMPROVES else rng.uniform(0.05, 0.2)
        family.burdens[area] = min(max(burden + change, 0.02), 0.95)


# --- one assessment ---


def _begun(world: World, family: Family, occasion: str, on: dt.date, assessor: StaffMember) -> Assessment:
    assessment = Assessment(
        uuid=world.uid(),
        case=family.case,
        instrument_version=world.version,
        occasion=occasion,
        assessor=assessor,
        started_on=on,
        started_by=family.coordinator,
    )
    world.assessments.append(assessment)
    for order, (person, part) in enumerate(family.parts.items()):
        world.participants.append(AssessmentParticipant(assessment=assessment, person=person, part=part, order=order))
    return assessment


def _filled(
    world: World, family: Family, assessment: Assessment, *, areas: int | None = None, critical: bool = False
) -> tuple[Result, str]:
    """Interviews with their answers; of a draft only the first areas. Returns the result and its inputs' hash."""
    definition = world.version.definition
    participants = tuple(Participant(str(person.uuid), Part(part)) for person, part in family.parts.items())
    people = {str(person.uuid): person for person in family.parts}
    interviews: dict[Talk, dict[str, Answer]] = {}
    talks = talks_of(definition, participants)
    critical_talk = next((one for one in talks if _may_be_critical(world, participants, one)), None)
    for order, talk in enumerate(talks):
        answers, visible = answer_all(
            world.rng, definition, participants, talk, family.burdens, critical=critical and talk == critical_talk
        )
        if areas is not None:
            answers = part_of(answers, definition, areas)
        interviews[talk] = answers
        interview = Interview(
            uuid=world.uid(),
            assessment=assessment,
            source=talk.source,
            person=people.get(talk.person),
            held_on=assessment.started_on if answers else None,
            order=order,
        )
        world.interviews.append(interview)
        for area in definition.areas:
            keys = {question.key for question in questions_of(definition, participants, talk, area)}
            if keys:
                world.sheets.append(_sheet(world, interview, area.id, keys, answers, visible))
    judged = [area.id for area in definition.areas if area.scoring.method == Method.MANUAL]
    judgements = dict.fromkeys(judged, definition.levels[0].id)
    world.judgements += [
        Judgement(uuid=world.uid(), assessment=assessment, area=area, level=level, reason=words.JUDGED)
        for area, level in judgements.items()
    ]
    inputs = results.Inputs(world.version.sha256, definition, participants, interviews, judgements)
    return inputs.result(), inputs.sha256()


def _may_be_critical(world: World, participants: tuple[Participant, ...], talk: Talk) -> bool:
    return any(question.item.critical for question in questions_of(world.version.definition, participants, talk))


def _sheet(
    world: World,
    interview: Interview,
    area: str,
    keys: set[str],
    answers: Mapping[str, Answer],
    visible: frozenset[str],
) -> Sheet:
    given = {key: answer for key, answer in answers.items() if key in keys}
    started_on = interview.assessment.started_on
    return Sheet(
        uuid=world.uid(),
        interview=interview,
        area=area,
        answers=to_text(given) if given else "",
        note=world.rng.choice(words.AREA_NOTES) if given and world.rng.random() < 0.15 else "",
        asked=len(keys & visible),
        answered=len(given),
        saved_at=world.moment(started_on, 8) if given else None,
        version=2 if given else 1,
    )


def finalised(
    world: World, family: Family, occasion: str, on: dt.date, assessor: StaffMember, *, critical: str = ""
) -> Assessment:
    """One that was finished on a day, with what followed it."""
    rng = world.rng
    begun = max(on - DAY * rng.randrange(5), family.case.opened_on)
    assessment = _begun(world, family, occasion, begun, assessor)
    result, inputs_sha256 = _filled(world, family, assessment, critical=bool(critical))
    world.levels += put_result(assessment, result, inputs_sha256)
    assessment.finalised_at = world.moment(on, 9)
    assessment.finalised_by = assessor
    assessment.narrative = rng.choice(words.NARRATIVES)
    assessment.version = 3
    if result.critical:
        _alerts(world, family, assessment, result, critical)
    decided_on = on + DAY * rng.randrange(1, 4)
    is_new = (world.today - on).days <= NEW
    if decided_on <= world.today and not (is_new and rng.random() < UNDECIDED):
        _decide(world, assessment, result, decided_on, stopped=critical == "waiting")
    if rng.random() < ADDED and on + 9 * DAY <= world.today:
        world.addenda.append(
            Addendum(
                uuid=world.uid(),
                assessment=assessment,
                text=rng.choice(words.ADDENDA),
                author=assessor,
                signed_at=world.moment(on + 9 * DAY, 10),
            )
        )
    return assessment


def draft(
    world: World, family: Family, occasion: str, on: dt.date, assessor: StaffMember, *, critical: bool = False
) -> None:
    """One in progress, half filled in; with a critical answer all of it, still to be finalised."""
    assessment = _begun(world, family, occasion, max(on, family.case.opened_on), assessor)
    half = max(1, len(world.version.definition.areas) // 2)
    result, _inputs = _filled(world, family, assessment, areas=None if critical else half, critical=critical)
    if critical:
        _alerts(world, family, assessment, result, "fresh")


def broken_off(world: World, family: Family, on: dt.date) -> None:
    """One that did not come to its end, before the one that did."""
    assessment = _begun(world, family, Occasion.START, on, family.coordinator)
    _filled(world, family, assessment, areas=1)
    assessment.status = Assessment.Status.ABANDONED
    assessment.abandoned_at = world.moment(on, 16)
    assessment.abandon_reason = words.BROKEN_OFF
    assessment.version = 2


def _decide(world: World, assessment: Assessment, result: Result, on: dt.date, *, stopped: bool) -> None:
    """All seven: mostly as proposed, now and then otherwise with the reason; no couple work while it is stopped."""
    rng = world.rng
    proposed = {one.proposal for one in result.proposed}
    chosen = set(proposed)
    if rng.random() < DIFFERS:
        chosen ^= {rng.choice((Proposal.STEREOTYPES, Proposal.INCLUDE_CHILDREN, Proposal.PARENTS))}
    if stopped:
        chosen.discard(Proposal.COUPLE)
    world.decisions += [
        ProposalDecision(
            uuid=world.uid(),
            assessment=assessment,
            proposal=one,
            proposed=one in proposed,
            chosen=one in chosen,
            reason="" if (one in proposed) == (one in chosen) else rng.choice(words.DIFFERENT),
            decided_by=assessment.assessor,
            decided_at=world.moment(on, 9),
        )
        for one in Proposal
    ]


def _alerts(world: World, family: Family, assessment: Assessment, result: Result, kind: str) -> None:
    """The alerts of an assessment: a fresh one that waits to be read, one that waits for the second signature, one
    that two people have overridden.
    """
    interviews = {one.talk.key: one for one in world.interviews if one.assessment is assessment}
    raised_at, signed = world.moment(assessment.started_on, 8), world.moment(assessment.started_on + DAY, 10)
    override = None
    if kind in {"waiting", "granted"}:
        override = CoupleOverride(
            uuid=world.uid(),
            assessment=assessment,
            reason=words.OVERRIDE_REASON,
            signed_by=assessment.assessor,
            signed_at=signed,
        )
        if kind == "granted":
            override.granted, override.decision_note = True, words.OVERRIDE_NOTE
            override.decided_by, override.decided_at = world.clinical_leads[0], signed + 2 * HOUR
            override.version = 2
        world.overrides.append(override)
    reached = [family.coordinator, *world.clinical_leads]
    for answer in result.critical:
        alert = CriticalAlert(
            uuid=world.uid(),
            assessment=assessment,
            interview=interviews[answer.talk],
            question=key_of(answer),
            area=world.version.definition.area_of[answer.item].id,
            raised_at=raised_at,
            raised_by=assessment.assessor,
            override=override if kind == "granted" else None,
        )
        world.alerts.append(alert)
        world.mails += [AlertMail(alert=alert, staff=staff, mailed_at=raised_at + HOUR / 60) for staff in reached]
        if kind != "fresh":
            world.readings += [AlertReading(alert=alert, staff=staff, at=raised_at + HOUR) for staff in reached]

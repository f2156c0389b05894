"""How many assessments a second `recompute_assessments` computes again: `python -m bench --assessments 20000`."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from bench.telling import say
from cases.assessments import answers, read_only, results
from cases.assessments.models import AreaLevel, Assessment, AssessmentParticipant, Interview, Judgement, Sheet
from cases.casefile.models import Case
from cases.instruments.definition import Definition, Method
from cases.instruments.models import InstrumentVersion
from cases.instruments.questions import Answer, Answers, Part, Participant, Talk, questions_of, talks_of
from cases.instruments.scoring import ENGINE_VERSION
from cases.people.models import Person

if TYPE_CHECKING:
    from django.db.migrations.state import StateApps

BATCH = 200
ANSWERED = 0.95
PARTS = (Part.PARTNER, Part.PARTNER, Part.CHILD)


def run(number: int) -> int:
    """Make them, then compute them again in one process and in two; fails where one does not agree."""
    call_command("migrate", interactive=False, verbosity=0)
    call_command("seed_demo", families=30, months=1, stderr=sys.stderr, stdout=sys.stderr)
    maker = Maker(random.Random(1))  # noqa: S311 - the same answers every time
    with connection.schema_editor() as editor:  # ours alone: written as they would be after years
        read_only.remove(cast("StateApps", apps), editor)
    for first in range(0, number, BATCH):
        maker.make(min(BATCH, number - first))
    questions = sum(len(given) for given in maker.answered().values())
    say(f"{connection.vendor}: {number} assessments of a couple and a child, {questions} answers each.")
    for processes in (1, 2):
        say(f"Processes: {processes}")
        started = time.process_time()
        call_command("recompute_assessments", processes=processes)
        if processes == 1:
            say(f"{number / (time.process_time() - started):.0f} per second of a processor.")
    return 0


class Maker:
    """Finalised assessments of one couple and a child with the example instrument."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.version = InstrumentVersion.objects.filter(instrument__is_example=True).latest("approved_at")
        self.definition: Definition = self.version.definition
        self.case = Case.objects.exclude(assignments=None).select_related("centre")[0]
        self.staff = self.case.assignments.all()[0].coordinator
        self.people = dict(zip(Person.objects.order_by("pk")[:3], PARTS, strict=True))
        self.participants = tuple(Participant(str(person.uuid), part) for person, part in self.people.items())
        self.talks = talks_of(self.definition, self.participants)

    def answered(self) -> dict[Talk, dict[str, Answer]]:
        return {talk: self._answers(talk) for talk in self.talks}

    def _answers(self, talk: Talk) -> dict[str, Answer]:
        found: dict[str, Answer] = {}
        for question in questions_of(self.definition, self.participants, talk):
            scale = question.item.scale
            values = [option.value for option in scale.options] or [scale.low, scale.high]
            if self.chance.random() < ANSWERED or not scale.non_answers:
                found[question.key] = self.chance.choice(values)
            else:
                found[question.key] = self.chance.choice(scale.non_answers)
        return found

    def make(self, number: int) -> None:
        made = [self._assessment() for _ in range(number)]
        Assessment.objects.bulk_create(assessment for assessment, _ in made)
        AssessmentParticipant.objects.bulk_create(
            AssessmentParticipant(assessment=assessment, person=person, part=part, order=order)
            for assessment, _ in made
            for order, (person, part) in enumerate(self.people.items())
        )
        Judgement.objects.bulk_create(
            Judgement(assessment=assessment, area=area, level=level)
            for assessment, inputs in made
            for area, level in inputs.judgements.items()
        )
        interviews = [
            (Interview(assessment=assessment, source=talk.source, person=self._person(talk)), given)
            for assessment, inputs in made
            for talk, given in inputs.interviews.items()
        ]
        Interview.objects.bulk_create(interview for interview, _ in interviews)
        Sheet.objects.bulk_create(sheet for interview, given in interviews for sheet in self._sheets(interview, given))
        AreaLevel.objects.bulk_create(line for assessment, inputs in made for line in self._lines(assessment, inputs))

    def _assessment(self) -> tuple[Assessment, results.Inputs]:
        judged = {
            area.id: self.chance.choice(self.definition.levels).id
            for area in self.definition.areas
            if area.scoring.method == Method.MANUAL
        }
        inputs = results.Inputs(self.version.sha256, self.definition, self.participants, self.answered(), judged)
        result = inputs.result()
        assessment = Assessment(
            case=self.case,
            instrument_version=self.version,
            occasion=Assessment.Occasion.MIDDLE,
            assessor=self.staff,
            status=Assessment.Status.FINALISED,
            finalised_at=timezone.now(),
            finalised_by=self.staff,
            engine_version=ENGINE_VERSION,
            result=results.to_text(result, inputs.sha256(), ENGINE_VERSION),
            worst_rank=self.definition.rank_of.get(result.worst),
            worst_label=self.definition.level_of[result.worst].label if result.worst else "",
            levels=len(self.definition.levels),
            has_critical=bool(result.critical),
        )
        return assessment, inputs

    def _person(self, talk: Talk) -> Person | None:
        return next((person for person in self.people if str(person.uuid) == talk.person), None)

    def _sheets(self, interview: Interview, given: Answers) -> Iterator[Sheet]:
        for area in self.definition.areas:
            asked = [
                question.key for question in questions_of(self.definition, self.participants, interview.talk, area)
            ]
            if asked:
                here = {key: given[key] for key in asked}
                yield Sheet(interview=interview, area=area.id, answers=answers.to_text(here), note="Notatka.")

    def _lines(self, assessment: Assessment, inputs: results.Inputs) -> Iterator[AreaLevel]:
        for one in inputs.result().areas:
            yield AreaLevel(
                assessment=assessment,
                area=one.area,
                label=self.definition.by_area[one.area].label,
                state=one.state,
                score=one.score,
                level=one.level,
                level_label=self.definition.level_of[one.level].label if one.level else "",
                rank=self.definition.rank_of.get(one.level),
            )

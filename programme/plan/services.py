"""Bringing the programme's table into the database, and keeping what was there before (R3)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import record
from centres.models import Organisation, OrganisationSpelling
from foundation.formats import format_money, format_number
from programme.plan import source
from programme.plan.models import Indicator, Programme, ProgrammeTask, Target, TargetRevision, TaskUnit, whole
from programme.plan.source import Amount, Plan, PlanFileError, Row, TaskRow


@dataclass(frozen=True)
class Decision:
    """By what a change of targets was decided; what is not known stays empty."""

    resolution: str = ""
    decided_on: dt.date | None = None
    reason: str = ""


@dataclass(frozen=True)
class Change:
    """One thing that loading a file changes, in words."""

    kind: str  # added, retired, restored, target, corrected
    code: str
    text: str


def known_codes() -> set[str]:
    """The codes of all indicators that the programme has or had."""
    slug = source.about()["slug"]
    return set(Indicator.objects.filter(programme__slug=slug).values_list("code", flat=True))


def is_loaded() -> bool:
    return Programme.objects.filter(slug=source.about()["slug"]).exists()


@transaction.atomic
def load_plan(plan: Plan, decision: Decision, *, by: User | None, dry_run: bool = False) -> list[Change]:
    """Make the programme what the file says and return what that changes; nothing changes, nothing is written.

    A changed, new or missing target makes a revision; a missing indicator is retired with it and keeps its results;
    words are corrected in place and put on record. Two loads at once wait for each other on the programme's row. With
    ``dry_run`` everything is tried and taken back.
    """
    changes = _Loading(plan, decision, by).run()
    if dry_run:
        transaction.set_rollback(True)
    return changes


class _Loading:
    """One load: what is there, what the file says, and the steps from one to the other."""

    def __init__(self, plan: Plan, decision: Decision, by: User | None) -> None:
        self.plan, self.decision, self.by = plan, decision, by
        self.changes: list[Change] = []
        self.brought: set[int] = set()  # numbers of the tasks that are as the file has them
        self.new_links: list[TaskUnit] = []
        self.new_targets: list[Target] = []
        self._revision: TargetRevision | None = None

    def run(self) -> list[Change]:
        self.programme = self._locked_programme()
        self.units = self._units()
        self.tasks = {task.number: task for task in self.programme.tasks.prefetch_related("task_units__organisation")}
        self.indicators = {one.code: one for one in self.programme.indicators.select_related("task")}
        newest = Target.objects.as_of(None).filter(indicator__programme=self.programme)
        self.targets = {(target.indicator_id, target.year): target for target in newest}
        budgets = self.plan.budgets
        for row in self.plan.rows:
            task = self._task(row.task, budgets.get(row.task.number))
            self._indicator(row, task)
        TaskUnit.objects.bulk_create(self.new_links)
        Target.objects.bulk_create(self.new_targets)
        self._retire_missing()
        if self.changes:
            self._record_load()
        return self.changes

    # ── the programme and its units ──────────────────────────────────────────────────────────────────────────────────

    def _locked_programme(self) -> Programme:
        shipped = source.about()
        slug = shipped.pop("slug")
        Programme.objects.get_or_create(slug=slug, defaults=shipped)
        programme = Programme.objects.select_for_update(no_key=True).get(slug=slug)
        if changed := _assign(programme, shipped):
            programme.save(update_fields=changed)
            self._corrected(programme, "", dict.fromkeys(changed, ""))
        return programme

    def _units(self) -> dict[str, Organisation]:
        """Spelling → organisation, for every spelling that is known or stands in the file."""
        by_name = {one.name: one for one in Organisation.objects.all()}
        found = by_name | {
            one.spelling: one.organisation for one in OrganisationSpelling.objects.select_related("organisation")
        }
        stored = set(OrganisationSpelling.objects.values_list("spelling", flat=True))
        shipped = source.known_units()
        aliases = {spelling for unit in shipped for spelling in unit["spellings"]}
        in_file = {spelling for row in self.plan.rows for spelling in row.task.units}
        shipped += [
            {"name": spelling, "short_name": spelling[:60], "spellings": [spelling]}
            for spelling in sorted(in_file - aliases - set(found))
        ]
        for unit in shipped:
            names = [unit["name"], *unit["spellings"]]
            organisation = next((found[name] for name in names if name in found), None)
            if organisation is None:
                organisation = Organisation.objects.create(name=unit["name"], short_name=unit["short_name"])
            for spelling in unit["spellings"]:
                if spelling not in stored:
                    OrganisationSpelling.objects.create(organisation=organisation, spelling=spelling)
                    stored.add(spelling)
                found[spelling] = organisation
        return found

    # ── tasks and indicators ─────────────────────────────────────────────────────────────────────────────────────────

    def _task(self, row: TaskRow, budget: int | None) -> ProgrammeTask:
        facts = {
            "section_kind": row.section_kind,
            "section_title": row.section_title,
            "title": row.title,
            "budget": budget,
        }
        task = self.tasks.get(row.number)
        if task is not None and row.number in self.brought:
            return task
        self.brought.add(row.number)
        if task is None:
            task = ProgrammeTask.objects.create(programme=self.programme, number=row.number, **facts)
            self.tasks[row.number] = task
            self._link(task, row)
            return task
        before = {name: getattr(task, name) for name in facts}
        if changed := _assign(task, facts):
            task.save(update_fields=changed)
            words = {name: _arrow(_shown(before[name]), _shown(facts[name])) for name in changed}
            self._corrected(self.programme, str(task.number), words)
        wanted = self._organisations(row)
        now = [link.organisation for link in task.task_units.all()]
        if [one.pk for one in now] != [one.pk for one in wanted]:
            task.task_units.all().delete()
            self._link(task, row)
            words = {"units": _arrow(", ".join(map(str, now)), ", ".join(map(str, wanted)))}
            self._corrected(self.programme, str(task.number), words)
        return task

    def _organisations(self, row: TaskRow) -> list[Organisation]:
        """The task's units; two spellings of one unit count once."""
        return list({self.units[spelling].pk: self.units[spelling] for spelling in row.units}.values())

    def _link(self, task: ProgrammeTask, row: TaskRow) -> None:
        self.new_links += [
            TaskUnit(task=task, organisation=organisation, order=order)
            for order, organisation in enumerate(self._organisations(row), start=1)
        ]

    def _indicator(self, row: Row, task: ProgrammeTask) -> None:
        facts = {
            "wording": row.wording,
            "name": row.name,
            "unit_of_measure": row.unit_of_measure,
            "kind": row.kind,
            "computed_by": row.computed_by,
        }
        indicator = self.indicators.get(row.code)
        if indicator is None:
            indicator = Indicator.objects.create(
                programme=self.programme,
                task=task,
                number=row.number,
                code=row.code,
                added_in=self._this_revision(),
                **facts,
            )
            targets = ", ".join(f"{year}: {_amount_text(amount)}" for year, amount in row.targets)
            self._change(
                "added", row.code, _("new indicator “%(name)s” (%(targets)s)") % {"name": row.name, "targets": targets}
            )
            self._add_targets(indicator, dict(row.targets))
            return
        if indicator.retired_in_id is not None:
            indicator.retired_in = None
            indicator.save(update_fields=["retired_in"])
            self._this_revision()
            self._change("restored", row.code, _("back in the programme: “%(name)s”") % {"name": row.name})
            record(self.by, "programme.restore_indicator", indicator, code=indicator.code)
        before = {name: getattr(indicator, name) for name in facts}
        if changed := _assign(indicator, facts):
            indicator.save(update_fields=changed)
            self._corrected(indicator, row.code, {name: _arrow(before[name], facts[name]) for name in changed})
        self._retarget(indicator, row)

    def _retarget(self, indicator: Indicator, row: Row) -> None:
        wanted = dict(row.targets)
        new: dict[int, Amount] = {}
        for year in self.programme.years:
            target = self.targets.get((indicator.pk, year))
            now = Amount(target.value, target.text) if target else None
            if year not in wanted:
                if now is not None:
                    raise PlanFileError(
                        _("indicator %(code)s has lost its target of %(year)d; a target may change, not vanish.")
                        % {"code": row.code, "year": year},
                        row.line,
                    )
                continue
            if now != wanted[year]:
                new[year] = wanted[year]
                words = {"year": year, "change": _arrow(_amount_text(now) if now else "—", _amount_text(wanted[year]))}
                self._change("target", row.code, _("target of %(year)d: %(change)s") % words)
        if new:
            self._add_targets(indicator, new)
            record(
                self.by,
                "programme.change_target",
                indicator,
                code=indicator.code,
                revision=self._this_revision().number,
                years=sorted(new),
            )

    def _add_targets(self, indicator: Indicator, amounts: dict[int, Amount]) -> None:
        revision = self._this_revision()
        self.new_targets += [
            Target(indicator=indicator, year=year, revision=revision, value=amount.value, text=amount.text)
            for year, amount in amounts.items()
        ]

    def _retire_missing(self) -> None:
        """What the file no longer has leaves the programme; its results and old targets stay for old reports."""
        in_file = {row.code for row in self.plan.rows}
        for indicator in self.indicators.values():
            if indicator.code not in in_file and indicator.retired_in_id is None:
                indicator.retired_in = self._this_revision()
                indicator.save(update_fields=["retired_in"])
                words = {"name": indicator.name}
                self._change(
                    "retired", indicator.code, _("leaves the programme, its results stay: “%(name)s”") % words
                )
                record(self.by, "programme.retire_indicator", indicator, code=indicator.code)

    # ── what is kept about it ────────────────────────────────────────────────────────────────────────────────────────

    def _this_revision(self) -> TargetRevision:
        """The revision that this load makes; the first load makes number 1, the programme as adopted."""
        if self._revision is None:
            last = self.programme.revisions.order_by("number").last()
            decided_on = self.decision.decided_on
            self._revision = TargetRevision.objects.create(
                programme=self.programme,
                number=last.number + 1 if last else 1,
                decided_on=(decided_on or timezone.localdate()) if last else decided_on,
                resolution=self.decision.resolution,
                reason=self.decision.reason,
            )
        return self._revision

    def _change(self, kind: str, code: str, text: str) -> None:
        self.changes.append(Change(kind, code, text))

    def _corrected(self, obj: Programme | Indicator, code: str, words: dict[str, str]) -> None:
        for name, text in words.items():
            label = _label(name)
            self._change("corrected", code, f"{label}: {text}" if text else label)
        record(self.by, "programme.correct_wording", obj, code=code, fields=sorted(words))

    def _record_load(self) -> None:
        self.programme.edition = uuid.uuid4()
        self.programme.save(update_fields=["edition"])
        counts = {kind: sum(change.kind == kind for change in self.changes) for kind in _KINDS}
        revision = self._revision.number if self._revision else None
        record(self.by, "programme.load_programme", self.programme, revision=revision, **counts)


_KINDS = ("added", "retired", "restored", "target", "corrected")


def _assign(obj: Any, facts: dict[str, Any]) -> list[str]:
    """Set what differs; returns the names of the fields."""
    changed = [name for name, value in facts.items() if getattr(obj, name) != value]
    for name in changed:
        setattr(obj, name, facts[name])
    return changed


def _label(field: str) -> str:
    return {
        "title": _("title"),
        "full_title": _("full title"),
        "first_year": _("first year"),
        "last_year": _("last year"),
        "about": _("text of the programme"),
        "section_kind": _("kind of section"),
        "section_title": _("section"),
        "budget": _("budget"),
        "units": _("units"),
        "wording": _("wording of the programme"),
        "name": _("name"),
        "unit_of_measure": _("unit of measure"),
        "kind": _("type"),
        "computed_by": _("counting rule"),
    }[field]


def _arrow(before: str, after: str) -> str:
    return f"{before or '—'} → {after or '—'}"


def _shown(value: str | int | None) -> str:
    return format_money(value) if isinstance(value, int) else value or ""


def _amount_text(amount: Amount) -> str:
    return amount.text or (format_number(whole(amount.value)) if amount.value is not None else "—")


def in_lines(changes: list[Change]) -> Iterator[str]:
    """The changes as people read them, one a line."""
    mark = {"added": "+", "retired": "−", "restored": "+"}
    for change in changes:
        yield f"{mark.get(change.kind, '~')} {change.code} {change.text}".replace("  ", " ")

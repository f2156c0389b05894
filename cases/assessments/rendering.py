"""A finalised result as its page and its file show it: words, marks and the chart, made of what was stored (N5–N8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import prefetch_related_objects
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.assessments import results
from cases.assessments.alerts import key_of
from cases.assessments.levels import Mark, mark_of
from cases.assessments.models import Assessment, CriticalAlert, ProposalDecision
from cases.assessments.progress import answers_of, names_of
from cases.assessments.results import StoredResult
from cases.instruments.conditions import leaves
from cases.instruments.definition import Area, Definition, ItemIs, Method, Proposal, Recommendation, RuleHolds
from cases.instruments.exact import plain
from cases.instruments.questions import Question, Source, Talk
from cases.instruments.scoring import AreaResult, CriticalAnswer, Strength
from cases.instruments.words import about_words, number_or_label, scoring_words
from foundation.charts import ProfileRow, Step, profile_chart
from foundation.formats import format_number


@dataclass(frozen=True)
class Contribution:
    """What one item brought to an area's score."""

    text: str
    number: str
    note: str


@dataclass(frozen=True)
class AreaLine:
    """One area of the profile."""

    label: str
    mark: Mark
    score: str
    reach: str
    state: str
    notes: tuple[str, ...]
    method: str
    missing: tuple[str, ...]
    lifted_by: tuple[str, ...]
    contributions: tuple[Contribution, ...]
    reason: str


@dataclass(frozen=True)
class CriticalLine:
    """One critical answer: who said what about whom, and its alert."""

    text: str
    answer: str
    said_by: str
    about: str
    area: str
    level: str
    alert: CriticalAlert | None

    @property
    def stops(self) -> bool:
        """Whether it stops couple work: nobody has countersigned it."""
        return self.alert is not None and self.alert.override_id is None


@dataclass(frozen=True)
class StrengthLine:
    text: str
    said_by: str
    about: str


@dataclass(frozen=True)
class ProposalLine:
    """One of the seven: what the rules say and why, and what the practitioner decided."""

    proposal: Proposal
    label: str
    is_proposed: bool
    because: tuple[str, ...]
    hidden_rules: int
    """Rules that rest on single answers, where the reader may not know those."""
    decision: ProposalDecision | None


@dataclass(frozen=True)
class ResultInWords:
    """Everything that a page or a file says about a result."""

    stored: StoredResult
    areas: tuple[AreaLine, ...]
    chart: SafeString
    critical: tuple[CriticalLine, ...]
    critical_count: int
    strengths: tuple[StrengthLine, ...]
    proposals: tuple[ProposalLine, ...]
    decision: ProposalDecision | None
    """Any of them: all seven are decided at once, by one person."""

    @property
    def proposes(self) -> bool:
        return any(line.is_proposed for line in self.proposals)


def result_in_words(assessment: Assessment, *, whole: bool) -> ResultInWords:
    """The stored result of a finalised assessment; `whole` says that its answers may be known, too.

    Without it: levels, proposals and decision, and how many critical answers there are (design part 3).
    """
    prefetch_related_objects([assessment], "participants__person")
    stored = results.from_text(assessment.result)
    definition = assessment.instrument_version.definition
    names = names_of(assessment)
    reasons = {one.area: one.reason for one in assessment.judgements.all()} if whole else {}
    decisions = {one.proposal: one for one in assessment.decisions.select_related("decided_by")}
    return ResultInWords(
        stored=stored,
        areas=tuple(_area_line(definition, one, reasons.get(one.area, ""), whole) for one in stored.result.areas),
        chart=chart_of(assessment, stored),
        critical=_critical_lines(assessment, stored, names) if whole else (),
        critical_count=len(stored.result.critical),
        strengths=tuple(_strength_line(definition, one, names) for one in stored.result.strengths) if whole else (),
        proposals=_proposal_lines(definition, stored, decisions, whole),
        decision=next(iter(decisions.values()), None),
    )


# --- areas ---


def _area_line(definition: Definition, one: AreaResult, reason: str, whole: bool) -> AreaLine:
    area = definition.by_area[one.area]
    return AreaLine(
        label=area.label,
        mark=level_mark(definition, one),
        score="—" if one.score is None else number_words(one.score),
        reach=reach_words(one),
        state=state_words(one),
        notes=_notes(one, whole),
        method=scoring_words(area),
        missing=_texts(definition, one.missing) if whole else (),
        lifted_by=_texts(definition, one.lifted_by) if whole else (),
        contributions=_contributions(definition, one) if whole else (),
        reason=reason,
    )


def level_mark(definition: Definition, one: AreaResult) -> Mark:
    if not one.level:
        return mark_of(_("nothing applied") if one.state == "empty" else "", None, None)
    return mark_of(definition.level_of[one.level].label, definition.rank_of[one.level], len(definition.levels))


def state_words(one: AreaResult) -> str:
    """How far the result of an area can be relied on."""
    return {
        "complete": _("complete"),
        "prorated": _("missing answers filled in proportionally"),
        "incomplete": _("incomplete result"),
        "blocked": _("incomplete result"),
        "judged": _("practitioner's judgement"),
        "empty": _("nothing applied"),
    }[one.state]


def reach_words(one: AreaResult) -> str:
    """The ends that the score can have: „0–24”, „od −1 do 9,5”."""
    if one.least is None or one.most is None:
        return ""
    ends = {"least": number_words(one.least), "most": number_words(one.most)}
    return _("%(least)s to %(most)s") % ends if one.least < 0 else "–".join(ends.values())


def number_words(number: Decimal) -> str:
    """A score with two decimals at most, and none that say nothing."""
    return format_number(plain(round(number, 2)))


def _notes(one: AreaResult, whole: bool) -> tuple[str, ...]:
    """What a reader should know beside the level."""
    notes = []
    if one.state == "prorated":
        notes.append(state_words(one).capitalize())
    if one.missing:
        missing = len(one.missing)
        notes.append(ngettext("%(n)d answer missing", "%(n)d answers missing", missing) % {"n": missing})
    if one.lifted_by:
        notes.append(_("raised by a critical answer"))
    if one.state == "judged":
        notes.append(state_words(one).capitalize())
    if one.partial and whole:
        notes.append(_("not everybody answered everything"))
    return tuple(notes)


def _texts(definition: Definition, items: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(definition.by_item[item].text for item in items)


def _contributions(definition: Definition, one: AreaResult) -> tuple[Contribution, ...]:
    return tuple(
        Contribution(
            text=definition.by_item[item].text,
            number=number_words(value),
            note=_("filled in") if item in one.missing else _("not everybody answered") if item in one.partial else "",
        )
        for item, value in one.contributions
    )


# --- the chart ---


def chart_of(assessment: Assessment, stored: StoredResult) -> SafeString:
    """The profile; its title says everything that the picture shows."""
    definition = assessment.instrument_version.definition
    rows = [_row(definition, definition.by_area[one.area], one) for one in stored.result.areas]
    said = "; ".join(f"{row.label}: {row.words}" for row in rows)
    title = _("Profile of areas. %(areas)s") % {"areas": said}
    if definition.example:
        title = f"{title} ({_('example – this is not NORR')})"
    return profile_chart(title=title, rows=rows)


def _row(definition: Definition, area: Area, one: AreaResult) -> ProfileRow:
    firm = one.state in {"complete", "prorated", "judged"}
    steps: tuple[Step, ...]
    at = None
    if area.scoring.method == Method.MANUAL or one.least is None or one.most is None or one.least == one.most:
        steps = _even_steps(definition, one.level)
    else:
        span = one.most - one.least
        steps = tuple(
            Step(
                definition.level_of[band.level].label,
                float((band.from_value - one.least) / span),
                float((band.to_value - one.least) / span),
                _shade(definition, band.level),
                band.level == one.level,
            )
            for band in area.bands
        )
        at = None if one.score is None else float((one.score - one.least) / span)
    return ProfileRow(area.label, _row_words(definition, one), steps, at, firm)


def _even_steps(definition: Definition, chosen: str) -> tuple[Step, ...]:
    """A judged level is on no scale: all levels are equally wide."""
    width = 1 / len(definition.levels)
    return tuple(
        Step(level.label, width * i, width * (i + 1), _shade(definition, level.id), level.id == chosen)
        for i, level in enumerate(definition.levels)
    )


def _shade(definition: Definition, level: str) -> float:
    return (definition.rank_of[level] - 1) / max(len(definition.levels) - 1, 1)


def _row_words(definition: Definition, one: AreaResult) -> str:
    words = [definition.level_of[one.level].label] if one.level else []
    if one.lifted_by:
        words.append(_("critical answer"))
    if one.state in {"incomplete", "blocked", "empty", "judged"}:
        words.append(state_words(one))
    if one.score is not None:
        words.append(_("%(score)s of %(reach)s") % {"score": number_words(one.score), "reach": reach_words(one)})
    return ", ".join(words)


# --- answers ---


def _critical_lines(
    assessment: Assessment, stored: StoredResult, names: Mapping[str, str]
) -> tuple[CriticalLine, ...]:
    definition = assessment.instrument_version.definition
    standing = assessment.alerts.standing().select_related("interview__person")
    alerts = {
        (one.interview.talk.key, one.question): one
        for one in standing.prefetch_related("readings__staff", "mails__staff")
    }
    return tuple(
        critical_line(definition, one, names, alerts.get((one.talk, key_of(one)))) for one in stored.result.critical
    )


def standing_lines(assessment: Assessment) -> list[CriticalLine]:
    """The critical answers that stand in an assessment, finalised or not, from their alerts."""
    prefetch_related_objects([assessment], "participants__person")
    definition = assessment.instrument_version.definition
    names = names_of(assessment)
    lines = []
    standing = assessment.alerts.standing().select_related("interview__person")
    for alert in standing.prefetch_related("interview__sheets", "readings__staff", "mails__staff"):
        item_id, _at, about = alert.question.partition("@")
        critical, value = definition.by_item[item_id].critical, answers_of(alert.interview).get(alert.question)
        if critical and isinstance(value, Decimal):
            answer = CriticalAnswer(item_id, alert.interview.talk.key, about, value, critical.level)
            lines.append(critical_line(definition, answer, names, alert))
    return lines


def critical_line(
    definition: Definition, one: CriticalAnswer, names: Mapping[str, str], alert: CriticalAlert | None
) -> CriticalLine:
    item, talk = definition.by_item[one.item], talk_of(one.talk)
    return CriticalLine(
        text=item.text,
        answer=number_or_label(item.scale, one.value),
        said_by=source_words(talk, names),
        about=about_words(Question(item, talk, one.about), names),
        area=definition.area_of[one.item].label,
        level=definition.level_of[one.level].label,
        alert=alert,
    )


def _strength_line(definition: Definition, one: Strength, names: Mapping[str, str]) -> StrengthLine:
    item, talk = definition.by_item[one.item], talk_of(one.talk)
    return StrengthLine(item.text, source_words(talk, names), about_words(Question(item, talk, one.about), names))


def talk_of(key: str) -> Talk:
    """The interview that a `Talk.key` stands for."""
    source, _colon, person = key.partition(":")
    return Talk(Source(source), person)


def source_words(talk: Talk, names: Mapping[str, str]) -> str:
    """Who says so: a person by name, the practitioner, or the records."""
    return names.get(talk.person, talk.person) if talk.person else str(talk.source.label)


# --- proposals ---


def _proposal_lines(
    definition: Definition, stored: StoredResult, decisions: Mapping[str, ProposalDecision], whole: bool
) -> tuple[ProposalLine, ...]:
    rules = {rule.id: rule for rule in definition.recommendations}
    proposed = {one.proposal: [rules[rule] for rule in one.rules] for one in stored.result.proposed}
    lines = []
    for proposal in Proposal:
        held = proposed.get(proposal, [])
        said = [rule for rule in held if whole or not rests_on_answers(rule, rules)]
        lines.append(
            ProposalLine(
                proposal=proposal,
                label=str(proposal.label),
                is_proposed=proposal in proposed,
                because=tuple(dict.fromkeys(rule.because for rule in said)),
                hidden_rules=len(held) - len(said),
                decision=decisions.get(proposal),
            )
        )
    return tuple(lines)


def rests_on_answers(rule: Recommendation, rules: Mapping[str, Recommendation]) -> bool:
    """Whether a rule, or one that it builds on, looks at a single answer: its sentence could give that away."""
    for leaf in leaves(rule.when):
        if isinstance(leaf, ItemIs):
            return True
        if isinstance(leaf, RuleHolds) and rests_on_answers(rules[leaf.rule], rules):
            return True
    return False

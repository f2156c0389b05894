"""The pages of an interview, area by area. Nothing of another interview ever stands on them (N7)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import StaffRequest, idempotent, scoped
from accounts.idle import brought_nothing_new
from accounts.models import User
from audit.services import record
from cases.assessments import progress, services
from cases.assessments.alerts import couple_work_stopped
from cases.assessments.models import Assessment, AssessmentQuerySet, Interview, Sheet
from cases.assessments.rendering import standing_lines
from cases.assessments.result_views import couple_block
from cases.assessments.rules import AssessmentError
from cases.assessments.sheet_forms import AutosaveSheetForm, DateInterviewForm, FillSheetForm, answer_words
from cases.assessments.views import conflict, refusal
from cases.instruments.sheet_form import field_name
from cases.instruments.words import about_words, talk_words
from foundation.formats import format_date, format_time
from foundation.forms import Stale


@dataclass(frozen=True)
class Place:
    """One page of an interview, and what is before and after it."""

    page: progress.Page
    row: progress.Row

    @property
    def number(self) -> int:
        return self.row.pages.index(self.page) + 1

    @property
    def count(self) -> int:
        return len(self.row.pages)

    @property
    def before(self) -> progress.Page | None:
        return self.row.pages[self.number - 2] if self.number > 1 else None

    @property
    def after(self) -> progress.Page | None:
        return self.row.pages[self.number] if self.number < self.count else None

    @property
    def sheet(self) -> Sheet:
        return self.page.sheet


def place_of(interview: Interview, area: str) -> Place:
    """Where this page stands in its interview. The other interviews are not even read. Raises Http404."""
    assessment = interview.assessment
    prefetch_related_objects([assessment], "participants__person")
    prefetch_related_objects([interview], "sheets")
    definition = assessment.instrument_version.definition
    row = progress.row_of(interview, assessment, definition, progress.names_of(assessment))
    page = next((page for page in row.pages if page.area.id == area), None)
    if page is None:
        raise Http404
    return Place(page, row)


def _form_arguments(interview: Interview, place: Place) -> dict[str, Any]:
    assessment = interview.assessment
    return {
        "definition": assessment.instrument_version.definition,
        "participants": assessment.participants_for_scoring(),
        "talk": interview.talk,
        "area": place.page.area,
        "names": progress.names_of(assessment),
        "answers": place.page.answers,
        "note": place.sheet.note,
        "initial": {"version": place.sheet.version},
    }


@scoped(interview=Interview.objects.conducted_by)
@require_http_methods(["GET", "POST"])
def assessment_sheet(request: StaffRequest, interview: Interview, area: str) -> HttpResponse:
    assessment = interview.assessment
    if not assessment.is_draft and request.method == "GET":
        return redirect(assessment)
    place = place_of(interview, area)
    record(request.user, "cases.read_interview", interview, assessment=assessment.uuid, area=area)
    form = FillSheetForm(request.POST or None, **_form_arguments(interview, place))
    if form.is_valid():
        try:
            services.save_sheet(
                interview,
                area,
                answers=form.answers(),
                note=form.cleaned_data["note"],
                version=form.cleaned_data["version"],
                by=request.user,
            )
        except Stale as stale:
            now = place_of(Interview.objects.for_page().get(pk=interview.pk), area)
            form.show_stored(now.page.answers, now.sheet.note, stale.version)
        except AssessmentError as error:
            form.add_error(None, error)
        else:
            return _onward(request, place, form)
    context = {
        "assessment": assessment,
        "case": assessment.case,
        "interview": interview,
        "place": place,
        "form": form,
        "autosave_url": reverse("cases:autosave_sheet", args=[interview.uuid, area]),
    }
    return render(request, "cases/assessments/assessment_sheet.html", context)


def _onward(request: StaffRequest, place: Place, form: FillSheetForm) -> HttpResponse:
    """To the questions that these answers have brought up; otherwise to another area or back to the overview."""
    if appeared := form.appeared():
        sentence = ngettext(
            "Saved. A new question has appeared: please answer it too.",
            "Saved. New questions have appeared (%(number)d): please answer them too.",
            len(appeared),
        )
        messages.info(request, sentence % {"number": len(appeared)})
        return redirect(f"{place.page.url}#id_{field_name(appeared[0].key)}")
    if "next" in request.POST and place.after:
        return redirect(place.after.url)
    if "previous" in request.POST and place.before:
        return redirect(place.before.url)
    messages.success(request, _("Saved: %(who)s.") % {"who": place.row.who})
    return redirect(place.page.interview.assessment)


@scoped(interview=Interview.objects.conducted_by)
@idempotent
@require_POST
def autosave_sheet(request: StaffRequest, interview: Interview, area: str) -> JsonResponse:
    """A page while it is being filled in: what can be read is saved, and what can't is said beside its question.

    Answers `saved`, `version`, `shown` (names of the fields to show now), `errors` and `progress`; 409 with `message`
    when somebody else has saved this page or the assessment has ended.
    """
    place = place_of(interview, area)
    form = AutosaveSheetForm(request.POST, **_form_arguments(interview, place))
    form.is_valid()
    if form.non_field_errors():
        return refusal(form)
    try:
        sheet = services.save_sheet(
            interview,
            area,
            answers=form.readable_answers(),
            note=place.sheet.note if "note" in form.errors else form.cleaned_data["note"],
            version=form.cleaned_data["version"],
            by=request.user,
            autosave=True,
        )
    except (Stale, AssessmentError) as error:
        return conflict(error)
    if sheet.version == form.cleaned_data["version"]:
        brought_nothing_new(request)
    names = [name for name, question in form.questions.items() if question.key in form.shown or name in form.errors]
    return JsonResponse(
        {
            "saved": format_time(timezone.now()),
            "version": sheet.version,
            "shown": names,
            "errors": {name: str(sentences[0]) for name, sentences in form.errors.items()},
            "progress": filled_in(place.page, form).words,
        }
    )


def filled_in(page: progress.Page, form: AutosaveSheetForm) -> progress.Page:
    """The page as it is after an autosave."""
    questions = tuple(question for question in form.questions.values() if question.key in form.shown)
    return replace(page, questions=questions, answers={**form.current, **form.readable_answers()})


@scoped(interview=Interview.objects.conducted_by)
@require_http_methods(["GET", "POST"])
def date_interview(request: StaffRequest, interview: Interview) -> HttpResponse:
    """On which day it was held: answers may be written down later."""
    assessment = interview.assessment
    if not assessment.is_draft and request.method == "GET":
        return redirect(assessment)
    day = interview.held_on or timezone.localdate()
    form = DateInterviewForm(request.POST or None, initial={"version": interview.version, "held_on": day})
    form.cancel_url = assessment.get_absolute_url()
    if form.is_valid():
        try:
            services.date_interview(interview, by=request.user, **form.cleaned_data)
        except Stale as stale:
            interview.refresh_from_db(fields=["held_on"])
            stored = interview.held_on and format_date(interview.held_on)
            form.show_conflict({"held_on": stored}, version=stale.version)
        except AssessmentError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The day is saved."))
            return redirect(assessment)
    record(request.user, "cases.read_interview", interview, assessment=assessment.uuid)
    who = talk_words(interview.talk, progress.names_of(assessment))
    context = {"assessment": assessment, "case": assessment.case, "who": who, "form": form}
    return render(request, "cases/assessments/date_interview.html", context)


# --- all answers ---


@dataclass(frozen=True)
class Given:
    """One question with its answer, in words; empty where there is none."""

    text: str
    about: str
    answer: str


def _answers_readable(user: User) -> AssessmentQuerySet:
    return Assessment.objects.answers_readable_by(user).for_page()


@scoped(assessment=_answers_readable)
@require_safe
def assessment_answers(request: StaffRequest, assessment: Assessment) -> HttpResponse:
    """Everything that was answered, interview by interview, to be read and not changed."""
    record(request.user, "cases.read_answers", assessment, case=assessment.case.uuid)
    progress.load(assessment)
    names = progress.names_of(assessment)
    interviews = [(row, [(page, given_on(page, names)) for page in row.pages]) for row in progress.rows_of(assessment)]
    context = {"assessment": assessment, "case": assessment.case, "interviews": interviews}
    if not assessment.is_final:  # the result says it of a finalised one
        context |= couple_block(request.user, assessment, whole=True) | {
            "critical": standing_lines(assessment),
            "couple_work_stopped": couple_work_stopped(assessment.case.family_id),
            "whole": True,
        }
    return render(request, "cases/assessments/assessment_answers.html", context)


def given_on(page: progress.Page, names: dict[str, str]) -> list[Given]:
    given = []
    for question in page.questions:
        answer = page.answers.get(question.key)
        words = "" if answer is None else answer_words(question.item.scale, answer)
        given.append(Given(question.item.text, about_words(question, names), words))
    return given

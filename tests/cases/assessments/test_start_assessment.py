"""An assessment starts with who takes part, and with an interview of one's own for everybody who is asked (N7)."""

from __future__ import annotations

import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEntry
from cases.assessments.models import Assessment
from cases.assessments.services import (
    AssessmentError,
    abandon_assessment,
    finalise_assessment,
    start_assessment,
)
from cases.casefile.models import CareTeamMember
from cases.casefile.services import CaseError, close_case
from cases.instruments.definition import Scope
from cases.instruments.questions import Part
from cases.instruments.reading import read
from cases.people.models import FamilyMember, FamilyRole, Person
from centres.models import Role
from tests.cases.assessments.conftest import fill
from tests.cases.conftest import PAIRS


def code_of_refusal(start, **differing) -> str:
    with pytest.raises(ValidationError) as error:
        start(**differing)
    refused = error.value if hasattr(error.value, "code") else error.value.error_dict["__all__"][0]
    return str(refused.code)


# --- what there is afterwards ---


def test_each_adult_and_each_child_has_an_interview_and_so_have_judgement_and_records(draft):
    interviews = [(one.source, one.person and one.person.first_name) for one in draft.interviews.all()]

    assert interviews == [
        ("adult", "Maria"),
        ("adult", "Jan"),
        ("child", "Zofia"),
        ("practitioner", None),
        ("records", None),
    ]


def test_an_interview_has_a_page_for_each_area_that_it_asks_about(draft):
    pages = {one.person.first_name if one.person else one.source: one for one in draft.interviews.all()}

    assert [sheet.area for sheet in pages["Maria"].sheets.all()] == [
        "pieniadze",
        "relacja",
        "bezpieczenstwo",
        "dzieci",
        "zasoby",
    ]
    assert [sheet.area for sheet in pages["Zofia"].sheets.all()] == ["dzieci"]


def test_a_page_counts_only_what_is_shown_at_first(draft):
    maria = draft.interviews.get(person__first_name="Maria")

    assert maria.sheets.get(area="bezpieczenstwo").asked == 2  # two more depend on answers


def test_areas_without_a_computed_level_wait_for_the_practitioners(draft):
    assert [(one.area, one.level) for one in draft.judgements.all()] == [("zasoby", "")]


def test_without_a_couple_nobody_is_asked_about_one(start, people):
    draft = start(parts={people["Maria"]: Part.ADULT, people["Zofia"]: Part.CHILD})

    areas = {sheet.area for interview in draft.interviews.all() for sheet in interview.sheets.all()}
    assert "relacja" not in areas


def test_it_is_on_record(draft, anna, couples_case):
    entry = AuditEntry.objects.get(action="cases.start_assessment")

    assert entry.actor == anna.user
    assert entry.details["case"] == str(couples_case.uuid)
    assert entry.details["persons"] == 3


def test_somebody_of_the_care_team_may_be_the_assessor(start, piotr):
    assert start(assessor=piotr).assessor == piotr


def test_the_head_of_centre_may_start_it(start, marek):
    assert start(by=marek.user).started_by == marek


# --- what is refused ---


def test_a_closed_case(start, couples_case, anna):
    close_case(couples_case, on=couples_case.opened_on, note="Koniec", version=1, by=anna.user)

    with pytest.raises(CaseError) as error:
        start()

    assert error.value.code == "closed"


def test_a_centre_that_does_not_diagnose_with_norr(make_case, make_staff, wadowicka, pairs_version):
    dorota = make_staff("Dorota", "Dziecięca", Role.COORDINATOR, centre=wadowicka)
    case = make_case(wadowicka, coordinator=dorota)
    child = Person.objects.get(first_name="Zofia")

    with pytest.raises(AssessmentError) as error:
        start_assessment(
            case,
            instrument_version=pairs_version,
            occasion="start",
            assessor=dorota,
            parts={child: Part.CHILD},
            by=dorota.user,
        )

    assert error.value.code == "other_diagnosis"


def test_an_assessor_from_outside_the_case(start, make_staff, wodna):
    other = make_staff("Tomasz", "Obcy", Role.THERAPIST, centre=wodna)

    assert code_of_refusal(start, assessor=other) == "not_of_the_case"


def test_an_assessor_who_has_left_the_care_team(start, piotr):
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    CareTeamMember.objects.update(from_on=yesterday, to_on=yesterday)

    assert code_of_refusal(start, assessor=piotr) == "not_of_the_case"


def test_a_therapist_who_does_not_manage_the_case(start, piotr):
    assert code_of_refusal(start, by=piotr.user) == "not_yours"


@pytest.mark.parametrize("status", ["draft", "retired"])
def test_a_version_that_is_not_approved(start, pairs_version, status):
    now = {"retired_by": pairs_version.approved_by, "retired_at": timezone.now()} if status == "retired" else {}
    if status == "draft":
        pairs_version.pk = None
        pairs_version.uuid, pairs_version.number = uuid.uuid4(), "9.0.0"
    for name, value in ({"status": status} | now).items():
        setattr(pairs_version, name, value)
    pairs_version.save()

    assert code_of_refusal(start, instrument_version=pairs_version) == "version_not_usable"


def test_a_version_that_is_no_longer_valid(start, pairs_version):
    pairs_version.valid_to = timezone.localdate() - dt.timedelta(days=1)
    pairs_version.save()

    assert code_of_refusal(start) == "version_not_usable"


def test_nobody(start):
    assert code_of_refusal(start, parts={}) == "nobody"


def test_half_a_couple(start, people):
    assert code_of_refusal(start, parts={people["Maria"]: Part.PARTNER}) == "half_a_couple"


def test_three_partners(start, people, couples_case):
    third = Person.objects.create(first_name="Adam", birth_date=dt.date(1980, 1, 1))
    FamilyMember.objects.create(
        family=couples_case.family, person=third, role=FamilyRole.PARTNER, from_on=couples_case.opened_on
    )

    three = dict.fromkeys([people["Maria"], people["Jan"], third], Part.PARTNER)
    assert code_of_refusal(start, parts=three) == "half_a_couple"


def test_a_child_as_an_adult(start, people):
    assert code_of_refusal(start, parts={people["Zofia"]: Part.ADULT}) == "child_as_adult"


def test_an_adult_as_a_child(start, people):
    assert code_of_refusal(start, parts={people["Maria"]: Part.CHILD}) == "adult_as_child"


def test_somebody_whose_age_is_not_known_may_be_either(start, people):
    people["Maria"].birth_date = None
    people["Maria"].save()

    draft = start(parts={people["Maria"]: Part.CHILD})
    assert draft.interviews.filter(source="child").exists()


def test_somebody_who_has_left_the_family(start, people, couples_case):
    FamilyMember.objects.filter(person=people["Jan"]).update(to_on=couples_case.opened_on)

    assert code_of_refusal(start) == "not_in_family"


def test_a_stranger(start):
    assert code_of_refusal(start, parts={Person.objects.create(first_name="Obca"): Part.ADULT}) == "not_in_family"


def test_an_instrument_that_asks_these_people_nothing(start, people, make_version):
    definition = read(PAIRS.read_text(encoding="utf-8"))
    of_couples = tuple(
        replace(area, items=tuple(item for item in area.items if item.scope in (Scope.PAIR, Scope.COUPLE)))
        for area in definition.areas
        if area.id == "relacja"
    )
    version = make_version(replace(definition, code="para", areas=of_couples, recommendations=()))

    refused = code_of_refusal(start, instrument_version=version, parts={people["Maria"]: Part.ADULT})
    assert refused == "no_questions"


# --- one at a time, in order ---


def test_a_second_one_while_the_first_is_in_progress(start, draft):
    assert code_of_refusal(start, occasion="middle") == "in_progress"


def test_a_second_one_at_the_start(start, filled, anna):
    finalise_assessment(filled, version=filled.version, by=anna.user)

    assert code_of_refusal(start) == "second_start"


def test_after_one_was_broken_off_it_may_start_again(start, draft, anna):
    abandon_assessment(draft, reason="Zła wersja", version=draft.version, by=anna.user)

    assert start().is_draft


def test_after_the_end_there_is_no_middle(start, anna):
    at_the_end = start(occasion="end")
    fill(at_the_end, anna)
    finalise_assessment(at_the_end, version=at_the_end.version, by=anna.user)

    assert code_of_refusal(start, occasion="middle") == "too_late"
    assert start(occasion="follow_up").is_draft


def test_an_unknown_occasion(start):
    assert code_of_refusal(start, occasion="sometime") == "occasion"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_eight_starts_at_once_make_one_assessment(start, couples_case):
    if connection.vendor != "postgresql":
        pytest.skip("real concurrency needs PostgreSQL")

    def try_to_start(_number: int) -> bool:
        try:
            start()
        except ValidationError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(try_to_start, range(8))) == 1

    assert Assessment.objects.count() == 1


# --- the page ---


def url_of(case) -> str:
    return reverse("cases:start_assessment", args=[case.uuid])


def typed(case, version, anna, people, **differing) -> dict[str, object]:
    named = {"Maria": "partner", "Jan": "partner", "Zofia": "child"}
    return (
        {f"part_{people[name].uuid.hex}": part for name, part in named.items()}
        | {"occasion": "start", "instrument_version": version.pk, "assessor": anna.pk, "once": str(uuid.uuid4())}
        | differing
    )


def test_the_page_proposes_parts_by_role_and_age(couples_case, pairs_version, people, anna, sign_in):
    form = sign_in(anna).get(url_of(couples_case)).context["form"]

    proposed = {person.first_name: form[name].initial for name, person in form.people.items()}
    assert proposed == {"Maria": "partner", "Jan": "partner", "Zofia": "child"}
    assert form["instrument_version"].initial == pairs_version  # the only one
    assert form["assessor"].initial == anna.pk


def test_a_single_parent_is_not_taken_for_a_couple(annas_case, pairs_version, anna, sign_in):
    form = sign_in(anna).get(url_of(annas_case)).context["form"]

    assert {person.first_name: form[name].initial for name, person in form.people.items()} == {
        "Maria": "adult",
        "Zofia": "child",
    }


def test_a_child_is_not_offered_an_adults_part(couples_case, pairs_version, people, anna, sign_in):
    form = sign_in(anna).get(url_of(couples_case)).context["form"]

    choices = form.fields[f"part_{people['Zofia'].uuid.hex}"].choices
    assert [value for value, _label in choices] == ["child", ""]


def test_the_page_says_that_an_example_is_not_norr(couples_case, pairs_version, anna, sign_in):
    assert "przykład – nie jest to NORR" in sign_in(anna).get(url_of(couples_case)).content.decode()


def test_the_page_starts_it_and_leads_to_it(couples_case, pairs_version, people, anna, sign_in):
    response = sign_in(anna).post(url_of(couples_case), typed(couples_case, pairs_version, anna, people))

    assert response.url == Assessment.objects.get().get_absolute_url()


def test_half_a_couple_is_said_beside_the_first_person(couples_case, pairs_version, people, anna, sign_in):
    alone = {f"part_{people['Jan'].uuid.hex}": ""}
    response = sign_in(anna).post(url_of(couples_case), typed(couples_case, pairs_version, anna, people, **alone))

    assert "Para to dwie osoby" in response.content.decode()
    assert not Assessment.objects.exists()


@pytest.mark.parametrize(
    "broken",
    [
        {"instrument_version": "99999999999999999999"},
        {"instrument_version": "x\x00"},
        {"assessor": "-1"},
        {"occasion": "kiedyś"},
        {"once": ""},
    ],
)
def test_bad_input_is_answered_with_the_form(couples_case, pairs_version, people, anna, sign_in, broken):
    response = sign_in(anna).post(url_of(couples_case), typed(couples_case, pairs_version, anna, people, **broken))

    assert response.status_code == 200
    assert response.context["form"].errors
    assert not Assessment.objects.exists()


def test_without_an_approved_instrument_the_page_says_whom_to_ask(couples_case, anna, sign_in):
    assert "wczytuje i zatwierdza kierownik kliniczny" in sign_in(anna).get(url_of(couples_case)).content.decode()


def test_one_in_progress_is_opened_instead(couples_case, draft, anna, sign_in):
    assert sign_in(anna).get(url_of(couples_case)).url == draft.get_absolute_url()


def test_others_do_not_find_the_page(couples_case, piotr, ewa, clara, sign_in):
    assert {sign_in(who).get(url_of(couples_case)).status_code for who in (piotr, ewa, clara)} == {404}

"""The rules propose, the practitioner decides, once, and says why where it differs (N6)."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from audit.models import AuditEntry
from cases.assessments import results
from cases.assessments.decisions import decide
from cases.assessments.models import Assessment, ProposalDecision
from cases.assessments.rules import AssessmentError
from cases.casefile.services import close_case
from cases.instruments.definition import Proposal


def proposed_in(assessment) -> set[Proposal]:
    return {one.proposal for one in results.from_text(assessment.result).result.proposed}


def form(assessment, **changes) -> dict[str, str]:
    """Everything decided as proposed, unless changed."""
    proposed = proposed_in(assessment)
    fields = {f"chosen_{one}": "yes" if one in proposed else "no" for one in Proposal}
    return fields | {"once": str(uuid.uuid4())} | changes


def test_all_seven_are_on_record_with_who_decided(critical, anna):
    proposed = proposed_in(critical)

    decide(critical, chosen=proposed, reasons={}, by=anna.user)

    rows = {one.proposal: one for one in ProposalDecision.objects.all()}
    assert set(rows) == set(Proposal)
    assert all(one.chosen == one.proposed == (proposal in proposed) for proposal, one in rows.items())
    assert {one.decided_by for one in rows.values()} == {anna}


def test_it_says_why_wherever_it_differs_and_says_all_of_them_at_once(critical, anna):
    proposed = proposed_in(critical)
    assert proposed == {Proposal.INDIVIDUAL_ONLY, Proposal.OPEN_BLUE_CARD}

    with pytest.raises(AssessmentError) as error:
        decide(
            critical,
            chosen={Proposal.INDIVIDUAL_ONLY, Proposal.PARENTS},
            reasons={Proposal.PARENTS: "   "},
            by=anna.user,
        )

    assert error.value.code == "reason_needed"
    assert set(error.value.error_dict) == {"reason_parents", "reason_open_blue_card"}
    assert not ProposalDecision.objects.exists()


def test_couple_work_cannot_be_decided_while_it_is_stopped(critical, anna):
    reasons = dict.fromkeys(Proposal, "Powód")

    with pytest.raises(AssessmentError) as error:
        decide(critical, chosen={Proposal.COUPLE}, reasons=reasons, by=anna.user)

    assert error.value.code == "couple_work_stopped"
    assert set(error.value.error_dict) == {"chosen_couple"}


def test_couple_work_can_be_decided_where_nothing_stops_it(finalised, anna):
    from cases.assessments.models import CriticalAlert

    CriticalAlert.objects.update(withdrawn_at=finalised.finalised_at)

    decide(finalised, chosen={Proposal.COUPLE}, reasons=dict.fromkeys(Proposal, "Powód"), by=anna.user)

    assert ProposalDecision.objects.get(proposal=Proposal.COUPLE).chosen


def test_it_is_decided_once(critical, anna):
    decide(critical, chosen=proposed_in(critical), reasons={}, by=anna.user)

    with pytest.raises(AssessmentError) as error:
        decide(critical, chosen=proposed_in(critical), reasons={}, by=anna.user)

    assert error.value.code == "already_decided"


def test_the_database_refuses_to_change_what_was_decided(critical, anna):
    decide(critical, chosen=proposed_in(critical), reasons={}, by=anna.user)

    with pytest.raises(IntegrityError, match="read-only"), transaction.atomic():
        ProposalDecision.objects.filter(proposal=Proposal.PARENTS).update(chosen=True)


def test_a_draft_has_no_decision(draft, anna):
    with pytest.raises(AssessmentError) as error:
        decide(draft, chosen=set(), reasons={}, by=anna.user)

    assert error.value.code == "not_finalised"


def test_a_closed_case_has_no_new_decision(critical, anna):
    case = critical.case
    case.refresh_from_db()
    close_case(case, on=case.stage_since_on, note="Koniec", version=case.version, by=anna.user)

    with pytest.raises(AssessmentError) as error:
        decide(critical, chosen=proposed_in(critical), reasons={}, by=anna.user)

    assert error.value.code == "closed"


def test_it_belongs_to_who_conducts_the_assessment(critical, piotr, marek, clara, ewa):
    for other in (piotr, marek, clara, ewa):
        with pytest.raises(AssessmentError) as error:
            decide(critical, chosen=proposed_in(critical), reasons={}, by=other.user)
        assert error.value.code == "not_yours"


def test_the_log_tells_what_was_decided_and_not_why(critical, anna):
    reasons = dict.fromkeys(Proposal, "Tajny powód")

    decide(critical, chosen={Proposal.PARENTS}, reasons=reasons, by=anna.user)

    details = AuditEntry.objects.get(action="cases.decide_proposals").details
    assert details == {"chosen": ["parents"], "differ": ["individual_only", "open_blue_card", "parents"]}


# --- the page ---


def test_the_page_presets_nothing_and_says_why_each_is_proposed(critical, anna, sign_in):
    page = sign_in(anna).get(reverse("cases:decide_proposals", args=[critical.uuid]))

    html = page.content.decode()
    assert "checked" not in html
    assert "Ktoś boi się drugiej osoby" in html
    assert "przykład – nie jest to NORR" in html


def test_the_page_records_and_shows_the_decision(critical, anna, sign_in):
    browser = sign_in(anna)

    answer = browser.post(reverse("cases:decide_proposals", args=[critical.uuid]), form(critical))

    assert answer.url == critical.get_absolute_url()
    html = browser.get(answer.url).content.decode()
    assert "decyzja: tak" in html
    assert "brak decyzji" not in html
    assert "Zdecyduj o propozycjach" not in html


def test_the_reason_is_asked_beside_its_field_and_what_was_typed_stays(critical, anna, sign_in):
    url = reverse("cases:decide_proposals", args=[critical.uuid])
    sent = form(critical, chosen_parents="yes", reason_refer_out="Napisane")

    page = sign_in(anna).post(url, sent)

    assert page.status_code == 200
    assert page.context["form"].errors.keys() == {"reason_parents"}
    assert "Napisane" in page.content.decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"chosen_parents": ""},
        {"chosen_parents": "maybe"},
        {"chosen_couple": "yes", "reason_couple": "bo tak"},
        {"reason_parents": "x" * 20_001},
        {"once": "not-a-uuid"},
        {"chosen_parents": "yes\x00"},
    ],
)
def test_bad_input_is_answered_with_a_sentence(critical, anna, sign_in, changes):
    page = sign_in(anna).post(reverse("cases:decide_proposals", args=[critical.uuid]), form(critical, **changes))

    assert page.status_code == 200
    assert page.context["form"].errors
    assert not ProposalDecision.objects.exists()


def test_sent_twice_it_is_recorded_once(critical, anna, sign_in):
    browser, sent = sign_in(anna), form(critical)
    url = reverse("cases:decide_proposals", args=[critical.uuid])

    first, second = browser.post(url, sent), browser.post(url, sent)

    assert first.url == second.url
    assert ProposalDecision.objects.count() == len(Proposal)


@pytest.mark.parametrize("who", ["piotr", "marek", "clara", "ewa"])
def test_nobody_else_finds_the_page(critical, sign_in, request, who):
    person = request.getfixturevalue(who)

    assert sign_in(person).get(reverse("cases:decide_proposals", args=[critical.uuid])).status_code == 404


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_at_once_leave_one_decision(critical, anna):
    if connection.vendor != "postgresql":
        pytest.skip("real concurrency needs PostgreSQL")

    def run(_n: int) -> str:
        try:
            decide(Assessment.objects.get(pk=critical.pk), chosen=proposed_in(critical), reasons={}, by=anna.user)
        except AssessmentError as error:
            return str(error.code)
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(run, range(4)))

    assert outcomes == ["already_decided"] * 3 + ["done"]
    assert ProposalDecision.objects.count() == len(Proposal)

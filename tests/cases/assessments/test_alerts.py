"""A critical answer raises an alert when it is saved, not when the assessment is finalised (N7)."""

from __future__ import annotations

import pytest

from audit.models import AuditEntry
from cases.assessments.alerts import acknowledge_alert, couple_work_stopped
from cases.assessments.models import AlertMail, CriticalAlert
from cases.casefile.models import CoordinatorAssignment
from cases.casefile.services import assign_coordinator
from centres.models import Role
from tests.cases.assessments.conftest import fill, interview_of, key_of, put


def test_it_is_raised_while_the_assessment_is_still_a_draft(draft, anna):
    interview = interview_of(draft, "Maria")

    put(interview, {"bez_lek": 1}, anna)

    alert = CriticalAlert.objects.get()
    assert draft.is_draft
    assert alert.question == key_of(interview, "bez_lek")
    assert alert.area == "bezpieczenstwo"
    assert alert.raised_by == anna
    assert couple_work_stopped(draft.case.family)


def test_saving_the_same_again_raises_no_second_one(draft, anna):
    interview = interview_of(draft, "Maria")
    put(interview, {"bez_lek": 1}, anna)

    put(interview, {"bez_lek": 1}, anna)
    put(interview, {"bez_kontrola": 2}, anna)

    assert CriticalAlert.objects.count() == 1


def test_a_corrected_answer_takes_it_back_and_the_alert_stays_on_record(draft, anna):
    put(interview_of(draft, "Maria"), {"bez_lek": 1}, anna)

    put(interview_of(draft, "Maria"), {"bez_lek": 0}, anna)

    alert = CriticalAlert.objects.get()
    assert alert.withdrawn_at
    assert not couple_work_stopped(draft.case.family)
    assert [one.action for one in AuditEntry.objects.filter(action__contains="_alert").order_by("id")] == [
        "cases.raise_alert",
        "cases.withdraw_alert",
    ]


def test_said_again_after_that_it_is_a_new_alert(draft, anna):
    for answer in (1, 0, 1):
        put(interview_of(draft, "Maria"), {"bez_lek": answer}, anna)

    assert CriticalAlert.objects.count() == 2
    assert CriticalAlert.objects.standing().count() == 1


def test_each_partners_fear_is_an_alert_of_its_own(draft, anna):
    put(interview_of(draft, "Maria"), {"bez_lek": 1}, anna)
    put(interview_of(draft, "Jan"), {"bez_lek": 1}, anna)

    assert CriticalAlert.objects.standing().count() == 2


def test_the_log_holds_no_answer_and_nobody(draft, anna, people):
    put(interview_of(draft, "Maria"), {"bez_lek": 1}, anna)

    entry = AuditEntry.objects.get(action="cases.raise_alert")
    assert entry.details == {"assessment": str(draft.uuid), "area": "bezpieczenstwo"}


def test_an_interview_without_critical_questions_costs_next_to_nothing(draft, anna, django_assert_max_num_queries):
    """No alert stands and none is wanted: the interview's pages and its alerts are read, nothing is locked."""
    from cases.assessments.alerts import sync_alerts

    sheet = (
        interview_of(draft, "Maria").sheets.select_related("interview__assessment__instrument_version").earliest("id")
    )
    with django_assert_max_num_queries(6):
        sync_alerts(sheet, anna.user)


# --- whom it reaches ---


def test_it_reaches_the_coordinator_and_every_clinical_lead(draft, anna, marek, piotr, clara, clara2):
    put(interview_of(draft, "Maria"), {"bez_lek": 1}, anna)

    assert {mail.staff for mail in AlertMail.objects.select_related("staff")} == {anna, clara, clara2}
    for person, reached in ((anna, True), (clara, True), (clara2, True), (marek, False), (piotr, False)):
        assert CriticalAlert.objects.for_person(person.user).exists() is reached


def test_the_head_of_centre_stands_in_where_nobody_coordinates(draft, anna, marek, clara, piotr):
    draft.assessor = piotr
    draft.save()
    CoordinatorAssignment.objects.get(case=draft.case).end()

    put(interview_of(draft, "Maria"), {"bez_lek": 1}, piotr)

    assert marek in {mail.staff for mail in AlertMail.objects.select_related("staff")}
    assert CriticalAlert.objects.for_person(marek.user).exists()
    assert not CriticalAlert.objects.for_person(anna.user).exists()


def test_a_new_coordinator_is_reached_though_no_mail_was_for_them(draft, anna, marek, make_staff, wodna):
    put(interview_of(draft, "Maria"), {"bez_lek": 1}, anna)
    basia = make_staff("Barbara", "Druga", Role.COORDINATOR, centre=wodna)

    assign_coordinator(draft.case, basia, by=marek.user)

    assert CriticalAlert.objects.for_person(basia.user).exists()


def test_nobody_elsewhere_is_reached(draft, anna, ewa, jan, iga, adam):
    put(interview_of(draft, "Maria"), {"bez_lek": 1}, anna)

    for stranger in (ewa, jan, iga, adam):
        assert not CriticalAlert.objects.reaching(stranger.user).exists()


# --- the block ---


def test_it_stops_couple_work_until_somebody_countersigns_even_in_a_broken_off_assessment(draft, anna):
    from cases.assessments.services import abandon_assessment

    put(interview_of(draft, "Maria"), {"bez_lek": 1}, anna)
    draft.refresh_from_db()

    abandon_assessment(draft, reason="Rodzina się wyprowadza", version=draft.version, by=anna.user)

    assert couple_work_stopped(draft.case.family)


def test_another_family_is_not_stopped(frightened, make_case, wodna):
    assert not couple_work_stopped(make_case(wodna, "Rodzina Innych").family)


def test_whether_couple_work_is_stopped_is_one_query(frightened, django_assert_num_queries):
    family = frightened.case.family_id

    with django_assert_num_queries(1):
        assert couple_work_stopped(family)


def test_taking_note_is_once_a_person_and_changes_nothing_for_others(frightened, anna, clara):
    alert = CriticalAlert.objects.standing().get(area="bezpieczenstwo")

    acknowledge_alert(alert, by=anna.user)
    acknowledge_alert(alert, by=anna.user)

    assert alert.readings.count() == 1
    assert AuditEntry.objects.filter(action="cases.acknowledge_alert").count() == 1
    assert CriticalAlert.objects.for_person(clara.user).filter(pk=alert.pk).exists()
    assert couple_work_stopped(frightened.case.family)


@pytest.mark.parametrize("who", ["Maria", "Jan"])
def test_answers_that_are_not_critical_raise_nothing(draft, anna, who):
    fill(draft, anna)

    assert not CriticalAlert.objects.filter(interview__person__first_name=who).exists()

"""What assessments bring to the desk: the risk column, the case's frame and overview, „Dziś” and the history."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from cases.assessments.decisions import add_addendum, decide, decide_override, request_override
from cases.assessments.models import AlertReading, Assessment, CriticalAlert
from cases.assessments.services import abandon_assessment
from cases.casefile.models import CareTeamMember
from cases.casefile.services import close_case, record_diagnosis
from cases.instruments.definition import Proposal
from cases.instruments.models import Instrument, InstrumentVersion
from cases.instruments.services import import_version
from cases.people.models import Family
from centres.models import Role
from tests.cases.assessments.conftest import finalise, interview_of, put
from tests.cases.assessments.measuring import measure
from tests.cases.conftest import EXAMPLE

Occasion = Assessment.Occasion
STOPPED = "Praca z parą jest wstrzymana."


def page_of(client, url):
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def cell_of(page, label, number):
    """The text of the cell under this heading in the row of this case."""
    row = next(row for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if number in row)
    cell = re.search(rf'data-label="{re.escape(label)}">(.*?)</td>', row, re.DOTALL)
    assert cell is not None
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", cell[1])).strip()


# --- the risk column ---


@pytest.fixture
def licensed(pairs_version):
    """An instrument that is no example."""
    Instrument.objects.update(is_example=False)
    pairs_version.instrument.refresh_from_db()
    return pairs_version


def risk(client, case, url="/cases/"):
    return cell_of(page_of(client, url), "Ryzyko (NORR)", case.number)


def test_the_worst_level_of_the_latest_result_stands_in_the_list(couples_case, licensed, anna, sign_in):
    levels = [level.label for level in licensed.definition.levels]
    worst = len(levels)
    client = sign_in(anna)
    assert risk(client, couples_case) == "—"

    measure(couples_case, licensed, anna, {"a": (worst, "5", "complete"), "b": (1, "0", "complete")}, days_ago=90)
    assert risk(client, couples_case) == levels[-1]

    measure(couples_case, licensed, anna, {"a": (1, "1", "complete")}, occasion=Occasion.END)
    assert risk(client, couples_case) == levels[0]


def test_an_example_is_marked_as_one_and_an_unfinished_assessment_is_no_risk(
    couples_case, example_version, anna, sign_in, start
):
    client = sign_in(anna)
    draft = start()
    assert risk(client, couples_case) == "—"
    abandon_assessment(draft, reason="Inaczej.", version=1, by=anna.user)
    assert risk(client, couples_case) == "—"

    measure(couples_case, example_version, anna, {"a": (2, "5", "complete")})
    assert risk(client, couples_case) == f"{example_version.definition.levels[1].label} przykład"


def test_a_result_without_any_band_is_called_incomplete(couples_case, licensed, anna, sign_in):
    measure(couples_case, licensed, anna, {"a": (None, None, "incomplete")})

    assert risk(sign_in(anna), couples_case) == "wynik niepełny"


def test_risk_is_content_and_hidden_with_the_name(couples_case, licensed, anna, make_staff, wodna, piotr, sign_in):
    measure(couples_case, licensed, anna, {"a": (1, "1", "complete")})
    colleague = make_staff("Olga", "Druga", Role.COORDINATOR, centre=wodna)

    assert risk(sign_in(colleague), couples_case, "/cases/?whose=all") == "ukryte"
    assert risk(sign_in(piotr), couples_case) == licensed.definition.levels[0].label  # in the care team


def test_the_list_stays_within_six_statements(many_cases, couples_case, example_version, anna, sign_in, own_queries):
    client = sign_in(anna)
    many_cases(40)
    page_of(client, "/cases/?whose=all")
    counts = []
    for occasion in (Occasion.START, Occasion.END):
        for case in type(couples_case).objects.all():
            measure(case, example_version, anna, {"a": (1, "1", "complete")}, occasion=occasion)
        with own_queries() as made:
            page_of(client, "/cases/?whose=all")
        counts.append(len(made))

    assert counts[0] == counts[1]
    assert counts[1] <= 6, "\n".join(made)


# --- the case ---


def test_the_overview_shows_the_latest_levels_within_eight_statements(
    critical, couples_case, anna, sign_in, own_queries
):
    client = sign_in(anna)
    page_of(client, couples_case.get_absolute_url())

    with own_queries() as made:
        page = page_of(client, couples_case.get_absolute_url())

    assert critical.get_absolute_url() in page
    for line in critical.area_levels.exclude(level=""):
        assert line.label in page
        assert line.level_label in page
    assert len(made) <= 8, "\n".join(made)


def test_the_first_step_is_the_assessment_and_a_diagnosis_on_paper_stays_possible(couples_case, anna, start, sign_in):
    client = sign_in(anna)
    steps = client.get(couples_case.get_absolute_url()).context["next_steps"]
    assert [one.url for one in steps] == [
        reverse("cases:start_assessment", args=[couples_case.uuid]),
        reverse("cases:record_diagnosis", args=[couples_case.uuid]),
    ]

    draft = start()

    steps = client.get(couples_case.get_absolute_url()).context["next_steps"]
    first, second = steps
    assert (str(first.label), first.url) == ("Kontynuuj ocenę", draft.get_absolute_url())
    assert second.url == reverse("cases:record_diagnosis", args=[couples_case.uuid])


def test_the_assessor_is_offered_to_go_on_and_the_head_of_centre_is_not(couples_case, start, piotr, marek, sign_in):
    draft = start(assessor=piotr)

    def offered(person):
        return [one.url for one in sign_in(person).get(couples_case.get_absolute_url()).context["next_steps"]]

    assert offered(piotr) == [draft.get_absolute_url()]
    assert draft.get_absolute_url() not in offered(marek)


def test_past_the_diagnosis_the_steps_are_as_before(couples_case, anna, piotr, sign_in):
    record_diagnosis(couples_case, diagnosed_on=couples_case.opened_on, diagnosed_by=piotr, version=1, by=anna.user)

    steps = sign_in(anna).get(couples_case.get_absolute_url()).context["next_steps"]

    assert [one.url for one in steps] == [
        reverse("cases:start_therapy", args=[couples_case.uuid]),
        reverse("cases:put_on_waitlist", args=[couples_case.uuid]),
    ]


def test_elsewhere_nothing_speaks_of_assessments(make_case, wadowicka, make_staff, sign_in):
    irena = make_staff("Irena", "Trzecia", Role.COORDINATOR, centre=wadowicka)
    case = make_case(wadowicka, coordinator=irena)

    response = sign_in(irena).get(case.get_absolute_url())

    assert [one.url for one in response.context["next_steps"]] == [reverse("cases:record_diagnosis", args=[case.uuid])]
    assert "NORR" not in response.content.decode().partition("<main")[2]


def test_every_tab_says_that_couple_work_is_stopped_until_two_have_signed(
    frightened, couples_case, anna, clara, sign_in
):
    client = sign_in(anna)
    tabs = [
        reverse(f"cases:{name}", args=[couples_case.uuid])
        for name in ("case", "case_assessments", "case_sessions", "case_history")
    ]
    for url in tabs:
        assert STOPPED in page_of(client, url)

    override = request_override(frightened, reason="Omówione.", by=anna.user)
    assert STOPPED in page_of(client, tabs[0])
    override.refresh_from_db()
    decide_override(override, granted=True, version=override.version, by=clara.user)

    for url in tabs:
        assert STOPPED not in page_of(client, url)


def test_it_is_said_in_the_family_s_other_case_too_and_in_no_other_family_s(
    frightened, couples_case, make_case, krakowiakow, ewa, sign_in
):
    case = make_case(krakowiakow, coordinator=ewa)
    client = sign_in(ewa)
    assert STOPPED not in page_of(client, case.get_absolute_url())

    type(case).objects.filter(pk=case.pk).update(family=couples_case.family)

    assert STOPPED in page_of(client, case.get_absolute_url())


# --- „Dziś” ---


def waiting(person, sign_in):
    return sign_in(person).get("/today/").context["page"].waiting


def test_a_critical_answer_tops_the_page_of_coordinator_and_clinical_leads_at_once(
    draft, anna, clara, clara2, marek, piotr, ewa, jan, sign_in
):
    put(interview_of(draft, "Maria"), {"bez_lek": 1}, anna)  # in progress still

    for person in (anna, clara, clara2):
        assert [alert.assessment for alert in waiting(person, sign_in).alerts] == [draft]
    for person in (marek, piotr, ewa, jan):
        assert waiting(person, sign_in).alerts == []
    page = page_of(sign_in(anna), "/today/")
    alert = CriticalAlert.objects.get()
    for words in (draft.case.number, draft.case.family.label, alert.area_label, draft.get_absolute_url()):
        assert words in page
    assert page.index("Odpowiedzi krytyczne") < page.index('class="tiles"')
    assert "boi" not in page.partition("<main")[2].casefold()  # no question and no answer


def test_whoever_takes_note_no_longer_sees_it_and_the_others_do(frightened, anna, clara, sign_in):
    client = sign_in(anna)
    [alert] = waiting(anna, sign_in).alerts
    typed = {"once": str(uuid.uuid4()), "back": "today"}

    for _double_click in range(2):
        assert client.post(reverse("cases:acknowledge_alert", args=[alert.uuid]), typed).url == "/today/"

    assert waiting(anna, sign_in).alerts == []
    assert waiting(clara, sign_in).alerts == [alert]
    assert AlertReading.objects.count() == 1


def test_an_answer_that_was_taken_back_is_no_alert_any_more(frightened, anna, sign_in):
    put(interview_of(frightened, "Maria"), {"bez_lek": 0}, anna)

    assert waiting(anna, sign_in).alerts == []


def test_a_second_signature_waits_for_the_clinical_leads_and_never_for_who_signed_first(
    frightened, anna, clara, clara2, sign_in
):
    override = request_override(frightened, reason="Omówione z każdą osobą.", by=clara.user)

    assert waiting(clara2, sign_in).overrides == [override]
    assert waiting(clara, sign_in).overrides == []
    assert waiting(anna, sign_in).overrides == []
    page = page_of(sign_in(clara2), "/today/")
    assert reverse("cases:decide_override", args=[override.uuid]) in page
    assert "Omówione" not in page


def test_those_in_progress_and_those_to_decide_about_wait_for_who_conducts_them(
    finalised, couples_case, make_case, wodna, pairs_version, anna, piotr, marek, clara, sign_in
):
    other = make_case(wodna, "Rodzina Druga", coordinator=anna)
    CareTeamMember.objects.create(case=other, staff=piotr, from_on=other.opened_on)
    draft = Assessment.objects.create(
        case=other,
        instrument_version=pairs_version,
        occasion=Occasion.MIDDLE,
        assessor=piotr,
        started_on=timezone.localdate() - dt.timedelta(days=3),
    )

    mine = waiting(anna, sign_in)
    assert (mine.drafts, mine.undecided) == ([draft], [finalised])
    his = waiting(piotr, sign_in)
    assert (his.drafts, his.undecided) == ([draft], [])
    for person in (marek, clara):
        assert waiting(person, sign_in).drafts == waiting(person, sign_in).undecided == []

    reasons = dict.fromkeys(Proposal, "Ustalone z rodziną.")
    decide(finalised, chosen=set(), reasons=reasons, by=anna.user)
    assert waiting(anna, sign_in).undecided == []


def test_a_closed_case_waits_for_no_decision(finalised, couples_case, anna, marek, sign_in):
    couples_case.refresh_from_db()
    close_case(
        couples_case, on=couples_case.stage_since_on, note="Koniec", version=couples_case.version, by=marek.user
    )

    assert waiting(anna, sign_in).undecided == []


def test_a_clinical_lead_sees_how_many_instruments_wait_for_approval(clara, clara2, anna, sign_in):
    import_version(EXAMPLE.read_text(encoding="utf-8"), by=clara.user)

    def urls(person):
        return [tile.url for tile in sign_in(person).get("/today/").context["page"].tiles]

    assert reverse("cases:instruments") in urls(clara2)
    assert reverse("cases:instruments") not in urls(clara)  # who imported it does not approve it
    assert reverse("cases:instruments") not in urls(anna)
    InstrumentVersion.objects.all().delete()
    assert reverse("cases:instruments") not in urls(clara2)


@pytest.mark.parametrize("who", ["anna", "clara2"])
def test_the_page_costs_the_same_however_much_waits(
    who, request, frightened, make_case, wodna, pairs_version, anna, clara, sign_in, own_queries
):
    request_override(frightened, reason="Omówione.", by=clara.user)
    client = sign_in(request.getfixturevalue(who))
    counts = []
    for _ in range(2):
        for number in range(3):
            case = make_case(wodna, f"Rodzina {number}", coordinator=anna)
            Assessment.objects.create(
                case=case, instrument_version=pairs_version, occasion=Occasion.START, assessor=anna
            )
        page_of(client, "/today/")
        with own_queries() as made:
            page_of(client, "/today/")
        counts.append(len(made))

    assert counts[0] == counts[1]
    assert counts[1] <= 14, "\n".join(made)


# --- the history ---


def test_the_history_tells_what_was_done_and_nothing_that_was_said(frightened, couples_case, anna, clara, sign_in):
    override = request_override(frightened, reason="Tajne uzasadnienie.", by=anna.user)
    decide_override(override, granted=True, note="Tajna notatka.", version=override.version, by=clara.user)
    done = finalise(frightened, anna)
    decide(done, chosen=set(), reasons=dict.fromkeys(Proposal, "Tajny powód."), by=anna.user)
    add_addendum(done, text="Tajne uzupełnienie.", by=anna.user)

    page = page_of(sign_in(anna), reverse("cases:case_history", args=[couples_case.uuid]))

    for words in (
        "Rozpoczęto ocenę (na początku)",
        "Zakończono ocenę (na początku)",
        "Zapisano decyzję po ocenie",
        "podpisano uzasadnienie",
        "złożono drugi podpis",
        "Podpisano uzupełnienie oceny",
    ):
        assert words in page
    assert "Tajn" not in page
    assert Family.objects.get(pk=couples_case.family_id).label in page


def test_one_that_was_broken_off_is_in_the_history_without_its_reason(draft, couples_case, anna, piotr, sign_in):
    abandon_assessment(draft, reason="Tajny powód.", version=1, by=anna.user)

    url = reverse("cases:case_history", args=[couples_case.uuid])

    assert "Przerwano ocenę (na początku)" in page_of(sign_in(anna), url)
    assert "Tajny" not in page_of(sign_in(anna), url)
    assert "Przerwano ocenę" not in page_of(sign_in(piotr), url)  # the care team knows the latest result only

"""From exact numbers to a file: what is small is hidden in it, and nothing but the snapshot is in it."""

from __future__ import annotations

import copy
import datetime as dt
import json
from pathlib import Path

import pytest

from programme.reports import printing, rendering, services
from programme.reports.models import Report
from programme.reports.snapshots import hash_of
from tests.programme.reports.conftest import OCTOBER

DAY = dt.date(2026, 10, 8)
SAMPLES = Path(__file__).parent / "samples"


@pytest.fixture
def frozen(make_case, wodna, krakowiakow, meet, programme):
    """A month at Wodna with 12 families, of whom three have therapy and nine counselling."""

    def freeze(scope=Report.Scope.CENTRE, families=12):
        for n in range(families):
            case = make_case(wodna, f"Rodzina Sekretnych {n}", received_on=dt.date(2026, 10, 1))
            case.diagnosed_on = DAY
            case.save()
            meet(case, DAY, service="terapia-rodzinna" if n < 3 else "poradnictwo-rodzinne")
        centre = wodna if scope == Report.Scope.CENTRE else None
        report = services.request_report(OCTOBER, scope, centre=centre, by=None).report
        claimed = Report.objects.claim(report.uuid)
        assert claimed
        services.freeze_numbers(claimed)
        return claimed

    return freeze


def cells(lines):
    return {line.name: line.cells for line in lines}


def test_a_number_behind_which_few_families_stand_is_hidden(frozen):
    printed = printing.printed(frozen())
    services = cells(printed["services"])
    assert services["Terapia rodzinna"] == ("Dom Terapii", "<5", "<5", "—")
    assert services["Poradnictwo rodzinne"] == ("MOPS", "9", "18", "100%")


def test_the_snapshot_keeps_the_exact_number_as_evidence(frozen):
    therapy = next(one for one in frozen().snapshot["services"] if one["slug"] == "terapia-rodzinna")
    assert (therapy["count"], therapy["families"]) == (3, 3)


def test_the_file_never_holds_what_was_hidden(frozen):
    report = frozen()
    html = rendering.html_of(report)
    other = copy.deepcopy(report.snapshot)
    therapy = next(one for one in other["services"] if one["slug"] == "terapia-rodzinna")
    therapy |= {"count": 4, "families": 4, "people": 7, "people_families": 4, "present": 7, "expected": 8}
    changed = Report(number=report.number, scope=report.scope, snapshot=other, data_at=report.data_at)
    changed.snapshot_hash = hash_of(other)
    without_hash = html.replace(report.short_hash, "")
    assert rendering.html_of(changed).replace(changed.short_hash, "") == without_hash


def test_no_name_of_a_family_or_a_person_is_in_a_file_or_in_its_numbers(frozen):
    report = frozen()
    for text in (rendering.html_of(report), str(report.snapshot)):
        assert "Sekretn" not in text
        assert "Przykładow" not in text
        assert "W/2026/" not in text


def test_zero_stays_zero_and_a_share_of_few_is_a_dash(frozen):
    printed = printing.printed(frozen(families=3))
    people = cells(printed["people"])
    assert people["Seniorzy od 60 lat"] == ("0",)
    assert people["Razem"] == ("<5",)
    assert [tile.text for tile in printed["tiles"]] == ["<5", "—", "<5", "0"]


def test_the_tiles_speak_polish(frozen):
    printed = printing.printed(frozen())
    assert [(tile.text, tile.label) for tile in printed["tiles"]] == [
        ("12", "zgłoszeń wpłynęło"),
        ("100%", "diagnoz w 14 dni"),
        ("12", "spotkań się odbyło"),
        ("0", "rodzin oczekuje na terapię"),
    ]


def test_how_long_one_family_waits_is_not_said_where_few_wait():
    numbers = {"waiting": {"families": 3, "since": "2026-06-19"}}
    assert printing.longest_wait(numbers, OCTOBER) == "—"
    numbers["waiting"]["families"] = 5
    assert printing.longest_wait(numbers, OCTOBER).replace("\xa0", " ") == "4 mies. 12 dni"


def test_a_point_of_the_chart_with_few_families_is_left_out(frozen):
    report = frozen()
    points = report.snapshot["services_to_date"]["points"]
    points[8] |= {"total": 7345, "families": 4}
    chart = printing.services_chart(report.snapshot, OCTOBER)
    assert chart.totals[8:] == ("<5", "12")
    assert "345" not in chart.svg


def test_a_centre_shows_its_part_and_no_target(frozen):
    html = rendering.html_of(frozen())
    assert "wkład centrum we wskaźnik 1.1" in html
    assert "9\xa0910" not in html
    assert "Równe tempo" not in html


def test_the_three_centres_show_the_target_and_who_set_it(frozen):
    report = frozen(Report.Scope.CENTRES)
    html = rendering.html_of(report)
    assert "9\xa0910" in html
    assert "cele: uchwała pierwotna" in html
    assert "Trzy centra razem" in html


def test_the_programme_prints_all_indicators_by_section(frozen):
    report = frozen(Report.Scope.PROGRAMME)
    printed = printing.printed(report)
    assert len(printed["sections"]) == 7
    assert sum(len(lines) for _, lines in printed["sections"]) == 78
    assert sum(int(tile.text) for tile in printed["tiles"]) == 78


def test_an_old_report_keeps_the_target_under_which_it_was_made(frozen, programme):
    report = frozen(Report.Scope.CENTRES)
    before = rendering.html_of(report)
    programme.indicators.get(code="1.1").targets.filter(year=2026).update(value=12000)
    report.refresh_from_db()
    assert rendering.html_of(report) == before


def test_an_empty_month_says_so_in_words(octobers_case, krakowiakow):
    report = services.request_report(OCTOBER, Report.Scope.CENTRE, centre=krakowiakow, by=None).report
    claimed = Report.objects.claim(report.uuid)
    assert claimed
    services.freeze_numbers(claimed)
    html = rendering.html_of(claimed)
    assert "W tym miesiącu nie wpłynęło żadne zgłoszenie." in html
    assert "W tym miesiącu nie odbyło się żadne spotkanie." in html
    assert "<svg" not in html


def test_the_footer_tells_which_numbers_these_are(frozen):
    report = frozen()
    expected = f"S/2026/10/WODNA/1 · stan danych 22.11.2026, 12:00 · skrót migawki {report.short_hash}"
    assert printing.stamp(report) == expected
    assert expected in rendering.html_of(report)


def test_demonstration_data_is_marked_in_the_file(frozen):
    report = frozen()
    assert "dane są zmyślone" not in rendering.html_of(report)
    report.snapshot["demo"] = True
    report.snapshot_hash = hash_of(report.snapshot)
    assert 'class="demo"' in rendering.html_of(report)


def test_a_changed_resolution_is_named(frozen):
    report = frozen(Report.Scope.CENTRES)
    report.snapshot["programme"]["revision"] = {
        "number": 2, "resolution": "XL/1/26", "decided_on": "2026-03-31"
    }  # fmt: skip
    assert printing.targets_note(report.snapshot) == "cele: uchwała nr XL/1/26 z 31.03.2026"


@pytest.mark.parametrize("scope", ["centre", "centres", "programme"])
def test_a_report_of_format_2_is_still_the_same_file(scope):
    """Its snapshot and document were written by the version before unresolved meetings were named one by one."""
    numbers = json.loads((SAMPLES / f"format_2_{scope}.json").read_text(encoding="utf-8"))
    assert numbers["format"] == 2
    report = Report(
        number="S/2026/10/PROBA/1",
        scope=scope,
        month=OCTOBER,
        snapshot=numbers,
        snapshot_hash=hash_of(numbers),
        data_at=dt.datetime(2026, 11, 22, 10, tzinfo=dt.UTC),
    )
    assert rendering.html_of(report) == (SAMPLES / f"format_2_{scope}.html").read_text(encoding="utf-8")

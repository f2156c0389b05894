"""`manage.py load_programme`: exactly, once, and never half."""

from __future__ import annotations

import csv
import datetime as dt
import io
import sys
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEntry
from centres.models import Organisation, Service
from programme.plan.models import Indicator, Programme, ProgrammeTask, Target, TargetRevision
from programme.plan.source import SHIPPED
from programme.results.models import CountingRule, Result

TASK_1 = ";9910;9910;9910;6540600"


def load(*args: object, **options: object) -> str:
    out = io.StringIO()
    call_command("load_programme", *args, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def in_a_terminal(monkeypatch: pytest.MonkeyPatch):
    """Somebody sits at the keyboard and answers: `in_a_terminal("y")`."""

    def sit(answer: str) -> None:
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
        monkeypatch.setattr("builtins.input", lambda question: answer)

    return sit


def test_it_loads_every_indicator_task_and_target_as_the_table_has_them(programme):
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))

    assert Indicator.objects.count() == len(rows) == 78
    assert ProgrammeTask.objects.count() == 51
    assert ProgrammeTask.objects.values("section_kind", "section_title").distinct().count() == 7
    for row in rows:
        indicator = Indicator.objects.select_related("task").get(code=f"{row['task_no']}.{row['indicator_no']}")
        assert indicator.wording == row["indicator"]
        assert indicator.unit_of_measure == row["unit_of_measure"]
        assert indicator.task.title == row["task"]
        assert (indicator.task.section_kind, indicator.task.section_title) == (
            row["section_kind"],
            row["section_title"],
        )
        for target in indicator.targets.all():
            stated = row[f"target_{target.year}"]
            assert target.text == stated if not stated.isdigit() else target.value == Decimal(stated)
        assert indicator.targets.count() == 3


def test_the_seven_budgets_add_up(programme):
    with_money = ProgrammeTask.objects.exclude(budget=None)

    assert with_money.count() == 7
    assert with_money.aggregate(Sum("budget"))["budget__sum"] == 58_647_920


def test_the_spellings_of_a_unit_are_one_organisation(programme):
    units = Organisation.objects.filter(task_units__isnull=False).distinct()

    assert units.count() == 16
    assert Organisation.objects.filter(name__startswith="Wydział Polityki Społecznej").count() == 1
    assert Organisation.objects.filter(name__icontains="organizacje pozarządowe").count() == 1
    assert Organisation.objects.filter(short_name="MCPU").count() == 1
    assert [unit.short_name for unit in ProgrammeTask.objects.get(number=18).responsible] == ["MCPU"]


def test_the_units_of_a_task_keep_the_documents_order(programme):
    task = ProgrammeTask.objects.get(number=5)

    assert [unit.short_name for unit in task.responsible] == [
        "Pełnomocnik PMK ds. Rodziny", "WPSRiZ UMK", "MOPS", "organizacje pozarządowe", "instytucje kultury",
    ]  # fmt: skip


def test_every_indicator_has_a_reviewed_type(programme):
    stocks = {"12.1", "12.2", "12.3", "15.1", "37.1", "37.2", "38.1", "40.1", "41.1"}

    def of(kind: str) -> set[str]:
        return set(Indicator.objects.filter(kind=kind).values_list("code", flat=True))

    assert of(Indicator.Kind.STOCK) == stocks
    assert of(Indicator.Kind.MONTHLY_RATE) == {"39.1"}
    assert of(Indicator.Kind.MINIMUM) == {"26.3"}
    assert of(Indicator.Kind.GROWTH) == {"22.1", "22.2"}
    assert of(Indicator.Kind.MILESTONE) == {"11.1", "24.1", "26.1"}
    assert of(Indicator.Kind.COUNT) | of(Indicator.Kind.UNIQUE) >= {"1.1", "2.1"}


def test_a_growth_has_its_per_cent_and_its_words(programme):
    target = Target.objects.get(indicator__code="22.1", year=2026)

    assert target.value == 2
    assert target.text == "wzrost o 2% w skali roku"


def test_only_the_first_indicator_is_counted_by_the_portal_and_its_rule_is_on_record(programme):
    assert list(Indicator.objects.exclude(computed_by="").values_list("code", "computed_by")) == [
        ("1.1", "held_sessions")
    ]
    assert list(CountingRule.objects.values_list("code", "version", "valid_from")) == [
        ("held_sessions", 1, dt.date(2025, 1, 1))
    ]


def test_a_second_load_changes_nothing_and_writes_nothing(programme):
    entries = AuditEntry.objects.count()

    with CaptureQueriesContext(
        connection,
    ) as queries:
        said = load()

    assert "Bez zmian" in said
    assert AuditEntry.objects.count() == entries
    assert not [q for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert TargetRevision.objects.count() == 1


def test_a_changed_file_needs_consent_where_nobody_can_be_asked(programme, edited):
    path = edited((TASK_1, ";9910;10000;9910;6540600"))

    with pytest.raises(CommandError, match="--yes"):
        load(path)

    assert Target.objects.as_of(None).get(indicator__code="1.1", year=2026).value == 9910


def test_a_changed_file_shows_what_it_would_change_and_asks(programme, edited, in_a_terminal, capsys):
    in_a_terminal("n")
    out = io.StringIO()

    with pytest.raises(CommandError, match="Niczego nie zmieniono"):
        call_command("load_programme", edited((TASK_1, ";9910;10000;9910;6540600")), stdout=out)

    assert "1.1 cel na rok 2026: 9\u00a0910 → 10\u00a0000" in out.getvalue()
    assert TargetRevision.objects.count() == 1


def test_yes_at_the_keyboard_makes_the_change(programme, edited, in_a_terminal):
    in_a_terminal("y")

    load(edited((TASK_1, ";9910;10000;9910;6540600")))

    assert Target.objects.as_of(None).get(indicator__code="1.1", year=2026).value == 10000


def test_a_changed_target_becomes_a_revision_and_the_old_one_stays(programme, edited):
    before = TargetRevision.objects.get()

    load(
        edited((TASK_1, ";9910;10000;9910;6540600")),
        yes=True,
        resolution="XX/1/26",
        decided_on=dt.date(2026, 3, 31),
        reason="Nowe centrum",
    )

    revision = TargetRevision.objects.get(number=2)
    assert (revision.resolution, revision.decided_on, revision.reason) == (
        "XX/1/26",
        dt.date(2026, 3, 31),
        "Nowe centrum",
    )
    of_2026 = Target.objects.filter(indicator__code="1.1", year=2026)
    assert of_2026.as_of(None).get().value == 10000
    assert of_2026.as_of(before).get().value == 9910
    assert Target.objects.filter(revision=revision).count() == 1
    assert AuditEntry.objects.filter(
        action="programme.change_target", object_uuid=Indicator.objects.get(code="1.1").uuid
    ).exists()


def test_a_change_without_a_resolution_is_dated_today(programme, edited, time_machine):
    time_machine.move_to(dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC))

    load(edited((TASK_1, ";9910;10000;9910;6540600")), yes=True)

    assert TargetRevision.objects.get(number=2).decided_on == dt.date(2026, 11, 22)


def test_a_date_that_is_none_is_told_in_polish():
    with pytest.raises(CommandError, match="datę zapisuje się tak: 2026-03-31"):
        call_command("load_programme", "--decided-on", "31.03.2026")


def test_a_corrected_word_is_changed_in_place_and_recorded_without_a_revision(programme, edited):
    said = load(edited((";rodzina wspierająca;", ";rodziny wspierające;")), yes=True)

    assert Indicator.objects.get(code="3.1").wording == "rodziny wspierające"
    assert "rodzina wspierająca → rodziny wspierające" in said
    assert TargetRevision.objects.count() == 1
    entry = AuditEntry.objects.get(action="programme.correct_wording")
    assert entry.details == {"code": "3.1", "fields": ["wording"]}


def test_another_unit_is_changed_in_place(programme, edited):
    load(edited((";Biblioteka Kraków;1;uczestników;", ";Biblioteka Kraków | Muzeum Krakowa;1;uczestników;")), yes=True)

    assert [unit.short_name for unit in ProgrammeTask.objects.get(number=8).responsible] == [
        "Biblioteka Kraków", "Muzeum Krakowa",
    ]  # fmt: skip
    assert "Bez zmian" in load(
        edited((";Biblioteka Kraków;1;uczestników;", ";Biblioteka Kraków | Muzeum Krakowa;1;uczestników;"))
    )


def test_a_missing_indicator_leaves_the_programme_and_keeps_its_results(programme, edited):
    indicator = Indicator.objects.get(code="3.2")
    before = TargetRevision.objects.get()
    Result.objects.create(indicator=indicator, unit=indicator.task.responsible[0], month=dt.date(2026, 1, 1), value=1)

    said = load(edited(drop=(5,)), yes=True)

    assert "− 3.2" in said
    assert not Indicator.objects.as_of(None).filter(code="3.2").exists()
    assert Indicator.objects.as_of(before).filter(code="3.2").exists()
    assert Result.objects.filter(indicator=indicator).exists()


def test_an_indicator_that_comes_back_is_the_same_one(programme, edited):
    uuid = Indicator.objects.get(code="3.2").uuid
    load(edited(drop=(5,)), yes=True)

    load(yes=True)

    assert Indicator.objects.as_of(None).get(code="3.2").uuid == uuid


def test_a_new_undertaking_joins_the_programme(programme, edited):
    row = "komplementarne;nowe;52;Nowe przedsięwzięcie;Nowa Jednostka;1;spotkań;spotkania;;20;25;\n"

    said = load(edited(add=row), yes=True)

    indicator = Indicator.objects.get(code="52.1")
    assert "+ 52.1" in said
    assert (indicator.kind, indicator.name) == (Indicator.Kind.COUNT, "Spotkań")
    assert indicator.added_in.number == 2
    assert list(indicator.targets.values_list("year", flat=True)) == [2026, 2027]
    assert Organisation.objects.filter(name="Nowa Jednostka").exists()


@pytest.mark.parametrize(
    ("before", "after", "line", "why"),
    [
        (TASK_1, ";9910;x;9910;6540600", 2, "target_2026"),
        (TASK_1, ";9910;9910;6540600", 2, "kolumn"),
        (TASK_1, ";9910;-5;9910;6540600", 2, "target_2026"),
        (TASK_1, ";9910;9910;9910;6 mln", 2, "budget_pln_2025_2027"),
        (";rodzina wspierana;", ";;", 5, "indicator"),
        (";2;rodzina wspierana;", ";1;rodzina wspierana;", 5, "3.1"),
        (";2;rodzina wspierana;", ";7;rodzina wspierana;", 5, "3.2"),
        (";2;rodzina wspierana;", ";dwa;rodzina wspierana;", 5, "indicator_no"),
        ("podstawowe;", "inne;", 2, "section_kind"),
        ("section_kind;", "rodzaj;", 1, "nagłówek"),
        (" | organizacja pozarządowa;1;", " |  | organizacja pozarządowa;1;", 6, "units"),
        (TASK_1, ";;;;6540600", 2, "celu"),
        (";usługi;", ";\"usługi;", 2, ""),
    ],
)  # fmt: skip
def test_a_broken_row_is_named_with_its_line_and_nothing_is_loaded(reference, edited, before, after, line, why):
    with pytest.raises(CommandError, match=rf"^Wiersz {line if why else '[0-9]+'}: .*{why}.*Niczego nie wczytano"):
        load(edited((before, after)))

    assert not Programme.objects.exists()


def test_a_file_in_another_encoding_is_refused_with_its_line(reference, tmp_path):
    path = tmp_path / "plan.csv"
    path.write_bytes(SHIPPED.read_bytes().replace("Społecznej".encode(), "Społecznej".encode("cp1250"), 1))

    with pytest.raises(CommandError, match=r"^Wiersz 2: .*UTF-8"):
        load(path)


@pytest.mark.parametrize("content", [b"", b"\n", b"\x00\x01\x02", b"\xff\xfe\x00"])
def test_what_is_no_table_is_refused_in_one_sentence(reference, tmp_path, content):
    path = tmp_path / "plan.csv"
    path.write_bytes(content)

    with pytest.raises(CommandError):
        load(path)

    assert not Programme.objects.exists()


def test_a_missing_file_a_folder_and_a_locked_file_say_so(reference, tmp_path, monkeypatch):
    with pytest.raises(CommandError, match="Nie ma pliku"):
        load(tmp_path / "none.csv")
    with pytest.raises(CommandError, match="folder"):
        load(tmp_path)

    def locked(self: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_bytes", locked)
    with pytest.raises(CommandError, match="Nie można odczytać"):
        load(tmp_path / "plan.csv")


def test_a_target_may_not_vanish(programme, edited):
    with pytest.raises(CommandError, match=r"Wiersz 2: wskaźnik 1\.1"):
        load(edited((TASK_1, ";9910;;9910;6540600")), yes=True)

    assert TargetRevision.objects.count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("loaded_before", [False, True])
def test_loads_at_once_make_one_programme_and_one_revision(reference, edited, loaded_before):
    if connection.vendor != "postgresql":
        pytest.skip("real concurrency needs PostgreSQL")
    path = SHIPPED
    if loaded_before:
        load()
        path = edited((TASK_1, ";9910;10000;9910;6540600"))

    def load_it(_: int) -> str:
        try:
            return load(path, yes=True)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(load_it, range(4)))

    assert sum("Wczytano" in one for one in said) == 1
    assert Programme.objects.count() == 1
    assert Indicator.objects.count() == 78
    assert TargetRevision.objects.count() == 1 + loaded_before


def test_partners_among_the_units_come_with_what_they_do_in_the_centres(db):
    Service.objects.all().delete()
    Organisation.objects.all().delete()

    call_command("load_programme", yes=True, verbosity=0)

    assert Organisation.objects.get(short_name="MOPS").contribution

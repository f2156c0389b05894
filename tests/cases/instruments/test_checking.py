"""An instrument that contradicts itself is refused: line, path and a sentence for each contradiction."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from cases.instruments.ranges import range_of
from cases.instruments.reading import parse, read
from tests.cases.conftest import PAIRS
from tests.cases.instruments.small import SMALL, line_of, problems, spoiled

SPORY = """\
      - id: spory
        text: Jak często się kłócimy?
        scale: czesto
        scope: person
        informant: self
"""
SHOW_IF = """\
        show_if:
          item: spory
          at_least: 1
"""
WHEN = """\
      area: dom
      at_least: high
"""
SCORING = """\
      method: sum
      missing_at_most: 1
      if_missing: prorate
"""
BANDS = SMALL[SMALL.index("    bands:") : SMALL.index("    items:")]
RULE = SMALL[SMALL.index("  - id: rozmowa") :]


def test_the_small_instrument_is_good():
    assert problems(SMALL) == []


@pytest.mark.parametrize(
    ("old", "new", "piece", "path", "sentence"),
    [
        # ids
        (
            "  - id: high\n    label",
            "  - id: low\n    label",
            "  - id: low\n    label: wys",
            "levels[1].id",
            "w wierszu 9",
        ),
        ("label: wysoki\n", "label: niski\n", "label: niski\nscales", "levels[1].label", "w wierszu 10"),
        # texts
        ("name: ", f"name: {'w' * 61} ", "name: ", "name", "za długie słowo. Liczba znaków: 61"),
        ("most: 7", "most: 7\n  - {id: czesto, least: 0, most: 1}", "- {id", "scales[2].id", "„czesto”"),
        (
            "- id: zgoda",
            "- id: spory",
            "- id: spory\n        text: Jak często się godz",
            "areas[0].items[1].id",
            "„spory”",
        ),
        ("- id: dom", "- id: any", "- id: any", "areas[0].id", "dowolny obszar"),
        # scales
        (
            "- value: 1\n",
            "- value: 0\n",
            "- value: 0\n        label: czasem",
            "scales[0].options[1].value",
            "po 0 stoi 0",
        ),
        ("label: czasem", "label: nigdy", "label: nigdy\n      - value: 2", "scales[0].options[1].label", "„nigdy”"),
        ("most: 7", "most: -1", "most: -1", "scales[1].most", "nie jest większa"),
        ("most: 7", "most: 7\n    step: 2", "step: 2", "scales[1].step", "nie trafia się w 7"),
        ("most: 7", "most: 7\n    step: -1", "step: -1", "scales[1].step", "większy od 0"),
        (
            "most: 7",
            "most: 7\n    scored_non_answers: [{answer: refused, value: 8}]",
            "scored_non",
            "scales[1].scored_non_answers[0].value",
            "poza skalą, która sięga od 0 do 7",
        ),
        (
            "most: 7",
            "most: 7\n    non_answers: [unknown]\n    scored_non_answers: [{answer: refused, value: 7}]",
            "scored_non",
            "scales[1].scored_non_answers[0].answer",
            "„refused” ma wartość",
        ),
        (
            "most: 7",
            "most: 7\n    scored_non_answers: [{answer: refused, value: 1}, {answer: refused, value: 7}]",
            "scored_non",
            "scales[1].scored_non_answers[1].answer",
            "występuje już",
        ),
        # scoring
        ("method: sum", "method: sum\n      threshold: 1", "threshold", "areas[0].scoring.threshold", "Próg"),
        ("method: sum", "method: count_at_least", "scoring:", "areas[0].scoring.threshold", "wymaga progu"),
        (
            "method: sum",
            "method: count_at_least\n      threshold: 3",
            "threshold",
            "areas[0].scoring.threshold",
            "Próg 3 nie dzieli odpowiedzi na pytanie „spory”, które sięgają od 0 do 2.",
        ),
        ("method: sum", "method: lookup", "scoring:", "areas[0].scoring.table", "wymaga tabeli"),
        (
            "method: sum",
            "method: sum\n      table: [{from: 0, to: 11, score: 1}]",
            "table",
            "areas[0].scoring.table",
            "tylko „lookup”",
        ),
        (
            "method: sum",
            "method: lookup\n      table: [{from: 0, to: 4, score: 0}, {from: 5, to: 11, score: 11}]",
            "table",
            "areas[0].scoring.table[1].from",
            "Między 4 a 5 jest luka.",
        ),
        (
            "method: sum",
            "method: lookup\n      table: [{from: 0, to: 5, score: 0}, {from: 5, to: 10, score: 11}]",
            "table",
            "areas[0].scoring.table[1].to",
            "Koniec to 10, a sumy tego obszaru sięgają od 0 do 11.",
        ),
        (
            "method: sum",
            "method: lookup\n      table: [{from: 0, to: 11, score: 1}]",
            "table",
            "areas[0].scoring.table",
            "ten sam wynik",
        ),
        ("at_most: 1\n", "at_most: 3\n", "missing_at", "areas[0].scoring.missing_at_most", "jest ich 3"),
        ("      missing_at_most: 1\n", "", "if_missing", "areas[0].scoring.if_missing", "„prorate” niczego"),
        ("method: sum", "method: manual", "bands:", "areas[0].bands", "osoba prowadząca"),
        ("method: sum", "method: manual", "missing_at", "areas[0].scoring.missing_at_most", "osoba prowadząca"),
        # bands
        (BANDS, "", "  - id: dom", "areas[0].bands", "Brakuje klucza „bands”."),
        ("to: 5\n", "to: 4.5\n", "from: 5", "areas[0].bands[1].from", "Między 4.5 a 5 jest luka."),
        ("to: 5\n", "to: 6\n", "from: 5", "areas[0].bands[1].from", "Początek to 5, a poprzedni przedział"),
        ("to: 5\n", "to: 0\n", "to: 0", "areas[0].bands[0].to", "Koniec to 0, a początek to 0."),
        ("to: 11\n", "to: 12\n", "to: 12", "areas[0].bands[1].to", "a wyniki tego obszaru sięgają od 0 do 11."),
        ("from: 0\n", "from: 1\n", "from: 1\n", "areas[0].bands[0].from", "Początek to 1, a wyniki"),
        ("- level: high\n", "- level: highest\n", "highest", "areas[0].bands[1].level", "Nie ma poziomu „highest”."),
        (
            "- level: high\n",
            "- level: low\n",
            "- level: low\n        from: 5",
            "areas[0].bands[1].level",
            "Poziomy rosną",
        ),
        # items
        (
            "scope: family\n        informant: practitioner",
            "scope: family\n        informant: partner",
            "scope: family",
            "areas[0].items[2].scope",
            "„person” albo „pair”",
        ),
        (
            "scope: family\n        informant: practitioner",
            "scope: couple\n        informant: child",
            "informant: child",
            "areas[0].items[2].informant",
            "Dziecka",
        ),
        (
            SPORY,
            f"{SPORY}        protective: yes\n",
            "protective",
            "areas[0].items[0].protective",
            "nigdy nie podnosi",
        ),
        (
            "reverse: yes",
            "reverse: yes\n        weight: -1\n        protective: yes",
            "protective",
            "areas[0].items[1].protective",
            "nigdy nie podnosi",
        ),
        (
            "level: high\n          at",
            "level: hi\n          at",
            "level: hi\n",
            "areas[0].items[2].critical.level",
            "Nie ma",
        ),
        (
            "level: high\n          at",
            "level: low\n          at",
            "level: low\n  ",
            "areas[0].items[2].critical.level",
            "najl",
        ),
        (
            "at_least: 7",
            "at_least: 8",
            "at_least: 8",
            "areas[0].items[2].critical.at_least",
            "każda odpowiedź albo żadna",
        ),
        (
            "at_least: 7",
            "at_least: 0",
            "at_least: 0",
            "areas[0].items[2].critical.at_least",
            "każda odpowiedź albo żadna",
        ),
        (
            "at_least: 7",
            "at_most: 7",
            "at_most: 7",
            "areas[0].items[2].critical.at_most",
            "każda odpowiedź albo żadna",
        ),
        # show-if
        ("item: spory", "item: sporty", "item: sporty", "areas[0].items[1].show_if.item", "Nie ma pozycji „sporty”."),
        ("item: spory", "item: zgoda", "item: zgoda", "areas[0].items[1].show_if.item", "od odpowiedzi na nią samą"),
        ("item: spory", "item: obiady", "item: obiady", "areas[0].items[1].show_if.item", "z tej samej rozmowy"),
        ("at_least: 1\n", "at_least: 3\n", "at_least: 3", "areas[0].items[1].show_if.at_least", "sięga od 0 do 2"),
        ("at_least: 1\n", "at_most: -1\n", "at_most: -1", "areas[0].items[1].show_if.at_most", "sięga od 0 do 2"),
        (
            "at_least: 1\n",
            "one_of: [1, 1.5]\n",
            "one_of",
            "areas[0].items[1].show_if.one_of[1]",
            "nie można odpowiedzieć 1.5",
        ),
        (
            "          at_least: 1\n",
            "          at_least: 2\n          at_most: 1\n",
            "show_if",
            "areas[0].items[1].show_if",
            "nie spełnia żadna odpowiedź",
        ),
        (
            SHOW_IF,
            "        show_if:\n          all: [{item: spory, at_least: 2}, {not: {item: spory, at_least: 1}}]\n",
            "show_if",
            "areas[0].items[1].show_if",
            "nigdy się nie pokaże",
        ),
        (
            SHOW_IF,
            "        show_if:\n          any: [{item: spory, at_least: 1}, {not: {item: spory, at_least: 1}}]\n",
            "show_if",
            "areas[0].items[1].show_if",
            "Pomiń go",
        ),
        # rules
        (
            "      area: dom\n",
            "      area: ogrod\n",
            "area: ogrod",
            "recommendations[0].when.area",
            "Nie ma obszaru „ogrod”.",
        ),
        (
            WHEN,
            "      area: dom\n      at_least: x\n",
            "at_least: x",
            "recommendations[0].when.at_least",
            "Nie ma poziomu",
        ),
        (WHEN, "      item: x\n      at_least: 1\n", "item: x", "recommendations[0].when.item", "Nie ma pozycji „x”."),
        (
            WHEN,
            "      item: spory\n      at_least: 9\n",
            "at_least: 9",
            "recommendations[0].when.at_least",
            "od 0 do 2",
        ),
        (WHEN, "      rule: x\n", "rule: x", "recommendations[0].when.rule", "Nie ma reguły „x”."),
        (WHEN, "      rule: rozmowa\n", "when:", "recommendations[0].when", "w kółko: rozmowa → rozmowa."),
        (
            WHEN,
            "      all:\n        - {area: dom, at_least: high}\n        - not: {area: dom, at_least: low}\n",
            "when:",
            "recommendations[0].when",
            "przeczy sam sobie",
        ),
        (
            WHEN,
            "      any:\n        - {area: dom, at_least: high}\n        - not: {area: dom, at_least: high}\n",
            "when:",
            "recommendations[0].when",
            "przy każdej odpowiedzi",
        ),
        (RULE, RULE + RULE, "  - id: rozmowa\n", "recommendations[1].id", "„rozmowa”"),
    ],
)
def test_a_contradiction_is_named(old, new, piece, path, sentence):
    text = spoiled(old, new)

    found = problems(text)

    line = next(line for line, where, message in found if where == path and sentence in message)
    assert line == text[: text.rindex(piece)].count("\n") + 1


def test_an_area_without_scored_items_is_left_to_the_practitioner():
    text = SMALL.replace("        informant:", "        weight: 0\n        informant:")

    found = problems(text)

    assert [(line, path) for line, path, _ in found] == [(line_of(text, "- id: dom"), "areas[0]")]


def test_a_level_that_no_result_reaches_is_named():
    text = spoiled(BANDS, "    bands:\n      - {level: low, from: 0, to: 11}\n")
    text = text.replace(text[text.index("        critical:") : text.index("recommendations:")], "")

    assert problems(text) == [
        (
            line_of(text, "at_least: high"),
            "recommendations[0].when.at_least",
            "Żaden wynik nie osiągnie tam poziomu „high”: nie daje go żaden przedział ani pozycja krytyczna.",
        )
    ]


def _item(name: str, show_if: str) -> str:
    return SPORY.replace("spory", name) + f"        show_if: {show_if}\n"


def with_items(*items: str) -> str:
    """The small instrument with more items in its area, which count for nothing."""
    return spoiled(
        "      - id: obiady\n", "".join(items).replace("scale:", "weight: 0\n        scale:") + "      - id: obiady\n"
    )


def test_a_circle_of_show_ifs_is_named_whole():
    text = with_items(
        _item("a", "{item: c, at_least: 1}"),
        _item("b", "{item: a, at_least: 1}"),
        _item("c", "{item: b, at_least: 1}"),
        _item("d", "{item: c, at_least: 1}"),
    )

    assert problems(text) == [
        (
            line_of(text, "show_if: {item: c, at_least: 1}\n      - id: b"),
            "areas[0].items[2].show_if",
            "Widoczność tych pozycji zależy od siebie w kółko: a → c → b → a.",
        )
    ]


def test_a_circle_of_rules_is_named_whole():
    more = RULE.replace("rozmowa", "druga").replace(WHEN, "      not: {rule: trzecia}\n")
    more += RULE.replace("rozmowa", "trzecia").replace(
        WHEN, "      any: [{rule: druga}, {area: dom, at_least: high}]\n"
    )

    found = problems(SMALL + more)

    assert [(path, message) for _, path, message in found] == [
        ("recommendations[1].when", "Te reguły zależą od siebie w kółko: druga → trzecia → druga.")
    ]


def test_a_contradiction_through_anothers_show_if_is_found():
    """b is shown only if a is 2, c only if b is answered and a is at most 1."""
    text = with_items(
        _item("b", "{item: spory, at_least: 2}"),
        _item("c", "{all: [{item: b, at_least: 0}, {item: spory, at_most: 1}]}"),
    )

    found = problems(text)

    assert [(path, message) for _, path, message in found] == [
        (
            "areas[0].items[3].show_if",
            "Pozycja „c” nigdy się nie pokaże: żadne odpowiedzi nie spełnią tego warunku.",
        )
    ]


def test_a_contradiction_through_a_scored_non_answer_is_none():
    """A refusal that counts as 2 satisfies „at least 2”."""
    text = spoiled("  - id: dni\n", "    scored_non_answers: [{answer: refused, value: 2}]\n  - id: dni\n")
    text = text.replace(
        SHOW_IF, "        show_if: {all: [{item: spory, at_least: 2}, {item: spory, non_answers: [refused]}]}\n"
    )

    assert problems(text) == []


def test_a_condition_over_too_many_items_is_refused():
    chain = [_item("i0", "{item: spory, at_least: 1}")]
    chain += [_item(f"i{n}", f"{{item: i{n - 1}, at_least: 1}}") for n in range(1, 10)]

    found = problems(with_items(*chain))

    assert [(path, message) for _, path, message in found] == [
        (
            f"areas[0].items[{place}].show_if",
            f"Ten warunek zależy, także przez warunki innych pozycji, od zbyt wielu pozycji ({place - 1})."
            " Da się sprawdzić najwyżej 8.",
        )
        for place in (10, 11)
    ]


def test_many_complicated_conditions_do_not_take_long():
    nine = ", ".join(f"{{item: x{n}, one_of: [{n % 3}]}}" for n in range(5))
    items = [SPORY.replace("spory", f"x{n}") for n in range(5)]
    items += [_item(f"y{n}", f"{{all: [{nine}, {{not: {{any: [{nine}]}}}}]}}") for n in range(200)]
    start = time.process_time()

    found = problems(with_items(*items))

    assert found
    assert time.process_time() - start < 2  # far under a second by itself; the machine may be busy


def test_a_chain_of_rules_does_not_take_long():
    rules = "".join(
        RULE.replace("rozmowa", f"r{n}").replace(WHEN, f"      any: [{{rule: r{n - 1}}}, {{rule: r{n - 1}}}]\n")
        for n in range(1, 99)
    )
    start = time.process_time()

    problems(SMALL + RULE.replace("rozmowa", "r0") + rules)

    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("area", "least", "most"),
    [
        ("pieniadze", "-1", "9.5"),
        ("relacja", "1", "5"),
        ("bezpieczenstwo", "0", "3"),
        ("dzieci", "0", "5"),
        ("codziennosc", "0", "3"),
    ],
)
def test_the_ends_that_a_score_can_have(area, least, most):
    definition = read(PAIRS.read_text(encoding="utf-8"))

    assert range_of(definition.by_area[area]) == (Decimal(least), Decimal(most))


def test_a_judged_area_has_no_ends():
    definition, _places = parse(PAIRS.read_text(encoding="utf-8"))

    assert range_of(definition.by_area["zasoby"]) is None

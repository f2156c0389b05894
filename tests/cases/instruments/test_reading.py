"""A file that is no instrument is refused with everything that is wrong: line, path and a sentence."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cases.instruments.definition import Critical, ItemIs, NonAnswer, Timeframe
from cases.instruments.nodes import MOST_BYTES
from cases.instruments.problems import MOST_PROBLEMS
from cases.instruments.reading import BadFile, definition_of, read, read_bytes
from tests.cases.instruments.small import SMALL, line_of, problems, spoiled


def test_a_good_file_is_read():
    definition = read(SMALL)

    assert definition.code == "maly"
    assert [item.id for item in definition.items()] == ["spory", "zgoda", "obiady"]
    assert definition.by_item["zgoda"].show_if == ItemIs("spory", at_least=Decimal(1))
    assert definition.by_item["obiady"].scale.step == 1


def test_what_is_left_out_has_its_default():
    item = read(SMALL).by_item["spory"]

    assert item.weight == 1
    assert not item.reverse
    assert not item.required
    assert item.timeframe == Timeframe.NOW
    assert item.scale.non_answers == tuple(NonAnswer)


def test_json_is_read_too():
    text = (
        '{"format": 1, "code": "j", "name": "J", "version": "1.0.0", "licence_holder": "n", "example": true,'
        ' "levels": [{"id": "a", "label": "A"}, {"id": "b", "label": "B"}],'
        ' "scales": [{"id": "s", "least": 0, "most": 1}],'
        ' "areas": [{"id": "x", "label": "X", "scoring": {"method": "manual"}, "items":'
        ' [{"id": "i", "text": "?", "scale": "s", "scope": "family", "informant": "records"}]}]}'
    )

    assert read(text).example is True


def test_words_that_yaml_takes_for_something_else_stay_words():
    text = spoiled("label: nigdy", "label: no").replace("name: Małe narzędzie", "name: 2026-11-22")

    definition = read(text)

    assert definition.scales[0].options[0].label == "no"
    assert definition.name == "2026-11-22"


def test_numbers_are_exact():
    assert read(spoiled("to: 5\n", "to: 4.1\n").replace("from: 5", "from: 4.10")).areas[0].bands[
        1
    ].from_value == Decimal("4.1")


def test_windows_line_ends_and_a_byte_order_mark_do_not_matter():
    assert read_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode()) == read(SMALL)


def test_a_stored_file_is_read_without_todays_checks():
    text = spoiled("at_least: 7", "at_least: 0")

    assert problems(text)
    assert definition_of("0" * 64, text).by_item["obiady"].critical == Critical("high", at_least=Decimal(0))


def test_a_stored_file_is_parsed_once():
    assert definition_of("1" * 64, SMALL) is definition_of("1" * 64, SMALL)


@pytest.mark.parametrize(
    ("old", "new", "piece", "path", "sentence"),
    [
        ("format: 1\n", "format: 2\n", "format: 2", "format", "Portal czyta format 1."),
        ("format: 1\n", "", "code: maly", "format", "Brakuje klucza „format”."),
        ("code: maly", "code: Mały", "code:", "code", "Identyfikator to"),
        ("code: maly", "code: [maly]", "code:", "code", "pojedynczy tekst"),
        ("name: Małe narzędzie", 'name: ""', "name:", "name", "pusty"),
        ("name: Małe narzędzie", f"name: {'a' * 201}", "name:", "name", "Liczba znaków: 201, dopuszczalna: 200."),
        ("name: Małe narzędzie", 'name: "a\\nb"', "name:", "name", "w jednym wierszu"),
        ("name: Małe narzędzie", 'name: "a\\0b"', "name:", "name", "U+0000"),
        ("name: Małe narzędzie", 'name: "a\\u202Eb"', "name:", "name", "U+202E"),
        ("version: 1.0.0", "version: 1.0", "version:", "version", "na przykład 1.0.0"),
        ("version: 1.0.0", "version: 01.0.0", "version:", "version", "na przykład 1.0.0"),
        ("version: 1.0.0", "version: 1.0.0-beta", "version:", "version", "na przykład 1.0.0"),
        ("version: 1.0.0", "version: 1.0.100000", "version:", "version", "na przykład 1.0.0"),
        ("language: pl", "language: polski", "language:", "language", "dwie litery"),
        ("licence_holder: nikt", "licence-holder: nikt", "licence-holder", "licence-holder", "Nie ma tu klucza"),
        ("example: yes", "example: może", "example:", "example", "„yes” albo „no”"),
        ("label: niski", f"label: {'x' * 61}", "label: xxx", "levels[0].label", "dopuszczalna: 60."),
        ("label: nigdy", "label: nigdy\n        kolor: red", "kolor", "scales[0].options[0].kolor", "„kolor”"),
        ("- value: 1\n", "- value: 1,5\n", "1,5", "scales[0].options[1].value", "przed miejscami dziesiętnymi kropki"),
        ("- value: 1\n", "- value: .inf\n", ".inf", "scales[0].options[1].value", "nie jest liczbą"),
        ("- value: 1\n", "- value: 1e3\n", "1e3", "scales[0].options[1].value", "nie jest liczbą"),
        ("- value: 1\n", f"- value: {'9' * 40}\n", "value: 999", "scales[0].options[1].value", "wykracza poza zakres"),
        ("- value: 1\n", f"- value: {'9' * 5000}\n", "value: 999", "scales[0].options[1].value", "nie jest liczbą"),
        ("- value: 1\n", "- value: 1.125\n", "1.125", "scales[0].options[1].value", "miejsc dziesiętnych"),
        ("    least: 0\n", "", "- id: dni", "scales[1].least", "Brakuje klucza „least”."),
        (
            "        label: często\n",
            "        label: często\n    step: 1\n",
            "step",
            "scales[0].step",
            "ma albo odpowiedzi",
        ),
        ("method: sum", "method: median", "median", "areas[0].scoring.method", "Możliwe: sum, weighted_mean"),
        ("at_most: 1\n", "at_most: 1.5\n", "1.5", "areas[0].scoring.missing_at_most", "liczba całkowita od 0 do 300"),
        ("at_most: 1\n", "at_most: -1\n", "-1", "areas[0].scoring.missing_at_most", "liczba całkowita"),
        ("if_missing: prorate", "if_missing: guess", "guess", "areas[0].scoring.if_missing", "„guess”"),
        ("scale: dni", "scale: dnie", "dnie", "areas[0].items[2].scale", "Nie ma skali „dnie”."),
        ("scope: family", "scope: everybody", "everybody", "areas[0].items[2].scope", "person, pair, couple"),
        ("reverse: yes", "reverse: yes\n        weight: 101", "101", "areas[0].items[1].weight", "poza zakres"),
        ("reverse: yes", "reverse: yes\n        weight: 0.125", "0.125", "areas[0].items[1].weight", "miejsc"),
        (
            "at_least: 7",
            "at_least: 7\n          at_most: 1",
            "critical:",
            "areas[0].items[2].critical",
            "jedno z nich",
        ),
        ("at_least: 1\n", "at_least: x\n", "at_least: x", "areas[0].items[1].show_if.at_least", "nie jest liczbą"),
        ("          at_least: 1\n", "", "show_if", "areas[0].items[1].show_if", "O którą odpowiedź chodzi?"),
        (
            "          at_least: 1\n",
            "          at_least: 1\n          any: []\n",
            "show_if",
            "areas[0].items[1].show_if",
            "dokładnie jeden z kluczy: item, all, any, not",
        ),
        (
            "          item: spory\n          at_least: 1\n",
            "          area: dom\n",
            "          area: dom\n",
            "areas[0].items[1].show_if.area",
            "Nie ma tu klucza „area”",
        ),
        ("proposes: [couple]", "proposes: [pary]", "[pary]", "recommendations[0].proposes[0]", "„pary”"),
        ("proposes: [couple]", "proposes: []", "proposes", "recommendations[0].proposes", "za mało"),
        ("proposes: [couple]", "proposes: couple", "proposes", "recommendations[0].proposes", "powinna stać lista"),
        ("proposes: [couple]", "proposes: [couple, couple]", "proposes", "recommendations[0].proposes", "dwa razy"),
        ("because: Wynik jest wysoki.", "because: ' '", "because", "recommendations[0].because", "pusty"),
        ("      area: dom\n      at_least: high\n", "      - a\n", "when:", "recommendations[0].when", "grupa kluczy"),
    ],
)
def test_a_wrong_field_is_named(old, new, piece, path, sentence):
    text = spoiled(old, new)

    found = problems(text)

    assert len({(line, where) for line, where, _ in found}) <= 2
    line, _path, message = next(one for one in found if one[1] == path and sentence in one[2])
    assert line == line_of(text, piece)
    assert message.endswith((".", "?"))


def test_all_problems_are_told_at_once_in_the_order_of_the_lines():
    text = (
        spoiled("version: 1.0.0", "version: x")
        .replace("scale: dni", "scale: brak")
        .replace("example: yes", "example: ja")
    )

    found = problems(text)

    assert [path for _, path, _ in found] == ["version", "example", "areas[0].items[2].scale"]
    assert [line for line, _, _ in found] == sorted(line for line, _, _ in found)


def test_no_more_than_fifty_problems_are_told():
    text = SMALL + "".join(f"wrong{n}: 1\n" for n in range(200))

    assert len(problems(text)) == MOST_PROBLEMS


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("", 1, "nie ma narzędzia"),
        ("tekst", 1, "nie ma narzędzia"),
        ("- a\n- b\n", 1, "nie ma narzędzia"),
        ("code: a\ncode: b\n", 2, "Klucz „code” występuje tu dwa razy."),
        ("a: 1\n\tb: 2\n", 2, "tabulator"),
        ("a: 1\nb: \0\n", 2, "U+0000"),
        ("a: 1\nb: \ud800\n", 2, "U+D800"),
        ("a: 1\nb: \x85\n", 2, "U+0085"),
        ("a: 1\n---\na: 2\n", 2, "drugi dokument"),
        ("a: &x [1]\nb: *x\n", 1, "(&nazwa)"),
        ("a: 1\nb: *x\n", 2, "(*nazwa)"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, "(!nazwa)"),
        ("a: !!binary aGVq\n", 1, "(!nazwa)"),
        ("? [a, b]\n: 1\n", 1, "pojedyncze słowo"),
        ("a: b: c\n", 1, "Dwukropek"),
        ("a: 1\nb: 'x\nc: 1\n", 2, "Cudzysłów"),
        ('a: "x\n  \\q"\n', 2, "Cudzysłów"),
        ("a: 1\nb: [1, 2\nc: 1\n", 2, "Nawias"),
        ("a: \u3164\n", 1, "U+3164"),
        ("a: \u2800\n", 1, "U+2800"),
        ("a: x\u034f\n", 1, "U+034F"),
        ("a: @x\n", 1, "nie może zaczynać się od tego znaku"),
        ("a:\n  b: 1\n c: 2\n", 3, "Wcięcie"),
        ("a: " + "[" * 30 + "]" * 30, 1, "zbyt głęboko"),
        ("%YAML 9.9\n---\na: 1\n", 1, "nie jest poprawnym YAML-em"),
    ],
)
def test_what_is_not_plain_yaml_is_refused_where_it_stands(text, line, sentence):
    found = problems(text)

    assert any(at == line and sentence in message for at, _, message in found), found


def test_keys_are_not_merged():
    text = spoiled("    label: Dom\n", "    <<: {label: Dom}\n")

    assert (line_of(text, "<<"), "areas[0]") in [(line, path) for line, path, _ in problems(text)]


def test_three_hundred_items_are_enough():
    item = SMALL[SMALL.index("      - id: obiady") : SMALL.index("recommendations:")]
    area = SMALL[SMALL.index("  - id: dom") : SMALL.index("      - id: spory")]
    many = "".join(item.replace("obiady", f"obiady{n}") for n in range(298))
    text = SMALL.replace(item, item + area.replace("dom", "ogród") + many)

    found = problems(text)

    assert ("areas[1].items[297]", line_of(text, "- id: obiady297\n"), True) in [
        (path, line, "300" in message) for line, path, message in found
    ]


def test_ten_thousand_items_are_refused_quickly():
    item = "    - {id: i, text: a, scale: dni, scope: family, informant: records}\n"
    text = SMALL.replace("    items:\n", "    items:\n" + item.replace("    -", "      -") * 7_000)
    start = time.process_time()

    assert problems(text)
    assert time.process_time() - start < 2  # far under a second by itself; the machine may be busy


@pytest.mark.parametrize(
    "text",
    [
        SMALL + "#" * MOST_BYTES,
        "x" * 5_000_000,
        "a: " + "ż" * (MOST_BYTES // 2),
    ],
)
def test_a_file_that_is_too_large_is_refused_before_it_is_parsed(text):
    assert [(line, message) for line, _, message in problems(text)] == [(1, "Plik jest większy niż 512 KB.")]


def test_bytes_that_are_no_text_are_refused_with_their_line():
    with pytest.raises(BadFile) as bad:
        read_bytes(b"a: 1\nb: \xff\xfe\n")

    assert [(one.line, one.message) for one in bad.value.problems] == [(2, "Plik nie jest tekstem w kodowaniu UTF-8.")]


def test_a_large_upload_is_refused():
    with pytest.raises(BadFile) as bad:
        read_bytes(b"\xff" * 6_000_000)

    assert "512 KB" in bad.value.problems[0].message


LAUGHS = "a: &a [x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)},*{chr(97 + n)}]\n" for n in range(20)
)
ROOM = MOST_BYTES - 10


@pytest.mark.parametrize(
    "bomb",
    [
        LAUGHS,
        "[" * ROOM,
        "{a: " * (ROOM // 4),
        "- " * (ROOM // 2),
        "".join(f"{' ' * n}a:\n" for n in range(1000)),
        "[" + "x," * (ROOM // 2 - 2) + "]",
        "a: [" + "{}," * (ROOM // 3 - 4) + "]",
        "? " * (ROOM // 2),
        "a: " + "9" * ROOM,
        "a" * ROOM + ": 1",
        '"' + "\\u0041" * (ROOM // 6 - 1) + '": 1',
        "\n" * ROOM,
        "a: |\n" + " x\n" * (ROOM // 3 - 5),
        "".join(f"k{n}: 1\n" for n in range(ROOM // 10)),
        "\0" * ROOM,
        "\t" * ROOM,
        "a: 1\n---\n" * (ROOM // 10),
        "!" * ROOM,
        "&a " * (ROOM // 3),
    ],
    ids=range(19),
)
def test_bombs_are_refused_quickly(bomb):
    start = time.process_time()

    found = problems(bomb)

    assert found
    assert time.process_time() - start < 2  # far under a second by itself; the machine may be busy


@given(st.text(alphabet="abc:-[]{}&*!|>'\"#%@`,? \n\t0.1\0é\ud800\U0001f600", max_size=200))
@example("\ud800")
def test_no_text_ends_in_anything_but_problems(text):
    assert problems(text)


@given(st.binary(max_size=200))
def test_no_bytes_end_in_anything_but_problems(content):
    with pytest.raises(BadFile):
        read_bytes(content)


@given(st.data())
@settings(max_examples=200)
def test_a_good_file_with_a_piece_of_another_line_in_it_never_breaks_the_reader(data):
    lines = SMALL.split("\n")
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at] = data.draw(st.sampled_from(lines) | st.text(max_size=20))
    if data.draw(st.booleans()):
        del lines[data.draw(st.integers(0, len(lines) - 1))]

    found = problems("\n".join(lines))

    assert all(line >= 1 and message for line, _, message in found)

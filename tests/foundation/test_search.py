from hypothesis import given
from hypothesis import strategies as st

from foundation.search import keyed_hash, search_key, sort_key

NAMES = ["Ćwik", "Cyran", "Łoś", "Lis", "Zięba", "Żak", "Źrebak", "Ósmak", "Ostrowski", "Ądam", "Azor", "Nowak-Lis",
         "Nowak", "Nowakowski", "Nowak Adam"]  # fmt: skip


def test_search_ignores_case_and_diacritics():
    assert search_key("Świątek") == "swiatek"
    assert search_key("  ŁUKASZ   Żółć ") == "lukasz zolc"
    assert search_key("Müller-Ærø") == "muller-aero"
    assert search_key("O’Brien") == "o'brien"


def test_polish_letters_stand_after_their_plain_ones():
    assert sorted(NAMES, key=sort_key) == [
        "Azor", "Ądam", "Cyran", "Ćwik", "Lis", "Łoś", "Nowak", "Nowak Adam", "Nowak-Lis", "Nowakowski", "Ostrowski",
        "Ósmak", "Zięba", "Źrebak", "Żak",
    ]  # fmt: skip


def test_the_order_does_not_depend_on_case_or_on_how_a_letter_is_composed():
    assert sort_key("ŻAK") == sort_key("żak") == sort_key("Z\u0307ak")


def test_digits_stand_before_letters_and_spaces_before_all():
    assert sort_key("2 a") < sort_key("20") < sort_key("a")


@given(st.text())
def test_a_search_key_is_stable_and_single_spaced(text):
    key = search_key(text)
    assert search_key(key) == key
    assert "  " not in key
    assert key == key.strip()


@given(st.text())
def test_a_sort_key_is_of_small_letters_and_digits_alternating_kinds_no_collation_treats_apart(text):
    assert all(c in "0123456789abcdefghijklmnopqrstuvwxyz" for c in sort_key(text))


@given(st.text(alphabet="aąbcćzźż "), st.text(alphabet="aąbcćzźż "))
def test_the_sort_key_follows_the_polish_alphabet(one, other):
    alphabet = " aąbcćzźż"

    def rank(text):
        return [alphabet.index(c) for c in " ".join(text.split())]

    assert (sort_key(one) < sort_key(other)) == (rank(one) < rank(other))


def test_the_hash_depends_on_the_key_and_on_nothing_else(settings):
    settings.SEARCH_KEY = "one"
    first = keyed_hash("44051401359")
    assert keyed_hash("44051401359") == first
    assert len(first) == 64
    assert "44051401359" not in first
    settings.SEARCH_KEY = "other"
    assert keyed_hash("44051401359") != first

"""Names and words of the demonstration: every one of them says that it is invented."""

from __future__ import annotations

import datetime as dt
from random import Random

# Adjectives that mean „example”, „sample”, „trial”…: nobody is called so, and they show how Polish names inflect.
SURNAMES = (
    ("Przykładowa", "Przykładowy", "Przykładowych"),
    ("Wzorcowa", "Wzorcowy", "Wzorcowych"),
    ("Testowa", "Testowy", "Testowych"),
    ("Próbna", "Próbny", "Próbnych"),
    ("Pokazowa", "Pokazowy", "Pokazowych"),
    ("Zmyślona", "Zmyślony", "Zmyślonych"),
    ("Fikcyjna", "Fikcyjny", "Fikcyjnych"),
    ("Umowna", "Umowny", "Umownych"),
    ("Książkowa", "Książkowy", "Książkowych"),
    ("Bajkowa", "Bajkowy", "Bajkowych"),
    ("Papierowa", "Papierowy", "Papierowych"),
    ("Ćwiczebna", "Ćwiczebny", "Ćwiczebnych"),
    ("Łańcuszkowa", "Łańcuszkowy", "Łańcuszkowych"),
    ("Świąteczna-Próbna", "Świąteczny-Próbny", "Świątecznych-Próbnych"),
    ("Niebyła", "Niebyły", "Niebyłych"),
    ("Domyślna", "Domyślny", "Domyślnych"),
)
WOMEN = ("Maria", "Zofia", "Hanna", "Łucja", "Julia", "Żaneta", "Agata", "Ewa", "Iga", "Ólga", "Natalia", "Róża")
MEN = (
    "Jan",
    "Łukasz",
    "Piotr",
    "Adam",
    "Święcisław",
    "Tomasz",
    "Michał",
    "Józef",
    "Igor",
    "Marek",
    "Filip",
    "Bartosz",
)
CONCERNS = (
    "Dane zmyślone. Rodzice proszą o pomoc w rozmowach; kłótnie wracają co tydzień.",
    "Dane zmyślone. Szkoła zauważyła, że dziecko się wycofuje; rodzice szukają wsparcia.",
    "Dane zmyślone. Para chce popracować nad relacją przed narodzinami dziecka.",
    "Dane zmyślone. Trudny czas po rozstaniu, opieka naprzemienna.",
    "Dane zmyślone. Babcia wychowuje wnuki i prosi o radę.",
    "Dane zmyślone. Nastolatek unika rozmów, rodzice nie wiedzą, jak do niego dotrzeć.",
)
NOTES = (
    "Notatka pokazowa: rozmowa o codziennych zwyczajach, umówiono ćwiczenie na tydzień.",
    "Notatka pokazowa: wszyscy mówili po kolei, kolejne spotkanie bez zmian.",
    "Notatka pokazowa: podsumowanie ćwiczenia, plan na następne spotkanie.",
)
GROUP_NOTES = (
    "Notatka pokazowa o grupie: ćwiczenie w parach, rozmowa o granicach, grupa pracuje chętnie.",
    "Notatka pokazowa o grupie: powrót do ustaleń, dwie osoby prosiły o materiały na piśmie.",
    "Notatka pokazowa o grupie: spokojne spotkanie, temat na następne wybrany wspólnie.",
)
SUMMARIES = (
    "Podsumowanie pokazowe: rodzina pracuje nad codziennymi zwyczajami, ćwiczenie domowe wykonane.",
    "Podsumowanie pokazowe: spotkanie zgodnie z planem; warto porozmawiać o terminach w czasie ferii.",
    "Podsumowanie pokazowe: cel z planu jest bliżej; za miesiąc wspólny przegląd.",
)
NARRATIVES = (
    "Tekst pokazowy: rozmowy odbyły się osobno z każdą osobą; rodzina chce pracować nad codziennymi zwyczajami.",
    "Tekst pokazowy: obraz z rozmów jest spójny; najwięcej napięcia wiąże się z podziałem obowiązków.",
    "Tekst pokazowy: rodzina mówi o swoich mocnych stronach; ustalono, od czego zacząć.",
)
AREA_NOTES = (
    "Notatka pokazowa: odpowiedzi po namyśle, bez wahań.",
    "Notatka pokazowa: warto wrócić do tego obszaru na kolejnym spotkaniu.",
)
ADDENDA = (
    "Uzupełnienie pokazowe: rodzina przekazała dodatkowe informacje po zakończeniu oceny; wynik pozostaje bez zmian.",
    "Uzupełnienie pokazowe: poprawiono datę rozmowy podaną w podsumowaniu.",
)
DIFFERENT = (
    "Uzasadnienie pokazowe: ustalono tak wspólnie z rodziną.",
    "Uzasadnienie pokazowe: rodzina korzysta już z takiej pomocy w innym miejscu.",
)
JUDGED = "Uzasadnienie pokazowe: na podstawie obserwacji podczas spotkań."
BROKEN_OFF = "Powód pokazowy: rodzina poprosiła o przełożenie rozmów; ocenę zaczęto od nowa."
OVERRIDE_REASON = "Uzasadnienie pokazowe: rozmowy z każdą osobą odbyły się osobno, ustalono plan bezpieczeństwa."
OVERRIDE_NOTE = "Notatka pokazowa: plan bezpieczeństwa omówiony, praca z parą może się zacząć."
DECLINED = ("Rodzina mieszka poza Krakowem i wybrała pomoc bliżej domu.", "Potrzebna jest interwencja kryzysowa.")
WITHDRAWN = ("Rodzina poradziła sobie sama.", "Rodzina odezwie się po wakacjach.")
REDIRECTED = ("Rodzina ma dzieci i lepiej pasuje do oferty tego centrum.", "Sprawa dotyczy krzywdy dziecka.")


def pesel_of_nobody(rng: Random, born: dt.date, *, woman: bool) -> str:
    """A PESEL with a right checksum and a date between 1800 and 1839: numbers are given since 1979."""
    year = born.year % 40
    serial = rng.randrange(1000)
    sex = rng.randrange(0, 10, 2) if woman else rng.randrange(1, 10, 2)
    digits = f"{year:02}{born.month + 80:02}{min(born.day, 28):02}{serial:03}{sex}"
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
    check = -sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 10
    return f"{digits}{check}"


def phone_of_nobody(rng: Random) -> str:
    """A number in zone 10, which no Polish network has."""
    return f"+4810{rng.randrange(10_000_000):07}"

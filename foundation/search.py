"""Finding and ordering Polish text the same way on every database (A3), and finding what is encrypted."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from functools import lru_cache

from django.conf import settings

# Letters whose stroke is part of the letter: NFKD does not take it off. Typographic marks are typed as plain ones.
PLAIN = str.maketrans(
    {"ł": "l", "đ": "d", "ø": "o", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe", "ı": "i"}
    | dict.fromkeys("\u2019\u2018\u02bc`\u00b4", "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
)


def _without_marks(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.category(c).startswith("M"))


def search_key(text: str) -> str:
    """What a person types to find it: no case, no diacritics, single spaces (``swiatek`` finds ``Świątek``)."""
    plain = _without_marks(text.translate(PLAIN).casefold().translate(PLAIN))
    return " ".join(plain.casefold().translate(PLAIN).split())


# The Polish alphabet orders ą after a, ł after l, ź and then ż after z. Every character becomes letter + digit:
# small ASCII letters and digits alternating order the same under every collation a database may have, and no
# collation has such a contraction.
_SPACE, _MARK, _FOREIGN = "00", "01", "z9"
_POLISH = {"ą": "a1", "ć": "c1", "ę": "e1", "ł": "l1", "ń": "n1", "ó": "o1", "ś": "s1", "ź": "z1", "ż": "z2"}


@lru_cache(maxsize=4096)
def _weight(char: str) -> str:
    if char in _POLISH:
        return _POLISH[char]
    if char.isspace():
        return _SPACE
    weight = ""
    for plain in search_key(char):
        if "a" <= plain <= "z":
            weight += plain + "0"
        elif "0" <= plain <= "9":
            weight += "1" + plain
        elif plain.isalnum():
            weight += f"{_FOREIGN}{ord(plain):06x}"
        else:
            weight += _MARK
    return weight


def sort_key(text: str) -> str:
    """Text to ORDER BY for the Polish order, on any database and collation; case does not count.

    Two characters for each of a Polish name, eight for one of another script: give the column room.
    """
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return "".join(_weight(char) for char in " ".join(folded.split()))


def keyed_hash(value: str) -> str:
    """HMAC-SHA256 for the exact search of an encrypted value (PESEL, phone); normalise before you hash (D4)."""
    return hmac.new(settings.SEARCH_KEY.encode(), value.encode(), hashlib.sha256).hexdigest()

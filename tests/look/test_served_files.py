"""Everything a page needs is served by the portal itself, in a form that its security policy and WhiteNoise accept."""

import re

import pytest
from django.conf import settings
from fontTools.ttLib import TTFont  # type: ignore[import-untyped] # fontTools has no types

STATIC = settings.BASE_DIR / "static"
STYLES = sorted(STATIC.rglob("*.css"))
POLISH = "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ„”–—·•\u00a0"


@pytest.mark.parametrize("style", STYLES, ids=lambda path: path.name)
def test_a_style_asks_only_for_files_that_are_here(style):
    addresses = re.findall(r'url\("?([^")]+)"?\)', style.read_text(encoding="utf-8"))
    assert [address for address in addresses if not (style.parent / address).is_file()] == []


@pytest.mark.parametrize("file", [*STYLES, *sorted(STATIC.rglob("*.js"))], ids=lambda path: path.name)
def test_no_file_names_a_source_map(file):
    assert "sourceMappingURL" not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("weight", ["regular", "bold", "black"])
@pytest.mark.parametrize("kind", ["ttf", "woff2"])
def test_one_font_file_holds_every_polish_letter(weight, kind):
    letters = TTFont(STATIC / f"fonts/lato-{weight}.{kind}").getBestCmap()
    assert [letter for letter in POLISH if ord(letter) not in letters] == []


def test_the_licences_of_what_others_made_are_kept():
    assert "SIL Open Font License" in (STATIC / "fonts/OFL.txt").read_text(encoding="utf-8")
    for part in ("bootstrap", "bootstrap-icons"):
        assert "The MIT License" in (STATIC / "vendor" / part / "LICENSE").read_text(encoding="utf-8")

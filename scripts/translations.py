"""Compile the translations, and find what has none, without gettext.

python -m scripts.translations compile
python -m scripts.translations missing
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale" / "pl" / "LC_MESSAGES" / "django.po"
PLURAL_FORMS = 4  # rodzina, rodziny, rodzin, and one for fractions
OURS = ("krakow_family", "programme", "cases", "centres", "audit", "accounts", "foundation")

# The functions that mark a text, and what their first arguments mean.
MARKERS = {
    "_": ("msgid",),
    "gettext": ("msgid",),
    "gettext_lazy": ("msgid",),
    "gettext_noop": ("msgid",),
    "ngettext": ("msgid", "plural"),
    "ngettext_lazy": ("msgid", "plural"),
    "pgettext": ("context", "msgid"),
    "pgettext_lazy": ("context", "msgid"),
    "npgettext": ("context", "msgid", "plural"),
    "npgettext_lazy": ("context", "msgid", "plural"),
}
_LITERAL = r"""u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
_MARKED = re.compile(rf"(?<!\w)(n?p?gettext|_)\(\s*({_LITERAL}(?:\s*,\s*{_LITERAL})*)")
_PLACEHOLDER = re.compile(r"%\((\w+)\)|\{(\w*)\}")

Message = tuple[str | None, str]  # context, msgid


def compile_catalogue() -> bool:
    """Write the .mo file if the .po file is newer; tells whether it was written."""
    compiled = CATALOGUE.with_suffix(".mo")
    if not CATALOGUE.exists() or (compiled.exists() and compiled.stat().st_mtime >= CATALOGUE.stat().st_mtime):
        return False
    written = compiled.with_suffix(".mo.new")
    polib.pofile(str(CATALOGUE)).save_as_mofile(str(written))
    written.replace(compiled)  # a running portal never reads half a file
    return True


def _message(function: str, arguments: list[str]) -> Message:
    meaning = dict(zip(MARKERS[function], arguments, strict=False))
    return meaning.get("context"), meaning["msgid"]


def messages_in_python(source: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in MARKERS:
            continue
        texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if len(texts) >= len(MARKERS[name]):
            yield _message(name, texts)


def messages_in_template(source: str) -> Iterator[Message]:
    from django.utils.translation.template import templatize

    for function, literals in _MARKED.findall(templatize(source)):
        yield _message(function, [ast.literal_eval(literal) for literal in re.findall(_LITERAL, literals)])


def used_messages() -> dict[Message, str]:
    """Every text that the portal marks for translation, with one file that uses it."""
    used: dict[Message, str] = {}
    for folder in OURS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            found = messages_in_python(path.read_text(encoding="utf-8"))
            used |= {message: str(path.relative_to(ROOT)) for message in found}
    for path in sorted((ROOT / "templates").rglob("*.*")):
        found = messages_in_template(path.read_text(encoding="utf-8"))
        used |= {message: str(path.relative_to(ROOT)) for message in found}
    return used


def placeholders(text: str) -> set[str]:
    return {named or braced for named, braced in _PLACEHOLDER.findall(text)}


def problems() -> list[str]:
    """What a reader would see in English or broken, one line each."""
    catalogue = polib.pofile(str(CATALOGUE))
    entries = {(entry.msgctxt, entry.msgid): entry for entry in catalogue if not entry.obsolete}
    found = []
    for (context, msgid), path in used_messages().items():
        if msgid.strip() and (context, msgid) not in entries:
            found.append(f"not in the catalogue: {msgid!r} ({path})")
    for entry in entries.values():
        texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        if not all(texts) or (entry.msgid_plural and len(texts) != PLURAL_FORMS):
            found.append(f"not translated: {entry.msgid!r}")
        elif "fuzzy" in entry.flags:
            found.append(f"fuzzy: {entry.msgid!r}")
        allowed = placeholders(entry.msgid) | placeholders(entry.msgid_plural or "")
        for text in texts:
            if unknown := placeholders(text) - allowed:
                found.append(f"unknown placeholder {', '.join(sorted(unknown))}: {text!r}")
    return found


def main(command: str) -> int:
    if command == "compile":
        compile_catalogue()
        return 0
    from django.conf import settings

    settings.configure(USE_I18N=True)  # all that the template lexer asks for
    found = problems()
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

"""The security policy refuses everything inline and everything from elsewhere; no template may rely on it."""

import re

import pytest
from django.conf import settings

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
QUICK_EXIT = "https://pl.wikipedia.org/"
REFUSED = {
    "inline style": re.compile(r"\sstyle=|<style", re.IGNORECASE),
    "inline handler": re.compile(r"\son[a-z]+=", re.IGNORECASE),
    "inline script": re.compile(r"<script(?![^>]*\ssrc=)|javascript:", re.IGNORECASE),
    "evaluated htmx": re.compile(r"\shx-on|hx-[a-z]+=[\"']js:"),
}


def name(path):
    return str(path.relative_to(settings.BASE_DIR / "templates"))


@pytest.mark.parametrize("template", TEMPLATES, ids=name)
def test_a_template_holds_nothing_that_the_security_policy_refuses(template):
    text = template.read_text(encoding="utf-8")
    assert [reason for reason, pattern in REFUSED.items() if pattern.search(text)] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=name)
def test_a_comment_ends_on_its_own_line_and_is_not_shown(template):
    lines = template.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if re.sub(r"\{#.*?#\}", "", line).count("{#")] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=name)
def test_a_template_loads_nothing_from_elsewhere(template):
    loaded = re.findall(
        r"<(?:script|link|img|iframe|source)\b[^>]*(?:src|href)=[\"'](https?:)?//", template.read_text()
    )
    assert loaded == []


@pytest.mark.parametrize("template", ["base.html", "public.html"])
def test_a_frame_has_the_landmarks_that_everybody_steers_by(template):
    text = (settings.BASE_DIR / "templates" / template).read_text(encoding="utf-8")
    assert '<html lang="pl">' in text
    assert text.count("<main ") == text.count("<h1>") == 1
    assert '<a class="skip" href="#main">' in text


def test_the_public_frame_has_the_quick_exit_as_a_plain_link():
    text = (settings.BASE_DIR / "templates/public.html").read_text(encoding="utf-8")
    assert f'href="{QUICK_EXIT}" rel="noreferrer" data-quick-exit' in text

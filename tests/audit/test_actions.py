"""Every code that the portal puts on record has a name in the words of the people who read the log."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.utils.translation import override

from audit.actions import ACTIONS, Group, action_of, kind_of

OURS = ("accounts", "audit", "cases", "centres", "programme", "krakow_family")
CODE = re.compile(rf"({'|'.join((*OURS, 'admin'))})\.[a-z]+(_[a-z]+)+|cases\.search")


def permissions() -> set[str]:
    declared = {
        f"{model._meta.app_label}.{codename}" for model in apps.get_models() for codename, _ in model._meta.permissions
    }
    for config in apps.get_app_configs():
        for granted in getattr(config, "role_permissions", {}).values():
            declared |= granted
    return declared


def codes_in(source: Path) -> Iterator[str]:
    """String constants handed to a call that look like an action; URLconfs and signals have such names too."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") not in ("include", "scoped"):
            given = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg != "dispatch_uid")]
            for value in given:
                for one in ast.walk(value) if isinstance(value, ast.IfExp) else [value]:
                    if isinstance(one, ast.Constant) and isinstance(one.value, str) and CODE.fullmatch(one.value):
                        yield one.value


def test_every_code_in_the_sources_has_a_label():
    sources = [
        path
        for app in OURS
        for path in (settings.BASE_DIR / app).rglob("*.py")
        if "migrations" not in path.parts and path.name not in ("apps.py", "celery.py")
    ]
    used = {code for path in sources for code in codes_in(path)} - permissions()
    assert len(used) > 20
    assert sorted(used - set(ACTIONS)) == []


def test_every_label_has_a_code_that_is_used():
    sources = "".join(
        path.read_text()
        for app in OURS
        for path in (settings.BASE_DIR / app).rglob("*.py")
        if path.name != "actions.py"
    )
    assert {code for code in ACTIONS if f'"{code}"' not in sources} - {
        "admin.set_password",
        "admin.send_password_link",
        "admin.reset_second_factor",
    } == set()


@pytest.mark.parametrize("code", sorted(ACTIONS))
def test_every_label_is_polish(code):
    action = ACTIONS[code]
    with override("en"):
        english = str(action.label)
    assert str(action.label) != english
    assert str(action.label)[0].isupper()
    assert str(Group(action.group).label)


def test_the_administration_names_what_was_kept():
    assert action_of("admin.add_room").label == "Dodanie w administracji: pokój"
    assert action_of("admin.change_nothingknown").label == "Zmiana w administracji: nothingknown"


def test_an_unknown_code_is_shown_as_it_is():
    action = action_of("old.forgotten_thing")
    assert (action.label, action.group) == ("old.forgotten_thing", Group.CHANGE)


def test_an_unknown_kind_of_record_is_shown_as_it_is():
    assert kind_of("cases.case") == "sprawa"
    assert kind_of("cases.gone") == "cases.gone"
    assert kind_of("nonsense") == "nonsense"

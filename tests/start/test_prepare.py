"""A start brings the data up to date, and gives demo data to an empty portal of this machine alone."""

from collections.abc import Callable

import pytest
from django.core.management import CommandError
from django.db import OperationalError

from accounts.models import DemoMode, User
from cases.reminders.services import switched_on
from scripts import prepare


@pytest.fixture
def commands(monkeypatch):
    """The commands that were called, without their work."""
    called: list[str] = []
    monkeypatch.setattr(prepare, "call_command", lambda name, **options: called.append(name))
    return called


@pytest.fixture(autouse=True)
def _this_machine(monkeypatch):
    for name in ("DATABASE_URL", "HOST", "PORT"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.django_db
def test_an_empty_embedded_database_gets_demo_data(commands):
    prepare.seed_demo()

    assert commands == ["seed_demo"]


@pytest.mark.django_db
def test_a_portal_with_people_gets_none(commands):
    User.objects.create_user("anna@example.org")

    prepare.seed_demo()

    assert commands == []


@pytest.mark.django_db
def test_a_database_of_ones_own_gets_none(commands, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://127.0.0.1/portal")

    prepare.seed_demo()

    assert commands == []


@pytest.mark.django_db
def test_a_portal_that_others_can_reach_gets_none(commands, monkeypatch, capsys):
    monkeypatch.setenv("HOST", "0.0.0.0")

    prepare.seed_demo()

    assert commands == []
    assert "No demo data: with HOST=0.0.0.0" in capsys.readouterr().out


def test_an_empty_portal_gets_centres_before_the_programme(commands, monkeypatch):
    monkeypatch.setattr(prepare, "has_any", lambda app, model: False)

    prepare.load_reference()

    assert commands == ["load_centres", "load_example_instrument", "load_programme"]


def test_what_is_there_is_left_alone(commands, monkeypatch):
    monkeypatch.setattr(prepare, "has_any", lambda app, model: True)

    prepare.load_reference()

    assert commands == []


@pytest.mark.django_db
def test_an_up_to_date_database_is_not_migrated(commands):
    prepare.migrate()

    assert commands == ["createcachetable"]


def test_files_are_collected_when_one_has_changed(commands, settings, tmp_path):
    css = tmp_path / "ours" / "portal.css"
    css.parent.mkdir()
    css.write_text("a", encoding="utf-8")
    settings.STATICFILES_DIRS = [css.parent]
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STATIC_ROOT.mkdir()

    prepare.collect_static()
    prepare.collect_static()
    assert commands == ["collectstatic"]

    css.write_text("b", encoding="utf-8")
    prepare.collect_static()
    assert commands == ["collectstatic", "collectstatic"]


@pytest.mark.django_db
def test_the_welcome_names_the_demo_accounts_in_demo_mode_only(monkeypatch):
    User.objects.create_user("lead.wodna@example.org")
    monkeypatch.setenv("PORT", "8010")

    assert prepare.welcome() == "The portal runs at http://127.0.0.1:8010 – Ctrl-C stops it."

    DemoMode.objects.create()

    assert "krakow-demo" in prepare.welcome()
    assert "  lead.wodna@example.org" in prepare.welcome()


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            OperationalError("password authentication failed\nmore"),
            "The database refuses: password authentication failed",
        ),
        (CommandError("line 7: no target"), "The portal cannot start: line 7: no target"),
        (PermissionError(13, "Permission denied", "/data/x"), "Permission denied: /data/x."),
    ],
)
def test_a_failure_is_one_sentence(monkeypatch, capsys, error, sentence):
    monkeypatch.setattr(prepare, "prepare_files", failing(error))

    assert prepare.main([]) == 1

    assert capsys.readouterr().err == f"run: {sentence}\n"


def failing(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def test_reminders_switched_on_by_half_keep_the_portal_from_starting(settings):
    prepare.check_reminders()
    settings.SESSION_REMINDERS = True
    settings.SESSION_REMINDERS_FROM = "terminy@example.net"
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    with pytest.raises(CommandError, match="names no mail server"):
        prepare.check_reminders()
    assert not switched_on()

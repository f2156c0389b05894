"""The .env file: fresh keys where there are none, and nobody's keys are ever lost."""

import base64
import stat

import pytest

from scripts import keys
from scripts.terminal import StopError

pytestmark = pytest.mark.usefixtures("silent_environment")


@pytest.fixture
def env(tmp_path):
    return tmp_path / ".env"


@pytest.fixture
def no_data(tmp_path):
    return tmp_path / "var" / "portal.sqlite3"


def test_a_first_start_writes_every_key_for_its_owner_alone(env, no_data):
    keys.write_env(env, no_data)

    assert set(keys.read_env(env)) == set(keys.KEYS)
    assert stat.S_IMODE(env.stat().st_mode) == 0o600


def test_field_keys_are_32_random_bytes(env, no_data):
    keys.write_env(env, no_data)

    assert len(base64.urlsafe_b64decode(keys.read_env(env)["FIELD_KEYS"])) == 32


def test_two_portals_get_different_keys(env, no_data, tmp_path):
    keys.write_env(env, no_data)
    keys.write_env(tmp_path / "other.env", no_data)

    mine, theirs = keys.read_env(env), keys.read_env(tmp_path / "other.env")
    assert not set(mine.values()) & set(theirs.values())


def test_a_second_start_changes_nothing(env, no_data):
    keys.write_env(env, no_data)
    before = env.read_bytes()

    keys.write_env(env, no_data)

    assert env.read_bytes() == before


def test_what_somebody_wrote_stays_and_only_missing_keys_are_added(env, no_data):
    env.write_text("# ours\nexport PORT='8010'\nSEARCH_KEY=kept\n", encoding="utf-8")

    keys.write_env(env, no_data)

    assert env.read_text(encoding="utf-8").startswith("# ours\nexport PORT='8010'\nSEARCH_KEY=kept\n")
    assert keys.read_env(env)["PORT"] == "8010"
    assert keys.read_env(env)["SEARCH_KEY"] == "kept"
    assert keys.read_env(env)["AUDIT_KEY"]


def test_a_file_without_a_last_newline_keeps_its_last_line(env, no_data):
    env.write_text("PORT=8010", encoding="utf-8")

    keys.write_env(env, no_data)

    assert keys.read_env(env)["PORT"] == "8010"
    assert keys.read_env(env)["SECRET_KEY"]


def test_keys_from_the_environment_are_not_written_down(env, no_data, monkeypatch):
    for name in keys.KEYS:
        monkeypatch.setenv(name, "from a vault")

    keys.write_env(env, no_data)

    assert not env.exists()


def test_lost_keys_are_not_replaced_while_there_are_data(env, no_data):
    no_data.parent.mkdir()
    no_data.touch()

    with pytest.raises(StopError, match=r"bring \.env back from your backup"):
        keys.write_env(env, no_data)

    assert not env.exists()


def test_the_environment_wins_over_the_file(monkeypatch, env):
    env.write_text("PORT=8010\nHOST=127.0.0.2\n", encoding="utf-8")
    monkeypatch.setattr(keys, "ROOT", env.parent)
    monkeypatch.setenv("PORT", "8020")

    assert keys.setting("PORT", "8000") == "8020"
    assert keys.setting("HOST", "127.0.0.1") == "127.0.0.2"
    assert keys.setting("WEB_THREADS", "4") == "4"

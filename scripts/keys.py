"""The .env file: this portal's settings, and the keys that ./run generates. Only the standard library is used here."""

import base64
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path

from scripts.terminal import StopError, say

ROOT = Path(__file__).resolve().parent.parent


def random_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


KEYS: dict[str, tuple[str, Callable[[], str]]] = {
    "SECRET_KEY": ("signs sessions and forms", lambda: secrets.token_urlsafe(50)),
    "FIELD_KEYS": ("encrypt personal data: the first one encrypts, all of them decrypt", random_key),
    "SEARCH_KEY": ("keys the hashes by which encrypted values are found", random_key),
    "AUDIT_KEY": ("seals the audit log", random_key),
    "POSTGRES_PASSWORD": ("the database of docker-compose.yml", lambda: secrets.token_urlsafe(24)),
}


def read_env(path: Path) -> dict[str, str]:
    """The variables of an .env file."""
    if not path.is_file():
        return {}
    lines = (line.strip().removeprefix("export ") for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("'\"") for name, _, value in pairs}


def env_file() -> Path:
    return ROOT / os.environ.get("ENV_FILE", ".env")


def setting(name: str, default: str) -> str:
    return os.environ.get(name) or read_env(env_file()).get(name) or default


def data_dir() -> Path:
    return ROOT / setting("DATA_DIR", "var")


def write_env(path: Path, database: Path) -> None:
    """Write the keys that neither the file nor the environment has. What the file says stays as it is."""
    known = {**read_env(path), **os.environ}
    missing = [name for name in KEYS if not known.get(name)]
    if path.exists() and missing == ["POSTGRES_PASSWORD"]:
        return  # somebody's own .env, and no need of it outside docker compose
    if not missing:
        return
    if database.exists():
        raise StopError(
            f"{path.name} has no {missing[0]}, but the data in {database.parent} were written with one: bring "
            f"{path.name} back from your backup, or move {database.parent} away to begin anew."
        )
    lines = (
        [] if path.exists() else ["# The keys of this portal. Its data cannot be read without them: keep a copy.\n"]
    )
    for name in missing:
        purpose, generate = KEYS[name]
        lines += [f"\n# {purpose}\n", f"{name}={generate()}\n"]
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), stat.S_IRUSR | stat.S_IWUSR)
        file.writelines(lines)
    say(f"Wrote fresh keys into {path.name}.")

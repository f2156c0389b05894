"""Check, without the network, that the pinned requirements*.txt hold what pyproject.toml asks for.

They are written by

    uv pip compile --universal --generate-hashes --no-header --no-emit-index-url pyproject.toml -o requirements.txt

and the same with `--group test` and `--group dev` for the other two.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
GROUPS = {"requirements.txt": None, "requirements-test.txt": "test", "requirements-dev.txt": "dev"}
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)", re.MULTILINE)


def asked_for(project: dict[str, object], group: str | None) -> list[str]:
    """The requirements of the project and of one dependency group, with the groups that it includes."""
    match project:
        case {"project": {"dependencies": list(found)}, "dependency-groups": dict(groups)}:
            pass
        case _:
            raise ValueError("pyproject.toml has no dependencies or no dependency groups")
    wanted = [str(line) for line in found]
    todo = [group] if group else []
    while todo:
        for line in groups[todo.pop()]:
            if isinstance(line, dict):
                todo.append(line["include-group"])
            else:
                wanted.append(line)
    return wanted


def pins(text: str) -> dict[str, str]:
    return {canonicalize_name(name): version for name, version in _PIN.findall(text)}


def problems(root: Path = ROOT) -> list[str]:
    """What does not fit, one line each."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[str] = []
    smaller: dict[str, str] = {}
    for name, group in GROUPS.items():
        text = (root / name).read_text(encoding="utf-8")
        pinned = pins(text)
        for line in asked_for(project, group):
            wanted = Requirement(line)
            version = pinned.get(canonicalize_name(wanted.name))
            if version is None:
                found.append(f"{name} does not pin {wanted.name}")
            elif not wanted.specifier.contains(version, prereleases=True):
                found.append(f"{name} pins {wanted.name} {version}, and pyproject.toml asks for {wanted.specifier}")
        for package, version in smaller.items():
            if pinned.get(package) != version:
                found.append(f"{name} has {package} {pinned.get(package)}, and a smaller file has {version}")
        smaller = pinned
        found += [f"{name} names an index or a place" for sign in ("--index", "--extra", "://") if sign in text]
        found += [f"{name}: {pin[0]} has no hash" for pin in _PIN.findall(text) if not _has_hash(text, pin[0])]
    return found


def _has_hash(text: str, name: str) -> bool:
    return bool(re.search(rf"^{re.escape(name)}(?:\[[^\]]*\])?==[^\n]*\\\n    --hash=sha256:", text, re.MULTILINE))


if __name__ == "__main__":
    lines = problems()
    print("\n".join(lines))
    sys.exit(1 if lines else 0)

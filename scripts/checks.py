"""The static checks of `./run check`: every one is run, and what the failed ones said stands at the end."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

# The settings of a real portal: what `check --deploy` looks at.
PRODUCTION = {
    "DEBUG": "false",
    "BEHIND_HTTPS": "true",
    "REQUIRE_SECOND_FACTOR": "true",
    "ALLOWED_HOSTS": "portal.example.org",
    "CSRF_TRUSTED_ORIGINS": "https://portal.example.org",
}
LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"
CHECKS: dict[str, list[str]] = {
    "types (mypy)": ["-m", "mypy", ".", "run"],
    "code (ruff)": ["-m", "ruff", "check", "--output-format=concise", ".", "run"],
    "format (ruff)": ["-m", "ruff", "format", "--check", "--output-format=concise", ".", "run"],
    "imports (import-linter)": ["-c", LINT_IMPORTS],
    "templates (djlint)": ["-m", "djlint", "--lint", "--quiet", "templates"],
    "pinned packages": ["-m", "scripts.requirements"],
    "translations": ["-m", "scripts.translations", "missing"],
    "migrations": ["manage.py", "makemigrations", "--check", "--dry-run"],
    "production settings": ["manage.py", "check", "--deploy", "--fail-level", "WARNING"],
}


def run(arguments: list[str]) -> tuple[subprocess.CompletedProcess[str], float]:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as data:  # a check leaves no trace in the portal's own data
        environment = {**os.environ, "DATA_DIR": data}
        if "--deploy" in arguments:
            environment |= PRODUCTION
        command = [sys.executable, *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done, time.monotonic() - began


def main() -> int:
    failures: dict[str, str] = {}
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for name, (done, seconds) in zip(CHECKS, pool.map(run, CHECKS.values()), strict=True):
            print(f"{'FAILED' if done.returncode else 'ok':6}  {name}  ({seconds:.0f} s)", flush=True)
            if done.returncode:
                failures[name] = (done.stdout + done.stderr).strip()
    for name, output in failures.items():
        print(f"\n--- {name} ---\n{output}")
    outcome = f"{len(failures)} of {len(CHECKS)} checks failed." if failures else f"All {len(CHECKS)} checks passed."
    print(f"\n{outcome}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

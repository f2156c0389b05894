"""What the portal needs of the operating system. Only the standard library is used here."""

import ctypes
import importlib.util
import os
import shutil
import zoneinfo
from contextlib import suppress
from pathlib import Path

from scripts.terminal import StopError, finished, say

LIBRARIES = {
    "libpango-1.0-0": ("libpango-1.0.so.0", "libpango-1.0.dylib"),
    "libpangoft2-1.0-0": ("libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib"),
    "libharfbuzz-subset0": ("libharfbuzz-subset.so.0", "libharfbuzz-subset.0.dylib"),
}
FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
APT_LISTS = Path("/var/lib/apt/lists")


def loads(*names: str) -> bool:
    """Whether the system has this library, under any of its names."""
    for name in names:
        with suppress(OSError):
            ctypes.CDLL(name)
            return True
    return False


def missing_packages() -> list[str]:
    """Debian's names of what the system lacks: Python's venv module, the libraries of PDF rendering, a font …."""
    missing = [] if importlib.util.find_spec("ensurepip") else ["python3-venv"]
    if "Europe/Warsaw" not in zoneinfo.available_timezones():
        missing.append("tzdata")
    missing += [package for package, names in LIBRARIES.items() if not loads(*names)]
    if shutil.which("apt-get") and not FONT.exists():
        missing.append("fonts-dejavu-core")
    return missing


def install_libraries() -> None:
    """As root, let apt install what the system lacks; otherwise say the exact line and stop."""
    missing = missing_packages()
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise StopError(
            f"The system lacks what Debian calls {', '.join(missing)}. Install it (Pango and HarfBuzz with your "
            "system's package manager) and call ./run again."
        )
    update = ["apt-get", "update", "-q"]
    install = ["apt-get", "install", "-q", "-y", "--no-install-recommends", *missing]
    line = f"sudo apt-get install {' '.join(missing)}"
    never_updated = not any(APT_LISTS.glob("*_Packages*"))
    if os.geteuid() != 0:
        if never_updated:
            line = f"sudo apt-get update && {line}"
        raise StopError(f"System libraries are missing. Install them and call ./run again:\n\n    {line}\n")
    say(f"Installing system libraries with apt: {' '.join(missing)} …")
    attempts = [[update, install]] if never_updated else [[install], [update, install]]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for commands in attempts:
        done = [finished(command, env=quiet) for command in commands]
        if done[-1].returncode == 0:
            return
    errors = [text for text in done[-1].stderr.splitlines() if text.startswith("E:")]
    raise StopError(f"apt could not install them ({(errors or ['no reason given'])[0]}). By hand: {line}")

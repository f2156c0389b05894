"""Where the web listens."""

from __future__ import annotations

import ipaddress

from krakow_family.settings import env


def web_address() -> tuple[str, int]:
    """Host and port, from the environment or `.env`."""
    return env.str("HOST", default="127.0.0.1"), env.int("PORT", default=8000)


def reachable_by_others(host: str) -> bool:
    """Whether other machines could connect to a web that listens there."""
    if host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True

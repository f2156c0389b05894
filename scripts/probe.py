"""Ask the web on this machine for a sign of life: exit code 0 if it answers."""

from __future__ import annotations

import http.client
import sys

from krakow_family.addresses import web_address
from krakow_family.settings import ALLOWED_HOSTS


def answers() -> bool:
    """Whether /healthz answers. The name asked for is one that the portal listens to."""
    host, port = web_address()
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - where the web listens, not we
    named = [name.removeprefix(".") for name in ALLOWED_HOSTS if name != "*"]
    connection = http.client.HTTPConnection(near, port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": (named or [near])[0]})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if answers() else 1)

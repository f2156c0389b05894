"""Gunicorn's settings: `gunicorn --config python:krakow_family.gunicorn krakow_family.wsgi`."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path
from typing import Any

from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

from krakow_family.addresses import reachable_by_others, web_address
from krakow_family.settings import env

_host, _port = web_address()

bind = f"[{_host}]:{_port}" if ":" in _host else f"{_host}:{_port}"
worker_class = "gthread"
workers = env.int("WEB_WORKERS", default=min(os.cpu_count() or 1, 4))
threads = env.int("WEB_THREADS", default=4)
preload_app = False  # connections and threads opened before a fork do not survive it
timeout = 30
graceful_timeout = 10
keepalive = 5
max_requests = 20_000  # whatever leaks, leaks for a while only
max_requests_jitter = 2_000
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - the heartbeat must not wait for a disk
forwarded_allow_ips = env.str("FORWARDED_ALLOW_IPS", default="127.0.0.1,::1")
control_socket_disable = True
errorlog = "-"
loglevel = env.str("LOG_LEVEL", default="INFO").lower()
accesslog = "-" if env.bool("ACCESS_LOG", default=True) else None
access_log_format = "%(h)s %(m)s %(U)s %(s)s %(B)s %(M)sms"  # no query string: it holds what somebody looked for

_QUERY = re.compile(r"\?\S*")
_FEED = re.compile(r"(/calendar/feed/)[^/\s]+")
_LONG_NUMBER = re.compile(r"\d{9,}")  # a PESEL or a phone number


def without_personal_data(text: str) -> str:
    """A log line without query strings, long numbers and the secret addresses of calendars."""
    return _LONG_NUMBER.sub("…", _FEED.sub(r"\1…", _QUERY.sub("?…", text)))


class _WithoutPersonalData(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = without_personal_data(record.getMessage()), None
        return True


class DiscreetLogger(Logger):  # type: ignore[misc] # gunicorn has no types
    """Gunicorn's logger; what people look for reaches neither the access log nor the log of errors."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            log.filters = [_WithoutPersonalData()]


logger_class = DiscreetLogger


def on_starting(server: Arbiter) -> None:
    """Refuse to let other machines in while the demo accounts exist: their password is published."""
    if not reachable_by_others(_host):
        return
    import django

    django.setup()
    from django.db import connection, connections

    from accounts.demo import demo_mode

    found = demo_mode()
    connections.close_all()
    if hasattr(connection, "close_pool"):
        connection.close_pool()
    if found:
        raise SystemExit(
            f"The web does not start: HOST={_host} would let other machines in, and this database holds demo data "
            "with a published password. Use 127.0.0.1, or a database without demo data."
        )

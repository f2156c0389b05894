"""Two questions a supervisor asks: does the process answer, and is everything that it needs there?"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from krakow_family.celery import app
from krakow_family.models import Heartbeat

HEARTBEAT_MAX_AGE = dt.timedelta(seconds=90)


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process is alive."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, broker and worker are there; 503 names what is missing."""
    parts = {"database": _database_answers(), "broker": _broker_answers(), "worker": False}
    parts["worker"] = parts["database"] and _worker_lives()
    return JsonResponse(parts, status=200 if all(parts.values()) else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _broker_answers() -> bool:
    if not settings.CELERY_BROKER_URL.startswith(("redis://", "rediss://")):
        return True  # the embedded broker is a file beside the database
    try:
        with app.connection_for_read() as broker:
            broker.ensure_connection(max_retries=1, timeout=1)
    except (OSError, OperationalError):
        return False
    return True


def _worker_lives() -> bool:
    try:
        return Heartbeat.objects.filter(name="worker", at__gte=timezone.now() - HEARTBEAT_MAX_AGE).exists()
    except DatabaseError:
        return False

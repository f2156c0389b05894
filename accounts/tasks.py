from __future__ import annotations

import datetime as dt

from allauth.usersessions.models import UserSession
from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import KEPT_FOR, KeptForm, Submission

REMEMBERED_FOR = KEPT_FOR + dt.timedelta(days=2)  # longer than a token can be sent again by a session or a kept form


@shared_task
def forget_old_submissions() -> None:
    """Forget which forms were sent. Safe to run twice."""
    Submission.objects.filter(at__lt=timezone.now() - REMEMBERED_FOR).delete()


@shared_task
def forget_kept_forms() -> None:
    """Delete kept forms that nobody can send any more: a week old, or sent meanwhile. Safe to run twice."""
    KeptForm.objects.exclude(pk__in=KeptForm.objects.waiting().values("pk")).delete()


@shared_task
def forget_ended_sessions() -> None:
    """Delete sessions that have run out, and allauth's rows about them. Safe to run twice."""
    SessionStore.clear_expired()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()

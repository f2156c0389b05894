"""Work in the background: the Celery application and the timetable of beat (times are Warsaw's)."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "krakow_family.settings")

app = Celery("krakow_family")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    ["accounts", "audit", "cases.assessments", "cases.reminders", "programme.reports", "krakow_family"]
)

app.conf.beat_schedule = {
    # A heartbeat row is how anybody knows that beat and a worker live: the embedded broker can't be asked.
    "heartbeat": {"task": "krakow_family.tasks.heartbeat", "schedule": 15.0, "options": {"expires": 15}},
    "hand-on-waiting-reports": {
        "task": "programme.reports.tasks.hand_on_reports",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
    "last-month-on-the-first": {
        "task": "programme.reports.tasks.ensure_last_month",
        "schedule": crontab(day_of_month="1", hour="5", minute="0"),
    },
    "last-month-catching-up": {
        "task": "programme.reports.tasks.ensure_last_month",
        "schedule": crontab(minute="30"),
    },
    "mail-about-critical-answers": {
        "task": "cases.assessments.tasks.mail_alerts",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "remind-of-meetings": {
        "task": "cases.reminders.tasks.mail_reminders",
        "schedule": crontab(hour="9-19", minute="*/5"),
        "options": {"expires": 300},
    },
    "seal-the-audit-log": {"task": "audit.tasks.seal", "schedule": 60.0, "options": {"expires": 60}},
    "forget-old-submissions": {
        "task": "accounts.tasks.forget_old_submissions",
        "schedule": crontab(hour="3", minute="15"),
    },
    "forget-kept-forms": {"task": "accounts.tasks.forget_kept_forms", "schedule": crontab(minute="10")},
    "forget-ended-sessions": {
        "task": "accounts.tasks.forget_ended_sessions",
        "schedule": crontab(hour="3", minute="20"),
    },
    "verify-the-audit-log": {"task": "audit.tasks.verify", "schedule": crontab(hour="3", minute="30")},
}

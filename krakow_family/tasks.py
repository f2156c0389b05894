from celery import shared_task
from django.utils import timezone

from krakow_family.models import Heartbeat


@shared_task
def heartbeat() -> None:
    """Leave a sign of life: beat has sent this and a worker has run it."""
    Heartbeat.objects.update_or_create(name="worker", defaults={"at": timezone.now()})

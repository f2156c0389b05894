"""What the page of a meeting says of reminders, which its own room cannot know: {% load reminders %}."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context

from cases.reminders.models import Reminder
from cases.sessions.models import Session

register = template.Library()


@register.inclusion_tag("cases/reminders/_reminders.html", takes_context=True)
def reminders_of(context: Context, session: Session) -> dict[str, Any]:
    """{% reminders_of session %}: sent or failed, as far as this person may read the cases of the people reminded."""
    user = context["request"].user
    told = Reminder.objects.told().filter(session=session).readable_by(user).select_related("person")
    return {"reminders": list(told), "session": session}

"""How the form templates draw one field: {% load portal_forms %}."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField, BoundWidget
from django.middleware.csrf import get_token
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

register = template.Library()

LONG = 160
"""Characters of a saved text that still stand in the sentence that speaks of it."""


@register.simple_tag(takes_context=True)
def form_csrf(context: Context) -> str:
    """The CSRF token, also where a template was included with ``only`` and lost it."""
    token = context.get("csrf_token")
    if not token:
        request = getattr(context, "request", None) or context.get("request")
        token = get_token(request) if request else ""
    if not token:
        return ""
    return format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', token)


@register.filter
def is_check(field: BoundField) -> bool:
    """One box to tick: its label stands beside it."""
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def is_options(field: BoundField) -> bool:
    """Several boxes or radio buttons under one legend."""
    return isinstance(field.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple)


@register.filter
def error_target(field: BoundField) -> str:
    """The id that the error summary's link leads to: the first thing one can act on."""
    return field.id_for_label or f"{field.auto_id}_0"


@register.filter
def reasons(field: BoundField) -> list[tuple[str, str]]:
    """Why a field was refused, each with the text saved in the meantime where that is too long for a sentence."""
    said = []
    for error in field.errors.as_data():
        stored = str((error.params or {}).get("stored", "")) if error.code == "stale" else ""
        if len(stored) > LONG:
            said.append((gettext("Another text was saved in the meantime:"), stored))
        else:
            said.extend((str(message), "") for message in error)
    return said


@register.simple_tag
def field_widget(field: BoundField) -> SafeString:
    """The field's own control with Bootstrap's class for its kind."""
    widget = field.field.widget
    if isinstance(widget, forms.CheckboxInput):
        base = "form-check-input"
    elif isinstance(widget, forms.Select):
        base = "form-select"
    else:
        base = "form-control"
    names = [base, widget.attrs.get("class", ""), "is-invalid" if field.errors else ""]
    return field.as_widget(attrs={"class": " ".join(filter(None, names))})


@register.simple_tag
def choice_input(option: BoundWidget, field: BoundField) -> Any:
    """One box or radio button of several."""
    attrs = option.data["attrs"]
    refused = field.errors and not getattr(field.field, "is_question", False)
    attrs["class"] = "form-check-input is-invalid" if refused else "form-check-input"
    return option.tag()


@register.simple_tag
def once_field() -> SafeString:
    """The hidden ``once`` of a form that is only a button; other forms get it from OnceMixin."""
    return format_html('<input type="hidden" name="once" value="{}">', uuid.uuid4())

"""What every form of the portal does: one submit makes one record, a lost race loses no text, bad input is answered
with a sentence beside the field, and everything is drawn by the same template.

Draw a form with ``{% crispy form %}`` or with ``{% include "foundation/_form.html" with form=form only %}``.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from crispy_forms.helper import FormHelper
from django import forms
from django.core import validators
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import QuerySet
from django.forms.boundfield import BoundField
from django.forms.widgets import DateTimeBaseInput
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

TEXT_LIMIT = 20_000
"""Characters in a text field that states no limit of its own: about eight pages."""
NUMBER_LIMIT = 2**31 - 1
"""The largest whole number that every database column of ours takes; no sum of money here comes near it."""
YEAR_FROM, YEAR_TO = 1900, 2100


class Stale(ValidationError):  # noqa: N818 - it reads as the rule's name, as every error code does
    """This record was saved after the page was opened, by anybody. ``version`` is the one stored now."""

    def __init__(self, version: int) -> None:
        super().__init__(
            _(
                "Changes were saved here in the meantime, perhaps in another tab. Your text is kept below: "
                "compare it with the other, and save again to put yours in its place."
            ),
            code="stale",
        )
        self.version = version


SEEN_BEFORE = _("This was changed in the meantime, perhaps in another tab. Look at it once more before you go on.")
"""The same where nothing was typed: the form is only a button."""


def check_version(instance: Any, version: int) -> None:
    """Refuse to change a record that is not the one the person saw. Call it under the row's lock; raises Stale."""
    if instance.version != version:
        raise Stale(instance.version)


# Native date and time inputs: the browser knows the person's calendar, keyboard and screen reader better than we do.


class NativeInput(DateTimeBaseInput):
    """Sends and holds ISO text; what is not ISO is shown as ordinary text, so that nothing typed disappears."""

    iso_format = ""
    iso_shape: re.Pattern[str]

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__(dict(attrs or {}), self.iso_format)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        if isinstance(value, str) and value and not self._shows(value):
            context["widget"]["type"] = "text"
        return context

    def _shows(self, value: str) -> bool:
        """Whether a browser's native control would show this text."""
        if not self.iso_shape.fullmatch(value):
            return False
        try:
            self.parse_iso(value)
        except ValueError:
            return False
        return True

    @abstractmethod
    def parse_iso(self, value: str) -> object:
        """The value that ISO text means; ValueError where it means none."""


class DateInput(NativeInput):
    """A day, from the browser's own calendar."""

    input_type = "date"
    iso_format = "%Y-%m-%d"
    iso_shape = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

    def parse_iso(self, value: str) -> dt.date:
        return dt.date.fromisoformat(value)


class TimeInput(NativeInput):
    """A time of day, on the 24-hour clock."""

    input_type = "time"
    iso_format = "%H:%M"
    iso_shape = re.compile(r"\d\d:\d\d(:\d\d)?", re.ASCII)

    def parse_iso(self, value: str) -> dt.time:
        return dt.time.fromisoformat(value)


class DateTimeInput(NativeInput):
    """A day and a time of day."""

    input_type = "datetime-local"
    iso_format = "%Y-%m-%dT%H:%M"
    iso_shape = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", re.ASCII)

    def parse_iso(self, value: str) -> dt.datetime:
        return dt.datetime.fromisoformat(value)


NATIVE: dict[type[forms.Widget], type[NativeInput]] = {
    forms.DateInput: DateInput,
    forms.TimeInput: TimeInput,
    forms.DateTimeInput: DateTimeInput,
}


def validate_year(value: dt.date) -> None:
    """A year outside is a slip of the pen, and at the ends of the calendar a database or a time zone gives up."""
    if not YEAR_FROM <= value.year <= YEAR_TO:
        raise ValidationError(
            _("Give a year between %(first)s and %(last)s."),
            code="year",
            params={"first": YEAR_FROM, "last": YEAR_TO},
        )


def validate_size(value: int | float | Decimal) -> None:
    """Past it a database answers with a fault of its own."""
    if not -NUMBER_LIMIT <= value <= NUMBER_LIMIT:
        raise ValidationError(_("This number is too large."), code="size")


class TextLimit(validators.MaxLengthValidator):
    """Of text alone: a field may be typed as text and give something else, as a uuid is."""

    def clean(self, x: object) -> int:
        return len(x) if isinstance(x, str) else 0


class FormMixin(forms.BaseForm):
    """The look and the limits; ``OnceMixin`` and ``VersionMixin`` bring it along."""

    submit_label: Any = _("Save")
    cancel_url: str | None = None
    """Where a quiet „Cancel” link beside the button leads; none without it."""

    @cached_property
    def helper(self) -> FormHelper:
        """crispy's helper; a form may set its ``layout``, ``form_action`` or ``form_method``."""
        helper = FormHelper()
        helper.template = "foundation/_form.html"
        helper.field_template = "foundation/_field.html"
        helper.render_hidden_fields = True
        return helper

    def __getitem__(self, name: str) -> BoundField:
        if (field := self.fields.get(name)) and (native := NATIVE.get(type(field.widget))):
            widget = native(field.widget.attrs)
            widget.is_required = field.required
            field.widget = widget
            if not field.help_text and not isinstance(widget, TimeInput):
                field.help_text = _("For example 22.11.2026.")
        return super().__getitem__(name)

    def full_clean(self) -> None:
        broken = self._take_out_null_characters() if self.is_bound else []
        super().full_clean()
        for name in broken:
            message = _("A character here could not be stored and was taken out. Check the text and save again.")
            self.add_error(name, ValidationError(message, code="null_characters"))

    def _take_out_null_characters(self) -> list[str]:
        """Fields that hold NUL, which databases refuse. It is taken out: a query made from it would fail."""
        dirty = {key for key in self.data if any("\x00" in text for text in self._texts(key))}
        if not dirty:
            return []
        data = self._own_data()
        for key in dirty:
            texts = [text.replace("\x00", "") for text in self._texts(key)]
            if isinstance(data, MultiValueDict):
                data.setlist(key, texts)
            else:
                data[key] = texts[0]
        self.data = data
        return [name for name in self.fields if self.add_prefix(name) in dirty]

    def _texts(self, key: str) -> list[str]:
        values = self.data.getlist(key) if isinstance(self.data, MultiValueDict) else [self.data[key]]
        return [value for value in values if isinstance(value, str)]

    def _clean_fields(self) -> None:
        for field in self.fields.values():
            field.validators.extend(limit for limit in self._limits(field) if limit not in field.validators)
        super()._clean_fields()  # type: ignore[misc] # the stubs leave Django's own step out

    @staticmethod
    def _limits(field: forms.Field) -> list[Any]:
        """What keeps a value within what the databases take, where the field itself states nothing."""
        if isinstance(field, forms.CharField) and field.max_length is None:
            return [TextLimit(TEXT_LIMIT)]
        if isinstance(field, forms.IntegerField):  # decimal and float fields are ones too
            return [validate_size]
        if isinstance(field, forms.DateField | forms.DateTimeField):
            return [validate_year]
        return []

    def add_error(self, field: str | None, error: Any) -> None:
        """Also for errors of services, which may speak of fields that this form does not show."""
        if not isinstance(error, ValidationError):
            error = ValidationError(error)
        if field is None and hasattr(error, "error_dict"):
            for name, errors in error.error_dict.items():
                super().add_error(name if name in self.fields else None, errors)
        else:
            super().add_error(field, error)

    def _put(self, name: str, value: str) -> None:
        """Change what the form shows again, as if it had been sent so."""
        data = self._own_data()
        data[self.add_prefix(name)] = value
        self.data = data

    def _own_data(self) -> Any:
        """What was sent, in a copy that may be changed."""
        return self.data.copy() if isinstance(self.data, MultiValueDict) else dict(self.data)


class OnceMixin(FormMixin):
    """Every POST form: its hidden ``once`` lets ``@scoped`` make one record of a double click.

    It is taken out of ``cleaned_data``: services do not know it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Without an id: a page may hold several forms.
        self.fields["once"] = forms.UUIDField(widget=forms.HiddenInput({"id": False}), initial=uuid.uuid4)

    def add_prefix(self, field_name: str) -> str:
        """``once`` is found under its own name, whatever the form's prefix."""
        return field_name if field_name == "once" else super().add_prefix(field_name)

    def full_clean(self) -> None:
        super().full_clean()
        if not self.is_bound:
            return
        if "once" in self.errors:
            del self.errors["once"]
            self._put("once", str(uuid.uuid4()))
            self.add_error(
                None,
                ValidationError(
                    _("The form did not arrive whole, so nothing was saved. Check it and save again."), code="once"
                ),
            )
        self.cleaned_data.pop("once", None)


class VersionMixin(FormMixin):
    """Every form that changes a record: its hidden ``version`` says which state of the record the person saw.

    A ModelForm takes it from its instance; another form is given ``initial={"version": …}``, on POST too.
    ``version`` stays in ``cleaned_data`` for the service, which calls ``check_version`` under the lock.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"] = forms.IntegerField(
            min_value=1, max_value=NUMBER_LIMIT, widget=forms.HiddenInput({"id": False})
        )
        instance = getattr(self, "instance", None)
        if getattr(instance, "pk", None) is not None:
            self.initial.setdefault("version", getattr(instance, "version", None))

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and "version" in self.errors:
            del self.errors["version"]
            if shown := self.get_initial_for_field(self.fields["version"], "version"):
                self._put("version", str(shown))
            self.add_error(
                None,
                ValidationError(
                    _("The form did not say which version it changes, so nothing was saved. Check it and save again."),
                    code="version",
                ),
            )

    def show_conflict(self, fresh_values: Mapping[str, Any], *, version: int | None = None) -> None:
        """After Stale: say beside each field what is stored now, keep what was typed, let a second submit win.

        ``fresh_values`` are the stored texts by field name, as people read them. The version stored now is ``version``
        or stands among them as "version".
        """
        if version is None:
            version = int(fresh_values["version"])
        if not self.has_error(NON_FIELD_ERRORS, "stale"):
            has_texts = bool(self.visible_fields())
            self.add_error(None, Stale(version) if has_texts else ValidationError(SEEN_BEFORE, code="stale"))
        for name, stored in fresh_values.items():
            if name != "version" and name in self.fields and not self._says(name, stored):
                empty = stored is None or stored == ""
                message = _("Cleared in the meantime.") if empty else _("Saved in the meantime: %(stored)s")
                self.add_error(name, ValidationError(message, code="stale", params={"stored": stored}))
        self._put("version", str(version))

    def _says(self, name: str, stored: Any) -> bool:
        """Whether the person has typed or chosen the same as is stored."""
        typed = self[name].value()
        chosen = typed if isinstance(typed, list | tuple) else [typed]
        texts = {_one_line(typed), ", ".join(map(_one_line, chosen))}
        if choices := getattr(self.fields[name], "choices", None):
            wanted = {str(value) for value in chosen}
            labels = [_one_line(label) for value, label in _flat(choices) if str(value) in wanted]
            texts.add(", ".join(labels))
        return _one_line(stored) in texts


if TYPE_CHECKING:
    _ModelChoiceField = forms.ModelChoiceField[Any]
    _ModelMultipleChoiceField = forms.ModelMultipleChoiceField[Any]
else:  # Django's own classes take no type arguments
    _ModelChoiceField = forms.ModelChoiceField
    _ModelMultipleChoiceField = forms.ModelMultipleChoiceField


class Pick(_ModelChoiceField):
    """One record out of those allowed, by its uuid or slug; anything else is „not one of the choices”."""

    def __init__(self, queryset: QuerySet[Any], *, to_field_name: str = "uuid", **kwargs: Any) -> None:
        super().__init__(queryset, to_field_name=to_field_name, **kwargs)

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except ValidationError:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice") from None


class PickSeveral(_ModelMultipleChoiceField):
    """Several records out of those allowed, by their uuids; anything else is not on the list."""

    def __init__(self, queryset: QuerySet[Any], *, not_listed: Any, **kwargs: Any) -> None:
        super().__init__(queryset, to_field_name="uuid", required=False, **kwargs)
        self.not_listed = not_listed

    def clean(self, value: Any) -> Any:
        try:
            return super().clean(value)
        except (ValidationError, ValueError):
            raise ValidationError(self.not_listed, code="invalid_choice") from None


class Offer:
    """Records that fields offer: all are asked for where they are drawn, only the chosen where a choice is checked."""

    ONE_BY_ONE = 10  # chosen; more are looked for among all

    def __init__(
        self, find: Callable[[tuple[uuid.UUID, ...] | None], list[Any]], is_among: Callable[[Any], bool] | None = None
    ) -> None:
        """`find` gives the records with these uuids, or all for None; `is_among` says which of them are offered."""
        self._find, self._is_among = find, is_among

    def __iter__(self) -> Iterator[Any]:
        return iter(self._all.values())

    def among(self, is_among: Callable[[Any], bool]) -> Offer:
        """Those of whom this holds."""
        return Offer(lambda keys: [*(self if keys is None else self.chosen(map(str, keys)).values())], is_among)

    def chosen(self, texts: Iterable[str]) -> dict[str, Any]:
        """Those of these that are offered, by their uuids as text."""
        wanted = dict.fromkeys(texts)
        keys = tuple(key for text in wanted if (key := uuid_of(text)))
        known = self._all if "_all" in vars(self) or len(keys) > self.ONE_BY_ONE else self._by_key(keys)
        return {text: known[text] for text in wanted if text in known}

    @cached_property
    def _all(self) -> dict[str, Any]:
        return self._by_key(None)

    def _by_key(self, keys: tuple[uuid.UUID, ...] | None) -> dict[str, Any]:
        found = [] if keys == () else self._find(keys)
        return {str(one.uuid): one for one in found if self._is_among is None or self._is_among(one)}


def uuid_of(text: str) -> uuid.UUID | None:
    """The uuid that a text stands for; None where it is none."""
    with suppress(ValueError):
        return uuid.UUID(text)
    return None


class PickFrom(forms.ChoiceField):
    """`Pick` out of an offer."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid_choice": forms.ModelChoiceField.default_error_messages["invalid_choice"]
    }

    def __init__(self, offer: Offer, *, empty_label: Any = None, **kwargs: Any) -> None:
        self.offer = offer
        none = [] if empty_label is None else [("", empty_label)]
        super().__init__(choices=lambda: [*none, *_choices(self)], **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return str(obj)

    def prepare_value(self, value: Any) -> Any:
        return _key(value)

    def to_python(self, value: Any) -> Any:
        key = super().to_python(value)
        if not key:
            return None
        for one in self.offer.chosen([key]).values():
            return one
        raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")

    def validate(self, value: Any) -> None:
        forms.Field.validate(self, value)


class PickSeveralFrom(forms.MultipleChoiceField):
    """`PickSeveral` out of an offer."""

    def __init__(self, offer: Offer, *, not_listed: Any, **kwargs: Any) -> None:
        self.offer = offer
        super().__init__(choices=lambda: _choices(self), required=False, **kwargs)
        self.not_listed = not_listed

    def label_from_instance(self, obj: Any) -> str:
        return str(obj)

    def prepare_value(self, value: Any) -> Any:
        return [_key(one) for one in value] if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> list[Any]:
        keys = dict.fromkeys(super().to_python(value))
        chosen = self.offer.chosen(keys)
        if len(chosen) != len(keys):
            raise ValidationError(self.not_listed, code="invalid_choice")
        return [*chosen.values()]

    def validate(self, value: Any) -> None:
        forms.Field.validate(self, value)


def _choices(field: PickFrom | PickSeveralFrom) -> list[tuple[str, str]]:
    return [(str(one.uuid), field.label_from_instance(one)) for one in field.offer]


def _key(value: Any) -> Any:
    return getattr(value, "uuid", value)


class Select(NamedTuple):
    """One control of a list's filters: `options` are value, label and whether it is chosen."""

    name: str
    label: Any
    options: list[tuple[str, Any, bool]]


class FilterForm(FormMixin, forms.Form):
    """What a list is narrowed to, by fields of `Pick`; sent by GET and drawn by `foundation/_filters.html`."""

    @property
    def selects(self) -> list[Select]:
        """The controls, each showing what the list is narrowed to; what can't be chosen narrows nothing."""
        shown = []
        for name, field in self.fields.items():
            one = self.cleaned_data.get(name)
            chosen = str(field.prepare_value(one)) if one else ""
            choices = getattr(field, "choices", ())
            shown.append(Select(name, field.label, [(str(key), said, str(key) == chosen) for key, said in choices]))
        return shown


def _one_line(value: Any) -> str:
    return "" if value is None else " ".join(str(value).split())


def _flat(choices: Any) -> list[tuple[Any, Any]]:
    """Choices without their groups."""
    flat: list[tuple[Any, Any]] = []
    for value, label in choices:
        flat.extend(label if isinstance(label, list | tuple) else [(value, label)])
    return flat

"""Text that is encrypted at rest: PESEL, phones, notes (D4).

The column holds ``v1:<key id>:<base64 of nonce + ciphertext>``. What is encrypted is tied to its place by the model,
the field and the row's uuid: moved to another row or column, it does not decrypt. It is decrypted when an attribute is
read, not when a row is loaded, so lists pay nothing for what they do not show.
"""

from __future__ import annotations

import base64
import hashlib
import os
import uuid
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NoReturn, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django import forms
from django.conf import settings
from django.core import checks, validators
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import models
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from django.db.models.lookups import IsNull, Lookup
from django.db.models.query_utils import DeferredAttribute
from django.utils.translation import gettext_lazy as _

VERSION = "v1"
KEY_BYTES, NONCE_BYTES, KEY_ID_LENGTH = 32, 12, 8
ONE_LINE = 255
"""Up to this many characters the text is typed on one line."""


if TYPE_CHECKING:
    _Lookup = Lookup[Any]
    _TextField = models.TextField[Any, Any]
else:  # Django's own classes take no type arguments
    _Lookup, _TextField = Lookup, models.TextField


class DecryptionError(Exception):
    """What is stored cannot be read: it was moved or changed, or its key is not in the ring."""


class Ciphertext(str):
    """Stored text not decrypted yet; the type keeps it apart from what a person typed."""

    __slots__ = ()


class KeyRing:
    """All keys decrypt, the first one encrypts: a new key goes in front, the old one stays until all is renewed."""

    def __init__(self, encoded_keys: tuple[str, ...]) -> None:
        self.ciphers: dict[str, AESGCM] = {}
        for encoded in encoded_keys:
            try:
                key = base64.b64decode(encoded.encode(), altchars=b"-_", validate=True)
            except ValueError:
                key = b""
            if len(key) != KEY_BYTES:
                raise ImproperlyConfigured("FIELD_KEYS: each key is 32 bytes in urlsafe base64.")
            self.ciphers[hashlib.sha256(key).hexdigest()[:KEY_ID_LENGTH]] = AESGCM(key)
        if not self.ciphers:
            raise ImproperlyConfigured("FIELD_KEYS is empty: nothing can be encrypted.")
        self.current = next(iter(self.ciphers))

    def encrypt(self, plain: str, place: bytes) -> Ciphertext:
        nonce = os.urandom(NONCE_BYTES)
        secret = nonce + self.ciphers[self.current].encrypt(nonce, plain.encode(), place)
        return Ciphertext(f"{VERSION}:{self.current}:{base64.b64encode(secret).decode()}")

    def decrypt(self, stored: str, place: bytes) -> str:
        version, _colon, rest = stored.partition(":")
        key_id, _colon, encoded = rest.partition(":")
        if version != VERSION:
            raise DecryptionError(f"{place.decode()}: this is not encrypted text.")
        if key_id not in self.ciphers:
            raise DecryptionError(f"{place.decode()}: the key {key_id} is not in FIELD_KEYS.")
        try:
            secret = base64.b64decode(encoded, validate=True)
            return self.ciphers[key_id].decrypt(secret[:NONCE_BYTES], secret[NONCE_BYTES:], place).decode()
        except (InvalidTag, ValueError):
            raise DecryptionError(f"{place.decode()}: the text was changed, or moved from another place.") from None


@lru_cache(maxsize=8)
def _ring(encoded_keys: tuple[str, ...]) -> KeyRing:
    return KeyRing(encoded_keys)


def key_ring() -> KeyRing:
    """The ring of the settings."""
    return _ring(tuple(settings.FIELD_KEYS))


def encrypt_text(plain: str, context: str) -> str:
    """Encrypt what is not in a field of ours, such as a second-factor secret; ``context`` says what it is."""
    return key_ring().encrypt(plain, context.encode())


def decrypt_text(stored: str, context: str) -> str:
    """Read what ``encrypt_text`` gave under the same context; raises DecryptionError."""
    return key_ring().decrypt(stored, context.encode())


def _is_ciphertext(value: str) -> bool:
    version, _colon, rest = value.partition(":")
    return version == VERSION and rest[KEY_ID_LENGTH : KEY_ID_LENGTH + 1] == ":"


class EncryptedAttribute(DeferredAttribute):
    """Reads the plain text, decrypting it the first time it is asked for."""

    field: EncryptedTextField

    def __get__(self, instance: models.Model | None, cls: Any = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            instance.refresh_from_db(fields=["uuid", name])  # it was deferred; with the uuid one query is enough
        value = instance.__dict__[name]
        if isinstance(value, Ciphertext) and instance._state.db is not None:
            value = instance.__dict__[name] = self.field.decrypt(value, self.field.row_of(instance))
        return value  # from a fixture and in no database yet: loaddata reads it here and writes it as it is

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class RefusedLookup(_Lookup):
    """Nobody finds anything by what is encrypted; only whether it is there at all."""

    def get_prep_lookup(self) -> Any:
        if self.rhs is not None:  # Django asks exact=None on the way to isnull
            _refuse(cast("EncryptedTextField", self.lhs.output_field), "cannot be filtered by its text")
        return None

    def as_sql(self, compiler: Any, connection: Any) -> NoReturn:
        _refuse(cast("EncryptedTextField", self.lhs.output_field), "cannot be filtered by its text")


def _refuse(field: EncryptedTextField, what: str) -> NoReturn:
    raise TypeError(
        f"{field} is encrypted and {what}. Filter by isnull or by a keyed_hash column; set the attribute and save()."
    )


class EncryptedTextField(_TextField):
    """A text field whose column nobody can read without the key. The model must have a ``uuid``, set before saving.

    ``max_plain_length`` limits what may be typed; the column itself is longer and has no limit.
    Empty text and None are stored as they are.
    """

    descriptor_class = EncryptedAttribute
    description = _("Encrypted text")
    _pyi_private_set_type: str | Combinable
    _pyi_private_get_type: str

    def __init__(self, *args: Any, max_plain_length: int | None = None, **kwargs: Any) -> None:
        self.max_plain_length = max_plain_length
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        if self.max_plain_length is not None:
            kwargs["max_plain_length"] = self.max_plain_length
        return name, path, list(args), dict(kwargs)

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        errors = list(super().check(**kwargs))
        try:
            self.model._meta.get_field("uuid")
        except FieldDoesNotExist:
            errors.append(
                checks.Error("A model with an encrypted field needs a uuid.", obj=self, id="foundation.E001")
            )
        if self.unique or getattr(self, "db_index", False):
            errors.append(
                checks.Error(
                    "Encrypted text differs each time it is written: an index on it finds nothing.",
                    hint="Put the index on a keyed_hash column.",
                    obj=self,
                    id="foundation.E002",
                )
            )
        return errors

    # what is encrypted belongs to one row

    def row_of(self, instance: models.Model) -> uuid.UUID:
        """The uuid of the row, which the encrypted text is tied to."""
        row = getattr(instance, "uuid", None)
        if row is None:
            raise TypeError(f"{self} needs the uuid of its row before it can be encrypted or read.")
        return row if isinstance(row, uuid.UUID) else uuid.UUID(str(row))

    def _place(self, row: uuid.UUID) -> bytes:
        return f"{self.model._meta.label_lower}.{self.name}:{row}".encode()

    def encrypt(self, plain: str, row: uuid.UUID) -> Ciphertext:
        """The text to store for the row with this uuid."""
        return key_ring().encrypt(plain, self._place(row))

    def decrypt(self, stored: str, row: uuid.UUID) -> str:
        """What ``values()`` gives, made readable; raises DecryptionError, never returns garbage."""
        return key_ring().decrypt(stored, self._place(row))

    # on the way in and out of the database

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return Ciphertext(value) if value else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        if self.attname not in model_instance.__dict__:
            return super().pre_save(model_instance, add)
        value = model_instance.__dict__[self.attname]
        if isinstance(value, Ciphertext):
            if add:  # a copied row has another uuid: better to stop than to store what nobody can read
                self.decrypt(value, self.row_of(model_instance))
            return value
        if value is None or value == "" or hasattr(value, "resolve_expression"):
            return value
        return self.encrypt(str(value), self.row_of(model_instance))

    def get_prep_value(self, value: Any) -> Any:
        if value is None or value == "" or isinstance(value, Ciphertext) or hasattr(value, "resolve_expression"):
            return value
        _refuse(self, "cannot be written without its row, as update() and bulk_update() do")

    def get_lookup(self, lookup_name: str) -> Any:
        return IsNull if lookup_name == "isnull" else RefusedLookup

    def get_transform(self, lookup_name: str) -> Any:
        return None

    # on the way in and out of forms and files

    @cached_property
    def validators(self) -> list[Callable[[Any], None]]:
        limit = self.max_plain_length
        own = [validators.ProhibitNullCharactersValidator()]
        return [*super().validators, *own, *([validators.MaxLengthValidator(limit)] if limit else [])]

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        """A person's text is never taken for encrypted text, whatever it looks like."""
        value = value if value is None else str(value)
        self.validate(value, model_instance)
        self.run_validators(value)
        return value

    def to_python(self, value: Any) -> Any:
        """From a fixture: ``loaddata`` brings back what ``value_to_string`` wrote."""
        if isinstance(value, str) and _is_ciphertext(value):
            return Ciphertext(value)
        return value if value is None else str(value)

    def value_to_string(self, obj: models.Model) -> str:
        """A dump of the database is as encrypted as the database."""
        value = self.value_from_object(obj)
        return str(self.encrypt(value, self.row_of(obj))) if value else value

    def formfield(self, **kwargs: Any) -> Any:
        one_line = self.max_plain_length is not None and self.max_plain_length <= ONE_LINE
        defaults: dict[str, Any] = {"form_class": forms.CharField, "max_length": self.max_plain_length}
        if one_line:
            defaults["widget"] = forms.TextInput
        elif self.max_plain_length is None:
            defaults.pop("max_length")
        return super().formfield(**(defaults | kwargs))


def reencrypt(instance: models.Model, field_name: str) -> bool:
    """Write what is stored in one row again under the newest key; True if there was anything to do.

    Writes only if nobody has changed it meanwhile (their text is under the newest key already).
    """
    model = type(instance)
    field = cast("EncryptedTextField", model._meta.get_field(field_name))
    rows = model._base_manager.filter(pk=instance.pk)
    found = rows.values_list(field_name, "uuid").first()
    if not found or not found[0] or found[0].startswith(f"{VERSION}:{key_ring().current}:"):
        return False
    stored, row = found
    renewed = field.encrypt(field.decrypt(stored, row), row)
    unchanged = rows.alias(stored=Cast(field_name, models.TextField())).filter(stored=str(stored))
    return bool(unchanged.update(**{field_name: renewed}))

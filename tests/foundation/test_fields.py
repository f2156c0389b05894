import base64
import copy
import json
import pickle
import uuid

import pytest
from django import forms
from django.core import serializers
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management import call_command
from django.db import connection, models
from django.db.models import F
from django.test.utils import CaptureQueriesContext, isolate_apps
from hypothesis import given
from hypothesis import strategies as st

from cases.people.models import Person
from foundation.fields import (
    Ciphertext,
    DecryptionError,
    EncryptedTextField,
    decrypt_text,
    encrypt_text,
    key_ring,
    reencrypt,
)
from tests.foundation.conftest import Paper

SECRET = "Zażółć gęślą jaźń 🙂"


def new_key():
    return base64.urlsafe_b64encode(uuid.uuid4().bytes + uuid.uuid4().bytes).decode()


def stored(paper, column="note"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM foundation_paper WHERE id = %s", [paper.pk])  # noqa: S608
        return cursor.fetchone()[0]


def put(paper, text, column="note"):
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE foundation_paper SET {column} = %s WHERE id = %s", [text, paper.pk])  # noqa: S608


def test_the_column_holds_no_plain_text_and_the_attribute_does(papers):
    paper = papers.objects.create(note=SECRET)
    assert stored(paper).startswith(f"v1:{key_ring().current}:")
    assert "jaźń" not in stored(paper)
    assert papers.objects.get(pk=paper.pk).note == SECRET


def test_the_same_text_is_stored_differently_each_time(papers):
    assert stored(papers.objects.create(note="a")) != stored(papers.objects.create(note="a"))


@pytest.mark.parametrize("empty", ["", None])
def test_nothing_stays_nothing(papers, empty):
    paper = papers.objects.create(note=empty)
    assert stored(paper) == empty
    assert papers.objects.get(pk=paper.pk).note == empty


def test_text_moved_to_another_row_does_not_decrypt(papers):
    one, other = papers.objects.create(note="one"), papers.objects.create(note="other")
    put(other, stored(one))
    with pytest.raises(DecryptionError):
        _ = papers.objects.get(pk=other.pk).note


def test_text_moved_to_another_column_does_not_decrypt(papers):
    paper = papers.objects.create(note="a", phone="b")
    put(paper, stored(paper, "phone"))
    with pytest.raises(DecryptionError):
        _ = papers.objects.get(pk=paper.pk).note


def test_emptying_it_in_bulk_needs_no_key(papers):
    papers.objects.create(note="a")
    assert papers.objects.update(note=None) == 1
    assert papers.objects.get().note is None


@pytest.mark.parametrize(
    "text", ["plain", "v1:", "v1:00000000:AAAA", "v2:00000000:AAAA", "v1:{key}:AAAA", "v1:{key}:ż", "v1:{key}:", ":::"]
)
def test_what_was_tampered_with_is_an_error_and_never_garbage(papers, text):
    paper = papers.objects.create(note="a")
    put(paper, text.format(key=key_ring().current))
    with pytest.raises(DecryptionError):
        _ = papers.objects.get(pk=paper.pk).note


def test_a_flipped_bit_is_noticed(papers):
    paper = papers.objects.create(note="a")
    head, _colon, body = stored(paper).rpartition(":")
    raw = bytearray(base64.b64decode(body))
    raw[-1] ^= 1
    put(paper, f"{head}:{base64.b64encode(bytes(raw)).decode()}")
    with pytest.raises(DecryptionError):
        _ = papers.objects.get(pk=paper.pk).note


def test_the_error_does_not_repeat_the_text(papers):
    paper = papers.objects.create(note="a")
    put(paper, "Maria Przykładowa")
    with pytest.raises(DecryptionError) as error:
        _ = papers.objects.get(pk=paper.pk).note
    assert "Maria" not in str(error.value)


def test_a_list_that_does_not_show_it_does_not_decrypt_it(papers, monkeypatch):
    papers.objects.create(note="a", name="n")
    monkeypatch.setattr(EncryptedTextField, "decrypt", lambda *_: pytest.fail("nobody asked"))
    assert [paper.name for paper in papers.objects.all()] == ["n"]


def test_a_deferred_one_is_loaded_with_one_query(papers):
    papers.objects.create(note=SECRET)
    (paper,) = papers.objects.only("name")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert paper.note == SECRET
        assert paper.note == SECRET
    assert len(queries) == 1


def test_saving_a_row_nobody_read_leaves_the_stored_text_alone(papers):
    paper = papers.objects.create(note=SECRET)
    before = stored(paper)
    again = papers.objects.get(pk=paper.pk)
    again.name = "x"
    again.save()
    assert stored(paper) == before
    assert papers.objects.get(pk=paper.pk).note == SECRET


def test_a_row_saved_without_having_been_read_under_another_uuid_is_refused(papers):
    papers.objects.create(note=SECRET)
    copied = papers.objects.get()
    copied.pk, copied.uuid, copied._state.adding = None, uuid.uuid4(), True
    with pytest.raises(DecryptionError):
        copied.save()


def test_a_change_is_saved_and_refreshed(papers):
    paper = papers.objects.create(note="a")
    same = papers.objects.get(pk=paper.pk)
    same.note = "b"
    same.save(update_fields=["note"])
    paper.refresh_from_db()
    assert paper.note == "b"
    paper.refresh_from_db(fields=["note"])
    assert paper.note == "b"


def test_many_rows_are_made_at_once(papers):
    papers.objects.bulk_create([Paper(note=str(i), number=i) for i in range(3)])
    assert [paper.note for paper in papers.objects.order_by("number")] == ["0", "1", "2"]


def test_writing_without_the_row_is_refused(papers):
    paper = papers.objects.create(note="a")
    with pytest.raises(TypeError, match="update"):
        papers.objects.update(note="b")
    paper.note = "b"
    with pytest.raises(TypeError, match="update"):
        papers.objects.bulk_update([paper], ["note"])


@pytest.mark.parametrize("lookup", ["note", "note__exact", "note__iexact", "note__contains", "note__gt"])
def test_filtering_by_the_text_is_refused(papers, lookup):
    with pytest.raises(TypeError, match="encrypted"):
        papers.objects.filter(**{lookup: "a"}).count()


def test_filtering_by_many_texts_or_by_another_column_is_refused(papers):
    with pytest.raises(TypeError, match="encrypted"):
        list(papers.objects.filter(note__in=["a"]))
    with pytest.raises(TypeError, match="encrypted"):
        list(papers.objects.filter(note=F("phone")))


def test_whether_it_is_there_may_be_asked(papers):
    papers.objects.create(note=None)
    papers.objects.create(note="a")
    assert papers.objects.filter(note__isnull=True).count() == 1
    assert papers.objects.filter(note=None).count() == 1
    assert papers.objects.exclude(note=None).count() == 1


def test_values_are_given_encrypted_and_can_be_read_with_the_uuid(papers):
    paper = papers.objects.create(note=SECRET)
    value, row = papers.objects.values_list("note", "uuid").get()
    assert isinstance(value, Ciphertext)
    assert papers._meta.get_field("note").decrypt(value, row) == SECRET
    assert row == paper.uuid


def test_it_is_cleaned_like_text(papers):
    Paper(note="x" * 5000, phone="x" * 20).full_clean()
    with pytest.raises(ValidationError) as error:
        Paper(phone="x" * 21, note="a\x00b").full_clean()
    assert set(error.value.error_dict) == {"phone", "note"}


def test_what_a_person_types_is_never_taken_for_encrypted_text(papers):
    paper = papers(note=f"v1:{key_ring().current}:AAAA")
    paper.full_clean()
    paper.save()
    assert papers.objects.get().note == f"v1:{key_ring().current}:AAAA"


def test_forms_offer_a_line_or_a_box():
    form = forms.modelform_factory(Paper, fields=["note", "phone"])()
    assert isinstance(form.fields["note"].widget, forms.Textarea)
    assert isinstance(form.fields["phone"].widget, forms.TextInput)
    assert 'maxlength="20"' in str(form["phone"])
    assert not form.fields["note"].required


def test_a_form_saves_and_shows_it(papers):
    form_class = forms.modelform_factory(Paper, fields=["note"])
    paper = form_class({"note": SECRET}).save()
    assert SECRET in str(form_class(instance=papers.objects.get(pk=paper.pk)))


def test_migrations_rebuild_it():
    field = Paper._meta.get_field("phone")
    _name, path, args, kwargs = field.deconstruct()
    assert path == "foundation.fields.EncryptedTextField"
    assert EncryptedTextField(*args, **kwargs).deconstruct()[1:] == (path, args, kwargs)
    assert kwargs["max_plain_length"] == 20


def test_a_dump_is_as_encrypted_as_the_database(papers):
    papers.objects.create(note=SECRET)
    dump = serializers.serialize("json", papers.objects.all())
    assert "jaźń" not in json.dumps(json.loads(dump), ensure_ascii=False)
    fields = json.loads(dump)[0]["fields"]
    note = papers._meta.get_field("note")
    assert note.decrypt(note.to_python(fields["note"]), uuid.UUID(fields["uuid"])) == SECRET


def test_a_dumped_person_comes_back(db, tmp_path):
    person = Person.objects.create(first_name="Maria", last_name="Przykładowa", phone="+48000000000")
    dump = tmp_path / "people.json"
    call_command("dumpdata", "cases.person", output=str(dump), verbosity=0)
    assert "48000000000" not in dump.read_text()
    Person.objects.all().delete()
    call_command("loaddata", str(dump), verbosity=0)
    assert Person.objects.get(uuid=person.uuid).phone == "+48000000000"


def test_copies_and_pickles_read_the_same(db):
    Person.objects.create(first_name="Maria", phone="+48000000000")
    person = Person.objects.get()
    assert copy.deepcopy(person).phone == "+48000000000"
    assert pickle.loads(pickle.dumps(Person.objects.get())).phone == "+48000000000"  # noqa: S301


def test_an_old_key_still_reads_and_the_new_one_writes(papers, settings):
    old = settings.FIELD_KEYS[0]
    paper = papers.objects.create(note=SECRET)
    settings.FIELD_KEYS = [new_key(), old]
    assert papers.objects.get(pk=paper.pk).note == SECRET
    before = stored(paper)
    assert reencrypt(paper, "note")
    assert stored(paper) != before
    assert stored(paper).startswith(f"v1:{key_ring().current}:")
    assert not reencrypt(paper, "note")
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    assert papers.objects.get(pk=paper.pk).note == SECRET


def test_a_lost_key_is_named(papers, settings):
    paper = papers.objects.create(note=SECRET)
    lost = key_ring().current
    settings.FIELD_KEYS = [new_key()]
    with pytest.raises(DecryptionError, match=lost):
        _ = papers.objects.get(pk=paper.pk).note


def test_reencrypting_nothing_does_nothing(papers):
    assert not reencrypt(papers.objects.create(note=None), "note")
    assert not reencrypt(Paper(pk=0), "note")


@pytest.mark.parametrize("keys", [[], ["short"], ["*" * 44]])
def test_bad_keys_are_said_so(settings, keys):
    settings.FIELD_KEYS = keys
    with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS"):
        key_ring()


def test_text_outside_a_field_is_tied_to_its_context():
    secret = encrypt_text("totp", "mfa")
    assert decrypt_text(secret, "mfa") == "totp"
    with pytest.raises(DecryptionError):
        decrypt_text(secret, "other")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.uuids())
def test_any_text_comes_back(text, row):
    field = Paper._meta.get_field("note")
    assert field.decrypt(field.encrypt(text, row), row) == text


@isolate_apps("foundation")
def test_a_model_without_uuid_or_with_a_useless_index_is_refused():
    class Bare(models.Model):  # noqa: DJ008
        note = EncryptedTextField(unique=True)

        class Meta:
            app_label = "foundation"

    assert {error.id for error in Bare._meta.get_field("note").check()} == {"foundation.E001", "foundation.E002"}
    assert Paper._meta.get_field("note").check() == []


def test_a_row_without_a_uuid_yet_is_said_so():
    with pytest.raises(TypeError, match="uuid"):
        _ = Paper._meta.get_field("note").row_of(Paper(uuid=None))

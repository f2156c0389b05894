import datetime as dt
import re
import uuid

import pytest
from crispy_forms.layout import Fieldset, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.template import Context, RequestContext, Template
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from foundation.forms import OnceMixin, Stale, VersionMixin, check_version
from tests.foundation.conftest import Paper

ONCE = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"


class MeetingForm(OnceMixin, VersionMixin, forms.Form):
    submit_label = "Zapisz spotkanie"

    on = forms.DateField(label="Dzień")
    at = forms.TimeField(label="Godzina", required=False)
    room = forms.ChoiceField(label="Sala", choices=[("1", "Sala 1"), ("Duże", [("2", "Sala 2")])], required=False)
    note = forms.CharField(label="Notatka", required=False, widget=forms.Textarea, help_text="Krótko.")
    people = forms.IntegerField(label="Osoby", required=False)
    held = forms.BooleanField(label="Odbyło się", required=False)
    kind = forms.ChoiceField(
        label="Rodzaj", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect, required=False
    )


class PaperForm(OnceMixin, VersionMixin, forms.ModelForm):  # type: ignore[type-arg] # Django itself takes none
    class Meta:
        model = Paper
        fields = ["name", "due_on"]


class ButtonForm(OnceMixin, VersionMixin, forms.Form):
    submit_label = "Podpisz"


def sent(**changes):
    data = QueryDict(mutable=True)
    data.update({"once": ONCE, "version": "3", "on": "2026-11-22", "note": "Tak", "room": "2"} | changes)
    return data


def drawn(form, template="{% load crispy_forms_tags %}{% crispy form %}"):
    request = RequestFactory().get("/")
    return Template(template).render(RequestContext(request, {"form": form}))


def value_of(name, html):
    (value,) = re.findall(rf'name="{name}" value="([^"]*)"', html)
    return value


# once


def test_each_fresh_form_has_a_token_of_its_own():
    one, other = drawn(MeetingForm()), drawn(MeetingForm())
    assert uuid.UUID(value_of("once", one)) != uuid.UUID(value_of("once", other))


def test_the_token_is_not_told_to_services_but_the_version_is():
    form = MeetingForm(sent())
    assert form.is_valid(), form.errors
    assert "once" not in form.cleaned_data
    assert form.cleaned_data["version"] == 3


@pytest.mark.parametrize("once", [None, "", "x", "\x00", "6f9619ff"])
def test_without_a_token_nothing_is_done_what_was_typed_stays_and_a_new_one_is_given(once):
    data = sent(once=once or "")
    if once is None:
        del data["once"]
    form = MeetingForm(data, initial={"version": 3})
    assert not form.is_valid()
    assert form.non_field_errors() == [
        "Formularz nie dotarł w całości, dlatego nic nie zostało zapisane. Sprawdź go i zapisz ponownie."
    ]
    html = drawn(form)
    assert uuid.UUID(value_of("once", html))
    assert "Tak</textarea>" in html
    assert MeetingForm(sent(once=value_of("once", html))).is_valid()


def test_a_form_with_another_mistake_keeps_its_token():
    form = MeetingForm(sent(on="nie"))
    assert not form.is_valid()
    assert value_of("once", drawn(form)) == ONCE


def test_the_token_has_no_prefix_and_no_id():
    html = drawn(MeetingForm(prefix="second"))
    assert 'name="once"' in html
    assert 'name="second-on"' in html
    assert "id_once" not in html
    assert "id_second-once" not in html


# version


@pytest.mark.parametrize("version", [None, "", "x", "-1", "0", "1.5", "9" * 30, "\x00"])
def test_a_missing_or_bad_version_is_refused_and_the_shown_one_is_put_back(version):
    data = sent(version=version or "")
    if version is None:
        del data["version"]
    form = MeetingForm(data, initial={"version": 7})
    assert not form.is_valid()
    (sentence,) = form.non_field_errors()
    assert "wersję" in sentence
    assert value_of("version", drawn(form)) == "7"


def test_a_model_form_takes_the_version_of_its_record():
    form = PaperForm(instance=Paper(pk=1, version=4))
    assert value_of("version", drawn(form)) == "4"


def test_only_the_version_that_was_seen_may_be_changed():
    paper = Paper(version=4)
    check_version(paper, 4)
    for version in (3, 5):
        with pytest.raises(Stale) as error:
            check_version(paper, version)
        assert error.value.code == "stale"
        assert error.value.version == 4


def test_a_lost_race_shows_both_texts_and_a_second_submit_wins():
    form = MeetingForm(sent(version="3", note="Moje", room="2", on="2026-11-22"))
    assert form.is_valid()

    form.show_conflict({"note": "Ich <b>", "room": "Sala 2", "on": "2026-11-22", "at": "", "gone": "x"}, version=4)

    assert form.errors["note"] == ["W międzyczasie zapisano: Ich <b>"]
    assert set(form.errors) == {"note", "__all__"}
    html = drawn(form)
    assert "Moje</textarea>" in html
    assert "Ich &lt;b&gt;" in html
    assert value_of("version", html) == "4"


def test_the_new_version_may_stand_among_the_fresh_values():
    form = MeetingForm(sent())
    form.is_valid()
    form.show_conflict({"note": "", "version": "9"})
    assert form.errors["note"] == ["W międzyczasie to pole wyczyszczono."]
    assert value_of("version", drawn(form)) == "9"


def test_a_long_text_saved_meanwhile_is_folded_and_only_begins_in_the_summary():
    form = MeetingForm(sent(version="3", note="Moje"))
    form.is_valid()
    form.show_conflict({"note": "Pierwsze słowa. " * 300 + "Koniec."}, version=4)
    html = drawn(form)
    assert html.count("Koniec.") == 1
    assert html.count("Pierwsze słowa.") < 310
    folded = html[html.index("<details") : html.index("</details>")]
    assert "Koniec." in folded
    assert "W międzyczasie zapisano inny tekst: Pierwsze słowa." in folded


def test_who_has_typed_nothing_is_not_told_that_their_text_is_kept():
    form = ButtonForm({"once": str(uuid.uuid4()), "version": "3"})
    form.is_valid()
    form.show_conflict({}, version=4)
    html = drawn(form)
    assert "W międzyczasie coś tu zmieniono" in html
    assert "Twój tekst" not in html
    assert "To, co wpisano" not in html


def test_the_sentence_about_the_race_stands_once():
    form = MeetingForm(sent())
    form.is_valid()
    form.add_error(None, Stale(4))
    form.show_conflict({}, version=4)
    assert len(form.non_field_errors()) == 1


# bad input


def test_a_null_character_is_answered_with_a_sentence_and_taken_out():
    form = MeetingForm(sent(note="a\x00b", room="2\x00"))
    assert not form.is_valid()
    assert set(form.errors) == {"note", "room"}
    html = drawn(form)
    assert "ab</textarea>" in html
    assert "\x00" not in html


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("note", "x" * 20_001),
        ("people", "9" * 12),
        ("people", "9" * 5000),
        ("people", "-99999999999"),
        ("on", "0001-01-01"),
        ("on", "9999-12-31"),
        ("on", "2026-02-31"),
        ("at", "25:00"),
        ("room", "3"),
        ("room", "x" * 10_000),
    ],
)
def test_what_no_database_would_take_is_answered_beside_the_field(field, typed):
    form = MeetingForm(sent(**{field: typed}))
    assert not form.is_valid()
    assert list(form.errors) == [field]
    drawn(form)


def test_a_plain_dictionary_does_as_well():
    form = MeetingForm({"on": "2026-11-22", "note": "a\x00", "version": "1"})
    assert not form.is_valid()
    assert set(form.errors) == {"note", "__all__"}


def test_an_error_of_a_service_about_a_field_that_is_not_shown_is_shown_all_the_same():
    form = MeetingForm(sent())
    form.is_valid()
    form.add_error(None, ValidationError({"on": "Za wcześnie.", "case": "Sprawa jest zamknięta."}))
    assert form.errors["on"] == ["Za wcześnie."]
    assert form.non_field_errors() == ["Sprawa jest zamknięta."]


@given(
    st.dictionaries(
        st.sampled_from(["on", "at", "room", "note", "people", "held", "kind", "version", "once"]), st.text()
    )
)
def test_nothing_that_can_be_sent_makes_a_fault(data):
    form = MeetingForm(data, initial={"version": 1})
    form.is_valid()
    drawn(form)


# how it is drawn


def test_both_ways_of_drawing_give_the_same_form_with_a_csrf_token():
    form = MeetingForm(sent(on=""))
    form.is_valid()
    token = re.compile(r'csrfmiddlewaretoken" value="\w{64}"')
    by_crispy = drawn(form)
    by_include = drawn(form, '{% include "foundation/_form.html" with form=form only %}')
    assert token.search(by_crispy)
    assert token.search(by_include)
    assert token.sub("", by_crispy).split() == token.sub("", by_include).split()


def test_a_label_stands_above_its_help_and_the_help_above_the_control():
    html = drawn(MeetingForm())
    label, hint, control = (html.index(part) for part in ('for="id_note"', "Krótko.", "<textarea"))
    assert label < hint < control
    assert 'aria-describedby="id_note_helptext"' in html
    assert "Zapisz spotkanie</button>" in html


def test_dates_and_times_are_native_inputs_with_iso_values():
    html = drawn(MeetingForm(initial={"on": dt.date(2026, 11, 5), "at": dt.time(9, 0)}))
    assert re.search(r'<input type="date" name="on" value="2026-11-05"', html)
    assert re.search(r'<input type="time" name="at" value="09:00"', html)
    assert "Na przykład 22.11.2026." in html


def test_a_date_typed_in_polish_is_understood():
    form = MeetingForm(sent(on="22.11.2026"))
    assert form.is_valid()
    assert form.cleaned_data["on"] == dt.date(2026, 11, 22)


@pytest.mark.parametrize("typed", ["jutro", "2026-02-31", "20261122"])
def test_what_a_native_input_would_hide_is_shown_as_text(typed):
    form = MeetingForm(sent(on=typed))
    form.is_valid()
    assert re.search(rf'<input type="text" name="on" value="{typed}"', drawn(form))


def test_fields_added_by_the_form_itself_are_native_too():
    class Later(OnceMixin, forms.Form):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.fields["when"] = forms.DateTimeField(initial=dt.datetime(2026, 11, 22, 9, 30))  # noqa: DTZ001

    assert 'type="datetime-local" name="when" value="2026-11-22T09:30"' in drawn(Later())


def test_the_summary_of_errors_is_announced_focused_and_leads_to_the_fields():
    form = MeetingForm(sent(on="", kind="c", version="3"))
    form.is_valid()
    html = drawn(form)
    assert re.search(r'id="form-errors" role="alert" tabindex="-1" autofocus', html)
    assert '<a href="#id_on">Dzień</a>' in html
    assert '<a href="#id_kind_0">Rodzaj</a>' in html
    assert 'id="id_kind_0"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_on_error"' in html
    assert "is-invalid" in html


def test_a_form_without_errors_has_no_summary():
    assert "form-errors" not in drawn(MeetingForm())


def test_nothing_inline_stands_in_a_form():
    html = drawn(MeetingForm(sent(on="")))
    assert not re.search(r"\sstyle=|<style|<script|\son\w+=", html)


def test_no_id_stands_twice():
    form = MeetingForm(sent(on="", kind="c"))
    form.is_valid()
    ids = re.findall(r'\sid="([^"]+)"', drawn(form))
    assert len(ids) == len(set(ids))


def test_a_crispy_layout_is_drawn_with_the_same_fields_and_keeps_the_hidden_ones():
    form = MeetingForm(sent(on="", version="5"))
    form.helper.layout = Layout(Fieldset("Kiedy", "on", "at"))
    form.is_valid()
    html = drawn(form)
    assert "<legend>Kiedy</legend>" in html
    assert value_of("once", html) == ONCE
    assert value_of("version", html) == "5"
    assert "Notatka" not in html
    assert html.index('for="id_on"') < html.index("Na przykład") < html.index('name="on"')


def test_a_form_that_asks_by_get_has_no_csrf_token():
    form = MeetingForm()
    form.helper.form_method = "get"
    assert "csrfmiddlewaretoken" not in drawn(form)


def test_a_button_alone_carries_a_token_too():
    html = Template("{% load portal_forms %}{% once_field %}").render(Context())
    assert uuid.UUID(value_of("once", html))


def test_without_a_request_there_is_no_token_and_no_fault():
    html = Template('{% include "foundation/_form.html" with form=form only %}').render(
        Context({"form": MeetingForm()})
    )
    assert "csrfmiddlewaretoken" not in html


def test_a_cancel_link_stands_beside_the_button_where_there_is_somewhere_to_go():
    form = MeetingForm()
    assert "Anuluj" not in drawn(form)
    form.cancel_url = "/cases/"
    assert '<a href="/cases/">Anuluj</a>' in drawn(form)

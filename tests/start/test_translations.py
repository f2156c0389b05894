"""Every text that a person may see is Polish."""

from scripts import translations


def test_nothing_is_untranslated_fuzzy_or_broken():
    assert translations.problems() == []


def test_texts_are_found_in_python():
    source = 'x = _("a" " b")\nngettext("%(n)s day", "%(n)s days", n)\npgettext_lazy("month", "May")\nf(_(name))\n'

    assert set(translations.messages_in_python(source)) == {(None, "a b"), (None, "%(n)s day"), ("month", "May")}


def test_texts_are_found_in_templates():
    source = (
        "{% load i18n %}{% translate 'Sign in' %} {{ _('Cases') }} {% translate \"May\" context \"month\" %}"
        "{% blocktranslate trimmed count n=n %}\n {{ n }} day\n{% plural %}\n {{ n }} days\n{% endblocktranslate %}"
        "{% comment %}{% translate 'not seen' %}{% endcomment %}"
    )

    found = set(translations.messages_in_template(source))

    assert found == {(None, "Sign in"), (None, "Cases"), ("month", "May"), (None, "%(n)s day")}


def test_placeholders_are_compared_by_name():
    assert translations.placeholders("%(count)s of {total}, 50%") == {"count", "total"}

"""A clinical lead brings a version in, as a file or as text; what is wrong with it is said line by line."""

from __future__ import annotations

import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from audit.models import AuditEntry
from cases.instruments.models import Instrument, InstrumentVersion
from cases.instruments.nodes import MOST_BYTES
from cases.instruments.problems import BadFile
from cases.instruments.services import InstrumentError, approve_version, discard_draft, import_version
from tests.cases.conftest import PAIRS

URL = "/instruments/import/"


@pytest.fixture
def text():
    return PAIRS.read_text(encoding="utf-8")


def sent(**data):
    return {"text": "", "once": str(uuid.uuid4()), **data}


def upload(content: bytes, name: str = "narzędzie.yaml") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/yaml")


def test_a_file_comes_in_as_a_draft(text, clara, sign_in):
    response = sign_in(clara).post(URL, sent(file=upload(text.encode())))

    version = InstrumentVersion.objects.get()
    assert response.url == version.get_absolute_url()
    assert (version.instrument.code, version.number, version.status) == ("pary", "2.1.0", "draft")
    assert version.imported_by == clara
    assert version.source == text


def test_text_is_read_where_no_file_was_chosen(text, clara, sign_in):
    sign_in(clara).post(URL, sent(text=text.replace("\n", "\r\n")))

    assert InstrumentVersion.objects.get().source == text


def test_the_import_is_on_record_without_the_text(text, clara):
    version = import_version(text, by=clara.user)

    entry = AuditEntry.objects.get(action="cases.import_instrument")
    assert entry.object_uuid == version.uuid
    assert entry.details == {"number": "2.1.0", "sha256": version.sha256, "before": None}


def test_the_same_number_again_replaces_the_draft(text, clara, clara2):
    first = import_version(text, by=clara.user)
    second = import_version(text.replace("Nikt nie powinien", "Nikt nie ma"), by=clara2.user)

    assert InstrumentVersion.objects.get() == second == first
    assert second.imported_by == clara2
    assert second.version == first.version + 1
    entry = AuditEntry.objects.get(action="cases.replace_instrument")
    assert entry.details == {"number": "2.1.0", "sha256": second.sha256, "before": first.sha256}


def test_an_approved_version_is_never_replaced(text, pairs_version, clara, sign_in):
    with pytest.raises(InstrumentError) as error:
        import_version(text, by=clara.user)
    assert error.value.code == "known_version"

    page = sign_in(clara).post(URL, sent(text=text)).content.decode()
    assert "Wersja 2.1.0 jest już w portalu i się nie zmienia." in page
    assert InstrumentVersion.objects.get().version == pairs_version.version


def test_an_example_stays_one_and_a_licensed_instrument_never_becomes_one(text, clara):
    draft = import_version(text, by=clara.user)
    licensed = text.replace("example: yes", "example: no").replace("version: 2.1.0", "version: 3.0.0")

    with pytest.raises(InstrumentError) as error:
        import_version(licensed, by=clara.user)
    assert error.value.code == "example_or_not"

    discard_draft(draft, version=draft.version, by=clara.user)
    import_version(licensed, by=clara.user)
    assert not Instrument.objects.get().is_example

    with pytest.raises(InstrumentError) as error:
        import_version(text, by=clara.user)
    assert error.value.code == "example_or_not"


def test_what_is_wrong_is_said_with_line_path_and_sentence(text, clara, sign_in):
    page = sign_in(clara).post(URL, sent(text=text.replace("weight: 2", "weight: dwa", 1))).content.decode()

    line = next(number for number, one in enumerate(text.splitlines(), 1) if one.strip() == "weight: 2")
    assert f"</span>{line}</th>" in page
    assert "<code>areas[0].items[1].weight</code>" in page
    assert "weight: dwa" in page
    assert not Instrument.objects.exists()


def test_a_refused_files_text_is_put_where_it_can_be_corrected(text, clara, sign_in):
    page = sign_in(clara).post(URL, sent(file=upload(b"format: 7\nname: Moje narzedzie\n"))).content.decode()

    assert "format: 7\nname: Moje narzedzie\n</textarea>" in page


def test_a_file_of_a_number_that_is_taken_keeps_its_text_too(text, pairs_version, clara, sign_in):
    page = sign_in(clara).post(URL, sent(file=upload(text.encode()))).content.decode()

    assert "Wersja 2.1.0 jest już w portalu i się nie zmienia." in page
    assert "code: pary" in page


def test_a_pasted_text_that_is_too_long_is_refused_and_never_cut_off(clara, sign_in):
    client = sign_in(clara)
    page = client.post(URL, sent(text="# " + "x" * 600 * 1024)).content.decode()

    assert "Plik jest większy niż 512 KB." in page
    assert "x" * 600 * 1024 in page
    (limit,) = re.findall(r'<textarea[^>]*maxlength="(\d+)"', client.get(URL).content.decode())
    assert int(limit) > MOST_BYTES


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "Ten plik jest pusty."),
        (b"\xff\xfe\x00n\x00o", "UTF-8"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "UTF-8"),
        (b"format: 1\x00", "Wiersz"),
        (b"a: &a [x]\nb: [*a, *a]\n", "Wiersz"),
        (b"[" * 100_000, "Wiersz"),
        (b"- !!python/object/apply:os.system [id]", "Wiersz"),
        (b"x" * 5 * 1024 * 1024, "Ten plik ma 5,0 MB."),
    ],
    ids=["empty", "utf-16", "picture", "NUL", "aliases", "brackets", "object", "5 MB"],
)
def test_a_hostile_file_is_refused_with_the_reason(content, reason, clara, sign_in):
    response = sign_in(clara).post(URL, sent(file=upload(content)))

    assert response.status_code == 200
    assert reason in response.content.decode()
    assert not InstrumentVersion.objects.exists()


def test_ten_thousand_questions_are_refused(text, clara):
    head, items = text.split("    items:\n", 1)
    one = items.split("      - id: ")[1]
    many = "".join(f"      - id: p{n}\n{one.partition(chr(10))[2]}" for n in range(10_000))

    with pytest.raises(BadFile):
        import_version(f"{head}    items:\n{many}", by=clara.user)


def test_too_much_pasted_text_is_refused_with_the_reason(clara, sign_in):
    response = sign_in(clara).post(URL, sent(text="x" * 2 * 1024 * 1024))

    assert response.status_code == 413
    assert "najwyżej 1 MB" in response.content.decode()


def test_nothing_sent_is_asked_for(clara, sign_in):
    page = sign_in(clara).post(URL, sent()).content.decode()

    assert "Proszę wybrać plik albo wkleić jego treść." in page


def test_a_double_click_imports_once(text, clara, sign_in):
    browser, form = sign_in(clara), sent(text=text)

    assert browser.post(URL, form).url == browser.post(URL, form).url
    assert AuditEntry.objects.filter(action__in=["cases.import_instrument", "cases.replace_instrument"]).count() == 1


@pytest.mark.parametrize("who", ["anna", "marek", "piotr", "jan", "iga", "adam"])
def test_nobody_but_a_clinical_lead_imports(who, text, request, sign_in):
    browser = sign_in(request.getfixturevalue(who))

    assert browser.get(reverse("cases:import_instrument")).status_code == 403
    assert browser.post(URL, sent(text=text)).status_code == 403
    assert not InstrumentVersion.objects.exists()


def test_the_draft_waits_for_another_clinical_lead(text, clara, clara2):
    draft = import_version(text, by=clara.user)

    approved = approve_version(draft, valid_from=draft.imported_at.date(), version=draft.version, by=clara2.user)

    assert approved.is_approved

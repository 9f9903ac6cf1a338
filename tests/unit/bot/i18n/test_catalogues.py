"""The translations: every language has all texts, with the same fields, and each compiled catalogue is up to date."""

import re
import shutil
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo

from bot.i18n import languages
from bot.i18n.catalogues import page_texts, text_of, translations_of
from bot.i18n.english import ENGLISH, Plural
from bot.i18n.languages import catalogue_file, translated_languages
from bot.i18n.update_catalogues import compile_catalogue, library_sentences, read_catalogue, template, update

TRANSLATED = translated_languages("po")
# Rightly the same in both languages.
ALIKE = {"page.album", "page.chat", "page.percent", "page.no", "chat.peak", "chat.evidence"}
# Numbers of every plural form, in any language.
NUMBERS = (*range(201), 1_000_000)

Text = str | tuple[str, ...]
# As Babel holds texts.
Held = str | tuple[str, ...] | list[str] | None


def fields(text: Text) -> set[str]:
    """The fields of a text; of one with plural forms, those of the form for many."""
    last = text if isinstance(text, str) else text[-1]
    return {name for _, name, _, _ in string.Formatter().parse(last) if name is not None}


def texts_of(catalogue: Catalog) -> dict[tuple[str | None, str], Text]:
    """The translations by context and English text."""
    return {(message.context, _one(message.id)): _plain(message.string) for message in catalogue if message.id}


def _plain(text: Held) -> Text:
    return text if isinstance(text, str) else tuple(text or ())


def _one(text: Held) -> str:
    plain = _plain(text)
    return plain if isinstance(plain, str) else plain[0]


@pytest.fixture(scope="module")
def sentences() -> list[str | tuple[str, str]]:
    """The templates of the library's sentences; finding them reads every source file."""
    return library_sentences()


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_missing_fuzzy_or_left_over(language: str, sentences: list[Text]) -> None:
    catalogue = read_catalogue(language)
    translated: dict[str | Text, Text] = {}
    for message in catalogue:
        if message.id:
            assert not message.fuzzy, f"{message.context} is fuzzy: {message.id}"
            forms = [message.string] if isinstance(message.string, str) else _plain(message.string)
            assert forms, f"{message.context} is not translated: {message.id}"
            assert all(forms), f"{message.context} is not translated: {message.id}"
            english = _plain(message.id)
            translated[message.context or english] = english
    assert translated == dict(ENGLISH) | {sentence: sentence for sentence in sentences}
    assert not catalogue.obsolete


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalogue_is_the_one_to_translate(language: str) -> None:
    """If it is not, run python -m bot.i18n.update_catalogues."""
    with catalogue_file(language, "mo").open("rb") as file:
        compiled = read_mo(file)
    source = read_catalogue(language)
    assert texts_of(compiled) == texts_of(source)
    assert dict(compiled.mime_headers)["Plural-Forms"] == dict(source.mime_headers)["Plural-Forms"]


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_same_fields(language: str, sentences: list[Text]) -> None:
    texts = texts_of(read_catalogue(language))
    english: dict[tuple[str | None, str], Text] = {(key, _one(text)): text for key, text in ENGLISH.items()}
    english.update({(None, _one(text)): text for text in sentences})
    assert texts.keys() == english.keys()
    for key, text in texts.items():
        assert fields(text) == fields(english[key]), key
        # The form for one may leave out the number.
        assert all(fields(form) | {"n"} == fields(text) | {"n"} for form in text if not isinstance(text, str)), key


@pytest.mark.parametrize("language", TRANSLATED)
def test_only_the_listed_texts_are_the_same_as_in_english(language: str) -> None:
    same = {
        key
        for key, english in ENGLISH.items()
        if text_of(language, key, 2) == english and re.search("[a-z]{3}", english)
    }
    assert same <= ALIKE


def test_the_template_contains_every_text(sentences: list[Text]) -> None:
    assert sum(1 for message in template() if message.id) == len(ENGLISH) + len(sentences)


def test_numbers_choose_their_plural_form() -> None:
    assert text_of("en", "page.photos", 1) == "{n} photo"
    assert text_of("es", "page.photos", 1) == "{n} foto"
    assert text_of("es", "page.photos", 0) == "{n} fotos"
    with pytest.raises(TypeError, match=r"page\.photos needs a number"):
        text_of("es", "page.photos")


@pytest.mark.parametrize("language", ["en", *TRANSLATED])
def test_the_page_gets_the_form_that_gettext_chooses_for_every_number(language: str) -> None:
    category_of = languages.locale_of(language).plural_form
    for key, english in ENGLISH.items():
        if key.startswith("page.") and isinstance(english, Plural):
            forms = page_texts(language)[key.removeprefix("page.")]
            assert not isinstance(forms, str)
            for n in NUMBERS:
                assert forms.get(category_of(n)) or forms["other"] == text_of(language, key, n)


def test_the_page_gets_only_its_own_texts_in_its_language() -> None:
    assert page_texts("es")["search"] == "Buscar"
    assert not any(key.startswith("chat.") for key in page_texts("es"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the catalogues, which the commands change instead."""
    shutil.copytree(languages.TRANSLATIONS, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(languages, "TRANSLATIONS", tmp_path)
    caches = (languages.languages, translations_of)
    for cached in caches:
        cached.cache_clear()
    yield tmp_path
    for cached in caches:
        cached.cache_clear()


def test_an_update_without_changes_changes_nothing(folder: Path) -> None:
    for language in TRANSLATED:
        before = catalogue_file(language, "po").read_bytes()
        update(language)
        assert catalogue_file(language, "po").read_bytes() == before


def test_a_new_language_starts_with_every_text_untranslated_and_its_own_plural_forms(folder: Path) -> None:
    update("pl")
    compile_catalogue("pl")
    started = (folder / "pl" / "LC_MESSAGES" / "cumbre.po").read_text("utf-8")
    assert started.startswith("# Polish.\n")
    assert "nplurals=3" in started
    assert texts_of(read_catalogue("pl")).keys() == {(one.context, _one(one.id)) for one in template() if one.id}
    assert "pl" in languages.languages()
    assert text_of("pl", "page.photos", 5) == "{n} photos"


def test_fuzzy_and_missing_translations_are_shown_in_english(folder: Path) -> None:
    file = catalogue_file("es", "po")
    text = file.read_text("utf-8")
    assert 'msgstr "Buscar"' in text
    assert 'msgstr "Borrar la búsqueda"' in text
    text = text.replace('msgctxt "page.search"\n', '#, fuzzy\nmsgctxt "page.search"\n', 1)
    file.write_text(text.replace('msgstr "Borrar la búsqueda"', 'msgstr ""'), "utf-8")
    compile_catalogue("es")
    assert text_of("es", "page.search") == "Search"
    assert text_of("es", "page.clear_words") == "Clear the search"
    assert text_of("es", "page.skip") != ENGLISH["page.skip"]

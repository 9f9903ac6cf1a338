"""The translations: every language has all texts, with the same placeholders."""

import re
import string

import pytest
from babel.messages.pofile import read_po

from bot.i18n.catalogues import (
    LANGUAGES,
    catalogue_file,
    entries,
    language_of,
    library_translations,
    locale_of,
    page_texts,
    text_of,
    texts_of,
)
from bot.i18n.english import ENGLISH
from bot.i18n.update_catalogues import library_sentences, template

TRANSLATED = [language for language in LANGUAGES if language != "en"]
# Rightly the same in both languages.
ALIKE = {"page.album", "page.chat", "page.percent", "page.no", "chat.peak", "chat.evidence"}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_missing_fuzzy_or_left_over(language: str) -> None:
    with catalogue_file(language).open("rb") as file:
        catalogue = read_po(file, locale=language, abort_invalid=True)
    translated = {}
    for message in catalogue:
        if message.id:
            assert not message.fuzzy, f"{message.context} is fuzzy: {message.id}"
            forms = message.string if isinstance(message.string, list | tuple) else [message.string]
            assert all(forms), f"{message.context} is not translated: {message.id}"
            translated[message.context or message.id] = message.id
    assert translated == dict(entries()) | {sentence: sentence for sentence in library_sentences()}
    assert not catalogue.obsolete


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_same_placeholders(language: str) -> None:
    words = texts_of(language)
    assert words.keys() == ENGLISH.keys()
    for key, english in ENGLISH.items():
        assert fields(words[key]) == fields(english), key


@pytest.mark.parametrize("language", TRANSLATED)
def test_translated_sentences_of_the_library_have_the_same_placeholders(language: str) -> None:
    known = library_translations(language)
    for english in library_sentences():
        assert fields(known[english]) == fields(english), english


@pytest.mark.parametrize("language", TRANSLATED)
def test_only_the_listed_texts_are_the_same_as_in_english(language: str) -> None:
    words = texts_of(language)
    same = {key for key, english in ENGLISH.items() if words[key] == english and re.search("[a-z]{3}", english)}
    assert same <= ALIKE


def test_the_template_contains_every_text() -> None:
    assert sum(1 for message in template() if message.id) == len(dict(entries())) + len(library_sentences())


@pytest.mark.parametrize(
    ("code", "language"), [("es", "es"), ("es-PE", "es"), ("ES_mx", "es"), ("en-NP", "en"), ("eu", "en"), (None, "en")]
)
def test_a_language_code_chooses_a_supported_language(code: str | None, language: str) -> None:
    assert language_of(code) == language


def test_every_language_has_a_locale() -> None:
    assert [locale_of(language)[:2] for language in LANGUAGES] == list(LANGUAGES)


def test_numbers_choose_their_plural_form() -> None:
    assert text_of(ENGLISH, "page.photos", n=1) == "1 photo"
    assert text_of(texts_of("es"), "page.photos", n=1) == "1 foto"
    assert text_of(texts_of("es"), "page.photos", n=0) == "0 fotos"


def test_the_page_gets_only_its_own_texts_in_its_language() -> None:
    assert page_texts("es")["search"] == "Buscar"
    assert not any(key.startswith("chat.") for key in page_texts("es"))

"""The words: every language has all of them, with the same values to fill in."""

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
# Alike in both languages, and rightly so.
ALIKE = {"page.album", "page.percent", "page.no", "chat.peak", "chat.evidence"}


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
def test_a_translation_fills_in_the_same_values(language: str) -> None:
    words = texts_of(language)
    assert words.keys() == ENGLISH.keys()
    for key, english in ENGLISH.items():
        assert fields(words[key]) == fields(english), key


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_library_s_sentences_fill_in_the_same_values(language: str) -> None:
    known = library_translations(language)
    for english in library_sentences():
        assert fields(known[english]) == fields(english), english


@pytest.mark.parametrize("language", TRANSLATED)
def test_hardly_a_text_is_the_english_one(language: str) -> None:
    words = texts_of(language)
    alike = {key for key, english in ENGLISH.items() if words[key] == english and re.search("[a-z]{3}", english)}
    assert alike <= ALIKE


def test_the_template_holds_every_text() -> None:
    assert sum(1 for message in template() if message.id) == len(dict(entries())) + len(library_sentences())


@pytest.mark.parametrize(
    ("code", "language"), [("es", "es"), ("es-PE", "es"), ("ES_mx", "es"), ("en-NP", "en"), ("eu", "en"), (None, "en")]
)
def test_the_language_of_a_code(code: str | None, language: str) -> None:
    assert language_of(code) == language


def test_every_language_has_a_locale() -> None:
    assert [locale_of(language)[:2] for language in LANGUAGES] == list(LANGUAGES)


def test_numbers_choose_their_form() -> None:
    assert text_of(ENGLISH, "page.photos", n=1) == "1 photo"
    assert text_of(texts_of("es"), "page.photos", n=1) == "1 foto"
    assert text_of(texts_of("es"), "page.photos", n=0) == "0 fotos"


def test_the_page_gets_its_own_words_in_its_language() -> None:
    assert page_texts("es")["search"] == "Buscar"
    assert not any(key.startswith("chat.") for key in page_texts("es"))

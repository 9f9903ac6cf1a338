"""Load the texts of a language: English from bot/i18n/english.py, others from the gettext catalogues in translations/.

An entry has the key as its context and the English text as its id, so a text that changes in English counts as
untranslated instead of keeping a wrong translation. The library's sentences (cumbre/text/sentence.py) have no context.
`python -m bot.i18n.update_catalogues` updates the catalogues.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.i18n.english import ENGLISH, Texts

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

TRANSLATIONS: Final = Path(__file__).with_name("translations")
LANGUAGES: Final = ("en", "es")
DEFAULT_LANGUAGE: Final = "en"
# International English for dates and numbers, not that of one country.
_LOCALES: Final = {"en": "en_001", "es": "es_ES"}


def language_of(code: str | None) -> str:
    """Return the supported language for a code like "es-PE", English if there is none."""
    primary = (code or "").lower().replace("_", "-").partition("-")[0]
    return primary if primary in LANGUAGES else DEFAULT_LANGUAGE


def preferred_language(codes: Iterable[str]) -> str:
    """Return the first supported language among these codes (preferred first), English if there is none.

    >>> preferred_language(["eu", "es-PE", "en"])
    'es'
    """
    spoken = (code for code in codes if code.lower().replace("_", "-").partition("-")[0] in LANGUAGES)
    return language_of(next(spoken, None))


def locale_of(language: str) -> str:
    """Return the locale for the dates and numbers of a language."""
    return _LOCALES[language_of(language)]


@cache
def texts_of(language: str) -> Texts:
    """Return all texts of a language by key."""
    language = language_of(language)
    return ENGLISH if language == DEFAULT_LANGUAGE else dict(_translated(language))


@cache
def library_translations(language: str) -> Mapping[str, str]:
    """Return the translations of the library's sentences by English template; empty for English."""
    if language_of(language) == DEFAULT_LANGUAGE:
        return {}
    found = {}
    for message in _catalogue(language_of(language)):
        if message.id and not message.context and not message.fuzzy and isinstance(message.id, str):
            found[message.id] = str(message.string)
    return {template: text for template, text in found.items() if text}


def page_texts(language: str) -> dict[str, str]:
    """Return the texts of the page, by key without "page."."""
    return {key.removeprefix("page."): text for key, text in texts_of(language).items() if key.startswith("page.")}


def text_of(words: Texts, key: str, n: int | None = None, **values: object) -> str:
    """Return the text of a key with its values filled in; n chooses the singular or plural form.

    >>> text_of(ENGLISH, "chat.nearby", n=1)
    '1 photo taken nearby.'
    """
    if n is None:
        return words[key].format(**values)
    return words[f"{key}.{'one' if n == 1 else 'other'}"].format(n=n, **values)


def catalogue_file(language: str) -> Path:
    """Return the path of a language's catalogue."""
    return TRANSLATIONS / language / "LC_MESSAGES" / "cumbre.po"


def entries() -> Iterator[tuple[str, str | tuple[str, str]]]:
    """Yield each key with its English text; a pair has one key and two texts (singular, plural), as in gettext."""
    for key, text in ENGLISH.items():
        if key.endswith(".one"):
            base = key.removesuffix(".one")
            yield base, (text, ENGLISH[f"{base}.other"])
        elif not key.endswith(".other"):
            yield key, text


def _translated(language: str) -> Iterator[tuple[str, str]]:
    """Yield key and translation; English if untranslated, which a test rules out."""
    catalogue = _catalogue(language)
    for key, english in entries():
        found = catalogue.get(english, context=key)
        usable = found is not None and not found.fuzzy
        if isinstance(english, tuple):
            forms = found.string if usable and found and isinstance(found.string, list | tuple) else english
            for form, text, original in zip(("one", "other"), forms, english, strict=True):
                yield f"{key}.{form}", text or original
        else:
            yield key, str(found.string or english) if usable and found else english


@cache
def _catalogue(language: str) -> "Catalog":
    from babel.messages.pofile import read_po

    with catalogue_file(language).open("rb") as file:
        return read_po(file, locale=language)

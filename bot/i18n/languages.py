"""The languages: every folder in translations/ with a compiled catalogue, and English, in which the texts are written.

Nothing else names a language. The folder's name is its code as Babel writes it ("es", "pl", "pt_BR"); names of
languages, dates and numbers come from the CLDR data in Babel.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

from babel import Locale

TRANSLATIONS: Final = Path(__file__).with_name("translations")
_DOMAIN: Final = "cumbre"
DEFAULT_LANGUAGE: Final = "en"
# International English for dates and numbers, not that of one country.
_ENGLISH_LOCALE: Final = "en_001"
# CLDR 48, numbers with minimumGroupingDigits 2: "6812", but "12 345". Babel lacks this part of the data.
_GROUP_FROM_FIVE_DIGITS: Final = frozenset("be bg es et hu hy ia ie it ka lv pl pt_PT sl sq".split())


def catalogue_file(language: str, ending: str) -> Path:
    """Return the path of a language's catalogue: ending is "po" (to translate) or "mo" (compiled, read at run time)."""
    return TRANSLATIONS / language / "LC_MESSAGES" / f"{_DOMAIN}.{ending}"


def translated_languages(ending: str) -> list[str]:
    """Return the codes of the languages that have a catalogue with this ending, "po" or "mo"."""
    return sorted(file.parents[1].name for file in TRANSLATIONS.glob(f"*/LC_MESSAGES/{_DOMAIN}.{ending}"))


@cache
def languages() -> tuple[str, ...]:
    """Return the codes of all languages, English first."""
    return DEFAULT_LANGUAGE, *translated_languages("mo")


def language_of(code: str | None) -> str:
    """Return the language for a code like "es-PE", English if there is none.

    >>> language_of("es-PE"), language_of("tlh")
    ('es', 'en')
    """
    return _supported(code or "") or DEFAULT_LANGUAGE


def preferred_language(codes: Iterable[str]) -> str:
    """Return the first supported language among these codes (preferred first), English if there is none.

    >>> preferred_language(["eu", "es-PE", "en"])
    'es'
    """
    return next(filter(None, map(_supported, codes)), DEFAULT_LANGUAGE)


def tag_of(language: str) -> str:
    """Return the code of a language as browsers write it (BCP 47).

    >>> tag_of("pt_BR")
    'pt-BR'
    """
    return language.replace("_", "-")


def locale_of(language: str) -> Locale:
    """Return the locale for the dates, numbers and lists of a language."""
    return Locale.parse(_ENGLISH_LOCALE if language == DEFAULT_LANGUAGE else language)


def own_name(language: str) -> str:
    """Return a language's name in itself, as it is written on its own: on a button, in a list.

    >>> own_name("en"), own_name("es"), own_name("pt_BR")
    ('English', 'Español', 'Português (Brasil)')
    """
    # title(), because upper() has another meaning in Georgian.
    name = name_in(language, language)
    return name[:1].title() + name[1:]


def name_in(language: str, other: str) -> str:
    """Return a language's name in another language.

    >>> name_in("es", "en")
    'Spanish'
    """
    return Locale.parse(language).get_display_name(other) or language


def groups_from_five_digits(language: str) -> bool:
    """Return whether a language leaves four digits together: "6812", but "12.345"."""
    return language in _GROUP_FROM_FIVE_DIGITS


def _supported(code: str) -> str | None:
    """Return the language of exactly this code, else one with the same primary subtag, else None."""
    wanted = code.lower().replace("-", "_")
    exact = (language for language in languages() if language.lower() == wanted)
    related = (language for language in languages() if _primary(language) == _primary(wanted))
    return next(exact, None) or next(related, None)


def _primary(code: str) -> str:
    return code.lower().partition("_")[0]

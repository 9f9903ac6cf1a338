"""Look up texts in the compiled gettext catalogues; English is bot/i18n/english.py itself.

An entry has the key as its context and the English text as its id, so a text that changes in English counts as
untranslated instead of keeping a wrong translation; untranslated texts are shown in English. The library's sentences
(cumbre/text/sentence.py) have no context. `python -m bot.i18n.update_catalogues` updates and compiles the catalogues.
"""

from collections.abc import Mapping
from functools import cache
from gettext import GNUTranslations, NullTranslations

from bot.i18n.english import ENGLISH, Plural
from bot.i18n.languages import DEFAULT_LANGUAGE, catalogue_file, locale_of

# The form of a number is that of one of these: CLDR's rules look at the last two digits, at zero, and at millions.
_NUMBERS = (*range(201), 1_000_000)

PageText = str | Mapping[str, str]


@cache
def translations_of(language: str) -> NullTranslations:
    """Return the translations of one of languages(); those of English return what they are given."""
    if language == DEFAULT_LANGUAGE:
        return NullTranslations()
    with catalogue_file(language, "mo").open("rb") as file:
        return GNUTranslations(file)


def text_of(language: str, key: str, n: int | None = None) -> str:
    """Return the text of a key with its fields unfilled; the number n chooses the form of a Plural.

    >>> text_of("es", "page.photos", 1), text_of("es", "page.photos", 2)
    ('{n} foto', '{n} fotos')
    """
    english = ENGLISH[key]
    if isinstance(english, Plural):
        if n is None:
            raise TypeError(f"the text {key} needs a number")
        return translations_of(language).npgettext(key, *english, n)
    return translations_of(language).pgettext(key, english)


@cache
def page_texts(language: str) -> Mapping[str, PageText]:
    """Return the texts of the page, by key without "page.".

    A Plural is a text for each of CLDR's plural categories, as Intl.PluralRules names them in the browser. Categories
    with the same text as "other" are left out.

    >>> page_texts("en")["photos"]
    {'other': '{n} photos', 'one': '{n} photo'}
    """
    texts: dict[str, PageText] = {}
    for key, english in ENGLISH.items():
        if key.startswith("page."):
            name = key.removeprefix("page.")
            texts[name] = _forms(language, key) if isinstance(english, Plural) else text_of(language, key)
    return texts


def _forms(language: str, key: str) -> dict[str, str]:
    forms = {category: text_of(language, key, n) for category, n in _numbers(language).items()}
    other = forms.get("other")
    return {category: text for category, text in forms.items() if category == "other" or text != other}


@cache
def _numbers(language: str) -> Mapping[str, int]:
    """Return the smallest number in each of a language's plural categories."""
    category_of = locale_of(language).plural_form
    smallest: dict[str, int] = {}
    for n in _NUMBERS:
        smallest.setdefault(category_of(n), n)
    return smallest

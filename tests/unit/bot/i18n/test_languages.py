"""Which language a code means, and how a language writes its name."""

import pytest

from bot.i18n.languages import language_of, languages, locale_of, own_name, preferred_language


@pytest.mark.parametrize(
    ("code", "language"), [("es", "es"), ("es-PE", "es"), ("ES_mx", "es"), ("en-NP", "en"), ("eu", "en"), (None, "en")]
)
def test_a_language_code_chooses_a_supported_language(code: str | None, language: str) -> None:
    assert language_of(code) == language


def test_the_first_supported_language_is_preferred() -> None:
    assert preferred_language(["eu", "*", "es-PE", "en"]) == "es"
    assert preferred_language(["eu", ""]) == "en"
    assert preferred_language([]) == "en"


def test_every_language_has_a_locale_and_a_name() -> None:
    assert [locale_of(language).language for language in languages()] == [one.partition("_")[0] for one in languages()]
    assert [own_name(language) for language in languages()] == ["English", "Español"]

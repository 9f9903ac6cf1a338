"""JSON provider that translates the library's sentences into the language of the request."""

from collections.abc import Mapping
from typing import Any

from flask import has_request_context, request
from flask.json.provider import DefaultJSONProvider

from bot.i18n.languages import DEFAULT_LANGUAGE, preferred_language
from bot.i18n.translator import Translator
from cumbre.text.sentence import Sentence


class TranslatedJson(DefaultJSONProvider):
    """Serializes with readable non-ASCII names, fields in the order of json_form, and translated sentences."""

    ensure_ascii = False
    sort_keys = False

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """Serialize obj; see DefaultJSONProvider."""
        language = asked_language()
        translated = obj if language == DEFAULT_LANGUAGE else _translated(obj, Translator(language))
        return super().dumps(translated, **kwargs)


def asked_language() -> str:
    """Return the supported language that the request's Accept-Language header prefers."""
    if not has_request_context():
        return DEFAULT_LANGUAGE
    return preferred_language(request.accept_languages.values())


def _translated(value: Any, translator: Translator) -> Any:
    match value:
        case Sentence():
            return translator.translate(value)
        case Mapping():
            return {key: _translated(one, translator) for key, one in value.items()}
        case list() | tuple():
            return [_translated(one, translator) for one in value]
    return value

"""JSON in the reader's language: the library's sentences are translated when they leave."""

from collections.abc import Mapping
from typing import Any

from flask import has_request_context, request
from flask.json.provider import DefaultJSONProvider

from bot.i18n.catalogues import DEFAULT_LANGUAGE, preferred_language
from bot.i18n.translator import Translator
from cumbre.text.sentence import Sentence


class TranslatedJson(DefaultJSONProvider):
    """Names stay readable (no escapes for other scripts), fields keep the order of jsonform, sentences are told."""

    ensure_ascii = False
    sort_keys = False

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        language = asked_language()
        told = obj if language == DEFAULT_LANGUAGE else _told(obj, Translator(language))
        return super().dumps(told, **kwargs)


def asked_language() -> str:
    """The language that the request's Accept-Language prefers among ours."""
    if not has_request_context():
        return DEFAULT_LANGUAGE
    return preferred_language(request.accept_languages.values())


def _told(value: Any, translator: Translator) -> Any:
    match value:
        case Sentence():
            return translator.translate(value)
        case Mapping():
            return {key: _told(one, translator) for key, one in value.items()}
        case list() | tuple():
            return [_told(one, translator) for one in value]
    return value

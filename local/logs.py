"""The log of `serve`: what it says, and what it must never say."""

import logging
from collections.abc import Iterable


def redact(text: str, secrets: Iterable[str]) -> str:
    """
    >>> redact("no answer from https://api.example.org/bot123:abc/getMe", ["123:abc", ""])
    'no answer from https://api.example.org/bot(secret)/getMe'
    """
    for secret in filter(None, secrets):
        text = text.replace(secret, "(secret)")
    return text


class SecretRedactor(logging.Formatter):
    """Secrets become "(secret)", also in tracebacks and in what libraries log."""

    def __init__(self, pattern: str, secrets: Iterable[str]) -> None:
        super().__init__(pattern)
        self._secrets = list(secrets)

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record), self._secrets)


def start_log(verbose: bool, secrets: Iterable[str]) -> None:
    """Log to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(SecretRedactor("%(levelname)s %(message)s", secrets))
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, handlers=[handler])
    # It tells of each request that it tries again; what can't be mended by that comes as an error of ours.
    logging.getLogger("elastic_transport").setLevel(logging.ERROR)
    # It tells of every request, with its address, which for Telegram holds the token.
    logging.getLogger("httpx").setLevel(logging.WARNING)

"""Set up the log of `serve`, and keep secrets out of it."""

import logging
from collections.abc import Iterable


def redact(text: str, secrets: Iterable[str]) -> str:
    """Replace every secret in a text by "(secret)".

    >>> redact("no answer from https://api.example.org/bot123:abc/getMe", ["123:abc", ""])
    'no answer from https://api.example.org/bot(secret)/getMe'
    """
    for secret in filter(None, secrets):
        text = text.replace(secret, "(secret)")
    return text


class SecretRedactor(logging.Formatter):
    """Formats log records with secrets redacted, also in tracebacks and in messages of libraries."""

    def __init__(self, pattern: str, secrets: Iterable[str]) -> None:
        super().__init__(pattern)
        self._secrets = list(secrets)

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record), self._secrets)


def start_log(verbose: bool, secrets: Iterable[str]) -> None:
    """Log to standard error: warnings only, or with `verbose` everything from INFO on."""
    handler = logging.StreamHandler()
    handler.setFormatter(SecretRedactor("%(levelname)s %(message)s", secrets))
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, handlers=[handler])
    # It logs each request that it retries; if retries don't help, Cumbre reports an error itself.
    logging.getLogger("elastic_transport").setLevel(logging.ERROR)
    # It logs every request with its URL, which for Telegram contains the token.
    logging.getLogger("httpx").setLevel(logging.WARNING)

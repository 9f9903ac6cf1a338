"""Comparing a password."""

import hmac
from hashlib import sha256


def is_password(given: str | None, password: str) -> bool:
    """Compare in a time that depends neither on the content nor on the length."""
    return given is not None and hmac.compare_digest(_digest(given), _digest(password))


def _digest(text: str) -> bytes:
    # Lone surrogates, which a form may carry, are no UTF-8.
    return sha256(text.encode("utf-8", "surrogatepass")).digest()

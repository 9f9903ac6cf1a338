"""Comparison of passwords in constant time."""

import hmac
from hashlib import sha256


def password_matches(given: str | None, password: str) -> bool:
    """Return whether a given password is right, in a time that reveals neither its content nor its length."""
    return given is not None and hmac.compare_digest(_digest(given), _digest(password))


def _digest(text: str) -> bytes:
    # A form may contain lone surrogates, which plain UTF-8 can't encode.
    return sha256(text.encode("utf-8", "surrogatepass")).digest()

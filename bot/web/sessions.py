"""Login sessions as signed tokens in a cookie: the server stores no session."""

import hmac
import secrets
from hashlib import sha256
from typing import Final

from itsdangerous import BadSignature, TimestampSigner

from cumbre.state.port import StateStore

SESSION_MAX_AGE_S: Final = 30 * 86_400
KEY_BYTES: Final = 32


def session_key(state: StateStore) -> bytes:
    """Return the key that signs sessions. It is created once and stored, so that sessions survive a restart."""
    state.put_if_absent("page", "session key", secrets.token_bytes(KEY_BYTES))
    key = state.get("page", "session key")
    assert key is not None
    return key


class Sessions:
    """Issues and checks session tokens. A new key or password invalidates all earlier tokens."""

    def __init__(self, key: bytes, password: str) -> None:
        derived = hmac.new(key, password.encode(), sha256).digest()
        self._signer = TimestampSigner(derived, salt="cumbre session", digest_method=sha256)

    def issue(self) -> str:
        """Return a new token."""
        return self._signer.sign(secrets.token_urlsafe(16)).decode()

    def is_valid(self, token: str) -> bool:
        """Return whether the token was issued here and has not expired."""
        try:
            self._signer.unsign(token, max_age=SESSION_MAX_AGE_S)
        except BadSignature:
            return False
        return True

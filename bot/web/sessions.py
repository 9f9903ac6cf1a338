"""Who has given the password: a signed token in a cookie, so that nothing is kept of it here."""

import hmac
import secrets
from hashlib import sha256
from typing import Final

from itsdangerous import BadSignature, TimestampSigner

from cumbre.state.port import StateStore

SESSION_MAX_AGE_S: Final = 30 * 86_400
KEY_BYTES: Final = 32


def session_key(state: StateStore) -> bytes:
    """The key that signs sessions: made once, so that a restart leaves everybody logged in."""
    state.put_if_absent("page", "session key", secrets.token_bytes(KEY_BYTES))
    key = state.get("page", "session key")
    assert key is not None
    return key


class Sessions:
    """Makes and checks tokens. With another key or password every token of before is worth nothing."""

    def __init__(self, key: bytes, password: str) -> None:
        derived = hmac.new(key, password.encode(), sha256).digest()
        self._signer = TimestampSigner(derived, salt="cumbre session", digest_method=sha256)

    def issue(self) -> str:
        return self._signer.sign(secrets.token_urlsafe(16)).decode()

    def is_valid(self, token: str) -> bool:
        try:
            self._signer.unsign(token, max_age=SESSION_MAX_AGE_S)
        except BadSignature:
            return False
        return True

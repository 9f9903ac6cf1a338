"""Who has given the password: a signed token in a cookie, so that nothing is kept of it here."""

import hmac
import secrets
from hashlib import sha256
from typing import Final

from itsdangerous import BadSignature, TimestampSigner

SESSION_MAX_AGE_S: Final = 30 * 86_400
KEY_BYTES: Final = 32


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

"""Carry bytes in direct calls: inline if they are small, otherwise through the staging area."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from cumbre.errors import SettingsError
from cumbre.json_codec import CodecError, Json, JsonCodec
from functions.query.rpc.staging import StagingArea

# Lambda allows 6 MB each way, and base64 turns three bytes into four.
INLINE_BYTES_MAX: Final = 1_000_000


class Payloads:
    """Packs bytes as base64 text, or as {"staged": KEY} if there are more than inline_max.

    max_bytes limits what is read from the staging area at once. staging may be None if all payloads are small. codec
    encodes values whose bytes travel so.
    """

    def __init__(self, staging: StagingArea | None, max_bytes: int, inline_max: int = INLINE_BYTES_MAX) -> None:
        self._staging = staging
        self._max_bytes = max_bytes
        self._inline_max = inline_max
        self.codec = JsonCodec(self)

    def pack(self, data: bytes) -> Json:
        return self.stage(data) if len(data) > self._inline_max else base64.b64encode(data).decode("ascii")

    def unpack(self, data: Json) -> bytes:
        match data:
            case str():
                try:
                    return base64.b64decode(data, validate=True)
                except (binascii.Error, ValueError):
                    raise CodecError("this must be base64") from None
            case {"staged": str(key)} if len(data) == 1:
                return self._area().get(key, self._max_bytes)
        raise CodecError("this must be bytes")

    def stage(self, data: bytes) -> Mapping[str, Any]:
        """Put bytes of any size into the staging area and return {"staged": KEY}."""
        return {"staged": self._area().put(data)}

    def _area(self) -> StagingArea:
        if self._staging is None:
            raise SettingsError(
                "this call of the query function is too large to send without a staging area: "
                "set CUMBRE_STAGING to s3://BUCKET/PREFIX for both functions"
            )
        return self._staging

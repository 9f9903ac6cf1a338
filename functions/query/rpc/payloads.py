"""Bytes on their way in a direct call: within the call where they are few, else by the staging area."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from cumbre.errors import SettingsError
from functions.query.rpc.json_codec import Json, WireError
from functions.query.rpc.staging import StagingArea

# Lambda carries 6 MB each way, and base64 makes four bytes of three.
INLINE_BYTES_MAX: Final = 1_000_000


class Payloads:
    """Packs bytes as base64 text, or as {"staged": KEY} where they are more than inline_max."""

    def __init__(self, staging: StagingArea | None, max_bytes: int, inline_max: int = INLINE_BYTES_MAX) -> None:
        """max_bytes is the most that is taken from the staging area at once."""
        self._staging = staging
        self._max_bytes = max_bytes
        self._inline_max = inline_max

    def pack(self, data: bytes) -> Json:
        return self.stage(data) if len(data) > self._inline_max else base64.b64encode(data).decode("ascii")

    def unpack(self, data: Json) -> bytes:
        match data:
            case str():
                try:
                    return base64.b64decode(data, validate=True)
                except (binascii.Error, ValueError):
                    raise WireError("this must be base64") from None
            case {"staged": str(key)} if len(data) == 1:
                return self._area().get(key, self._max_bytes)
        raise WireError("this must be bytes")

    def stage(self, data: bytes) -> Mapping[str, Any]:
        """{"staged": KEY} of these bytes, however few."""
        return {"staged": self._area().put(data)}

    def _area(self) -> StagingArea:
        if self._staging is None:
            raise SettingsError(
                "CUMBRE_STAGING is not set, and what a call of the query function carries is too large without it: "
                "name s3://BUCKET/PREFIX for both functions"
            )
        return self._staging

"""Messages between Cumbre and a picture process: a JSON header and bytes, each with its length before it.

No pickle: what comes back was made by a process that has read untrusted bytes.
"""

import json
import struct
from typing import IO, Any

from cumbre.errors import CumbreError

_LENGTHS = struct.Struct(">II")
MAX_HEADER_BYTES = 1 << 20
# A pipe takes 64 KiB at a time; larger pieces only cost copies.
_MAX_DATA_BYTES = 2_100_000_000

Header = dict[str, Any]


class ProtocolError(CumbreError):
    """The other side has ended, or says what makes no sense."""


def send(stream: IO[bytes], header: Header, data: bytes = b"") -> None:
    """Raises Broken if nobody reads."""
    text = json.dumps(header, allow_nan=False).encode()
    try:
        stream.write(_LENGTHS.pack(len(text), len(data)) + text)
        stream.write(data)
        stream.flush()
    except (OSError, ValueError) as error:
        raise ProtocolError("nobody reads") from error


def receive(stream: IO[bytes], max_data_bytes: int = _MAX_DATA_BYTES) -> tuple[Header, bytes]:
    """The next message. Raises Broken where there is none, or one beyond the limits."""
    header_bytes, data_bytes = _LENGTHS.unpack(_exactly(stream, _LENGTHS.size))
    if header_bytes > MAX_HEADER_BYTES or data_bytes > max_data_bytes:
        raise ProtocolError("a message beyond its limits")
    try:
        header = json.loads(_exactly(stream, header_bytes))
    except (ValueError, RecursionError) as error:
        raise ProtocolError("a message without a header") from error
    if not isinstance(header, dict):
        raise ProtocolError("a message without a header")
    return header, _exactly(stream, data_bytes)


def _exactly(stream: IO[bytes], count: int) -> bytes:
    try:
        data = stream.read(count)
    except (OSError, ValueError) as error:
        raise ProtocolError("the other side has ended") from error
    if data is None or len(data) != count:
        raise ProtocolError("the other side has ended")
    return data

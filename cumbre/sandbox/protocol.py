"""Messages between Cumbre and a picture process: the lengths of both parts, a JSON header and binary data.

The format is not pickle, because answers come from a process that has read untrusted bytes.
"""

import json
import struct
from typing import IO, Any

from cumbre.errors import CumbreError

_LENGTHS = struct.Struct(">II")
MAX_HEADER_BYTES = 1 << 20
_MAX_DATA_BYTES = 2_100_000_000

Header = dict[str, Any]


class ProtocolError(CumbreError):
    """The other process has ended or sent an invalid message."""


def send(stream: IO[bytes], header: Header, data: bytes = b"") -> None:
    """Write a message. Raises ProtocolError if the other process has ended."""
    text = json.dumps(header, allow_nan=False).encode()
    try:
        stream.write(_LENGTHS.pack(len(text), len(data)) + text)
        stream.write(data)
        stream.flush()
    except (OSError, ValueError) as error:
        raise ProtocolError("the other process has ended") from error


def receive(stream: IO[bytes], max_data_bytes: int = _MAX_DATA_BYTES) -> tuple[Header, bytes]:
    """Return the next message. Raises ProtocolError if there is none, or if it is invalid or exceeds the limits."""
    header_bytes, data_bytes = _LENGTHS.unpack(_read_exactly(stream, _LENGTHS.size))
    if header_bytes > MAX_HEADER_BYTES or data_bytes > max_data_bytes:
        raise ProtocolError("the message exceeds its limits")
    try:
        header = json.loads(_read_exactly(stream, header_bytes))
    except (ValueError, RecursionError) as error:
        raise ProtocolError("the message has no valid header") from error
    if not isinstance(header, dict):
        raise ProtocolError("the message has no valid header")
    return header, _read_exactly(stream, data_bytes)


def _read_exactly(stream: IO[bytes], count: int) -> bytes:
    try:
        data = stream.read(count)
    except (OSError, ValueError) as error:
        raise ProtocolError("the other process has ended") from error
    if data is None or len(data) != count:
        raise ProtocolError("the other process has ended")
    return data

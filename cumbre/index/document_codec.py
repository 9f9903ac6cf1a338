"""Converts a PhotoDocument to and from the JSON text that the adapters store; computes row checksums."""

import json
import zlib

from cumbre.errors import IndexFault
from cumbre.json_codec import CodecError, loads, plain_codec
from cumbre.photos.document import PhotoDocument


def to_text(document: PhotoDocument) -> str:
    """Return the record of a document as JSON."""
    return json.dumps(plain_codec().encode(document, PhotoDocument), ensure_ascii=False)


def from_text(text: str) -> PhotoDocument:
    """Return the document of a JSON record. Raises IndexFault if it can't be read."""
    try:
        return loads(text, PhotoDocument)
    except CodecError as error:
        raise IndexFault(
            f"a record of the index can't be read ({error}): update Cumbre, or run `cumbre reindex` to index the album "
            "again"
        ) from error


def checksum(large: object, *columns: object) -> int:
    """Return the CRC-32 of a stored row: of its large value (text or bytes) and its other columns, in [0, 2**32).

    Returns -1, which matches no checksum, if the large value has another type because of damage.
    """
    if isinstance(large, str):
        large = large.encode("utf-8", "surrogateescape")
    if not isinstance(large, bytes):
        return -1
    return zlib.crc32(large, zlib.crc32(repr(columns).encode()))

"""Converts file paths to keys and back. Keys are valid Unicode, which JSON and databases require.

A Unix file name is bytes. Python represents bytes that are not UTF-8 as lone surrogates U+DC80..U+DCFF (PEP 383), which
can't be encoded as UTF-8. A key has the private-use characters U+EF80..U+EFFF in their place.
"""

import os
from pathlib import Path

from cumbre.errors import StorageError

_TO_KEY = {0xDC00 + byte: 0xEF00 + byte for byte in range(0x80, 0x100)}
_TO_NAME = {private: surrogate for surrogate, private in _TO_KEY.items()}


def encode_name(name: str) -> str | None:
    """Return a file name or path as part of a key; None if impossible (it has another kind of lone surrogate)."""
    part = name.translate(_TO_KEY)
    try:
        part.encode()
    except UnicodeEncodeError:
        return None
    return part


def bucket_of(folder: Path) -> str:
    """Return the bucket name of an album folder: its absolute path with links resolved.

    Raises StorageError if the path can't be encoded.
    """
    bucket = encode_name(str(folder.resolve()))
    if bucket is None:
        raise StorageError(f"the name of {str(folder)!r} is not valid text: rename the folder")
    return bucket


def decode_path(path: Path) -> Path:
    """Return the file path for an encoded path.

    If a file exists whose real name has the private-use characters, that name is kept.
    """
    if str(path).translate(_TO_NAME) == str(path):
        return path
    found = Path(path.anchor)
    for part in path.relative_to(path.anchor).parts:
        broken = part.translate(_TO_NAME)
        found /= part if broken == part or os.path.lexists(found / part) else broken
    return found


def path_of(root: Path, key: str) -> Path:
    """Return the file of a key. Raises StorageError if the key is invalid or could lead out of the root."""
    parts = key.split("/")
    if any(part in ("", ".", "..") or "\0" in part or encode_name(part) != part for part in parts):
        raise StorageError(f"{key!r} is not a valid key: keys are relative paths without '.' and '..'")
    if os.sep != "/" and any(os.sep in part or ":" in part for part in parts):
        raise StorageError(f"{key!r} is not a valid key: keys have '/' between their parts")
    return decode_path(root.joinpath(*parts))

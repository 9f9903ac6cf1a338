"""The keys of files: paths below a root, in Unicode that JSON and databases can hold.

A file name on Unix is bytes. Python shows those that are no UTF-8 as lone surrogates U+DC80..U+DCFF (PEP 383), which
can't be encoded again. In a key they become the private-use characters U+EF80..U+EFFF, and back on the way to the file.
"""

import os
from pathlib import Path

from cumbre.errors import StorageError

_TO_KEY = {0xDC00 + byte: 0xEF00 + byte for byte in range(0x80, 0x100)}
_TO_NAME = {private: surrogate for surrogate, private in _TO_KEY.items()}


def encode_name(name: str) -> str | None:
    """A file name, or a path, as part of a key; None if it can't be one (a lone surrogate of another kind)."""
    part = name.translate(_TO_KEY)
    try:
        part.encode()
    except UnicodeEncodeError:
        return None
    return part


def bucket_of(folder: Path) -> str:
    """The bucket name of an album folder: its path with links resolved. Raises StorageError if it can't be text."""
    bucket = encode_name(str(folder.resolve()))
    if bucket is None:
        raise StorageError(f"{str(folder)!r} has a name that is no text: rename the folder")
    return bucket


def decode_path(path: Path) -> Path:
    """The path that an encoded one stands for; a file that really has private-use characters in its name wins."""
    if str(path).translate(_TO_NAME) == str(path):
        return path
    found = Path(path.anchor)
    for part in path.relative_to(path.anchor).parts:
        broken = part.translate(_TO_NAME)
        found /= part if broken == part or os.path.lexists(found / part) else broken
    return found


def path_of(root: Path, key: str) -> Path:
    """The file of a key. Raises StorageError if the key could lead out of the root or is no path at all."""
    parts = key.split("/")
    if any(part in ("", ".", "..") or "\0" in part or encode_name(part) != part for part in parts):
        raise StorageError(f"{key!r} is no key of a photo: keys are relative paths without '.' and '..'")
    if os.sep != "/" and any(os.sep in part or ":" in part for part in parts):
        raise StorageError(f"{key!r} is no key of a photo: keys have '/' between their parts")
    return decode_path(root.joinpath(*parts))

"""Read photo files named on the command line."""

import sys
from pathlib import Path


def read_named_photo(file: Path) -> bytes:
    """Read a photo as read_photo_file() does; the message of a PhotoError also names the file."""
    from cumbre.errors import PhotoError

    try:
        return read_photo_file(file)
    except PhotoError as error:
        raise PhotoError(f"{file}: {error}") from error


def read_photo_file(file: Path) -> bytes:
    """Read a photo; "-" means standard input. Raises PhotoError if the file can't be read.

    A file that exceeds CUMBRE_MAX_PHOTO_MB is cut one byte after the limit, so that the decoder refuses it.
    """
    from cumbre.errors import PhotoError
    from cumbre.settings import read_settings

    limit = read_settings().max_photo_mb * 1_000_000
    try:
        if str(file) == "-":
            return sys.stdin.buffer.read(limit + 1)
        with file.open("rb") as opened:
            return opened.read(limit + 1)
    except OSError as error:
        raise PhotoError(f"can't be read: {error.strerror}") from error

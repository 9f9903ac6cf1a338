"""Store pictures that were sent in the page's chat for a while: later corrections and places refer to them.

Files are named by content hash. Clients can't request a picture by hash: the hash is computed from bytes that were just
sent, or comes from the memory of the same chat, where buttons and places find it. So it is safe that chats share files.
"""

import hashlib
import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from bot.chat.messages import SentPicture
from cumbre.errors import PhotoError, StorageError
from cumbre.system.atomic_file import write_new_file
from cumbre.text.sentence import sentence

_log = logging.getLogger(__name__)

MOST_BYTES: Final = 1_000_000_000
MOST_AGE_S: Final = 7 * 86_400.0
SHA256: Final = re.compile(r"[0-9a-f]{64}")


class PictureKeeper(Protocol):
    """Storage for pictures of the chat."""

    def save(self, name: str, data: bytes) -> SentPicture:
        """Store a picture and return its reference for a message. Raises StorageError if it can't be stored."""
        ...

    def fetch(self, picture: SentPicture) -> bytes:
        """Return the bytes of a picture.

        Raises PhotoError if it is no longer stored, or can't be read now.
        """
        ...


class SentPictures:
    """PictureKeeper with a folder that is limited in size and age; the oldest pictures go first. Thread-safe."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES, most_age_s: float = MOST_AGE_S) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._most_age_s = most_age_s

    def save(self, name: str, data: bytes) -> SentPicture:
        sha256 = hashlib.sha256(data).hexdigest()
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(self._folder / sha256, data)
        except OSError as error:
            raise StorageError(f"can't store a chat picture in {self._folder}: {error.strerror}") from error
        self.trim(spare=sha256)
        return SentPicture(sha256, name, is_original=True)

    def fetch(self, picture: SentPicture) -> bytes:
        try:
            if SHA256.fullmatch(picture.source):
                return (self._folder / picture.source).read_bytes()
        except FileNotFoundError as error:
            raise picture_gone() from error
        except OSError as error:
            raise picture_unreadable(error) from error
        raise picture_gone()

    def trim(self, spare: str = "") -> None:
        """Delete pictures that are too old, then the oldest ones above the size limit; never the file named spare."""
        total_bytes = 0
        now = time.time()
        for sent_at, size, file in sorted(self._files(), reverse=True):
            total_bytes += size
            if file.name != spare and (now - sent_at > self._most_age_s or total_bytes > self._most_bytes):
                with suppress(OSError):
                    file.unlink(missing_ok=True)

    def _write(self, file: Path, data: bytes) -> None:
        try:
            write_new_file(file, data)
        except FileExistsError:
            try:
                # Sent again: restart its age.
                os.utime(file)
            except FileNotFoundError:
                # Another thread trimmed it in between.
                write_new_file(file, data)

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        with suppress(OSError):
            for file in self._folder.iterdir():
                with suppress(OSError):
                    stat = file.stat()
                    yield stat.st_mtime, stat.st_size, file


def picture_gone() -> PhotoError:
    """Return the error for a picture that is no longer stored."""
    return PhotoError(sentence("this picture is no longer stored: send it again"))


def picture_unreadable(error: Exception) -> PhotoError:
    """Log why a picture can't be read now, and return the error for it."""
    _log.warning("a chat picture can't be read: %s", error)
    return PhotoError(sentence("this picture can't be read now: try again in a minute"))

"""Pictures that were sent in the page, kept for a while: corrections and later places are about them.

They are named by their content. Nobody can ask for a picture by that name: it is made of bytes that were sent just now,
or comes out of the memory of the same chat, where buttons and places find it. So chats may share a file unawares.
"""

import hashlib
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

MOST_BYTES: Final = 1_000_000_000
MOST_AGE_S: Final = 7 * 86_400.0
SHA256: Final = re.compile(r"[0-9a-f]{64}")


class PictureKeeper(Protocol):
    """Where pictures of the chat are kept."""

    def save(self, name: str, data: bytes) -> SentPicture:
        """The picture, an original, as a message has it. Raises StorageError where it can't be kept."""
        ...

    def fetch(self, picture: SentPicture) -> bytes:
        """The bytes of a picture that was kept; PhotoError when it is not there any more."""
        ...


class SentPictures:
    """A folder within bounds of size and age: the oldest go first. Any thread may call it."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES, most_age_s: float = MOST_AGE_S) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._most_age_s = most_age_s

    def save(self, name: str, data: bytes) -> SentPicture:
        """The picture, an original, as a message has it. Raises StorageError where it can't be written."""
        sha256 = hashlib.sha256(data).hexdigest()
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(self._folder / sha256, data)
        except OSError as error:
            raise StorageError(f"a picture of the chat can't be kept in {self._folder}: {error.strerror}") from error
        self.trim(spare=sha256)
        return SentPicture(sha256, name, is_original=True)

    def fetch(self, picture: SentPicture) -> bytes:
        """The bytes of a picture that was kept; PhotoError when it is not there any more."""
        try:
            if SHA256.fullmatch(picture.source):
                return (self._folder / picture.source).read_bytes()
        except OSError as error:
            raise picture_gone() from error
        raise picture_gone()

    def trim(self, spare: str = "") -> None:
        """Delete what is too old, then the oldest beyond the bound; not the one that has just come."""
        left = 0
        now = time.time()
        for sent_at, size, file in sorted(self._files(), reverse=True):
            left += size
            if file.name != spare and (now - sent_at > self._most_age_s or left > self._most_bytes):
                with suppress(OSError):
                    file.unlink(missing_ok=True)

    def _write(self, file: Path, data: bytes) -> None:
        try:
            write_new_file(file, data)
        except FileExistsError:
            try:
                # It was sent again: from now on it is new.
                os.utime(file)
            except FileNotFoundError:
                # It was trimmed in between.
                write_new_file(file, data)

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        with suppress(OSError):
            for file in self._folder.iterdir():
                with suppress(OSError):
                    seen = file.stat()
                    yield seen.st_mtime, seen.st_size, file


def picture_gone() -> PhotoError:
    return PhotoError(sentence("this picture is not kept any more: send it again"))

"""What is shown of a photo: a JPEG, re-encoded, without any metadata, made when first asked for and kept in a cache."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from cumbre.cache_file import PARTIAL_SUFFIX, keep
from cumbre.documents import PhotoDocument
from cumbre.errors import InvalidRequest
from cumbre.pictures.port import PictureReader
from cumbre.query import RENDITION_SIZES_PX
from cumbre.storage.port import PhotoStorage

# How exactly "last used" is known; noting every use would write at every look.
_DAY_S = 86_400.0
_HOUR_S = 3_600.0


class Renditions:
    """A cache of renditions by content, so that a renamed photo keeps its own."""

    def __init__(self, cache: Path, pictures: PictureReader, max_photo_bytes: int) -> None:
        self._cache = cache
        self._pictures = pictures
        self._max_photo_bytes = max_photo_bytes

    def rendition(self, document: PhotoDocument, storage: PhotoStorage, size_px: int) -> bytes:
        """A JPEG of at most size_px on its long side; never larger than the photo. Raises what reading raises."""
        if size_px not in RENDITION_SIZES_PX:
            raise InvalidRequest(f"size must be one of {', '.join(map(str, RENDITION_SIZES_PX))}")
        sha256 = document.content_sha256
        file = self._cache / sha256[:2] / f"{sha256}-{size_px}.jpg"
        try:
            jpeg = file.read_bytes()
        except OSError:
            jpeg = b""
        # A power cut may leave a file without its content.
        if not jpeg:
            data = storage.read(document.key, document.etag, self._max_photo_bytes)
            jpeg = self._pictures.rendition(data, size_px)
            keep(file, jpeg)
        else:
            _note_use(file)
        return jpeg

    def trim(self, is_in_album: Callable[[str], bool], most_bytes: int) -> None:
        """Delete the renditions of content that left the album, then the least recently used beyond most_bytes."""
        kept: list[tuple[float, int, Path]] = []
        for files in self._by_content():
            sha256 = files[0].name.partition("-")[0]
            if is_in_album(sha256):
                kept += [(seen.st_mtime, seen.st_size, file) for file in files if (seen := _stat(file)) is not None]
            else:
                for file in files:
                    _delete(file)
        excess = sum(size for _, size, _ in kept) - most_bytes
        for _, size, file in sorted(kept):
            if excess <= 0:
                return
            _delete(file)
            excess -= size

    def _by_content(self) -> Iterator[list[Path]]:
        """The files of each content; what a killed process left half written is deleted on the way."""
        for folder in sorted(self._cache.glob("??")):
            contents: dict[str, list[Path]] = {}
            for file in folder.iterdir():
                if file.suffix == PARTIAL_SUFFIX:
                    seen = _stat(file)
                    if seen is not None and time.time() - seen.st_mtime > _HOUR_S:
                        _delete(file)
                else:
                    contents.setdefault(file.name.partition("-")[0], []).append(file)
            yield from contents.values()


def _note_use(file: Path) -> None:
    with suppress(OSError):
        if time.time() - file.stat().st_mtime > _DAY_S:
            os.utime(file)


def _stat(file: Path) -> os.stat_result | None:
    try:
        return file.stat()
    except OSError:
        return None


def _delete(file: Path) -> None:
    with suppress(OSError):
        file.unlink(missing_ok=True)

"""Store renditions in a folder of Cumbre's home: a cache that drops the least recently used when it grows too large."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from cumbre.renditions.port import RENDITION_SIZES_PX
from cumbre.system.cache_file import PARTIAL_SUFFIX, write_cache_file

# The precision of "last used". Recording every use would write to the disk on every view.
_DAY_S = 86_400.0
_HOUR_S = 3_600.0


class FolderRenditions:
    """Files named XX/SHA256-SIZE.jpg. Disk errors are ignored: the rendition then counts as missing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, sha256: str, size_px: int) -> bytes | None:
        file = self._file(sha256, size_px)
        try:
            jpeg = file.read_bytes()
        except OSError:
            return None
        if jpeg:
            _touch(file)
        # A power cut may leave an empty file.
        return jpeg or None

    def put(self, sha256: str, size_px: int, jpeg: bytes) -> None:
        write_cache_file(self._file(sha256, size_px), jpeg)

    def has_all(self, sha256: str) -> bool:
        return all(self._file(sha256, size_px).is_file() for size_px in RENDITION_SIZES_PX)

    def delete(self, sha256: str) -> None:
        for size_px in RENDITION_SIZES_PX:
            _delete(self._file(sha256, size_px))

    def trim(self, is_in_album: Callable[[str], bool], max_bytes: int) -> None:
        kept: list[tuple[float, int, Path]] = []
        for files in self._by_content():
            sha256 = files[0].name.partition("-")[0]
            if is_in_album(sha256):
                kept += [(seen.st_mtime, seen.st_size, file) for file in files if (seen := _stat(file)) is not None]
            else:
                for file in files:
                    _delete(file)
        excess = sum(size for _, size, _ in kept) - max_bytes
        for _, size, file in sorted(kept):
            if excess <= 0:
                return
            _delete(file)
            excess -= size

    def _file(self, sha256: str, size_px: int) -> Path:
        return self._folder / sha256[:2] / f"{sha256}-{size_px}.jpg"

    def _by_content(self) -> Iterator[list[Path]]:
        """Yield the files of each content. Deletes partial files that a killed process left more than an hour ago."""
        for folder in sorted(self._folder.glob("??")):
            contents: dict[str, list[Path]] = {}
            for file in folder.iterdir():
                if file.suffix == PARTIAL_SUFFIX:
                    seen = _stat(file)
                    if seen is not None and time.time() - seen.st_mtime > _HOUR_S:
                        _delete(file)
                else:
                    contents.setdefault(file.name.partition("-")[0], []).append(file)
            yield from contents.values()


def _touch(file: Path) -> None:
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

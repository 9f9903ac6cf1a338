"""PhotoStorage over a folder. An album folder is only ever read; the inbox alone is writable."""

import errno
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from cumbre.errors import ObjectChanged, ObjectGone, PhotoError, StorageError
from cumbre.storage.folder_walk import FolderWalk
from cumbre.storage.formats import PHOTO_EXTENSIONS, is_photo_key
from cumbre.storage.keys import bucket_of, decode_path, path_of
from cumbre.storage.port import ListingIncomplete, ObjectStat
from cumbre.system.atomic_file import write_new_file
from cumbre.text.sentence import Figure, Sentence, sentence

# Non-blocking, in case a FIFO took the file's place since it was looked at: opening one would wait for a writer.
_READ_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)

_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})
# What is wrong with one file, not with the whole drive.
_FORBIDDEN = sentence("the file may not be read (permission denied): change its permissions")
_FILE_FAULTS = {
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EIO: sentence(
        "the disk reports an error while reading the file: check the disk, restore the file from a copy"
    ),
}

# How finely file systems tell times apart: by the kernel's clock, or by two seconds (FAT).
_TICK_NS = 20_000_000
_COARSE_TICK_NS = 2_000_000_000

# The longest name of a file on the usual file systems.
_MAX_NAME_BYTES = 255


class FolderPhotoStorage:
    """A folder and everything under it; its bucket name is the absolute path with links resolved.

    The folder need not be there when this is built (a drive may come later); every method raises StorageError while it
    is not. Hidden files and folders hold no photos, nor does the folder `excluded`. extensions are lower case, with
    their dot.
    """

    def __init__(
        self,
        root: Path,
        writable: bool = False,
        extensions: frozenset[str] = PHOTO_EXTENSIONS,
        excluded: Path | None = None,
    ) -> None:
        self._root = decode_path(root.expanduser().absolute()).resolve()
        self._bucket = bucket_of(self._root)
        self._writable = writable
        self._extensions = extensions
        self._excluded = excluded.resolve() if excluded else None

    @property
    def bucket(self) -> str:
        return self._bucket

    @property
    def root(self) -> Path:
        return self._root

    def list(self, prefix: str = "") -> Iterator[ObjectStat]:
        """See PhotoStorage.list. Folder by folder, sorted by name; memory grows with one folder, not with the album."""
        self._check_root()
        folder = prefix.rpartition("/")[0]
        if folder:
            path_of(self._root, folder)
        walk = FolderWalk(self._root, self._extensions, self._excluded)
        for file in walk.files(folder):
            if file.key.startswith(prefix):
                yield self._object(file.key, file.stat)
        # Also after the last file: a drive that vanished meanwhile must not look like an album without photos.
        self._check_root()
        if walk.unreadable or walk.away:
            said = []
            if walk.unreadable:
                said.append(
                    f"Parts of {self._bucket} can't be read ({_named(walk.unreadable)}): change their permissions."
                )
            if walk.away:
                said.append(
                    f"Links in {self._bucket} lead nowhere ({_named(walk.away)}): connect the drive, or remove them."
                )
            said.append("Their photos stay in the index as they are.")
            raise ListingIncomplete(" ".join(said), tuple(walk.unreadable), tuple(walk.away))

    def stat(self, key: str) -> ObjectStat | None:
        path = path_of(self._root, key)
        if self._excluded is not None and self._excluded in path.parents:
            return None
        seen = self._look(path)
        return None if seen is None else self._object(key, seen)

    def read(self, key: str, etag: str, max_bytes: int) -> bytes:
        """See PhotoStorage.read. A file that can't be read, though the folder can, raises PhotoError."""
        path = path_of(self._root, key)
        # Before it is opened: opening a device can have effects of its own.
        seen = self._look(path)
        if seen is None:
            raise ObjectGone(f"{key} is not there any more")
        _outlast_tick(seen.st_mtime_ns)
        try:
            descriptor = os.open(path, _READ_FLAGS)
        except OSError as error:
            raise self._fault(key, error) from error
        with os.fdopen(descriptor, "rb") as file:
            try:
                before = os.fstat(descriptor)
                if not stat.S_ISREG(before.st_mode) or _etag(before) != etag:
                    raise ObjectChanged(f"{key} is not the file any more that was asked for")
                if before.st_size > max_bytes:
                    raise PhotoError(_too_large(before.st_size, max_bytes))
                data = file.read(before.st_size + 1)
                after = os.fstat(descriptor)
            except OSError as error:
                raise self._fault(key, error) from error
        if _etag(after) != etag or len(data) != before.st_size:
            raise ObjectChanged(f"{key} was written to while it was read")
        return data

    def write(self, key: str, data: bytes) -> ObjectStat:
        """See PhotoStorage.write. The file appears whole or not at all."""
        self._require_writable()
        self._check_name(key)
        self._check_root()
        path = path_of(self._root, key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return self._object(key, write_new_file(path, data))
        except FileExistsError as error:
            raise StorageError(f"{key} exists already: choose another name") from error
        except OSError as error:
            raise StorageError(
                f"{key} can't be written in {self._bucket}: {error.strerror}. Make room, or check the folder's "
                "permissions"
            ) from error

    def delete(self, key: str, etag: str) -> None:
        self._require_writable()
        path = path_of(self._root, key)
        seen = self._look(path)
        if seen is None:
            return
        if self._object(key, seen).etag != etag:
            raise ObjectChanged(f"{key} is not the file any more that was to be deleted")
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(
                f"{key} in {self._bucket} can't be deleted: {error.strerror}. Check the folder's permissions"
            ) from error

    def _require_writable(self) -> None:
        if not self._writable:
            raise StorageError(f"{self._bucket} is an album folder, which is only read: photos are added to the inbox")

    def _check_name(self, key: str) -> None:
        fine = is_photo_key(key, self._extensions) and all(
            part.isprintable() and not set(part) & set('\\:*?"<>|') and len(part.encode()) <= _MAX_NAME_BYTES
            for part in key.split("/")
        )
        if not fine:
            raise StorageError(f"{key!r} can't be the name of a photo: use letters, digits and an extension like .jpg")

    def _check_root(self) -> None:
        try:
            mode = self._root.stat().st_mode
        except OSError as error:
            if error.errno in _NOT_THERE:
                raise StorageError(
                    f"the folder {self._bucket} is not there: connect its drive; if it is gone for good, "
                    f"`cumbre forget {self._bucket}` takes it out of the album"
                ) from error
            raise StorageError(f"the folder {self._bucket} can't be reached: {error.strerror}") from error
        if not stat.S_ISDIR(mode):
            raise StorageError(f"{self._bucket} is a file: name the folder that holds it")

    def _look(self, path: Path) -> os.stat_result | None:
        """A regular file's status, or None if there is none."""
        try:
            seen = path.stat()
        except OSError as error:
            self._check_root()
            if error.errno in _NOT_THERE:
                return None
            raise StorageError(f"{str(path)!r} can't be looked at: {error.strerror}. Check the permissions") from error
        return seen if stat.S_ISREG(seen.st_mode) else None

    def _object(self, key: str, seen: os.stat_result) -> ObjectStat:
        # A file that may not be read is another object once it may: then it is tried again.
        locked = "" if _surely_readable(seen) or os.access(path_of(self._root, key), os.R_OK) else "-locked"
        return ObjectStat(key, _etag(seen) + locked, seen.st_size)

    def _fault(self, key: str, error: OSError) -> Exception:
        """What to raise for a file that can't be opened or read."""
        self._check_root()
        if error.errno in _NOT_THERE:
            return ObjectGone(f"{key} is not there any more")
        if error.errno in _FILE_FAULTS:
            return PhotoError(_FILE_FAULTS[error.errno])
        return StorageError(f"{key} in {self._bucket} can't be read: {error.strerror}. Check the drive, then try again")


def _etag(seen: os.stat_result) -> str:
    # No inode: an album that was copied to another drive, times and all, has not changed.
    return f"{seen.st_size}-{seen.st_mtime_ns}"


def _surely_readable(seen: os.stat_result) -> bool:
    """Whether the mode alone says so: it does for nearly all files, and asking costs as much as looking."""
    owner = hasattr(os, "geteuid") and seen.st_uid == os.geteuid()
    return bool(seen.st_mode & (stat.S_IRUSR if owner else stat.S_IROTH))


def _outlast_tick(mtime_ns: int) -> None:
    """Wait until a file that has just been written can't change without a new time, which its ETag then shows.

    At most two seconds, and only where times are whole seconds. A drive with another clock is not waited for.
    """
    tick_ns = _TICK_NS if mtime_ns % 1_000_000_000 else _COARSE_TICK_NS
    left_ns = mtime_ns + tick_ns - time.time_ns()
    if 0 < left_ns <= tick_ns:
        time.sleep(left_ns / 1e9)


def _named(prefixes: list[str]) -> str:
    return ", ".join(prefix or "the folder itself" for prefix in prefixes[:3]) + (
        " and others" if len(prefixes) > 3 else ""
    )


def _too_large(size_bytes: int, max_bytes: int) -> Sentence:
    return sentence(
        "the file has {size} MB, more than the limit of {limit} MB (CUMBRE_MAX_PHOTO_MB)",
        size=Figure(size_bytes / 1e6, 1),
        limit=Figure(max_bytes / 1e6, 1),
    )

"""The folder adapter of PhotoStorage. Album folders are read-only; only the inbox is writable."""

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

# Non-blocking, in case a FIFO has replaced the file since its stat: opening a FIFO would wait for a writer.
_READ_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)

_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})
# Errors that concern one file, not the whole drive.
_FORBIDDEN = sentence("the file may not be read (permission denied): change its permissions")
_FILE_FAULTS = {
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EIO: sentence(
        "the disk reports an error while reading the file: check the disk, restore the file from a copy"
    ),
}

# The resolution of modification times: the tick of the kernel's clock, or two seconds (FAT).
_TICK_NS = 20_000_000
_COARSE_TICK_NS = 2_000_000_000

# The longest file name on common file systems.
_MAX_NAME_BYTES = 255


class FolderPhotoStorage:
    """A folder with all its subfolders; the bucket name is the absolute path with links resolved.

    The folder does not have to exist yet (a drive may be connected later); until then every method raises StorageError.
    Hidden files and folders and the folder `excluded` are skipped. extensions are lower case, with the dot.
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
        """The folder as a path, with links resolved."""
        return self._root

    def list(self, prefix: str = "") -> Iterator[ObjectStat]:
        """See PhotoStorage.list. Goes folder by folder, sorted by name.

        Memory use depends on the largest folder, not on the album.
        """
        self._check_root()
        folder = prefix.rpartition("/")[0]
        if folder:
            path_of(self._root, folder)
        walk = FolderWalk(self._root, self._extensions, self._excluded)
        for file in walk.files(folder):
            if file.key.startswith(prefix):
                yield self._object(file.key, file.stat)
        # Check again after the last file: a drive that was disconnected must not look like an album without photos.
        self._check_root()
        if walk.unreadable or walk.away:
            sentences = []
            if walk.unreadable:
                sentences.append(
                    f"Parts of {self._bucket} can't be read ({_some_of(walk.unreadable)}): change their permissions."
                )
            if walk.away:
                sentences.append(
                    f"Links in {self._bucket} lead nowhere ({_some_of(walk.away)}): connect the drive, or remove them."
                )
            sentences.append("Their photos stay in the index as they are.")
            raise ListingIncomplete(" ".join(sentences), tuple(walk.unreadable), tuple(walk.away))

    def stat(self, key: str) -> ObjectStat | None:
        path = path_of(self._root, key)
        if self._excluded is not None and self._excluded in path.parents:
            return None
        status = self._stat_file(path)
        return None if status is None else self._object(key, status)

    def read(self, key: str, etag: str, max_bytes: int) -> bytes:
        """See PhotoStorage.read. Raises PhotoError for a file that can't be read in a folder that can."""
        path = path_of(self._root, key)
        # Check the type before opening: opening a device can have side effects.
        status = self._stat_file(path)
        if status is None:
            raise ObjectGone(f"{key} does not exist any more")
        _wait_for_next_tick(status.st_mtime_ns)
        try:
            descriptor = os.open(path, _READ_FLAGS)
        except OSError as error:
            raise self._fault(key, error) from error
        with os.fdopen(descriptor, "rb") as file:
            try:
                before = os.fstat(descriptor)
                if not stat.S_ISREG(before.st_mode) or _etag(before) != etag:
                    raise ObjectChanged(f"{key} was changed in the meantime")
                if before.st_size > max_bytes:
                    raise PhotoError(_too_large(before.st_size, max_bytes))
                data = file.read(before.st_size + 1)
                after = os.fstat(descriptor)
            except OSError as error:
                raise self._fault(key, error) from error
        if _etag(after) != etag or len(data) != before.st_size:
            raise ObjectChanged(f"{key} changed while it was read")
        return data

    def write(self, key: str, data: bytes) -> ObjectStat:
        self._require_writable()
        self._check_name(key)
        self._check_root()
        path = path_of(self._root, key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return self._object(key, write_new_file(path, data))
        except FileExistsError as error:
            raise StorageError(f"{key} already exists: choose another name") from error
        except OSError as error:
            raise StorageError(
                f"{key} can't be written in {self._bucket}: {error.strerror}. Make room, or check the folder's "
                "permissions"
            ) from error

    def delete(self, key: str, etag: str) -> None:
        self._require_writable()
        path = path_of(self._root, key)
        status = self._stat_file(path)
        if status is None:
            return
        if self._object(key, status).etag != etag:
            raise ObjectChanged(f"{key} was changed in the meantime, so it was not deleted")
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(
                f"{key} in {self._bucket} can't be deleted: {error.strerror}. Check the folder's permissions"
            ) from error

    def _require_writable(self) -> None:
        if not self._writable:
            raise StorageError(f"{self._bucket} is an album folder and read-only: add photos to the inbox")

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
                    f"the folder {self._bucket} is not there: connect its drive; if it is gone for good, remove it "
                    f"from the album with `cumbre forget {self._bucket}`"
                ) from error
            raise StorageError(f"the folder {self._bucket} can't be reached: {error.strerror}") from error
        if not stat.S_ISDIR(mode):
            raise StorageError(f"{self._bucket} is a file: name the folder that contains it")

    def _stat_file(self, path: Path) -> os.stat_result | None:
        """Return the status of a regular file, or None if there is none."""
        try:
            status = path.stat()
        except OSError as error:
            self._check_root()
            if error.errno in _NOT_THERE:
                return None
            raise StorageError(f"{str(path)!r} can't be accessed: {error.strerror}. Check the permissions") from error
        return status if stat.S_ISREG(status.st_mode) else None

    def _object(self, key: str, status: os.stat_result) -> ObjectStat:
        # An unreadable file has another ETag, so that it is tried again once its permissions are fixed.
        locked = "" if _is_readable_by_mode(status) or os.access(path_of(self._root, key), os.R_OK) else "-locked"
        return ObjectStat(key, _etag(status) + locked, status.st_size)

    def _fault(self, key: str, error: OSError) -> Exception:
        """Return the exception to raise for a file that can't be opened or read."""
        self._check_root()
        if error.errno in _NOT_THERE:
            return ObjectGone(f"{key} does not exist any more")
        if error.errno in _FILE_FAULTS:
            return PhotoError(_FILE_FAULTS[error.errno])
        return StorageError(f"{key} in {self._bucket} can't be read: {error.strerror}. Check the drive, then try again")


def _etag(status: os.stat_result) -> str:
    # Without the inode: an album that was copied to another drive with its times has not changed.
    return f"{status.st_size}-{status.st_mtime_ns}"


def _is_readable_by_mode(status: os.stat_result) -> bool:
    """Return whether the mode alone shows that the file is readable.

    It does for nearly all files, and saves os.access, which costs as much as a stat.
    """
    owner = hasattr(os, "geteuid") and status.st_uid == os.geteuid()
    return bool(status.st_mode & (stat.S_IRUSR if owner else stat.S_IROTH))


def _wait_for_next_tick(mtime_ns: int) -> None:
    """Wait until another change of a file that was just written would get a new time, and so a new ETag.

    Waits 20 ms at most, or two seconds if the time is in whole seconds; not at all for times in the future (a drive
    with another clock).
    """
    tick_ns = _TICK_NS if mtime_ns % 1_000_000_000 else _COARSE_TICK_NS
    left_ns = mtime_ns + tick_ns - time.time_ns()
    if 0 < left_ns <= tick_ns:
        time.sleep(left_ns / 1e9)


def _some_of(prefixes: list[str]) -> str:
    return ", ".join(prefix or "the folder itself" for prefix in prefixes[:3]) + (
        " and others" if len(prefixes) > 3 else ""
    )


def _too_large(size_bytes: int, max_bytes: int) -> Sentence:
    return sentence(
        "the file has {size} MB, more than the limit of {limit} MB (CUMBRE_MAX_PHOTO_MB)",
        size=Figure(size_bytes / 1e6, 1),
        limit=Figure(max_bytes / 1e6, 1),
    )

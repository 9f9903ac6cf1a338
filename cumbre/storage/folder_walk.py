"""Walks an album folder. Follows symbolic links to folders, but never in circles."""

import errno
import logging
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cumbre.storage.formats import PHOTO_EXTENSIONS, is_hidden, is_photo_name
from cumbre.storage.keys import encode_name

_log = logging.getLogger(__name__)

_Inode = tuple[int, int]
_Entries = list[tuple[str, os.DirEntry[str]]]


@dataclass(frozen=True, slots=True)
class WalkedFile:
    """A photo: a regular file or a link to one. The key is relative to the root of the walk."""

    key: str
    stat: os.stat_result


@dataclass(frozen=True, slots=True)
class WalkedFolder:
    """A folder; the key of the root is empty. linked: the folder itself is a symbolic link."""

    key: str
    path: Path
    linked: bool = False
    ancestors: frozenset[_Inode] = frozenset()
    depth: int = 0


class FolderWalk:
    """One walk below a root.

    During the walk, `unreadable` and `away` collect the key prefixes of what could not be read: `unreadable` because of
    errors, `away` because of broken links, perhaps to a drive that is not connected.

    A link is not followed if it leads to one of its parent folders, into the album itself (the photos there have keys
    already), or to the target of an earlier link. Hidden names (see formats.is_hidden) and the folder `excluded`
    (absolute, links resolved) are skipped.
    """

    def __init__(self, root: Path, extensions: frozenset[str] = PHOTO_EXTENSIONS, excluded: Path | None = None) -> None:
        self._root = root
        self._excluded = excluded
        self._real_root = os.path.realpath(root)
        self._extensions = extensions
        self.unreadable: list[str] = []
        self.away: list[str] = []
        self._linked: set[_Inode] = set()

    def folders(self) -> Iterator[WalkedFolder]:
        """Iterate over all folders, parents first."""
        for folder, _ in self._visit([]):
            yield folder

    def files(self, start: str = "") -> Iterator[WalkedFile]:
        """Iterate over the photos in and below a folder, sorted by name within each folder.

        `start` is the key of the folder; "" is the root.
        """
        for folder, entries in self._visit(start.split("/") if start else []):
            for name, entry in entries:
                if is_photo_name(name, self._extensions):
                    yield from self._file(_join(folder.key, name), entry)

    def _visit(self, start: list[str]) -> Iterator[tuple[WalkedFolder, _Entries]]:
        waiting = [WalkedFolder("", self._root)]
        while waiting:
            folder = waiting.pop()
            try:
                seen = folder.path.stat()
                inode = (seen.st_dev, seen.st_ino)
                if inode in folder.ancestors or (folder.linked and inode in self._linked):
                    # The second check: folders that link to each other have far too many paths to follow them all.
                    continue
                if folder.linked:
                    self._linked.add(inode)
                entries = self._entries(folder)
            except OSError as error:
                self._report(folder.key and f"{folder.key}/", error)
                continue
            if folder.depth < len(start):
                entries = [(name, entry) for name, entry in entries if name == start[folder.depth]]
            else:
                yield folder, entries
            below = folder.ancestors | {inode}
            waiting += [sub for named in reversed(entries) for sub in self._subfolder(folder, below, *named)]

    def _entries(self, folder: WalkedFolder) -> _Entries:
        named: dict[str, os.DirEntry[str]] = {}
        with os.scandir(folder.path) as entries:
            for entry in entries:
                name = encode_name(entry.name)
                if name is None:
                    _log.warning("%r in %r is skipped: rename it", entry.name, str(folder.path))
                elif not is_hidden(entry.name) and (name not in named or name == entry.name):
                    # If the encoded name of one file equals the real name of another, the real name gets the key.
                    named[name] = entry
        return sorted(named.items())

    def _subfolder(
        self, folder: WalkedFolder, ancestors: frozenset[_Inode], name: str, entry: os.DirEntry[str]
    ) -> Iterator[WalkedFolder]:
        key = _join(folder.key, name)
        try:
            if not entry.is_dir():
                if entry.is_symlink() and not is_photo_name(name, self._extensions) and not Path(entry.path).exists():
                    self.away.append(f"{key}/")
                return
            linked = entry.is_symlink()
        except OSError as error:
            # An entry without a readable status may be a folder full of photos.
            self._report(key, error)
            return
        if self._excluded is not None and os.path.realpath(entry.path) == str(self._excluded):
            return
        if not (linked and self._leads_into_album(entry.path)):
            yield WalkedFolder(key, Path(entry.path), linked, ancestors, folder.depth + 1)

    def _file(self, key: str, entry: os.DirEntry[str]) -> Iterator[WalkedFile]:
        try:
            # DirEntry.stat may be stale on Windows.
            seen = Path(entry.path).stat()
        except OSError as error:
            self._report(key, error)
            return
        if stat.S_ISREG(seen.st_mode):
            yield WalkedFile(key, seen)

    def _leads_into_album(self, path: str) -> bool:
        target = os.path.realpath(path)
        return target == self._real_root or target.startswith(self._real_root.rstrip(os.sep) + os.sep)

    def _report(self, prefix: str, error: OSError) -> None:
        # Deleted since it was listed, a broken link, or a link to itself: nothing is missing.
        if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENOTDIR):
            return
        if prefix not in self.unreadable:
            _log.warning("%r can't be read: %s", str(self._root / prefix), error.strerror)
            self.unreadable.append(prefix)


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name

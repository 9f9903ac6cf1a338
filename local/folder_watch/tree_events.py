"""Translate watchdog's events of one watched tree into changes of FolderPhotoStorage keys."""

import os
from pathlib import Path

from watchdog import events as fs

from cumbre.storage.folder_walk import FolderWalk
from cumbre.storage.formats import is_hidden, is_photo_key
from cumbre.storage.keys import encode_name
from local.folder_watch.debounce import Debouncer

# Without "opened" and "closed without writing", which Cumbre's own reading would trigger for every photo.
KINDS = [
    kind
    for name in "FileCreated FileModified FileMoved FileDeleted FileAttrib DirCreated DirMoved DirDeleted".split()
    if (kind := getattr(fs, f"{name}Event", None)) is not None
]


class TreeEvents(fs.FileSystemEventHandler):
    """Passes changes below `path` on to `settling`, under keys that begin with `prefix`.

    Adds the bucket to `stale` when its links may lead elsewhere. polled: the tree is listed at intervals, so a drive
    that was unplugged looks like photos deleted one by one. Deletions then request a rescan, because only a rescan
    refuses to remove suspiciously many photos.
    """

    def __init__(
        self, bucket: str, path: Path, prefix: str, settling: Debouncer, stale: set[str], polled: bool = False
    ) -> None:
        self._bucket = bucket
        self._path = path
        self._prefix = prefix
        self._settling = settling
        self._stale = stale
        self._polled = polled

    def dispatch(self, event: fs.FileSystemEvent) -> None:
        source = Path(os.fsdecode(event.src_path))
        target = Path(os.fsdecode(event.dest_path)) if event.dest_path else None
        if event.is_directory:
            self._folder_changed(event.event_type, source, target)
        elif event.event_type == fs.EVENT_TYPE_MOVED and target is not None:
            # Synthetic: the file moved with its folder, which requests a rescan.
            if not event.is_synthetic:
                self._written(target)
                self._gone(source, target)
        elif event.event_type == fs.EVENT_TYPE_DELETED:
            self._gone(source)
        else:
            self._written(source)

    def _folder_changed(self, what: str, source: Path, target: Path | None) -> None:
        keys = [key for path in (source, target) if path is not None and (key := self._key(path)) is not None]
        if not any(not _has_hidden_part(key) for key in keys):
            return
        if what == fs.EVENT_TYPE_CREATED:
            self._folder_created(source)
        else:
            self._request_rescan()

    def _folder_created(self, path: Path) -> None:
        """Report the files of a new folder: if it was moved here, its photos raise no events of their own."""
        self._stale.add(self._bucket)
        for file in FolderWalk(path).files():
            self._written(path / file.key)

    def _written(self, path: Path) -> None:
        key = self._key(path)
        if key is None:
            return
        if path.is_symlink() and path.is_dir():
            if not _has_hidden_part(key):
                # Only a walk of the whole album shows whether this link is followed.
                self._request_rescan()
        elif is_photo_key(key):
            self._settling.written(self._bucket, key, path)

    def _gone(self, path: Path, moved_to: Path | None = None) -> None:
        key = self._key(path)
        if key is None:
            return
        if is_photo_key(key):
            if self._polled and moved_to is None:
                self._settling.rescan(self._bucket)
            else:
                new_key = None if moved_to is None else self._key(moved_to)
                self._settling.gone(self._bucket, key, new_key)
        elif not Path(key).suffix and not _has_hidden_part(key):
            # It may have been a link to a folder; after its deletion nothing shows that.
            self._request_rescan()

    def _request_rescan(self) -> None:
        self._settling.rescan(self._bucket)
        self._stale.add(self._bucket)

    def _key(self, path: Path) -> str | None:
        """Return the key of a path; the prefix ("" for an album) for the tree itself; None if it can't have a key."""
        try:
            below = path.relative_to(self._path).as_posix()
        except ValueError:
            return None
        encoded = encode_name("" if below == "." else below)
        return None if encoded is None else self._prefix + encoded


def _has_hidden_part(key: str) -> bool:
    return any(is_hidden(part) for part in key.split("/"))

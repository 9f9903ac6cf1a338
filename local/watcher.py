"""Follows album folders: what happens to photos becomes ObjectEvents with the keys of FolderPhotoStorage."""

import errno
import logging
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from watchdog import events as fs
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch
from watchdog.observers.polling import PollingObserverVFS

from cumbre.storage.folder_walk import FolderWalk
from cumbre.storage.formats import is_hidden, is_photo_key
from cumbre.storage.keys import encode_name
from functions.ingest.events import ObjectEvent
from local.mounts import is_network_mount
from local.settling import Rescan, Settling

_log = logging.getLogger(__name__)

_MAX_WAITING = 2000

# Without "opened" and "closed without writing": Cumbre's own reading would raise them for every photo.
_KINDS = [
    kind
    for name in "FileCreated FileModified FileMoved FileDeleted FileAttrib DirCreated DirMoved DirDeleted".split()
    if (kind := getattr(fs, f"{name}Event", None)) is not None
]


@dataclass(frozen=True, eq=False)
class _Watch:
    """One watched tree: an album folder (prefix "") or a folder that a link in the album leads to (prefix "link/")."""

    bucket: str
    path: Path
    prefix: str
    inode: tuple[int, int] | None
    observer: BaseObserver
    observed: ObservedWatch
    handler: fs.FileSystemEventHandler


class FolderWatcher:
    """Watches folders, by bucket, until stop(); both callbacks come from one thread of its own.

    on_event gets photos once their size and time have stood still for settle_s; for a rename the new key comes before
    the old one. on_rescan gets a bucket of which single events don't tell enough: a folder was moved or deleted, events
    were lost, or the folder itself went away or came back. Folders that can't be watched, or lie on a network, are
    polled every poll_s. Whether the folders are there is checked every check_s.
    """

    def __init__(
        self,
        roots: Mapping[str, Path],
        on_event: Callable[[ObjectEvent], None],
        on_rescan: Callable[[str], None],
        settle_s: float = 1.0,
        poll_s: float = 10.0,
        check_s: float = 5.0,
        is_network: Callable[[Path], bool] = is_network_mount,
    ) -> None:
        self._roots = {bucket: path.resolve() for bucket, path in roots.items()}
        self._on_event = on_event
        self._on_rescan = on_rescan
        self._settle_s = settle_s
        self._check_s = check_s
        self._is_network = is_network
        self._settling = Settling(settle_s, _MAX_WAITING)
        self._native: BaseObserver = Observer()
        self._polling: BaseObserver = PollingObserverVFS(os.lstat, _scandir, polling_interval=poll_s)
        self._watches: dict[tuple[str, str], _Watch] = {}
        self._missing: set[str] = set()
        self._stale: set[str] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="folder-watcher", daemon=True)
        self._overflows = _OverflowListener(self._rescan_all)

    def start(self) -> None:
        """Returns when the folders are watched: what changes from now on is delivered."""
        for observer in (self._native, self._polling):
            observer.start()
        logging.getLogger("watchdog.observers").addHandler(self._overflows)
        for bucket in self._roots:
            self._watch_album(bucket)
        self._thread.start()

    def stop(self) -> None:
        """Ends all threads; what has not settled is not delivered (the next scan finds it)."""
        self._stopping.set()
        logging.getLogger("watchdog.observers").removeHandler(self._overflows)
        for thread in (self._native, self._polling, self._thread):
            if thread.is_alive() and thread is not threading.current_thread():
                if isinstance(thread, BaseObserver):
                    thread.stop()
                thread.join()

    def __enter__(self) -> "FolderWatcher":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        pause_s = min(self._settle_s / 4, self._check_s)
        until_check_s = self._check_s
        while not self._stopping.wait(pause_s):
            try:
                while self._stale:
                    self._watch_links(self._stale.pop())
                until_check_s -= pause_s
                if until_check_s <= 0:
                    until_check_s = self._check_s
                    self._check_roots()
            except Exception:  # the thread must live on; the scans still see what it misses
                _log.exception("the album folders could not be checked")
            for one in self._settling.due():
                self._deliver(one)

    def _deliver(self, one: ObjectEvent | Rescan) -> None:
        try:
            if isinstance(one, Rescan):
                self._on_rescan(one.bucket)
            else:
                self._on_event(one)
        except Exception:  # one photo must not end the watching of all others
            _log.exception("%r could not be handled", one)

    def _rescan_all(self) -> None:
        for bucket in self._roots:
            self._settling.rescan(bucket)

    def _watch_album(self, bucket: str) -> bool:
        """Watch an album folder and what its links lead to; says whether the folder is there."""
        if not self._watch(bucket, self._roots[bucket], ""):
            if bucket not in self._missing:
                _log.warning("%r is not there: it is watched as soon as it comes back", bucket)
                self._missing.add(bucket)
            return False
        self._missing.discard(bucket)
        self._watch_links(bucket)
        return True

    def _watch_links(self, bucket: str) -> None:
        """Watch the folders that links lead to, which watchdog does not follow (its walk would not end in a circle)."""
        linked = {f"{one.key}/": one.path.resolve() for one in FolderWalk(self._roots[bucket]).folders() if one.linked}
        for (of, prefix), watch in list(self._watches.items()):
            if of == bucket and prefix and linked.get(prefix) != watch.path:
                self._unwatch(watch)
        for prefix, path in linked.items():
            if (bucket, prefix) not in self._watches:
                self._watch(bucket, path, prefix)
        album = self._watches.get((bucket, ""))
        if album is not None and album.observer is self._native and self._limit_reached():
            # New folders of this album may have gone unwatched.
            self._unwatch(album)
            self._watch(bucket, album.path, "")

    def _watch(self, bucket: str, path: Path, prefix: str) -> bool:
        inode = _inode(path)
        if inode is None:
            return False
        for observer in self._observers(path):
            handler = _Handler(bucket, path, prefix, self._settling, self._stale)
            try:
                observed = observer.schedule(handler, str(path), recursive=True, event_filter=_KINDS)
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.ENOTDIR):
                    return False
                _log.warning("%r can't be watched: %s", str(path), error.strerror)
                continue
            self._watches[bucket, prefix] = _Watch(bucket, path, prefix, inode, observer, observed, handler)
            if observer is self._polling or not self._limit_reached():
                return True
            self._unwatch(self._watches[bucket, prefix])
        return False

    def _observers(self, path: Path) -> Iterator[BaseObserver]:
        """Those to try, in this order."""
        if self._is_network(path):
            _log.warning("%r is on a network, where changes raise no events: it is polled", str(path))
        else:
            yield self._native
            _log.warning(
                "%r can't be watched as a whole, so it is polled; a higher fs.inotify.max_user_watches may help",
                str(path),
            )
        yield self._polling

    def _limit_reached(self) -> bool:
        """Whether no further folder can be watched. Below a root watchdog passes silently over those that can't."""
        with tempfile.TemporaryDirectory(prefix="cumbre-watch-") as folder:
            try:
                observed = self._native.schedule(fs.FileSystemEventHandler(), folder)
            except OSError as error:
                return error.errno in (errno.ENOSPC, errno.EMFILE)
            self._native.unschedule(observed)
        return False

    def _unwatch(self, watch: _Watch) -> None:
        del self._watches[watch.bucket, watch.prefix]
        # A link may lead to another album: watchdog then keeps one watch for both.
        if any(one.observer is watch.observer and one.observed == watch.observed for one in self._watches.values()):
            watch.observer.remove_handler_for_watch(watch.handler, watch.observed)
        else:
            watch.observer.unschedule(watch.observed)

    def _check_roots(self) -> None:
        """Notice folders that went away, came back, or gave way to another of the same name (a drive was mounted)."""
        for (bucket, prefix), watched in list(self._watches.items()):
            if prefix and watched.inode != _inode(watched.path):
                self._unwatch(watched)
                self._stale.add(bucket)
                self._settling.rescan(bucket)
        for bucket, path in self._roots.items():
            watch = self._watches.get((bucket, ""))
            if watch is not None and watch.inode == _inode(path):
                continue
            for (of, _), gone in list(self._watches.items()):
                if of == bucket:
                    self._unwatch(gone)
            if self._watch_album(bucket) or watch is not None:
                self._settling.rescan(bucket)


class _Handler(fs.FileSystemEventHandler):
    """Translates what watchdog reports of one tree."""

    def __init__(self, bucket: str, path: Path, prefix: str, settling: Settling, stale: set[str]) -> None:
        self._bucket = bucket
        self._path = path
        self._prefix = prefix
        self._settling = settling
        self._stale = stale

    def dispatch(self, event: fs.FileSystemEvent) -> None:
        source = Path(os.fsdecode(event.src_path))
        target = Path(os.fsdecode(event.dest_path)) if event.dest_path else None
        if event.is_directory:
            self._folder(event.event_type, source, target)
        elif event.event_type == fs.EVENT_TYPE_MOVED and target is not None:
            # Synthetic: the file moved with its folder, for which there is a rescan.
            if not event.is_synthetic:
                self._written(target)
                self._gone(source, target)
        elif event.event_type == fs.EVENT_TYPE_DELETED:
            self._gone(source)
        else:
            self._written(source)

    def _folder(self, what: str, source: Path, target: Path | None) -> None:
        keys = [key for path in (source, target) if path is not None and (key := self._key(path)) is not None]
        if not any(not _has_hidden_part(key) for key in keys):
            return
        if what == fs.EVENT_TYPE_CREATED:
            self._new_folder(source)
        else:
            self._settling.rescan(self._bucket)
            self._stale.add(self._bucket)

    def _new_folder(self, path: Path) -> None:
        """A folder that was moved here, or linked, may be full of photos that raise no events of their own."""
        self._stale.add(self._bucket)
        for file in FolderWalk(path).files():
            self._written(path / file.key)

    def _written(self, path: Path) -> None:
        key = self._key(path)
        if key is None:
            return
        if path.is_symlink() and path.is_dir():
            if not _has_hidden_part(key):
                self._new_folder(path)
        elif is_photo_key(key):
            self._settling.written(self._bucket, key, path)

    def _gone(self, path: Path, moved_to: Path | None = None) -> None:
        key = self._key(path)
        if key is None:
            return
        if is_photo_key(key):
            new_key = None if moved_to is None else self._key(moved_to)
            self._settling.gone(self._bucket, key, new_key)
        elif not Path(key).suffix and not _has_hidden_part(key):
            # Maybe a link to a folder: once it is gone nothing tells.
            self._settling.rescan(self._bucket)
            self._stale.add(self._bucket)

    def _key(self, path: Path) -> str | None:
        """The key of a path; "" or a prefix for the tree itself; None if it can't have one."""
        try:
            below = path.relative_to(self._path).as_posix()
        except ValueError:
            return None
        encoded = encode_name("" if below == "." else below)
        return None if encoded is None else self._prefix + encoded


class _OverflowListener(logging.Handler):
    """Hears that events were lost: watchdog only writes it to its log."""

    def __init__(self, on_overflow: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._on_overflow = on_overflow

    def emit(self, record: logging.LogRecord) -> None:
        if "overflow" in record.getMessage().lower():
            self._on_overflow()


def _has_hidden_part(key: str) -> bool:
    return any(is_hidden(part) for part in key.split("/"))


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        seen = path.stat()
    except OSError:
        return None
    return seen.st_dev, seen.st_ino


def _scandir(path: str | None) -> Iterator["os.DirEntry[str]"]:
    return os.scandir(path)

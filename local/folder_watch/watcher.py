"""Watch album folders and turn changes of photos into ObjectEvents with the keys of FolderPhotoStorage."""

import errno
import logging
import os
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from watchdog import events as fs
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch
from watchdog.observers.polling import PollingObserverVFS

from cumbre.storage.folder_walk import FolderWalk
from functions.ingest.events import ObjectEvent
from local.folder_watch.debounce import Debouncer, Rescan
from local.folder_watch.mounts import is_network_mount, mounts_within
from local.folder_watch.overflow import OverflowListener
from local.folder_watch.tree_events import KINDS, TreeEvents

_log = logging.getLogger(__name__)

_MAX_WAITING = 2000


@dataclass(frozen=True, eq=False)
class _Watch:
    """One watched tree: an album folder (prefix "") or a folder that a link in the album leads to (prefix "link/")."""

    bucket: str
    path: Path
    prefix: str
    inode: tuple[int, int] | None
    mounts: frozenset[str]
    observer: BaseObserver
    observed: ObservedWatch
    handler: fs.FileSystemEventHandler


class FolderWatcher:
    """Watches folders, by bucket, until stop(). It calls both callbacks from a single thread.

    on_event is called with photos once their size and mtime have not changed for settle_s; for a rename the new key
    comes before the old one. on_rescan is called with a bucket if single events are not enough: a folder was moved or
    deleted, events were lost, or the album folder disappeared or came back. Folders that can't be watched or are on a
    network are polled every poll_s. Every check_s it checks that the folders, and drives mounted in them, still exist.
    All times are in seconds.
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
        mounts: Callable[[Path], frozenset[str]] = mounts_within,
    ) -> None:
        self._roots = {bucket: path.resolve() for bucket, path in roots.items()}
        self._on_event = on_event
        self._on_rescan = on_rescan
        self._settle_s = settle_s
        self._check_s = check_s
        self._is_network = is_network
        self._mounts_within = mounts
        self._settling = Debouncer(settle_s, _MAX_WAITING)
        self._native: BaseObserver = Observer()
        self._polling: BaseObserver = PollingObserverVFS(os.lstat, _scandir, polling_interval=poll_s)
        self._watches: dict[tuple[str, str], _Watch] = {}
        self._missing: set[str] = set()
        self._stale: set[str] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="folder-watcher", daemon=True)
        self._overflows = OverflowListener(self._rescan_all)

    def start(self) -> None:
        """Start watching; every change after this call is delivered."""
        # watchdog warns when it sees a new folder twice: harmless, but as an error it would end watchdog's reader.
        warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"watchdog\.observers")
        for observer in (self._native, self._polling):
            observer.start()
        self._overflows.start()
        for bucket in self._roots:
            self._watch_album(bucket)
        self._thread.start()

    def stop(self) -> None:
        """End all threads. Changes that have not settled are not delivered; the next scan finds them."""
        self._stopping.set()
        self._overflows.stop()
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
            except Exception:  # the thread must survive; scans still find what it misses
                _log.exception("the album folders could not be checked")
            for one in self._settling.due():
                self._deliver(one)

    def _deliver(self, one: ObjectEvent | Rescan) -> None:
        try:
            if isinstance(one, Rescan):
                self._on_rescan(one.bucket)
            else:
                self._on_event(one)
        except Exception:  # one photo must not end the watching of the others
            _log.exception("%r could not be handled", one)

    def _rescan_all(self) -> None:
        for bucket in self._roots:
            self._settling.rescan(bucket)

    def _watch_album(self, bucket: str) -> bool:
        """Watch an album folder and the folders that its links lead to. Returns whether the folder exists."""
        if not self._watch(bucket, self._roots[bucket], ""):
            if bucket not in self._missing:
                _log.warning("%r does not exist: it will be watched once it is back", bucket)
                self._missing.add(bucket)
            return False
        self._missing.discard(bucket)
        self._watch_links(bucket)
        return True

    def _watch_links(self, bucket: str) -> None:
        """Watch the targets of links, which watchdog does not follow (in a cycle its walk would never end)."""
        linked = {f"{one.key}/": one.path.resolve() for one in FolderWalk(self._roots[bucket]).folders() if one.linked}
        for (of, prefix), watch in list(self._watches.items()):
            if of == bucket and prefix and linked.get(prefix) != watch.path:
                self._unwatch(watch)
        for prefix, path in linked.items():
            if (bucket, prefix) not in self._watches:
                self._watch(bucket, path, prefix)
        album = self._watches.get((bucket, ""))
        if album is not None and album.observer is self._native and self._limit_reached():
            # New folders of this album may be unwatched.
            self._unwatch(album)
            self._watch(bucket, album.path, "")

    def _watch(self, bucket: str, path: Path, prefix: str) -> bool:
        inode, mounts = _inode(path), self._mounts_within(path)
        if inode is None:
            return False
        for observer in self._observers(path):
            handler = TreeEvents(bucket, path, prefix, self._settling, self._stale, observer is self._polling)
            try:
                observed = observer.schedule(handler, str(path), recursive=True, event_filter=KINDS)
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.ENOTDIR):
                    return False
                _log.warning("%r can't be watched: %s", str(path), error.strerror)
                continue
            self._watches[bucket, prefix] = _Watch(bucket, path, prefix, inode, mounts, observer, observed, handler)
            if observer is self._polling or not self._limit_reached():
                return True
            self._unwatch(self._watches[bucket, prefix])
        return False

    def _observers(self, path: Path) -> Iterator[BaseObserver]:
        """Return the observers to try, in this order."""
        if self._is_network(path):
            _log.warning("%r is on a network, where changes raise no events: it is polled instead", str(path))
        else:
            yield self._native
            _log.warning(
                "%r can't be watched completely: it is polled instead; a higher fs.inotify.max_user_watches may help",
                str(path),
            )
        yield self._polling

    def _limit_reached(self) -> bool:
        """Return whether no further folder can be watched. watchdog silently skips subfolders that it can't watch."""
        with tempfile.TemporaryDirectory(prefix="cumbre-watch-") as folder:
            try:
                observed = self._native.schedule(fs.FileSystemEventHandler(), folder)
            except OSError as error:
                return error.errno in (errno.ENOSPC, errno.EMFILE)
            self._native.unschedule(observed)
        return False

    def _unwatch(self, watch: _Watch) -> None:
        del self._watches[watch.bucket, watch.prefix]
        # A link may lead to another album: watchdog then shares one watch between both.
        if any(one.observer is watch.observer and one.observed == watch.observed for one in self._watches.values()):
            watch.observer.remove_handler_for_watch(watch.handler, watch.observed)
        else:
            watch.observer.unschedule(watch.observed)

    def _check_roots(self) -> None:
        """Find folders that disappeared, came back, or were replaced by another one (a drive was mounted there)."""
        for (bucket, prefix), watched in list(self._watches.items()):
            if prefix and self._was_replaced(watched):
                self._unwatch(watched)
                self._stale.add(bucket)
                self._settling.rescan(bucket)
        for bucket in self._roots:
            watch = self._watches.get((bucket, ""))
            if watch is not None and not self._was_replaced(watch):
                continue
            for (of, _), gone in list(self._watches.items()):
                if of == bucket:
                    self._unwatch(gone)
            if self._watch_album(bucket) or watch is not None:
                self._settling.rescan(bucket)

    def _was_replaced(self, watch: _Watch) -> bool:
        """Return whether the tree was removed or replaced, or a drive in it (un)mounted, which raises no event."""
        return watch.inode != _inode(watch.path) or watch.mounts != self._mounts_within(watch.path)


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        seen = path.stat()
    except OSError:
        return None
    return seen.st_dev, seen.st_ino


def _scandir(path: str | None) -> Iterator["os.DirEntry[str]"]:
    return os.scandir(path)

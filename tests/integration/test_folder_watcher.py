"""The folder watcher on real folders, with the real watchdog.

To assert that an event did not come, a test first waits for that of a marker photo.
"""

import errno
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from watchdog.observers import Observer

from cumbre.storage.folder import FolderPhotoStorage
from functions.ingest.events import ObjectEvent
from local.folder_watch import watcher as watcher_module
from local.folder_watch.watcher import FolderWatcher

Start = Callable[..., FolderWatcher]
Options = dict[str, Any]

DEADLINE_S = 20.0
SETTLE_S = 0.1


class EventLog:
    """The events and rescans that a watcher reported, as lines of text in order."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._changed = threading.Condition()

    def event(self, event: ObjectEvent) -> None:
        self._add(f"{event.kind.value} {event.key}")

    def rescan(self, bucket: str) -> None:
        self._add(f"rescan {bucket}")

    def _add(self, line: str) -> None:
        with self._changed:
            self.lines.append(line)
            self._changed.notify_all()

    def wait_for(self, *wanted: str) -> None:
        with self._changed:
            arrived = self._changed.wait_for(lambda: set(wanted) <= set(self.lines), DEADLINE_S)
        assert arrived, f"waited for {wanted}, but got {self.lines}"

    def clear(self) -> None:
        with self._changed:
            self.lines.clear()


@pytest.fixture
def log() -> EventLog:
    return EventLog()


@pytest.fixture
def album(tmp_path: Path) -> Path:
    album = tmp_path / "album"
    album.mkdir()
    return album


@pytest.fixture
def watch(log: EventLog) -> Iterator[Start]:
    """Return a function that starts watchers. After the test, they are stopped and none of their threads may remain."""
    before = set(threading.enumerate())
    started: list[FolderWatcher] = []

    def start(**roots_and_options: Any) -> FolderWatcher:
        roots = {name: one for name, one in roots_and_options.items() if isinstance(one, Path)}
        options = {name: one for name, one in roots_and_options.items() if name not in roots}
        watcher = FolderWatcher(
            roots, log.event, log.rescan, **{"settle_s": SETTLE_S, "poll_s": 0.1, "check_s": 0.1, **options}
        )
        watcher.start()
        started.append(watcher)
        return watcher

    yield start
    for watcher in started:
        watcher.stop()
    # watchdog's inotify reader belongs to the process, not to a watcher. So do the threads of the picture processes.
    process_wide = ("inotify", "picture-reaper")
    remaining = set(threading.enumerate()) - before
    names = [f"{type(thread).__name__} {thread.name}".lower() for thread in remaining]
    assert not [name for name in names if not any(one in name for one in process_wide)]


@pytest.fixture(params=["native", "polling"])
def mode(request: pytest.FixtureRequest) -> Options:
    """Options for both ways to watch: native events, and polling as for a network folder."""
    return {"is_network": lambda _: request.param == "polling"}


def put(path: Path, data: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_new_photos_are_reported(watch: Start, log: EventLog, album: Path, mode: Options) -> None:
    (album / "day 1").mkdir()
    watch(trek=album, **mode)
    put(album / "yak.jpg")
    put(album / "day 1" / "Ama Dablam ü.HEIC")
    log.wait_for("created yak.jpg", "created day 1/Ama Dablam ü.HEIC")


def test_a_rename_reports_the_new_name_first(
    watch: Start,
    log: EventLog,
    album: Path,
    mode: Options,
) -> None:
    put(album / "a.jpg")
    watch(trek=album, **mode)
    (album / "a.jpg").rename(album / "b.jpg")
    log.wait_for("created b.jpg", "removed a.jpg")
    assert log.lines.index("created b.jpg") < log.lines.index("removed a.jpg")


def test_deletions_are_reported(watch: Start, log: EventLog, album: Path) -> None:
    put(album / "yak.jpg")
    watch(trek=album)
    (album / "yak.jpg").unlink()
    log.wait_for("removed yak.jpg")
    assert "created yak.jpg" not in log.lines


def test_deletions_in_a_polled_folder_cause_a_rescan(watch: Start, log: EventLog, album: Path) -> None:
    """A disconnected network drive looks the same, so a scan must decide whether to remove that many photos."""
    for number in range(3):
        put(album / f"{number}.jpg")
    watch(trek=album, is_network=lambda _: True)
    for number in range(3):
        (album / f"{number}.jpg").unlink()
    log.wait_for("rescan trek")
    put(album / "marker.jpg")
    log.wait_for("created marker.jpg")
    assert not any(line.startswith("removed") for line in log.lines)


def test_overwritten_photos_are_reported(watch: Start, log: EventLog, album: Path, mode: Options) -> None:
    put(album / "yak.jpg")
    watch(trek=album, **mode)
    put(album / "yak.jpg", b"another yak")
    log.wait_for("created yak.jpg")


def test_hidden_files_and_files_of_other_types_are_not_reported(watch: Start, log: EventLog, album: Path) -> None:
    (album / ".thumbnails").mkdir()
    watch(trek=album)
    put(album / "notes.txt")
    put(album / "._yak.jpg")
    put(album / ".thumbnails" / "yak.jpg")
    put(album / "@eaDir" / "yak.jpg")
    put(album / "marker.jpg")
    log.wait_for("created marker.jpg")
    assert log.lines == ["created marker.jpg"]


def test_reading_photos_reports_nothing(watch: Start, log: EventLog, album: Path) -> None:
    put(album / "yak.jpg")
    watch(trek=album)
    (album / "yak.jpg").read_bytes()
    put(album / "marker.jpg")
    log.wait_for("created marker.jpg")
    assert log.lines == ["created marker.jpg"]


def test_a_download_that_ends_in_a_rename_is_reported_once(watch: Start, log: EventLog, album: Path) -> None:
    watch(trek=album)
    put(album / "yak.jpg.part").rename(album / "yak.jpg")
    log.wait_for("created yak.jpg")
    assert log.lines == ["created yak.jpg"]


def test_a_photo_is_reported_when_it_is_complete(watch: Start, album: Path) -> None:
    sizes: list[int] = []

    class SizeLog(EventLog):
        def event(self, event: ObjectEvent) -> None:
            sizes.append((album / event.key).stat().st_size)
            super().event(event)

    log = SizeLog()
    with (
        FolderWatcher({"trek": album}, log.event, log.rescan, settle_s=2.0),
        (album / "slow.jpg").open("wb") as file,
    ):
        for _ in range(10):
            file.write(b"x")
            file.flush()
            time.sleep(0.02)  # a copy in progress: far shorter pauses than settle_s
        log.wait_for("created slow.jpg")
    assert sizes[-1] == 10


def test_photos_in_new_folders_are_reported(watch: Start, log: EventLog, album: Path, mode: Options) -> None:
    watch(trek=album, **mode)
    put(album / "new" / "deeper" / "yak.jpg")
    log.wait_for("created new/deeper/yak.jpg")
    put(album / "new" / "deeper" / "later.jpg")
    log.wait_for("created new/deeper/later.jpg")


def test_photos_in_many_new_folders_at_once_are_reported(watch: Start, log: EventLog, album: Path) -> None:
    """watchdog finds some of them twice and warns of it, which must not end its reader."""
    watch(trek=album)
    keys = [f"day {number}/camera/dcim/day/yak.jpg" for number in range(300)]
    for key in keys:
        put(album / key)
    log.wait_for(*(f"created {key}" for key in keys))


def test_photos_of_a_folder_that_is_moved_in_are_reported(
    watch: Start, log: EventLog, album: Path, tmp_path: Path
) -> None:
    put(tmp_path / "camera" / "dcim" / "yak.jpg")
    watch(trek=album)
    (tmp_path / "camera").rename(album / "camera")
    log.wait_for("created camera/dcim/yak.jpg")


def test_renaming_a_folder_causes_a_rescan(
    watch: Start,
    log: EventLog,
    album: Path,
    mode: Options,
) -> None:
    put(album / "day 1" / "yak.jpg")
    watch(trek=album, **mode)
    (album / "day 1").rename(album / "day 2")
    log.wait_for("rescan trek")
    put(album / "marker.jpg")
    log.wait_for("created marker.jpg")
    assert [line for line in log.lines if "yak" in line] == []
    put(album / "day 2" / "ama.jpg")
    log.wait_for("created day 2/ama.jpg")


def test_deleting_a_folder_causes_a_rescan(
    watch: Start,
    log: EventLog,
    album: Path,
    mode: Options,
) -> None:
    put(album / "day 1" / "yak.jpg")
    watch(trek=album, settle_s=1.0, **mode)  # long enough to combine both deletions
    (album / "day 1" / "yak.jpg").unlink()
    (album / "day 1").rmdir()
    log.wait_for("rescan trek")
    put(album / "marker.jpg")
    log.wait_for("created marker.jpg")
    assert "removed day 1/yak.jpg" not in log.lines


def test_moving_a_folder_out_causes_a_rescan(watch: Start, log: EventLog, album: Path, tmp_path: Path) -> None:
    put(album / "day 1" / "yak.jpg")
    watch(trek=album)
    (album / "day 1").rename(tmp_path / "elsewhere")
    log.wait_for("rescan trek")


def test_keys_are_those_of_the_storage(watch: Start, log: EventLog, album: Path, tmp_path: Path) -> None:
    """Also behind a link to the album, behind a link inside it, and for a name that is not UTF-8."""
    (tmp_path / "link").symlink_to(album)
    (tmp_path / "drive").mkdir()
    (album / "drive").symlink_to(tmp_path / "drive")
    watch(trek=tmp_path / "link")
    put(tmp_path / "drive" / "ama.jpg")
    put(Path(os.fsdecode(os.fsencode(album) + b"/caf\xe9.jpg")))
    log.wait_for("created drive/ama.jpg", "created caf\uefe9.jpg")
    assert {f"created {one.key}" for one in FolderPhotoStorage(album).list()} == set(log.lines)


def test_adding_and_removing_a_link_to_a_folder_cause_a_rescan(
    watch: Start, log: EventLog, album: Path, tmp_path: Path
) -> None:
    put(tmp_path / "drive" / "ama.jpg")
    watch(trek=album)
    (album / "drive").symlink_to(tmp_path / "drive")
    log.wait_for("rescan trek")
    log.clear()
    # Changes behind the new link are reported as soon as it is watched, which begins shortly after the rescan.
    deadline = time.monotonic() + DEADLINE_S
    number = 0
    while not any("later" in line for line in log.lines):
        assert time.monotonic() < deadline, log.lines
        put(tmp_path / "drive" / f"later {number}.jpg")
        number += 1
        time.sleep(SETTLE_S)
    (album / "drive").unlink()
    log.wait_for("rescan trek")


def test_circular_links_do_not_block_the_watcher(watch: Start, log: EventLog, album: Path, mode: Options) -> None:
    (album / "round").symlink_to(album)
    (album / "day 1").mkdir()
    (album / "day 1" / "up").symlink_to(album)
    watch(trek=album, **mode)
    put(album / "day 1" / "yak.jpg")
    log.wait_for("created day 1/yak.jpg")
    assert log.lines == ["created day 1/yak.jpg"]


def test_several_albums_have_their_own_buckets(watch: Start, log: EventLog, album: Path, tmp_path: Path) -> None:
    put(tmp_path / "other" / "day 1" / "yak.jpg")
    watch(trek=album, other=tmp_path / "other")
    (tmp_path / "other" / "day 1").rename(tmp_path / "other" / "day 2")
    log.wait_for("rescan other")
    assert "rescan trek" not in log.lines


def test_an_album_stays_watched_when_a_link_to_it_is_removed(
    watch: Start, log: EventLog, album: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (album / "other").symlink_to(other)
    watch(trek=album, other=other)
    put(other / "yak.jpg")
    log.wait_for("created other/yak.jpg", "created yak.jpg")
    (album / "other").unlink()
    log.wait_for("rescan trek")
    put(other / "ama.jpg")
    log.wait_for("created ama.jpg")


def test_a_drive_that_is_disconnected_and_connected_is_watched_again(
    watch: Start,
    log: EventLog,
    album: Path,
    mode: Options,
) -> None:
    watch(trek=album, **mode)
    album.rename(album.with_name("unplugged"))
    log.wait_for("rescan trek")
    log.clear()
    album.with_name("unplugged").rename(album)
    log.wait_for("rescan trek")
    put(album / "yak.jpg")
    log.wait_for("created yak.jpg")


def test_a_drive_that_is_connected_later_is_watched_from_then_on(watch: Start, log: EventLog, tmp_path: Path) -> None:
    watch(trek=tmp_path / "drive")
    put(tmp_path / "drive" / "yak.jpg")
    log.wait_for("rescan trek")
    put(tmp_path / "drive" / "ama.jpg")
    log.wait_for("created ama.jpg")


def test_mounting_and_unmounting_a_drive_inside_an_album_cause_a_rescan(
    watch: Start, log: EventLog, album: Path
) -> None:
    mounted: set[str] = set()
    watch(trek=album, mounts=lambda _: frozenset(mounted))
    put(album / "yak.jpg")
    log.wait_for("created yak.jpg")
    assert "rescan trek" not in log.lines
    for change in (mounted.add, mounted.remove):
        change("41 /album/drive")
        log.wait_for("rescan trek")
        log.clear()
    put(album / "ama.jpg")
    log.wait_for("created ama.jpg")


def test_lost_events_cause_a_rescan(watch: Start, log: EventLog, album: Path) -> None:
    """watchdog reports a queue overflow only by this log message."""
    watch(trek=album)
    logging.getLogger("watchdog.observers.inotify_c").warning("Inotify queue overflowed; filesystem events were lost")
    log.wait_for("rescan trek")


def test_many_changes_at_once_cause_a_rescan(
    watch: Start, log: EventLog, album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher_module, "_MAX_WAITING", 5)
    watch(trek=album, settle_s=1.0)
    for number in range(20):
        put(album / f"{number}.jpg")
    log.wait_for("rescan trek")


def test_at_the_watch_limit_the_folder_is_polled(
    watch: Start,
    log: EventLog,
    album: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """All programs of a user share the kernel's limit, so the test only simulates it."""
    native = Observer
    full = OSError(errno.ENOSPC, "inotify watch limit reached")

    class FullObserver(native):  # type: ignore[misc, valid-type]
        def schedule(self, *_: object, **__: object) -> None:
            raise full

    monkeypatch.setattr(watcher_module, "Observer", FullObserver)
    watch(trek=album)
    put(album / "yak.jpg")
    log.wait_for("created yak.jpg")
    assert "polled" in caplog.text
    assert "max_user_watches" in caplog.text


def test_a_watch_limit_that_only_subfolders_reach_is_noticed(
    watch: Start,
    log: EventLog,
    album: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """watchdog skips subfolders that it can't watch. Watching one more folder then fails, which reveals the limit."""
    native = Observer

    class AlmostFullObserver(native):  # type: ignore[misc, valid-type]
        def schedule(self, handler: object, path: str, **options: object) -> object:
            if "cumbre-watch-" in path:
                raise OSError(errno.ENOSPC, "inotify watch limit reached")
            return super().schedule(handler, path, **options)

    monkeypatch.setattr(watcher_module, "Observer", AlmostFullObserver)
    watch(trek=album)
    put(album / "yak.jpg")
    log.wait_for("created yak.jpg")
    assert "polled" in caplog.text


def test_an_error_in_the_event_handler_does_not_stop_the_watcher(
    log: EventLog, album: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail_once(event: ObjectEvent) -> None:
        log.event(event)
        if event.key == "bad.jpg":
            raise RuntimeError("no")

    with FolderWatcher({"trek": album}, fail_once, log.rescan, settle_s=SETTLE_S):
        put(album / "bad.jpg")
        log.wait_for("created bad.jpg")
        put(album / "good.jpg")
        log.wait_for("created good.jpg")
    assert "could not be handled" in caplog.text

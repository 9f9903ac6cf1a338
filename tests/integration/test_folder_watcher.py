"""A real folder, watched by the real watchdog. Tests wait for what must come, and then for a marker photo before they
say that something else did not."""

import errno
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cumbre.storage.folder import FolderPhotoStorage
from functions.ingest.events import ObjectEvent
from local.folder_watch import watcher as watcher_module
from local.folder_watch.watcher import FolderWatcher

Start = Callable[..., FolderWatcher]
Options = dict[str, Any]

DEADLINE_S = 20.0
SETTLE_S = 0.1


class Told:
    """What a watcher told, in words and in order."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._changed = threading.Condition()

    def event(self, event: ObjectEvent) -> None:
        self._add(f"{event.kind.value} {event.key}")

    def rescan(self, bucket: str) -> None:
        self._add(f"rescan {bucket}")

    def _add(self, word: str) -> None:
        with self._changed:
            self.words.append(word)
            self._changed.notify_all()

    def wait_for(self, *wanted: str) -> None:
        with self._changed:
            came = self._changed.wait_for(lambda: set(wanted) <= set(self.words), DEADLINE_S)
        assert came, f"waited for {wanted}, was told {self.words}"

    def clear(self) -> None:
        with self._changed:
            self.words.clear()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def album(tmp_path: Path) -> Path:
    album = tmp_path / "album"
    album.mkdir()
    return album


@pytest.fixture
def watch(told: Told) -> Iterator[Start]:
    """Starts watchers that end with the test, and end all their threads."""
    before = set(threading.enumerate())
    started: list[FolderWatcher] = []

    def start(**roots_and_options: Any) -> FolderWatcher:
        roots = {name: one for name, one in roots_and_options.items() if isinstance(one, Path)}
        options = {name: one for name, one in roots_and_options.items() if name not in roots}
        watcher = FolderWatcher(
            roots, told.event, told.rescan, **{"settle_s": SETTLE_S, "poll_s": 0.1, "check_s": 0.1, **options}
        )
        watcher.start()
        started.append(watcher)
        return watcher

    yield start
    for watcher in started:
        watcher.stop()
    # watchdog's one reader of inotify belongs to the process, not to a watcher; so do the tests' picture processes.
    of_others = ("inotify", "picture-reaper")
    left = set(threading.enumerate()) - before
    known = [f"{type(thread).__name__} {thread.name}".lower() for thread in left]
    assert not [name for name in known if not any(one in name for one in of_others)]


@pytest.fixture(params=["native", "polling"])
def way(request: pytest.FixtureRequest) -> Options:
    """Both ways to watch; a network folder is polled."""
    return {"is_network": lambda _: request.param == "polling"}


def put(path: Path, data: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_new_photos_are_told(watch: Start, told: Told, album: Path, way: Options) -> None:
    (album / "day 1").mkdir()
    watch(trek=album, **way)
    put(album / "yak.jpg")
    put(album / "day 1" / "Ama Dablam ü.HEIC")
    told.wait_for("created yak.jpg", "created day 1/Ama Dablam ü.HEIC")


def test_renames_tell_the_new_name_first(
    watch: Start,
    told: Told,
    album: Path,
    way: Options,
) -> None:
    put(album / "a.jpg")
    watch(trek=album, **way)
    (album / "a.jpg").rename(album / "b.jpg")
    told.wait_for("created b.jpg", "removed a.jpg")
    assert told.words.index("created b.jpg") < told.words.index("removed a.jpg")


def test_deletions_are_told(watch: Start, told: Told, album: Path) -> None:
    put(album / "yak.jpg")
    watch(trek=album)
    (album / "yak.jpg").unlink()
    told.wait_for("removed yak.jpg")
    assert "created yak.jpg" not in told.words


def test_where_a_folder_is_polled_deletions_are_a_rescan(watch: Start, told: Told, album: Path) -> None:
    """A network drive that is gone looks the same; the scan asks whether so many can be meant."""
    for number in range(3):
        put(album / f"{number}.jpg")
    watch(trek=album, is_network=lambda _: True)
    for number in range(3):
        (album / f"{number}.jpg").unlink()
    told.wait_for("rescan trek")
    put(album / "marker.jpg")
    told.wait_for("created marker.jpg")
    assert not any(word.startswith("removed") for word in told.words)


def test_overwritten_photos_are_told(watch: Start, told: Told, album: Path, way: Options) -> None:
    put(album / "yak.jpg")
    watch(trek=album, **way)
    put(album / "yak.jpg", b"another yak")
    told.wait_for("created yak.jpg")


def test_only_photos_that_people_see_are_told(watch: Start, told: Told, album: Path) -> None:
    (album / ".thumbnails").mkdir()
    watch(trek=album)
    put(album / "notes.txt")
    put(album / "._yak.jpg")
    put(album / ".thumbnails" / "yak.jpg")
    put(album / "@eaDir" / "yak.jpg")
    put(album / "marker.jpg")
    told.wait_for("created marker.jpg")
    assert told.words == ["created marker.jpg"]


def test_reading_photos_tells_nothing(watch: Start, told: Told, album: Path) -> None:
    put(album / "yak.jpg")
    watch(trek=album)
    (album / "yak.jpg").read_bytes()
    put(album / "marker.jpg")
    told.wait_for("created marker.jpg")
    assert told.words == ["created marker.jpg"]


def test_a_download_that_ends_in_a_rename_is_one_photo(watch: Start, told: Told, album: Path) -> None:
    watch(trek=album)
    put(album / "yak.jpg.part").rename(album / "yak.jpg")
    told.wait_for("created yak.jpg")
    assert told.words == ["created yak.jpg"]


def test_a_photo_is_told_when_it_is_whole(watch: Start, told: Told, album: Path) -> None:
    sizes: list[int] = []

    class Looking(Told):
        def event(self, event: ObjectEvent) -> None:
            sizes.append((album / event.key).stat().st_size)
            super().event(event)

    looking = Looking()
    with (
        FolderWatcher({"trek": album}, looking.event, looking.rescan, settle_s=2.0),
        (album / "slow.jpg").open("wb") as file,
    ):
        for _ in range(10):
            file.write(b"x")
            file.flush()
            time.sleep(0.02)  # a copy in progress: far shorter pauses than settle_s
        looking.wait_for("created slow.jpg")
    assert sizes[-1] == 10


def test_photos_in_new_folders_are_told(watch: Start, told: Told, album: Path, way: Options) -> None:
    watch(trek=album, **way)
    put(album / "new" / "deeper" / "yak.jpg")
    told.wait_for("created new/deeper/yak.jpg")
    put(album / "new" / "deeper" / "later.jpg")
    told.wait_for("created new/deeper/later.jpg")


def test_many_new_folders_at_once_are_told(watch: Start, told: Told, album: Path) -> None:
    """watchdog meets some of them twice, and warns of it: no error that ends its reader."""
    watch(trek=album)
    keys = [f"day {number}/camera/dcim/day/yak.jpg" for number in range(300)]
    for key in keys:
        put(album / key)
    told.wait_for(*(f"created {key}" for key in keys))


def test_photos_of_a_folder_that_moves_in_are_told(watch: Start, told: Told, album: Path, tmp_path: Path) -> None:
    put(tmp_path / "camera" / "dcim" / "yak.jpg")
    watch(trek=album)
    (tmp_path / "camera").rename(album / "camera")
    told.wait_for("created camera/dcim/yak.jpg")


def test_a_folder_that_is_renamed_is_a_rescan(
    watch: Start,
    told: Told,
    album: Path,
    way: Options,
) -> None:
    put(album / "day 1" / "yak.jpg")
    watch(trek=album, **way)
    (album / "day 1").rename(album / "day 2")
    told.wait_for("rescan trek")
    put(album / "marker.jpg")
    told.wait_for("created marker.jpg")
    assert [word for word in told.words if "yak" in word] == []
    put(album / "day 2" / "ama.jpg")
    told.wait_for("created day 2/ama.jpg")


def test_a_folder_that_is_deleted_is_a_rescan(
    watch: Start,
    told: Told,
    album: Path,
    way: Options,
) -> None:
    put(album / "day 1" / "yak.jpg")
    watch(trek=album, settle_s=1.0, **way)  # so long that both steps fall together
    (album / "day 1" / "yak.jpg").unlink()
    (album / "day 1").rmdir()
    told.wait_for("rescan trek")
    put(album / "marker.jpg")
    told.wait_for("created marker.jpg")
    assert "removed day 1/yak.jpg" not in told.words


def test_a_folder_that_moves_away_is_a_rescan(watch: Start, told: Told, album: Path, tmp_path: Path) -> None:
    put(album / "day 1" / "yak.jpg")
    watch(trek=album)
    (album / "day 1").rename(tmp_path / "elsewhere")
    told.wait_for("rescan trek")


def test_keys_are_those_of_the_storage(watch: Start, told: Told, album: Path, tmp_path: Path) -> None:
    """Behind a link to the album, a link in it, and a name that is no UTF-8."""
    (tmp_path / "link").symlink_to(album)
    (tmp_path / "drive").mkdir()
    (album / "drive").symlink_to(tmp_path / "drive")
    watch(trek=tmp_path / "link")
    put(tmp_path / "drive" / "ama.jpg")
    put(Path(os.fsdecode(os.fsencode(album) + b"/caf\xe9.jpg")))
    told.wait_for("created drive/ama.jpg", "created caf\uefe9.jpg")
    assert {f"created {one.key}" for one in FolderPhotoStorage(album).list()} == set(told.words)


def test_a_link_to_a_folder_that_comes_and_goes(watch: Start, told: Told, album: Path, tmp_path: Path) -> None:
    put(tmp_path / "drive" / "ama.jpg")
    watch(trek=album)
    (album / "drive").symlink_to(tmp_path / "drive")
    told.wait_for("rescan trek")
    told.clear()
    # Once the new link is watched, what happens behind it is told too; the watch begins just after.
    deadline = time.monotonic() + DEADLINE_S
    number = 0
    while not any("later" in word for word in told.words):
        assert time.monotonic() < deadline, told.words
        put(tmp_path / "drive" / f"later {number}.jpg")
        number += 1
        time.sleep(SETTLE_S)
    (album / "drive").unlink()
    told.wait_for("rescan trek")


def test_links_in_circles_do_not_hold_it_up(watch: Start, told: Told, album: Path, way: Options) -> None:
    (album / "round").symlink_to(album)
    (album / "day 1").mkdir()
    (album / "day 1" / "up").symlink_to(album)
    watch(trek=album, **way)
    put(album / "day 1" / "yak.jpg")
    told.wait_for("created day 1/yak.jpg")
    assert told.words == ["created day 1/yak.jpg"]


def test_several_albums_have_their_own_buckets(watch: Start, told: Told, album: Path, tmp_path: Path) -> None:
    put(tmp_path / "other" / "day 1" / "yak.jpg")
    watch(trek=album, other=tmp_path / "other")
    (tmp_path / "other" / "day 1").rename(tmp_path / "other" / "day 2")
    told.wait_for("rescan other")
    assert "rescan trek" not in told.words


def test_an_album_that_another_links_to_stays_watched_without_the_link(
    watch: Start, told: Told, album: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (album / "other").symlink_to(other)
    watch(trek=album, other=other)
    put(other / "yak.jpg")
    told.wait_for("created other/yak.jpg", "created yak.jpg")
    (album / "other").unlink()
    told.wait_for("rescan trek")
    put(other / "ama.jpg")
    told.wait_for("created ama.jpg")


def test_a_drive_that_goes_and_comes_back_is_watched_again(
    watch: Start,
    told: Told,
    album: Path,
    way: Options,
) -> None:
    watch(trek=album, **way)
    album.rename(album.with_name("unplugged"))
    told.wait_for("rescan trek")
    told.clear()
    album.with_name("unplugged").rename(album)
    told.wait_for("rescan trek")
    put(album / "yak.jpg")
    told.wait_for("created yak.jpg")


def test_a_drive_that_comes_late_is_watched_then(watch: Start, told: Told, tmp_path: Path) -> None:
    watch(trek=tmp_path / "drive")
    put(tmp_path / "drive" / "yak.jpg")
    told.wait_for("rescan trek")
    put(tmp_path / "drive" / "ama.jpg")
    told.wait_for("created ama.jpg")


def test_a_drive_that_comes_and_goes_inside_an_album_is_a_rescan(watch: Start, told: Told, album: Path) -> None:
    mounted: set[str] = set()
    watch(trek=album, mounts=lambda _: frozenset(mounted))
    put(album / "yak.jpg")
    told.wait_for("created yak.jpg")
    assert "rescan trek" not in told.words
    for change in (mounted.add, mounted.remove):
        change("41 /album/drive")
        told.wait_for("rescan trek")
        told.clear()
    put(album / "ama.jpg")
    told.wait_for("created ama.jpg")


def test_lost_events_are_a_rescan(watch: Start, told: Told, album: Path) -> None:
    """The words are watchdog's own; it has no other way to say so."""
    watch(trek=album)
    logging.getLogger("watchdog.observers.inotify_c").warning("Inotify queue overflowed; filesystem events were lost")
    told.wait_for("rescan trek")


def test_many_changes_at_once_are_a_rescan(
    watch: Start, told: Told, album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher_module, "_MAX_WAITING", 5)
    watch(trek=album, settle_s=1.0)
    for number in range(20):
        put(album / f"{number}.jpg")
    told.wait_for("rescan trek")


def test_at_the_watch_limit_the_folder_is_polled(
    watch: Start,
    told: Told,
    album: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The kernel's limit is for all programs of a user, so a test must not really reach it."""
    native = watcher_module.Observer
    full = OSError(errno.ENOSPC, "inotify watch limit reached")

    class FullObserver(native):  # type: ignore[misc, valid-type]
        def schedule(self, *_: object, **__: object) -> None:
            raise full

    monkeypatch.setattr(watcher_module, "Observer", FullObserver)
    watch(trek=album)
    put(album / "yak.jpg")
    told.wait_for("created yak.jpg")
    assert "polled" in caplog.text
    assert "max_user_watches" in caplog.text


def test_a_limit_that_only_subfolders_meet_is_noticed(
    watch: Start,
    told: Told,
    album: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """watchdog passes over subfolders that it can't watch; a watch of one more folder then fails as well."""
    native = watcher_module.Observer

    class AlmostFullObserver(native):  # type: ignore[misc, valid-type]
        def schedule(self, handler: object, path: str, **options: object) -> object:
            if "cumbre-watch-" in path:
                raise OSError(errno.ENOSPC, "inotify watch limit reached")
            return super().schedule(handler, path, **options)

    monkeypatch.setattr(watcher_module, "Observer", AlmostFullObserver)
    watch(trek=album)
    put(album / "yak.jpg")
    told.wait_for("created yak.jpg")
    assert "polled" in caplog.text


def test_an_error_of_the_receiver_ends_nothing(told: Told, album: Path, caplog: pytest.LogCaptureFixture) -> None:
    def fail_once(event: ObjectEvent) -> None:
        told.event(event)
        if event.key == "bad.jpg":
            raise RuntimeError("no")

    with FolderWatcher({"trek": album}, fail_once, told.rescan, settle_s=SETTLE_S):
        put(album / "bad.jpg")
        told.wait_for("created bad.jpg")
        put(album / "good.jpg")
        told.wait_for("created good.jpg")
    assert "could not be handled" in caplog.text

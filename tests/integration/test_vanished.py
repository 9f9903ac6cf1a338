"""Albums in real life: drives that are disconnected, half-copied files, links, renames and changing permissions."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cumbre.errors import AlbumMissing
from cumbre.library.forget import forget_album
from cumbre.library.library import Library
from tests.support.changing_album import picture
from tests.support.encoders import CountingEncoder
from tests.support.processes import CUMBRE, Server, cumbre, environment, eventually
from tests.support.small_album import ingest

_PHOTOS = 24


@pytest.fixture
def album(tmp_path: Path) -> Path:
    folder = tmp_path / "album"
    (folder / "day 1").mkdir(parents=True)
    for number in range(_PHOTOS):
        (folder / ("day 1" if number % 2 else "") / f"{number}.jpg").write_bytes(picture(number))
    return folder


@pytest.fixture
def embedded(library: Library) -> CountingEncoder:
    """The encoder of the library, which counts the pictures that it embeds."""
    embedder = library.active().embedder
    counting = CountingEncoder(embedder.encoder)
    embedder.encoder = counting
    return counting


def keys(library: Library) -> set[str]:
    return {document.key for document in library.active().index.select()}


def vectors(library: Library) -> list[bytes]:
    return sorted(vector.tobytes() for _, vector in library.active().index.scan())


class Drive:
    """A drive with an album, mounted on a folder that stays empty while the drive is disconnected.

    Where the system allows no mounts, the folder is swapped with an empty one.
    """

    def __init__(self, content: Path, point: Path) -> None:
        self.content, self.point = content, point
        point.mkdir()
        self.can_mount = os.name == "posix" and os.geteuid() == 0 and self._run("mount", "--bind", content, point)
        if not self.can_mount:
            self.connect()

    def connect(self) -> None:
        if self.can_mount:
            assert self._run("mount", "--bind", self.content, self.point)
        else:
            self.point.rmdir()
            self.content.rename(self.point)

    def disconnect(self) -> None:
        if self.can_mount:
            assert self._run("umount", "--lazy", self.point)
        else:
            self.point.rename(self.content)
            self.point.mkdir()

    def close(self) -> None:
        if self.can_mount:
            self._run("umount", "--lazy", self.point)

    @staticmethod
    def _run(program: str, *arguments: str | Path) -> bool:
        found = shutil.which(program)
        return found is not None and subprocess.run([found, *arguments], capture_output=True).returncode == 0


@pytest.fixture
def drive(album: Path) -> Iterator[Drive]:
    one = Drive(album.rename(album.with_name("content")), album)
    yield one
    one.close()


@pytest.mark.slow
def test_a_disconnected_drive_is_reported_and_kept_and_followed_again_later(
    start: Callable[..., Server], home: Path, album: Path, drive: Drive
) -> None:
    server = start("--photos", album)
    eventually(lambda: server.status()["photos"] == _PHOTOS)
    drive.disconnect()
    eventually(lambda: any("--confirm-removals" in notice for notice in server.status()["notices"]))
    assert server.status()["photos"] == _PHOTOS

    assert str(album) in cumbre(home, "status").stderr
    ran = cumbre(home, "ingest")
    assert ran.returncode == 1
    assert f"`cumbre ingest --confirm-removals {album}`" in ran.stderr
    assert server.status()["photos"] == _PHOTOS

    drive.connect()
    eventually(lambda: not any(str(album) in notice for notice in server.status()["notices"]))
    (album / "new.jpg").write_bytes(picture(100))
    eventually(lambda: server.status()["photos"] == _PHOTOS + 1)
    assert str(album) not in cumbre(home, "status").stderr
    code, err = server.stop()
    assert (code, err.count("are not there"), len(err.splitlines())) == (0, 1, 1)

    drive.disconnect()
    ran = cumbre(home, "ingest", "--confirm-removals", album)
    assert (ran.returncode, ran.stdout.splitlines()[-1].split(" (")[0]) == (
        0,
        f"0 indexed, 0 unchanged, {_PHOTOS + 1} removed, 0 failed",
    )


def test_photos_are_kept_when_most_of_an_album_is_missing(
    library: Library, album: Path, embedded: CountingEncoder
) -> None:
    for number in range(_PHOTOS, 2 * _PHOTOS):
        (album / "day 1" / f"{number}.jpg").write_bytes(picture(number))
    ingest(library, album)
    (album / "day 1").rename(album.with_name("day 1"))
    with pytest.raises(AlbumMissing, match="--confirm-removals"):
        ingest(library, album)
    album.with_name("day 1").rename(album / "day 1")
    assert ingest(library, album).unchanged == embedded.images == 2 * _PHOTOS


@pytest.mark.slow
def test_files_that_are_still_being_written_are_waited_for(start: Callable[..., Server], album: Path) -> None:
    """A slow copy, one that keeps the time of the original, a hidden temporary name, and a preallocated file.

    None of them may be recorded as damaged meanwhile.
    """
    server = start("--photos", album)
    eventually(lambda: server.status()["photos"] == _PHOTOS)
    failures: list[object] = []
    written = threading.Event()

    def watch() -> None:
        while not written.wait(0.05):
            failures.extend(server.status()["failures"])

    def chunks(number: int) -> list[bytes]:
        data = picture(number)
        step = len(data) // 8 + 1
        return [data[start : start + step] for start in range(0, len(data), step)]

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        files = [(album / name).open("wb", buffering=0) for name in ("slow.jpg", "kept time.jpg", ".part.jpg.Xy7z")]
        preallocated = (album / "preallocated.jpg").open("wb", buffering=0)
        preallocated.write(bytes(len(picture(203))))
        preallocated.seek(0)
        for parts in zip(*map(chunks, range(200, 204)), strict=True):
            for file, part in zip([*files, preallocated], parts, strict=True):
                file.write(part)
            time.sleep(0.2)  # each pause is shorter than the settling time, all of them together are longer
        for file in [*files, preallocated]:
            file.close()
        os.utime(album / "kept time.jpg", (1_000_000_000, 1_000_000_000))
        (album / ".part.jpg.Xy7z").rename(album / "part.jpg")
        eventually(lambda: server.status()["photos"] == _PHOTOS + 4)
    finally:
        written.set()
        watcher.join()
    assert failures == []
    assert server.stop() == (0, "")


@pytest.mark.parametrize("keeps_time", [False, True])
@pytest.mark.parametrize("half", [picture(7)[:1500], bytes(len(picture(7))), b""], ids=["half", "zeros", "empty"])
def test_a_half_copied_file_is_indexed_once_it_is_complete(
    library: Library, album: Path, half: bytes, keeps_time: bool
) -> None:
    (album / "late.jpg").write_bytes(half)
    report = ingest(library, album)
    assert [failed.key for failed in report.failed] == ["late.jpg"]
    (album / "late.jpg").write_bytes(picture(300))
    if keeps_time:
        os.utime(album / "late.jpg", (1_000_000_000, 1_000_000_000))
    report = ingest(library, album)
    assert (report.indexed, report.failed) == (1, [])


def test_renaming_files_folders_and_the_album_itself_embeds_nothing_again(
    library: Library, album: Path, embedded: CountingEncoder
) -> None:
    ingest(library, album)
    before = vectors(library)
    assert embedded.images == _PHOTOS
    (album / "0.jpg").rename(album / "first.jpg")
    (album / "2.jpg").rename(album / "day 1" / "2.jpg")
    (album / "day 1").rename(album / "first day")
    ingest(library, album)
    elsewhere = album.rename(album.with_name("elsewhere"))
    ingest(library, elsewhere)
    ingest(library, elsewhere)
    assert embedded.images == _PHOTOS
    assert library.active().index.count() == 2 * _PHOTOS  # photos of the old folder stay until it is forgotten
    assert forget_album(library, album).removed == _PHOTOS
    assert vectors(library) == before


def test_each_content_is_embedded_once(
    library: Library, album: Path, embedded: CountingEncoder, tmp_path: Path
) -> None:
    """Copies, hard links, links to a file and names that differ only in case, at once and one after the other."""
    for copy in ("copy.jpg", "day 1/copy of 0.jpg", "0.JPG"):
        shutil.copy2(album / "0.jpg", album / copy)
    os.link(album / "2.jpg", album / "hard link.jpg")
    (tmp_path / "outside.jpg").write_bytes(picture(4))
    (album / "link.jpg").symlink_to(tmp_path / "outside.jpg")
    assert ingest(library, album).indexed == _PHOTOS + 5
    assert embedded.images == _PHOTOS
    shutil.copytree(album / "day 1", album / "day 2")
    ingest(library, album)
    assert embedded.images == _PHOTOS


def test_a_change_of_only_the_letter_case_is_a_rename(library: Library, album: Path, embedded: CountingEncoder) -> None:
    ingest(library, album)
    (album / "0.jpg").rename(album / "0.JPG")
    (album / "day 1").rename(album / "Day 1")
    report = ingest(library, album)
    assert (report.indexed, report.removed) == (1 + _PHOTOS // 2,) * 2
    assert embedded.images == _PHOTOS


def test_folders_and_files_can_replace_each_other(library: Library, album: Path, embedded: CountingEncoder) -> None:
    ingest(library, album)
    (album / "day 1").rename(album / "kept")
    (album / "day 1").write_bytes(b"a file now")
    (album / "0.jpg").unlink()
    (album / "0.jpg").mkdir()
    (album / "0.jpg" / "inside.jpg").write_bytes(picture(0))
    ingest(library, album)
    assert keys(library) == {f"{n}.jpg" for n in range(2, _PHOTOS, 2)} | {"0.jpg/inside.jpg"} | {
        f"kept/{n}.jpg" for n in range(1, _PHOTOS, 2)
    }
    (album / "day 1").unlink()
    (album / "kept").rename(album / "day 1")
    shutil.rmtree(album / "0.jpg")
    (album / "0.jpg").write_bytes(picture(0))
    ingest(library, album)
    assert keys(library) == {f"day 1/{n}.jpg" if n % 2 else f"{n}.jpg" for n in range(_PHOTOS)}
    assert embedded.images == _PHOTOS


def test_a_photo_at_the_bottom_of_a_deep_tree_is_indexed(library: Library, album: Path) -> None:
    bottom = album.joinpath(*["deeper"] * 150)
    bottom.mkdir(parents=True)
    (bottom / "yak.jpg").write_bytes(picture(400))
    assert ingest(library, album).indexed == _PHOTOS + 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_photos_survive_permissions_that_are_removed_and_restored(home: Path, album: Path) -> None:
    def run(*arguments: object) -> dict[str, Any]:
        command: list[str | Path] = [*_bound_by_permissions(), CUMBRE, *map(str, arguments), "--json"]
        ran = subprocess.run(command, cwd=home.parent, env=environment(home), capture_output=True, text=True)
        assert ran.stdout, ran.stderr
        printed: dict[str, Any] = json.loads(ran.stdout)
        return printed

    assert run("ingest", album)["indexed"] == _PHOTOS
    (album / "day 1").chmod(0)
    (album / "0.jpg").chmod(0)
    try:
        found = run("ingest")
        assert "day 1/" in found["unreadable"][0]
        assert ["0.jpg" in one["path"] and "permission" in one["reason"] for one in found["failed"]] == [True]
        assert run("status")["photos"] == _PHOTOS - 1
    finally:
        (album / "day 1").chmod(0o700)
        (album / "0.jpg").chmod(0o600)
    found = run("ingest")
    assert (found["indexed"], found["unchanged"]) == (1, _PHOTOS - 1)
    assert (found["failed"], found["unreadable"]) == ([], [])


def _bound_by_permissions() -> list[str]:
    """Return a prefix for commands that makes permissions apply to root; nothing for other users."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("permissions don't apply to root, and setpriv is not installed")
    dropped = "=-dac_override,-dac_read_search"
    return ["setpriv", f"--bounding-set{dropped}", f"--inh-caps{dropped}"]


_PEAK_OF_LISTING = """
import sys, tracemalloc
from pathlib import Path
from cumbre.storage.folder import FolderPhotoStorage
storage = FolderPhotoStorage(Path(sys.argv[1]))
tracemalloc.start()
print(sum(1 for _ in storage.list()), tracemalloc.get_traced_memory()[1])
"""


def test_a_folder_of_very_many_files_is_listed_with_little_memory(tmp_path: Path) -> None:
    for number in range(5_000):
        (tmp_path / f"IMG_{number:04}.jpg").touch()
    # In a separate process, because other threads of this one may allocate memory meanwhile.
    command: list[str | Path] = [sys.executable, "-c", _PEAK_OF_LISTING, tmp_path]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    files, peak_bytes = map(int, ran.stdout.split())
    assert files == 5_000
    assert peak_bytes < 5_000_000

"""Scans, which compare a whole album with the index."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cumbre.encoding.onnx_encoder import OnnxEncoder
from cumbre.errors import AlbumMissing, StorageError
from cumbre.ingest.scan import ScanProgress, ScanReport, scan
from cumbre.library.library import Library
from cumbre.storage.folder import FolderPhotoStorage
from cumbre.storage.port import ListingIncomplete, ObjectStat
from tests.support.small_album import ingest, photo_towards


def counts(report: ScanReport) -> tuple[int, int, int, int]:
    return report.indexed, report.unchanged, report.removed, len(report.failed)


def test_a_first_scan_indexes_all_and_a_second_finds_nothing_to_do(library: Library, album: Path) -> None:
    assert counts(ingest(library, album)) == (3, 0, 0, 0)
    assert counts(ingest(library, album)) == (0, 3, 0, 0)


def test_changes_since_the_last_scan_reach_the_index(library: Library, album: Path) -> None:
    ingest(library, album)
    (album / "plain.png").unlink()
    (album / "new.jpg").write_bytes(photo_towards(10, "2023:11:01 08:00:00"))
    (album / "day 1" / "valley.jpg").write_bytes(photo_towards(20, "2023:11:01 08:00:00"))
    assert counts(ingest(library, album)) == (2, 1, 1, 0)


def test_old_failures_are_reported_again_but_not_retried(library: Library, album: Path) -> None:
    (album / "bad.jpg").write_bytes(b"no picture")
    first, second = ingest(library, album), ingest(library, album)
    assert counts(first) == (3, 0, 0, 1)
    assert counts(second) == (0, 3, 0, 1)
    assert first.failed == second.failed


def test_a_renamed_folder_is_not_embedded_again_and_not_suspicious(
    library: Library, album: Path, lite: OnnxEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(19):
        (album / "day 1" / f"{i}.jpg").write_bytes(photo_towards(i, "2023:11:01 08:00:00"))
    ingest(library, album)
    monkeypatch.setattr(type(lite), "encode_images", lambda *_: pytest.fail("embedded again"))
    (album / "day 1").rename(album / "first day")
    assert counts(ingest(library, album)) == (21, 1, 21, 0)
    assert library.active().index.count() == 22


def test_an_empty_album_folder_does_not_empty_the_index_until_the_removal_is_confirmed(
    library: Library, album: Path
) -> None:
    ingest(library, album)
    shutil.rmtree(album / "day 1")
    (album / "plain.png").unlink()
    with pytest.raises(AlbumMissing, match="--confirm-removals"):
        ingest(library, album)
    assert library.active().index.count() == 3
    assert counts(ingest(library, album, confirm_removals=True)) == (0, 0, 3, 0)


def test_losing_most_of_an_album_is_suspicious_but_new_photos_are_still_indexed(library: Library, album: Path) -> None:
    for i in range(24):
        (album / f"{i}.jpg").write_bytes(photo_towards(i, "2023:11:01 08:00:00"))
    ingest(library, album)
    for i in range(20):
        (album / f"{i}.jpg").unlink()
    (album / "new.jpg").write_bytes(photo_towards(77, "2023:11:02 08:00:00"))
    with pytest.raises(AlbumMissing, match="20 of the 28"):
        ingest(library, album)
    assert library.active().index.count() == 28


def test_a_missing_album_changes_nothing(library: Library, album: Path) -> None:
    ingest(library, album)
    storage = library.storage(str(album.resolve()))
    album.rename(album.with_name("elsewhere"))
    from cumbre.ingest.scan import scan

    with pytest.raises(StorageError):
        scan(library.ingestor(library.active()), storage)
    assert library.active().index.count() == 3


def test_a_scan_of_a_prefix_ignores_everything_else(library: Library, album: Path) -> None:
    ingest(library, album)
    (album / "plain.png").unlink()
    (album / "day 1" / "new.jpg").write_bytes(photo_towards(10, "2023:11:01 08:00:00"))
    assert counts(ingest(library, album / "day 1")) == (1, 2, 0, 0)
    assert library.active().index.count() == 4


def test_an_interrupted_scan_loses_only_the_photos_in_progress(
    library: Library, album: Path, open_cumbre: Callable[..., Library]
) -> None:
    for i in range(20):
        (album / f"{i}.jpg").write_bytes(photo_towards(i, "2023:11:01 08:00:00"))
    progress = ScanProgress()
    ingest(library, album, progress=progress, stopped=lambda: progress.done >= 8)
    done = library.active().index.count()
    assert 8 <= done < 23
    assert counts(ingest(open_cumbre(), album)) == (23 - done, done, 0, 0)


def test_the_progress_counts_all_photos(library: Library, album: Path) -> None:
    progress = ScanProgress()
    ingest(library, album, progress=progress)
    assert (progress.done, progress.total, progress.failed) == (3, 3, 0)


def test_a_folder_that_cannot_be_read_is_reported_and_its_photos_stay_indexed(
    library: Library, album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(library, album)
    (album / "new.jpg").write_bytes(photo_towards(10, "2023:11:01 08:00:00"))
    whole = FolderPhotoStorage.list

    def without_day_1(storage: FolderPhotoStorage, prefix: str = "") -> Iterator[ObjectStat]:
        yield from (stat for stat in whole(storage, prefix) if not stat.key.startswith("day 1/"))
        raise ListingIncomplete("day 1 can't be read: change its permissions", ("day 1/",))

    monkeypatch.setattr(FolderPhotoStorage, "list", without_day_1)
    report = ingest(library, album)
    assert counts(report) == (1, 1, 0, 0)
    assert report.unreadable == ["day 1 can't be read: change its permissions"]
    assert library.active().index.count() == 4


def test_copies_on_the_same_missing_drive_do_not_prevent_the_warning(library: Library, album: Path) -> None:
    shutil.copytree(album / "day 1", album / "backup")
    (album / "copy of plain.png").write_bytes((album / "plain.png").read_bytes())
    ingest(library, album)
    album.rename(album.with_name("away"))
    album.mkdir()
    with pytest.raises(AlbumMissing, match="6 of the 6"):
        ingest(library, album)
    assert library.active().index.count() == 6


class IgnoringCase(FolderPhotoStorage):
    """A folder that ignores case in names, as on macOS, Windows and memory cards."""

    def stat(self, key: str) -> ObjectStat | None:
        found = next((one for one in self.list() if one.key.lower() == key.lower()), None)
        return found and ObjectStat(key, found.etag, found.size_bytes)

    def read(self, key: str, etag: str, max_bytes: int) -> bytes:
        found = next(one for one in self.list() if one.key.lower() == key.lower())
        return super().read(found.key, etag, max_bytes)


def test_a_photo_renamed_only_in_case_is_indexed_once_where_case_is_ignored(library: Library, album: Path) -> None:
    storage = IgnoringCase(album)
    ingestor = library.ingestor(library.active())
    ingestor._storage_of = ingestor._reader._storage_of = lambda _: storage
    scan(ingestor, storage)
    (album / "plain.png").rename(album / "Plain.PNG")
    assert counts(scan(ingestor, storage)) == (1, 2, 1, 0)
    assert {d.key for d in ingestor.index.select() if "lain" in d.key} == {"Plain.PNG"}
    assert counts(scan(ingestor, storage)) == (0, 3, 0, 0)


def test_photos_that_the_album_does_not_list_are_removed_from_the_index(library: Library, album: Path) -> None:
    """An event may have named a photo behind a link within the album, which a scan does not follow."""
    ingest(library, album)
    (album / "favourites").symlink_to(album / "day 1")
    library.ingestor(library.active()).reconcile(str(album), "favourites/valley.jpg")
    assert library.active().index.count() == 4
    assert counts(ingest(library, album)) == (0, 3, 1, 0)
    assert library.active().index.count() == 3


def test_photos_behind_a_link_to_an_unplugged_drive_stay_indexed(library: Library, album: Path, tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    shutil.copytree(album / "day 1", drive / "2019")
    (drive / "2019" / "third.jpg").write_bytes(photo_towards(99, "2019:11:02 08:00:00"))
    (album / "drive").symlink_to(drive)
    ingest(library, album)
    drive.rename(tmp_path / "unplugged")
    report = ingest(library, album)
    assert counts(report) == (0, 3, 0, 0)
    assert "drive/" in report.unreadable[0]
    assert library.active().index.count() == 6
    (album / "drive").unlink()
    report = ingest(library, album)
    assert (counts(report), report.unreadable) == ((0, 3, 3, 0), [])


def test_a_link_that_always_led_nowhere_is_not_reported(library: Library, album: Path, tmp_path: Path) -> None:
    (album / "nowhere").symlink_to(tmp_path / "nowhere")
    assert ingest(library, album).unreadable == []

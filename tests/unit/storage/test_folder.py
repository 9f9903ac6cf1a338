"""Properties that only folders have: links, FIFOs, names that are not text, permissions."""

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cumbre.errors import ObjectChanged, ObjectGone, PhotoError, StorageError
from cumbre.storage.folder import FolderPhotoStorage
from cumbre.storage.keys import decode_path, encode_name
from cumbre.storage.port import ListingIncomplete

MB = 1_000_000

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
as_user = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything, so nothing is unreadable"
)


@pytest.fixture
def album(tmp_path: Path) -> Path:
    album = tmp_path / "album"
    album.mkdir()
    return album


def put(path: Path, data: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def keys(album: Path, prefix: str = "") -> list[str]:
    return [one.key for one in FolderPhotoStorage(album).list(prefix)]


def etag(storage: FolderPhotoStorage, key: str) -> str:
    stat = storage.stat(key)
    assert stat is not None
    return stat.etag


def test_the_bucket_is_the_real_path(album: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(album)
    assert FolderPhotoStorage(tmp_path / "link").bucket == str(album.resolve())
    assert FolderPhotoStorage(tmp_path / "album" / ".." / "album").bucket == str(album.resolve())


def test_a_root_that_is_a_file_is_an_error_that_says_what_to_do(album: Path) -> None:
    with pytest.raises(StorageError, match="name the folder that contains it"):
        keys(put(album / "yak.jpg"))


def test_photos_of_a_folder_come_before_its_subfolders_sorted_by_name(album: Path) -> None:
    for key in ("c.jpg", "a/z.jpg", "b/y.jpg", "a.jpg", "a/b/x.jpg"):
        put(album / key)
    assert keys(album) == ["a.jpg", "c.jpg", "a/z.jpg", "a/b/x.jpg", "b/y.jpg"]


def test_a_folder_with_the_name_of_a_photo_is_a_folder(album: Path) -> None:
    put(album / "trip.jpg" / "yak.jpg")
    assert keys(album) == ["trip.jpg/yak.jpg"]
    assert FolderPhotoStorage(album).stat("trip.jpg") is None


def test_linked_folders_and_files_are_part_of_the_album(album: Path, tmp_path: Path) -> None:
    put(tmp_path / "drive" / "2019" / "ama.jpg", b"ama")
    (album / "drive").symlink_to(tmp_path / "drive")
    (album / "best.jpg").symlink_to(tmp_path / "drive" / "2019" / "ama.jpg")
    assert keys(album) == ["best.jpg", "drive/2019/ama.jpg"]
    assert keys(album, "drive/2019/") == ["drive/2019/ama.jpg"]
    storage = FolderPhotoStorage(album)
    assert storage.read("drive/2019/ama.jpg", etag(storage, "drive/2019/ama.jpg"), MB) == b"ama"


def test_circular_links_are_not_followed_for_ever(album: Path, tmp_path: Path) -> None:
    put(album / "day 1" / "yak.jpg")
    put(tmp_path / "drive" / "ama.jpg")
    (album / "day 1" / "back").symlink_to(album)
    (album / "itself").symlink_to(album / "itself")
    (album / "drive").symlink_to(tmp_path / "drive")
    (tmp_path / "drive" / "again").symlink_to(tmp_path / "drive")
    (tmp_path / "drive" / "out").symlink_to(tmp_path)
    found = keys(album)
    assert found[:2] == ["day 1/yak.jpg", "drive/ama.jpg"]
    assert len(found) == len(set(found)) < 10


def test_a_link_within_the_album_gives_no_second_key(album: Path) -> None:
    put(album / "day 1" / "yak.jpg")
    (album / "favourites").symlink_to(album / "day 1")
    assert keys(album) == ["day 1/yak.jpg"]


def test_links_between_many_folders_are_listed_quickly(album: Path, tmp_path: Path) -> None:
    """There are millions of paths through these links, but each folder is visited once."""
    folders = [tmp_path / f"drive {number}" for number in range(10)]
    for folder in folders:
        put(folder / "yak.jpg")
        for other in folders:
            (folder / other.name).symlink_to(other)
    (album / "way in").symlink_to(folders[0])
    assert len(keys(album)) == 10


def test_a_folder_that_is_linked_twice_is_listed_once(album: Path, tmp_path: Path) -> None:
    put(tmp_path / "drive" / "ama.jpg")
    (album / "a").symlink_to(tmp_path / "drive")
    (album / "b").symlink_to(tmp_path / "drive")
    assert keys(album) == ["a/ama.jpg"]


def test_links_to_an_unplugged_drive_are_reported(album: Path, tmp_path: Path) -> None:
    put(album / "yak.jpg")
    (album / "drive").symlink_to(tmp_path / "unplugged")
    listing = FolderPhotoStorage(album).list()
    assert next(listing).key == "yak.jpg"
    with pytest.raises(ListingIncomplete, match="drive") as caught:
        next(listing)
    assert (caught.value.prefixes, caught.value.away) == ((), ("drive/",))


def test_links_that_lead_nowhere_are_ignored(album: Path, tmp_path: Path) -> None:
    put(album / "yak.jpg")
    (album / "gone.jpg").symlink_to(tmp_path / "gone.jpg")
    (album / "round.jpg").symlink_to(album / "round.jpg")
    storage = FolderPhotoStorage(album)
    assert keys(album) == ["yak.jpg"]
    assert storage.stat("gone.jpg") is None
    assert storage.stat("round.jpg") is None
    with pytest.raises(ObjectGone):
        storage.read("round.jpg", "any", MB)


@posix
def test_fifos_sockets_and_devices_are_never_opened(album: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(album / "pipe.jpg")
    monkeypatch.chdir(album)  # socket names are short
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket.jpg")
        (album / "null.jpg").symlink_to("/dev/null")
        storage = FolderPhotoStorage(album)
        assert keys(album) == []
        for name in ("pipe.jpg", "socket.jpg", "null.jpg"):
            assert storage.stat(name) is None
            with pytest.raises(ObjectGone):
                storage.read(name, "0-0", MB)


@posix
def test_a_fifo_that_replaces_a_photo_does_not_block(album: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(album / "yak.jpg")
    storage = FolderPhotoStorage(album)
    tag = etag(storage, "yak.jpg")
    real_open = os.open

    def swap(name: Path, flags: int) -> int:
        path.unlink()
        os.mkfifo(path)
        return real_open(name, flags)

    monkeypatch.setattr(os, "open", swap)
    with pytest.raises(ObjectChanged):
        storage.read("yak.jpg", tag, MB)


@pytest.mark.parametrize("tick_ns", [4_000_000, 1_000_000_000])
def test_a_second_version_with_the_same_time_and_size_is_not_missed(
    album: Path, monkeypatch: pytest.MonkeyPatch, tick_ns: int
) -> None:
    """It has the ETag of the first, so a file that was just written is read only once its timestamp has passed."""
    path = put(album / "yak.jpg", b"a yak")
    now = time.time_ns() // tick_ns * tick_ns
    monkeypatch.setattr(time, "time_ns", lambda: now + 1_000_000)
    os.utime(path, ns=(now, now))
    storage = FolderPhotoStorage(album)
    before = etag(storage, "yak.jpg")
    waited = []

    def while_it_waits(seconds: float) -> None:
        waited.append(seconds)
        path.write_bytes(b"a dzo")
        os.utime(path, ns=(now, now))

    monkeypatch.setattr(time, "sleep", while_it_waits)
    assert etag(storage, "yak.jpg") == before
    assert storage.read("yak.jpg", before, MB) == b"a dzo"
    assert 0 < waited[0] <= 2.0


@pytest.mark.parametrize("mtime_s", [1.5, 4_000_000_000.5])
def test_old_files_and_files_from_the_future_are_read_at_once(
    album: Path, monkeypatch: pytest.MonkeyPatch, mtime_s: float
) -> None:
    os.utime(put(album / "yak.jpg", b"a yak"), (mtime_s, mtime_s))
    storage = FolderPhotoStorage(album)
    tag = etag(storage, "yak.jpg")
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("waited"))
    assert storage.read("yak.jpg", tag, MB) == b"a yak"


def test_a_file_that_grows_while_it_is_read_has_changed(album: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(album / "yak.jpg", b"half")
    storage = FolderPhotoStorage(album)
    tag = etag(storage, "yak.jpg")
    real_fstat, calls = os.fstat, 0

    def grow(descriptor: int) -> os.stat_result:
        nonlocal calls
        calls += 1
        seen = real_fstat(descriptor)
        if calls == 1:
            with path.open("ab") as file:
                file.write(b" a yak")
        return seen

    monkeypatch.setattr(os, "fstat", grow)
    with pytest.raises(ObjectChanged, match="while it was read"):
        storage.read("yak.jpg", tag, MB)


@posix
def test_names_that_are_not_utf8_have_keys_that_are(album: Path) -> None:
    put(Path(os.fsdecode(os.fsencode(album) + b"/se\xf1or/caf\xe9.jpg")), b"coffee")
    storage = FolderPhotoStorage(album)
    (listed,) = storage.list()
    assert listed.key == "se\ueff1or/caf\uefe9.jpg"
    assert listed.key.encode().decode() == listed.key
    assert storage.stat(listed.key) == listed
    assert storage.read(listed.key, listed.etag, MB) == b"coffee"
    assert keys(album, "se\ueff1or/") == [listed.key]


@posix
def test_a_name_that_really_contains_private_use_characters_takes_precedence(album: Path) -> None:
    put(album / "caf\uefe9.jpg", b"real")
    put(Path(os.fsdecode(os.fsencode(album) + b"/caf\xe9.jpg")), b"broken")
    storage = FolderPhotoStorage(album)
    (listed,) = storage.list()
    assert storage.read(listed.key, listed.etag, MB) == b"real"


@posix
def test_an_album_with_a_name_that_is_not_utf8_is_listed(tmp_path: Path) -> None:
    root = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe1lbum"))
    put(root / "yak.jpg")
    storage = FolderPhotoStorage(root)
    assert storage.bucket.encode().decode() == storage.bucket
    assert keys(Path(storage.bucket)) == ["yak.jpg"]


@given(st.binary(min_size=1, max_size=40).filter(lambda raw: b"/" not in raw and b"\0" not in raw))
def test_every_byte_name_survives_the_round_trip_through_its_key(raw: bytes) -> None:
    name = raw.decode("utf-8", "surrogateescape")
    key = encode_name(name)
    assert key is not None
    key.encode()
    if not any("\uef80" <= character <= "\uefff" for character in name) and name not in (".", ".."):
        assert decode_path(Path("/nowhere") / key).name.encode("utf-8", "surrogateescape") == raw


def test_a_key_with_a_surrogate_is_refused(album: Path) -> None:
    with pytest.raises(StorageError):
        FolderPhotoStorage(album).stat("caf\udce9.jpg")


@as_user
def test_an_unreadable_folder_is_not_treated_as_empty(album: Path) -> None:
    put(album / "a.jpg")
    put(album / "locked" / "b.jpg")
    put(album / "z.jpg")
    (album / "locked").chmod(0)
    listing = FolderPhotoStorage(album).list()
    try:
        assert [next(listing).key, next(listing).key] == ["a.jpg", "z.jpg"]
        with pytest.raises(ListingIncomplete) as caught:
            next(listing)
    finally:
        (album / "locked").chmod(0o700)
    assert caught.value.prefixes == ("locked/",)


def test_a_folder_that_fails_to_list_is_reported_after_the_rest(album: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As above, but also for root, who ignores permissions: the disk reports an error."""
    put(album / "a.jpg")
    put(album / "bad" / "b.jpg")
    put(album / "good" / "c.jpg")
    real_scandir = os.scandir

    def scandir(path: Path) -> Iterator[os.DirEntry[str]]:
        if Path(path).name == "bad":
            raise OSError(5, "Input/output error", str(path))
        return real_scandir(path)

    monkeypatch.setattr(os, "scandir", scandir)
    listing = FolderPhotoStorage(album).list()
    assert [next(listing).key, next(listing).key] == ["a.jpg", "good/c.jpg"]
    with pytest.raises(ListingIncomplete, match="bad/") as caught:
        next(listing)
    assert caught.value.prefixes == ("bad/",)


@as_user
def test_a_file_without_read_permission_is_a_photo_error(album: Path) -> None:
    put(album / "yak.jpg").chmod(0)
    storage = FolderPhotoStorage(album)
    with pytest.raises(PhotoError, match="permission"):
        storage.read("yak.jpg", etag(storage, "yak.jpg"), MB)


@pytest.mark.parametrize(("number", "expected"), [(13, PhotoError), (5, PhotoError), (2, ObjectGone)])
def test_system_errors_on_opening_become_errors_of_the_photo(
    album: Path, monkeypatch: pytest.MonkeyPatch, number: int, expected: type[Exception]
) -> None:
    put(album / "yak.jpg")
    storage = FolderPhotoStorage(album)
    tag = etag(storage, "yak.jpg")

    def fail(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", fail)
    with pytest.raises(expected):
        storage.read("yak.jpg", tag, MB)


def test_a_drive_that_vanishes_while_it_is_listed_is_an_error(album: Path) -> None:
    put(album / "a.jpg")
    put(album / "b" / "b.jpg")
    listing = FolderPhotoStorage(album).list()
    assert next(listing).key == "a.jpg"
    album.rename(album.with_name("elsewhere"))
    with pytest.raises(StorageError, match="not there"):
        list(listing)


@pytest.mark.parametrize(
    "key", [".hidden.jpg", "notes.txt", "a:b.jpg", "a\\b.jpg", "x" * 252 + ".jpg", "new\nline.jpg", ".x/a.jpg", "jpg"]
)
def test_unsafe_names_are_not_written(album: Path, key: str) -> None:
    with pytest.raises(StorageError, match="name of a photo"):
        FolderPhotoStorage(album, writable=True).write(key, b"x")
    assert list(album.iterdir()) == []


def test_a_write_leaves_nothing_else_behind(album: Path) -> None:
    inbox = FolderPhotoStorage(album, writable=True)
    inbox.write("yak.jpg", b"x")
    with pytest.raises(StorageError):
        inbox.write("yak.jpg", b"y")
    assert [path.name for path in album.iterdir()] == ["yak.jpg"]


def test_photos_are_written_even_without_hard_links(album: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For example on exFAT, the file system of USB sticks."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    inbox = FolderPhotoStorage(album, writable=True)
    written = inbox.write("yak.jpg", b"x")
    assert inbox.read("yak.jpg", written.etag, MB) == b"x"
    with pytest.raises(StorageError, match="exists"):
        inbox.write("yak.jpg", b"y")
    assert [path.name for path in album.iterdir()] == ["yak.jpg"]


def test_old_temporary_files_of_a_killed_writer_are_deleted_where_they_need_a_name(
    album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    old, young = put(album / ".cumbre-old"), put(album / ".cumbre-young")
    os.utime(old, (1, 1))
    FolderPhotoStorage(album, writable=True).write("yak.jpg", b"x")
    assert sorted(path.name for path in album.iterdir()) == [young.name, "yak.jpg"]


@pytest.mark.parametrize("nameless", [True, False])
def test_a_full_disk_leaves_no_partial_photo(album: Path, monkeypatch: pytest.MonkeyPatch, nameless: bool) -> None:
    if not nameless:
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        FolderPhotoStorage(album, writable=True).write("yak.jpg", b"x")
    assert list(album.iterdir()) == []

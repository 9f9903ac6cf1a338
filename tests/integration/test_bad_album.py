"""Albums with broken pictures and odd file names: each file is indexed or recorded with a reason."""

import json
import os
import shutil
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from bot.web.site import create_app
from cumbre.cli import cli, run
from cumbre.library.library import Library
from cumbre.services.local_album_service import LocalAlbumService
from cumbre.services.local_query_service import LocalQueryService
from tests.fuzz.corpus import pictures
from tests.support.pictures import encoded, landscape, png_of_size
from tests.support.small_album import ingest

GOOD_NAMES = (
    "plain.jpg", "with  two spaces.jpg", " leading.jpg", "line\nbreak.jpg", "tab\tand \x1b[31mcolour.jpg",
    "emoji 🏔️.jpg", "अन्नपूर्णा.jpg", "नमचे बजार/एवरेस्ट.JPG", "nfc \u00e9.jpg", "nfd e\u0301.jpg", "quote\"'<b>&amp;.jpg",
    "-rf.jpg", "%2e%2e%2f.jpg", "🏔" * 60 + ".jpg",
)  # fmt: skip
BROKEN_UTF8 = b"broken \xff\xfe utf8.jpg"


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def path_from_bytes(folder: Path, name: bytes) -> Path:
    """Return a path whose name is not valid UTF-8."""
    return folder / os.fsdecode(name)


@pytest.fixture(scope="module")
def corpus() -> dict[str, bytes]:
    return pictures()


OddAlbum = tuple[Path, dict[str, str]]


@pytest.fixture
def odd_album(tmp_path: Path, corpus: dict[str, bytes]) -> OddAlbum:
    """A folder of broken, odd and good files, and for each key the expected reason of failure ("" for none)."""
    folder = tmp_path / "odd"
    (folder / "नमचे बजार").mkdir(parents=True)
    expected: dict[str, str] = {}

    def put(name: str, data: bytes, reason: str) -> None:
        (folder / name).write_bytes(data)
        expected[name] = reason

    for number, name in enumerate(GOOD_NAMES):
        # Each picture differs a little, because copies are recognised and read only once.
        put(name, encoded(landscape(summit=0.2 + number / 50)), "")
    for name, data in corpus.items():
        kind = name.split()[0]
        put(f"{name}.{'jpg' if kind == 'mpo' else kind}", data, "")
    put("a jpeg called.heic", encoded(landscape(summit=0.9)), "")
    put("a png called.jpg", encoded(landscape(summit=0.95), "PNG"), "")
    put("empty.jpg", b"", "the file is empty")
    put("words.jpg", b"Day 3: Namche", "but a text file")
    put("film.heic", box(b"ftyp", b"isom\0\0\2\0isommp41") + box(b"mdat", bytes(99)), "but a video")
    put("cut.jpg", corpus["jpeg"][:2000], "the file ends too early")
    put("cut.heic", corpus["heic"][:2000], "the file ends too early")
    put("bomb.png", png_of_size(60_000, 60_000), "60000 x 60000 pixels are more than the limit")
    put("zeros.tif", bytes(999), "nothing but zeros")
    (folder / "a folder.jpg").mkdir()
    put("a folder.jpg/inside.jpg", encoded(landscape(summit=0.85)), "")
    Path(folder / "nowhere.jpg").symlink_to(folder / "gone.jpg")
    os.mkfifo(folder / "pipe.jpg")
    with suppress(OSError):  # some file systems refuse such names
        path_from_bytes(folder, BROKEN_UTF8).write_bytes(encoded(landscape(summit=0.8)))
    return folder, expected


def test_a_scan_records_a_reason_for_each_bad_picture_and_indexes_the_rest(
    library: Library, odd_album: OddAlbum
) -> None:
    folder, expected = odd_album
    report = ingest(library, folder)
    failed = {one.key: one.reason for one in report.failed}
    assert set(failed) == {key for key, reason in expected.items() if reason}
    for key, recorded in failed.items():
        assert expected[key] in recorded
        assert recorded.isprintable()
    indexed = {document.key for document in library.active().index.select()}
    assert {key for key, reason in expected.items() if not reason} <= indexed
    # The remaining one is the file with an invalid name, which some file systems refuse.
    assert len(indexed) - sum(not reason for reason in expected.values()) in (0, 1)
    again = ingest(library, folder)
    assert (again.indexed, {one.key: one.reason for one in again.failed}) == (0, failed)


def test_the_api_shows_every_failure_and_every_photo(library: Library, odd_album: OddAlbum) -> None:
    folder, expected = odd_album
    ingest(library, folder)
    service = LocalQueryService(library)
    app = create_app(service, LocalAlbumService(library), library.catalog, max_upload_bytes=10**6)
    client = app.test_client()
    failures = client.get("/api/status").get_json()["failures"]
    assert len(failures) == sum(bool(reason) for reason in expected.values())
    assert all(one["reason"] for one in failures)
    photos = client.get("/api/search?k=100").get_json()["results"]
    assert len(photos) >= sum(not reason for reason in expected.values())
    for photo in photos:
        shown = client.get(f"/api/photos/{photo['id']}/rendition?size=320")
        assert (shown.status_code, shown.data[:2]) == (200, b"\xff\xd8")


def test_status_prints_one_line_per_failure_for_any_file_name(
    home: Path, odd_album: OddAlbum, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, expected = odd_album
    for number, name in enumerate(("line\nbreak.jpg", "emoji 🏔️.jpg", "नमचे.jpg", "\x1b[2Jcolour.jpg")):
        (folder / f"bad {name}").write_bytes(b"words" * (number + 1))
    path_from_bytes(folder, b"bad " + BROKEN_UTF8).write_bytes(b"other words")
    monkeypatch.setenv("CUMBRE_HOME", str(home))
    monkeypatch.setenv("CUMBRE_MODEL", "lite")
    assert run(cli, ["ingest", str(folder)]) == 0
    capfd.readouterr()
    assert run(cli, ["status"]) == 0
    shown = capfd.readouterr().out
    assert all(line.isprintable() for line in shown.splitlines())
    lines = [line for line in shown.splitlines() if line.startswith("failed: ")]
    assert len(lines) == sum(bool(reason) for reason in expected.values()) + 5
    assert run(cli, ["status", "--json"]) == 0
    paths = [one["path"] for one in json.loads(capfd.readouterr().out)["failures"]]
    assert str(folder / "bad line\nbreak.jpg") in paths


@pytest.mark.skipif(sys.platform == "win32", reason="tests permissions of Unix")
def test_an_unreadable_file_is_recorded_and_the_others_are_indexed(home: Path, tmp_path: Path) -> None:
    album = tmp_path / "album"
    album.mkdir()
    (album / "mine.jpg").write_bytes(encoded(landscape()))
    (album / "secret.jpg").write_bytes(encoded(landscape(summit=0.3)))
    (album / "secret.jpg").chmod(0)
    command = [sys.executable, "-c", "from local.command import main; main()", "ingest", str(album), "--json"]
    if os.geteuid() == 0:
        # Root may read everything, unless it gives up these capabilities.
        if not shutil.which("setpriv"):
            pytest.skip("root may read everything, and setpriv is not installed")
        command = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", *command]
    environment = os.environ | {"CUMBRE_HOME": str(home), "CUMBRE_MODEL": "lite"}
    ran = subprocess.run(command, cwd=home.parent, capture_output=True, text=True, check=False, env=environment)
    answer = json.loads(ran.stdout)
    assert answer["indexed"] == 1
    (failed,) = answer["failed"]
    assert failed["path"].endswith("secret.jpg")
    assert "permission denied" in failed["reason"]

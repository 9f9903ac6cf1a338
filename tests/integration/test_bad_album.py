"""A folder of bad pictures and odd names: each file is indexed or recorded with its reason, and the rest goes on."""

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


def named(folder: Path, name: bytes) -> Path:
    """A path whose name is no UTF-8."""
    return folder / os.fsdecode(name)


@pytest.fixture(scope="module")
def corpus() -> dict[str, bytes]:
    return pictures()


@pytest.fixture
def odd_album(tmp_path, corpus):
    """Broken, odd and good files side by side; what each must become, by its key."""
    folder = tmp_path / "odd"
    (folder / "नमचे बजार").mkdir(parents=True)
    expected = {}

    def put(name: str, data: bytes, becomes: str) -> None:
        (folder / name).write_bytes(data)
        expected[name] = becomes

    for number, name in enumerate(GOOD_NAMES):
        # Each a little different: copies are recognised as such, and read only once.
        put(name, encoded(landscape(summit=0.2 + number / 50)), "")
    for name, data in corpus.items():
        kind = name.split()[0]
        put(f"{name}.{'jpg' if kind == 'mpo' else kind}", data, "")
    put("a jpeg called.heic", encoded(landscape(summit=0.9)), "")
    put("a png called.jpg", encoded(landscape(summit=0.95), "PNG"), "")
    put("empty.jpg", b"", "the file is empty")
    put("words.jpg", b"Day 3: Namche", "but a text")
    put("film.heic", box(b"ftyp", b"isom\0\0\2\0isommp41") + box(b"mdat", bytes(99)), "but a video")
    put("cut.jpg", corpus["jpeg"][:2000], "the file ends too early")
    put("cut.heic", corpus["heic"][:2000], "the file ends too early")
    put("bomb.png", png_of_size(60_000, 60_000), "60000 x 60000 pixels are more than the limit")
    put("zeros.tif", bytes(999), "nothing but zeros")
    (folder / "a folder.jpg").mkdir()
    put("a folder.jpg/inside.jpg", encoded(landscape(summit=0.85)), "")
    Path(folder / "nowhere.jpg").symlink_to(folder / "gone.jpg")
    os.mkfifo(folder / "pipe.jpg")
    with suppress(OSError):  # a file system that knows no such names
        named(folder, BROKEN_UTF8).write_bytes(encoded(landscape(summit=0.8)))
    return folder, expected


def test_an_album_of_bad_pictures_is_indexed_with_a_reason_for_each(library, odd_album):
    folder, expected = odd_album
    report = ingest(library, folder)
    failed = {one.key: one.reason for one in report.failed}
    assert set(failed) == {key for key, becomes in expected.items() if becomes}
    for key, why in failed.items():
        assert expected[key] in why
        assert why.isprintable()
    indexed = {document.key for document in library.active().index.select()}
    assert {key for key, becomes in expected.items() if not becomes} <= indexed
    # What is left is the name that is no text.
    assert len(indexed) - sum(not becomes for becomes in expected.values()) in (0, 1)
    again = ingest(library, folder)
    assert (again.indexed, {one.key: one.reason for one in again.failed}) == (0, failed)


def test_the_api_shows_every_failure_and_every_photo(library, odd_album):
    folder, expected = odd_album
    ingest(library, folder)
    service = LocalQueryService(library)
    app = create_app(service, LocalAlbumService(library), library.catalog, max_upload_bytes=10**6)
    client = app.test_client()
    failures = client.get("/api/status").get_json()["failures"]
    assert len(failures) == sum(bool(becomes) for becomes in expected.values())
    assert all(one["reason"] for one in failures)
    photos = client.get("/api/search?k=100").get_json()["results"]
    assert len(photos) >= sum(not becomes for becomes in expected.values())
    for photo in photos:
        shown = client.get(f"/api/photos/{photo['id']}/rendition?size=320")
        assert (shown.status_code, shown.data[:2]) == (200, b"\xff\xd8")


def test_status_prints_one_line_for_each_failure_whatever_its_name(home, odd_album, capfd, monkeypatch):
    folder, expected = odd_album
    for number, name in enumerate(("line\nbreak.jpg", "emoji 🏔️.jpg", "नमचे.jpg", "\x1b[2Jcolour.jpg")):
        (folder / f"bad {name}").write_bytes(b"words" * (number + 1))
    named(folder, b"bad " + BROKEN_UTF8).write_bytes(b"other words")
    monkeypatch.setenv("CUMBRE_HOME", str(home))
    monkeypatch.setenv("CUMBRE_MODEL", "lite")
    assert run(cli, ["ingest", str(folder)]) == 0
    capfd.readouterr()
    assert run(cli, ["status"]) == 0
    shown = capfd.readouterr().out
    assert all(line.isprintable() for line in shown.splitlines())
    lines = [line for line in shown.splitlines() if line.startswith("failed: ")]
    assert len(lines) == sum(bool(becomes) for becomes in expected.values()) + 5
    assert run(cli, ["status", "--json"]) == 0
    paths = [one["path"] for one in json.loads(capfd.readouterr().out)["failures"]]
    assert str(folder / "bad line\nbreak.jpg") in paths


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are Unix's here")
def test_a_file_that_may_not_be_read_is_recorded_and_the_rest_goes_on(home, tmp_path):
    album = tmp_path / "album"
    album.mkdir()
    (album / "mine.jpg").write_bytes(encoded(landscape()))
    (album / "secret.jpg").write_bytes(encoded(landscape(summit=0.3)))
    (album / "secret.jpg").chmod(0)
    command = [sys.executable, "-c", "from local.command import main; main()", "ingest", str(album), "--json"]
    if os.geteuid() == 0:
        # The superuser may read everything, unless that is taken from it.
        if not shutil.which("setpriv"):
            pytest.skip("run by the superuser, who may read everything, and there is no setpriv")
        command = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", *command]
    environment = os.environ | {"CUMBRE_HOME": str(home), "CUMBRE_MODEL": "lite"}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    answer = json.loads(ran.stdout)
    assert answer["indexed"] == 1
    (failed,) = answer["failed"]
    assert failed["path"].endswith("secret.jpg")
    assert "permission denied" in failed["reason"]

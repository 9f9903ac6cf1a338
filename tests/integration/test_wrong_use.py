"""Wrong use: a message with the cause and the remedy, a documented exit code, and never a traceback."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

import local.command  # noqa: F401  adds the commands of the local process to cli
from cumbre.bootstrap import open_library
from cumbre.cli import cli, run
from cumbre.settings import Settings
from tests.support.changing_album import draw
from tests.support.small_album import ingest

HEADER = "id,lat,lon,elev_m,names\n"
SEVENTY_MB = 70_000_000


@dataclass
class Result:
    """The exit code and output of a command."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, lite_cache: Path) -> Path:
    """A folder with a home, an album and files of the wrong kind, which all tests share."""
    place = tmp_path_factory.mktemp("wrong use")
    shutil.copytree(lite_cache, place / "home" / "cache")
    draw(place / "album", 2)
    (place / "note.txt").write_text("x")
    (place / "folder.jpg").mkdir()
    (place / "no-model").mkdir()
    library = open_library(Settings(home=place / "home", model="lite"))
    ingest(library, place / "album")
    library.close()
    return place


@pytest.fixture
def cumbre(filled: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Return a function that runs a command. In its arguments, {place} is the folder and {port} a port in use."""
    monkeypatch.chdir(filled)

    def command(arguments: list[str], settings: dict[str, str] | None = None) -> Result:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            known = {"place": filled, "port": taken.getsockname()[1]}
            for name, value in {"CUMBRE_HOME": "{place}/home", "CUMBRE_MODEL": "lite", **(settings or {})}.items():
                monkeypatch.setenv(name, value.format(**known))
            capfd.readouterr()
            words = [one.format(**known) for one in arguments]
            code = run_process(words) if words[0] == "serve" else run(cli, words)
        captured = capfd.readouterr()
        return Result(code, captured.out, captured.err)

    return command


def run_process(arguments: list[str]) -> int:
    """Run a command in a separate process, as a server needs. Returns the exit code."""
    return subprocess.run(
        [sys.executable, "-c", "from local.command import main; main()", *arguments], timeout=60, check=False
    ).returncode


COMMANDS = [
    # Unknown names.
    ("serch snow", 2, r"No such command 'serch'.*'search'"),
    ("peaks shw x", 2, r"Did you mean 'show'\?"),
    ("search --pek lhotse", 2, r"Did you mean '--peak'\?"),
    ("peaks show ama-dablan", 1, r"no peak with the id 'ama-dablan'; did you mean ama-dablam\? `cumbre peaks list`"),
    ("peaks show AmaDablam", 1, r"did you mean ama-dablam\?"),
    ("search --peak sagarmata", 1, r"did you mean mount-everest\?"),
    ("peaks show xyzzy", 1, r"no peak with the id 'xyzzy'; `cumbre peaks list` shows them all"),
    ("peaks reference ama-dablan {place}/album/0.jpg", 1, r"did you mean ama-dablam\?"),
    # Invalid values.
    ("search snow -k 0", 2, r"'-k': 0 is not in the range 1<=x<=1000"),
    ("search snow --from 2024-01-05 --to 2024-01-01", 2, r"the start of the time span \(from\) must be before"),
    ("search --from yesterday", 2, r"--from must be a date \(2023-10-05\)"),
    ("search --near here", 2, r"--near must have the form LAT,LON,KM"),
    ("search --near 91,0,1", 2, r"--near must start with a latitude \(-90 to 90\)"),
    ("search --near nan,0,1", 2, r"--near must have the form"),
    ("search --near 1,1,-5", 2, r"the radius in --near must be in kilometres, greater than 0 and at most 20040"),
    ("identify {place}/album/0.jpg --at 95,0", 2, r"--at must start with a latitude"),
    ("identify {place}/album/0.jpg --heading 400", 2, r"--heading must be in degrees"),
    ("serve --port 70000", 2, r"'--port': 70000 is not in the range"),
    # Files and folders that are missing or of another kind.
    ("ingest {place}/nowhere", 1, r"nowhere does not exist: name the folder that contains your photos"),
    ("ingest {place}/note.txt", 1, r"note\.txt has no photo file extension: Cumbre reads"),
    ("ingest {place}/home", 1, r"home is Cumbre's own folder: name the folder that contains your photos"),
    ("ingest|", 2, r"the path is empty; write \. for the working directory"),
    ("forget|", 2, r"the path is empty"),
    ("forget {place}/nowhere", 1, r"is neither an album folder nor a file added by name; see `cumbre status`"),
    ("search --photo {place}/nowhere.jpg", 1, r"nowhere\.jpg: can't be read: No such file"),
    ("search --photo {place}/album", 2, r"album' is a directory"),
    ("search --photo {place}/note.txt", 1, r"not a picture in a format that Cumbre reads but a text file"),
    ("identify {place}/nowhere.jpg", 1, r"nowhere\.jpg: can't be read: No such file"),
    ("identify {place}/folder.jpg", 1, r"folder\.jpg: can't be read: Is a directory"),
    ("demo {place}/note.txt", 2, r"note\.txt' is a file"),
    ("demo /proc/nothing/here", 1, r"/proc/nothing"),
    ("serve --photos {place}/nowhere --port 0", 1, r"nowhere does not exist: name the folder"),
    ("peaks import {place}/nowhere.csv", 2, r"nowhere\.csv' does not exist"),
    ("peaks import note.txt", 1, r"can't read peaks from this kind of file; use \.yaml"),
    ("peaks reference ama-dablam", 2, r"name 1 to 3 photos, or use --remove"),
    # Addresses.
    (
        "serve --port {port}",
        1,
        r"can't listen on 127\.0\.0\.1:\d+ \(Address already in use\).* choose another port with",
    ),
    ("serve --host 0.0.0.0 --port 0", 2, r"listening on 0\.0\.0\.0 shows the album to others: set CUMBRE_PASSWORD"),
]


@pytest.mark.parametrize(("line", "code", "message"), COMMANDS, ids=[line for line, *_ in COMMANDS])
def test_a_wrong_command_is_explained(cumbre: Callable[..., Result], line: str, code: int, message: str) -> None:
    assert_plain(cumbre(line.replace("|", " ").split(" ") if "|" in line else line.split()), code, message)


SETTINGS = [
    (
        "status",
        {"CUMBRE_HOEM": "x"},
        0,
        r"CUMBRE_HOEM is not a Cumbre setting and has no effect: did you mean CUMBRE_H",
    ),
    ("status", {"CUMBRE_PORT": "eighty"}, 2, r"CUMBRE_PORT=eighty: this must be a number"),
    ("status", {"CUMBRE_PEAK_RANGE_KM": "nan"}, 2, r"CUMBRE_PEAK_RANGE_KM=nan: this must be from 1 to 300"),
    ("search x", {"CUMBRE_SEARCH_K": "many"}, 2, r"'-k': 'many' is not a valid integer"),
    # Settings that contradict each other.
    (
        "status",
        {"CUMBRE_INDEX": "embedded:{place}/one.sqlite", "CUMBRE_STATE": "sqlite:{place}/album/../one.sqlite"},
        2,
        r"CUMBRE_INDEX and CUMBRE_STATE are the same file, .*one\.sqlite: name two",
    ),
    ("status", {"CUMBRE_STATE": "sqlite:{place}/home/index.sqlite"}, 2, r"are the same file"),
    ("ingest", {"CUMBRE_STORAGE": "folder:{place}/home"}, 2, r"home is Cumbre's own folder \(CUMBRE_HOME\): name"),
    ("ingest", {"CUMBRE_STORAGE": "folder:{place}/home/cache"}, 2, r"cache is Cumbre's own folder"),
    (
        "ingest",
        {"CUMBRE_STORAGE": f"folder:{{place}}/album{os.pathsep}folder:{{place}}/album/day 1"},
        2,
        r"day 1 is inside .*album: name only the outer folder",
    ),
    ("serve --host 0.0.0.0 --port 0", {"CUMBRE_PASSWORD": "   "}, 2, r"set CUMBRE_PASSWORD, or use 127\.0\.0\.1"),
    # Settings that name something of another kind.
    ("status", {"CUMBRE_INDEX": "embedded:{place}/album"}, 2, r"CUMBRE_INDEX: .*album is a folder; name a file"),
    ("status", {"CUMBRE_STATE": "sqlite:{place}/album"}, 2, r"CUMBRE_STATE: .*album is a folder; name a file"),
    (
        "ingest",
        {"CUMBRE_INDEX": "embedded:{place}/note.txt"},
        1,
        r"note\.txt is a file, but not an index of Cumbre: choose",
    ),
    ("ingest", {"CUMBRE_INDEX": "embedded:{place}/album/0.jpg"}, 1, r"0\.jpg is a file, but not an index of Cumbre"),
    (
        "ingest",
        {"CUMBRE_INDEX": "embedded:{place}/copy.sqlite"},
        1,
        r"is a database, but not an index of Cumbre: choose",
    ),
    ("status", {"CUMBRE_STATE": "sqlite:{place}/note.txt"}, 1, r"note\.txt is damaged or not a state file"),
    ("status", {"CUMBRE_INDEX": "embedded:{place}/note.txt/i.sqlite"}, 1, r"can't be used: .* CUMBRE_INDEX"),
    ("status", {"CUMBRE_INDEX": "index.sqlite"}, 2, r"CUMBRE_INDEX=index\.sqlite: this must be embedded:PATH"),
    ("status", {"CUMBRE_STORAGE": "/photos"}, 2, r"this must be folder:PATH or s3://BUCKET"),
    ("status", {"CUMBRE_HOME": "{place}/note.txt"}, 2, r"note\.txt can't be used as a folder .*: name a"),
    ("status", {"CUMBRE_HOME": "~nobody-is-called-so/x"}, 2, r"there is no such user; write the full path"),
    ("status", {"CUMBRE_HOME": "{place}/" + "x" * 300}, 2, r"can't be used as a folder \(File name too long\)"),
    ("ingest", {"CUMBRE_STORAGE": "folder:{place}/nowhere"}, 1, r"nowhere is not there: connect its drive"),
    (
        "ingest",
        {"CUMBRE_STORAGE": "folder:{place}/album/0.jpg"},
        1,
        r"0\.jpg is a file: name the folder that contains it",
    ),
    # Models.
    ("search snow", {"CUMBRE_MODEL": "siglip2", "CUMBRE_HOME": "{place}/new"}, 1, r"run `cumbre models fetch`"),
    ("search snow", {"CUMBRE_MODEL": "siglip3", "CUMBRE_HOME": "{place}/new"}, 1, r"'siglip3', which is neither auto"),
    ("search snow", {"CUMBRE_MODEL": "{place}/no-model", "CUMBRE_HOME": "{place}/new"}, 1, r"without a model \(no"),
    ("search snow", {"CUMBRE_MODEL": "{place}/no-model"}, 0, r"without a model \(no config\.json\)"),
    ("models fetch", {"CUMBRE_MODEL_ENDPOINT": "nonsense"}, 1, r"CUMBRE_MODEL_ENDPOINT is not a URL"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "settings", "code", "message"), SETTINGS)
def test_invalid_settings_are_explained_and_change_no_file(
    cumbre: Callable[..., Result], filled: Path, line: str, settings: dict[str, str], code: int, message: str
) -> None:
    shutil.copy(filled / "home" / "state.sqlite", filled / "copy.sqlite")
    before = {name: (filled / name).read_bytes() for name in ("note.txt", "copy.sqlite", "album/0.jpg")}
    assert_plain(cumbre(line.split(), settings), code, message)
    assert before == {name: (filled / name).read_bytes() for name in before}


CATALOGUES = [
    ("twice.csv", HEADER + "a,27,86,5000,A\na,28,86,5000,B\n", r"line 3: the id 'a' is taken \(line 2\)"),
    ("north.csv", HEADER + "a,91,86,5000,A\n", r"line 2: lat is 91\.0; it must lie between -90 and 90"),
    ("swapped.csv", HEADER + "a,86.9,27.9,8000,A\n", r"lat is 86\.9, where there is no land.* swapped\?"),
    ("nan.csv", HEADER + "a,nan,86,5000,A\n", r"line 2: lat is nan; it must lie between"),
    ("inf.csv", HEADER + "a,27,inf,5000,A\n", r"line 2: lon is inf"),
    ("high.csv", HEADER + "a,27,86,99999,A\n", r"line 2: elev_m is 99999\.0; it must lie between -500 and 9000"),
    ("type.csv", HEADER + "a,north,86,5000,A\n", r"line 2: lat is 'north'; write a number"),
    ("nameless.csv", HEADER + "a,27,86,5000,\n", r"line 2: there is no name; write at least one"),
    ("empty.csv", "", r"line 1: the header lacks lat, lon, elev_m"),
    ("header.csv", HEADER, r"there is no usable peak in it"),
    ("zero.csv", HEADER + "a,27,86,5000,A\0B\n", r"contains a control character; remove it"),
    ("utf16.csv", (HEADER + "a,27,86,5000,A\n").encode("utf-16"), r"is not UTF-8; save it in that encoding"),
    ("long.csv", HEADER + f'a,27,86,5000,"{"x" * 200_000}"\n', r"line 2: is not valid CSV"),
    ("twice.yaml", "peaks: [{id: a, id: b}]", r"line 1: the key 'id' appears twice; remove one of them"),
    ("nan.yaml", "peaks: [{id: a, name: A, lat: .nan, lon: 86, elev_m: 5}]", r"peak 1 \('a'\): lat is nan"),
    ("text.yaml", "peaks: [{id: a, name: A, lat: '27', lon: 86, elev_m: 5}]", r"lat is '27'; write a number"),
    ("norway.yaml", "peaks: [{id: no, name: A, lat: 27, lon: 86, elev_m: 5}]", r"id is False; write one such as"),
    (
        "bomb.yaml",
        "a: &a [x, x]\nb: &b [*a, *a]\npeaks: *b\n",
        r"line 1: YAML anchors and aliases .* write the values out",
    ),
    ("deep.yaml", "peaks: " + "[" * 100_000, r"line 1: nested too deeply"),
    ("code.yaml", "peaks: !!python/object/apply:os.system [ls]", r"line 1: is not valid YAML"),
    ("digits.yaml", f"peaks: [{{lat: {'9' * 5000}}}]", r"is not valid YAML \(a number has thousands of digits\)"),
    ("two.yaml", "peaks: []\n---\npeaks: []\n", r"line 2: is not valid YAML"),
    ("list.json", "[]", r"is not a GeoJSON FeatureCollection; export the peaks as GeoJSON"),
    ("cut.json", '{"features":[', r"is not valid JSON"),
    ("deep.geojson", "[" * 200_000, r"is not valid JSON \(it is nested too deeply\)"),
    (
        "swapped.geojson",
        '{"features":[{"geometry":{"type":"Point","coordinates":[27.9,86.9]},"properties":{"name":"A","ele":"5000"}}]}',
        r"no usable peak in it; the first of 1 skipped: feature 1 \('A'\): lat is 86\.9.* swapped\?",
    ),
    (
        "nan.geojson",
        '{"features":[{"geometry":{"type":"Point","coordinates":[NaN,26.9]},"properties":{"name":"A","ele":"5000"}}]}',
        r"lon is nan",
    ),
    ("peaks.kml", "<kml/>", r"can't read peaks from this kind of file; use \.yaml"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "message"), CATALOGUES, ids=[name for name, *_ in CATALOGUES])
def test_an_invalid_catalogue_is_explained(
    cumbre: Callable[..., Result], filled: Path, name: str, content: str | bytes, message: str
) -> None:
    (filled / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    ran = cumbre(["peaks", "import", name])
    assert_plain(ran, 1, message)
    assert name in ran.err


def test_a_catalogue_of_a_gigabyte_is_refused_before_it_is_read(cumbre: Callable[..., Result], filled: Path) -> None:
    with (filled / "large.csv").open("wb") as file:
        file.truncate(1_000_000_000)
    assert_plain(cumbre(["peaks", "import", "large.csv"]), 1, r"large\.csv: larger than 50 MB; split it by region")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("mark.csv", b"\xef\xbb\xbf" + (HEADER + "with-mark,27.1,86,5000,With Mark\n").encode()),
        ("windows.csv", (HEADER + "windows-ends,27.2,86,5000,Windows Ends\n").replace("\n", "\r\n").encode()),
        ("mark.yaml", b"\xef\xbb\xbfpeaks:\r\n- {id: both, name: Both, lat: 27.3, lon: 86, elev_m: 5000}\r\n"),
    ],
)
def test_byte_order_marks_and_line_ends_of_windows_are_accepted(
    cumbre: Callable[..., Result], filled: Path, name: str, content: bytes
) -> None:
    (filled / name).write_bytes(content)
    ran = cumbre(["peaks", "import", name])
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("1 added")


def test_a_search_in_an_empty_album_is_explained(cumbre: Callable[..., Result]) -> None:
    ran = cumbre(["search", "snow"], {"CUMBRE_HOME": "{place}/fresh"})
    assert ran.code == 0
    assert ran.out.startswith("the album is empty: add photos")


def test_the_same_folder_named_twice_is_one_album(cumbre: Callable[..., Result], filled: Path) -> None:
    folder = "folder:{place}/album"
    ran = cumbre(["ingest", "--json"], {"CUMBRE_STORAGE": f"{folder}{os.pathsep}{folder}/../album"})
    assert ran.code == 0
    assert '"indexed": 0, "unchanged": 3' in ran.out


@pytest.fixture
def faulty(capfd: pytest.CaptureFixture[str]) -> Callable[[Exception], Result]:
    """Return a function that runs a command which raises an error."""

    def command(error: Exception) -> Result:
        @click.group()
        def group() -> None: ...

        @group.command()
        def work() -> None:
            raise error

        code = run(group, ["work"])
        captured = capfd.readouterr()
        return Result(code, captured.out, captured.err)

    return command


def test_a_bug_is_one_line_and_exit_code_70(faulty: Callable[[Exception], Result]) -> None:
    ran = faulty(TypeError("x is no y\x1b[2J"))
    assert ran.code == 70
    assert re.fullmatch(
        r"cumbre: this is a bug in Cumbre: TypeError: x is no y\\x1b\[2J \(test_wrong_use\.py, line \d+\)\. Please "
        r"run it again with CUMBRE_DEBUG=1 and report what it prints\n",
        ran.err,
    )


def test_the_traceback_of_a_bug_is_shown_on_request(
    faulty: Callable[[Exception], Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUMBRE_DEBUG", "1")
    ran = faulty(TypeError("x is no y"))
    assert ran.code == 70
    assert "Traceback (most recent call last)" in ran.err
    assert ran.err.endswith("Please report it with the lines above\n")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(28, "No space left on device", "/home/x.part"), "/home/x.part: No space left on device. Make room"),
        (PermissionError(13, "Permission denied", "/home/x"), "/home/x: Permission denied. Change the"),
        (MemoryError(), "out of memory; set a smaller CUMBRE_BATCH_SIZE"),
    ],
)  # fmt: skip
def test_an_error_of_the_operating_system_is_not_a_bug(
    faulty: Callable[[Exception], Result], error: OSError | PermissionError | MemoryError, message: str
) -> None:
    ran = faulty(error)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"cumbre: {message}")


def test_a_real_command_exits_with_these_codes(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same codes from a separate process, as a shell sees them."""
    monkeypatch.setenv("CUMBRE_HOME", str(filled / "home"))
    monkeypatch.setenv("CUMBRE_MODEL", "lite")
    assert [run_process(line.split()) for line in ("peaks list", "peaks show xyzzy", "serch")] == [0, 1, 2]


def assert_plain(ran: Result, code: int, message: str) -> None:
    output = ran.err + ran.out
    assert re.search(message, output), output
    assert ran.code == code, output
    assert "Traceback" not in output
    assert code == 0 or ran.out == "" or ran.out.count("\n") <= 3
    assert "Errno" not in output

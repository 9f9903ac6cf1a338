"""Model downloads from a local HTTP server that redirects, breaks off, ignores ranges or sends wrong contents."""

import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cumbre.encoding.known_models import MANIFEST_FILE, SIGLIP2, DownloadableModel, ModelFile, is_complete
from cumbre.encoding.model_download import DownloadProgress, download_model
from cumbre.errors import ModelError

LARGE = hashlib.sha256(b"seed").digest() * 20_000  # 640 kB
CONTENTS = {
    "config.json": b'{"model_type": "siglip"}',
    "preprocessor_config.json": b'{"size": {"height": 224, "width": 224}}',
    "tokenizer.json": b"{}",
    "onnx/vision_model_fp16.onnx": LARGE,
    "onnx/text_model_fp16.onnx": LARGE[::-1],
}
LARGE_PATH = "onnx/vision_model_fp16.onnx"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


MODEL = DownloadableModel(
    name="small",
    directory_name="small",
    repository="someone/small",
    revision="abc123",
    files=tuple(
        ModelFile(path, len(content), sha256(content)) if path.startswith("onnx/") else ModelFile(path)
        for path, content in CONTENTS.items()
    ),
    own_file=SIGLIP2.own_file,
)


class Request(NamedTuple):
    path: str
    range: str | None


@dataclass
class Hub:
    """The files of the server, the ways in which it misbehaves, and the requests that it got."""

    contents: dict[str, bytes] = field(default_factory=lambda: dict(CONTENTS))
    ignore_ranges: bool = False
    announced: dict[str, str] = field(default_factory=dict)
    break_off_after: list[int] = field(default_factory=list)  # bytes of the next answers of the large file
    statuses: list[int] = field(default_factory=list)  # of the next answers
    requests: list[Request] = field(default_factory=list)
    url: str = ""

    def downloads(self, path: str) -> list[str | None]:
        """The Range of each request for a file's bytes."""
        return [request.range for request in self.requests if request.path == f"/cdn/{path}"]


def handler_for(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hub.requests.append(Request(self.path, self.headers.get("Range")))
            if hub.statuses:
                self.answer(hub.statuses.pop(0), {})
            elif self.path.startswith("/someone/small/resolve/abc123/"):
                path = self.path.removeprefix("/someone/small/resolve/abc123/")
                headers = {"Location": f"/cdn/{path}"}
                if path in hub.announced:
                    headers["X-Linked-ETag"] = f'"{hub.announced[path]}"'
                self.answer(302, headers)
            elif self.path.removeprefix("/cdn/") in hub.contents:
                self.send_content(self.path.removeprefix("/cdn/"))
            else:
                self.answer(404, {})

        def send_content(self, path: str) -> None:
            content = hub.contents[path]
            wanted = self.headers.get("Range")
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and not hub.ignore_ranges else 0
            if start >= len(content):
                self.answer(416, {"Content-Range": f"bytes */{len(content)}"})
                return
            headers = {"Content-Length": str(len(content) - start)}
            if start:
                headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            body = content[start:]
            if path == LARGE_PATH and hub.break_off_after:
                body = body[: hub.break_off_after.pop(0)]
            self.answer(206 if start else 200, headers, body)

        def answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
            self.send_response(status)
            for name, value in ({"Content-Length": "0"} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(hub))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield hub
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "models" / "small"


def fetch_from(hub: Hub, directory: Path, model: DownloadableModel = MODEL, **more: Any) -> None:
    download_model(model, directory, hub.url, sleep=lambda seconds: None, **more)


def assert_complete(directory: Path) -> None:
    assert is_complete(MODEL, directory)
    for path, content in CONTENTS.items():
        assert (directory / path).read_bytes() == content
    assert not list(directory.rglob("*.part"))
    assert not list(directory.rglob("*.new"))


def test_a_fetched_model_is_complete_and_described(hub: Hub, directory: Path) -> None:
    seen: list[DownloadProgress] = []
    fetch_from(hub, directory, on_progress=seen.append)
    assert_complete(directory)
    manifest = json.loads((directory / MANIFEST_FILE).read_text())
    assert manifest["repository"] == "someone/small"
    assert manifest["files"]["config.json"] == {"size": 24, "sha256": sha256(CONTENTS["config.json"])}
    assert json.loads((directory / "cumbre.json").read_text())["tells_peaks"] is True
    assert [p.done_bytes for p in seen] == sorted(p.done_bytes for p in seen)
    assert seen[-1].done_bytes == sum(map(len, CONTENTS.values()))


def test_a_second_fetch_requests_nothing(hub: Hub, directory: Path) -> None:
    fetch_from(hub, directory)
    hub.requests.clear()
    fetch_from(hub, directory)
    assert hub.requests == []
    assert_complete(directory)


def test_a_download_continues_after_a_broken_connection(hub: Hub, directory: Path) -> None:
    hub.break_off_after = [200_000, 100_000]
    fetch_from(hub, directory)
    assert_complete(directory)
    first, second, third = hub.downloads(LARGE_PATH)
    assert first is None
    assert second == "bytes=200000-"
    assert third == "bytes=300000-"


def test_a_partial_file_of_an_earlier_run_is_continued(hub: Hub, directory: Path) -> None:
    (directory / "onnx").mkdir(parents=True)
    (directory / f"{LARGE_PATH}.part").write_bytes(LARGE[:1234])
    fetch_from(hub, directory)
    assert_complete(directory)
    assert hub.downloads(LARGE_PATH) == ["bytes=1234-"]


def test_a_server_that_ignores_ranges_sends_the_whole_file_again(hub: Hub, directory: Path) -> None:
    hub.ignore_ranges = True
    hub.break_off_after = [200_000]
    fetch_from(hub, directory)
    assert_complete(directory)
    assert hub.downloads(LARGE_PATH) == [None, "bytes=200000-"]


def test_a_partial_file_that_is_already_complete_is_only_checked(hub: Hub, directory: Path) -> None:
    (directory / "onnx").mkdir(parents=True)
    (directory / f"{LARGE_PATH}.part").write_bytes(LARGE)
    fetch_from(hub, directory)
    assert_complete(directory)
    assert hub.downloads(LARGE_PATH) == [f"bytes={len(LARGE)}-"]


def test_a_partial_file_that_is_too_long_is_dropped(hub: Hub, directory: Path) -> None:
    (directory / "onnx").mkdir(parents=True)
    (directory / f"{LARGE_PATH}.part").write_bytes(LARGE + b"more")
    fetch_from(hub, directory)
    assert_complete(directory)
    assert hub.downloads(LARGE_PATH)[-1] is None


def test_a_partial_file_with_other_content_is_detected(hub: Hub, directory: Path) -> None:
    (directory / "onnx").mkdir(parents=True)
    (directory / f"{LARGE_PATH}.part").write_bytes(b"something else")
    with pytest.raises(ModelError, match="damaged"):
        fetch_from(hub, directory)
    fetch_from(hub, directory)
    assert_complete(directory)


def test_a_corrupt_file_is_removed_and_named(hub: Hub, directory: Path) -> None:
    hub.contents[LARGE_PATH] = LARGE[:-1] + b"?"
    with pytest.raises(ModelError, match=r"vision_model_fp16\.onnx from 127\.0\.0\.1 is damaged"):
        fetch_from(hub, directory)
    assert not (directory / LARGE_PATH).exists()
    assert not (directory / f"{LARGE_PATH}.part").exists()
    assert not is_complete(MODEL, directory)


def test_a_download_stops_at_the_stated_size(hub: Hub, directory: Path) -> None:
    hub.contents[LARGE_PATH] = LARGE * 2
    with pytest.raises(ModelError, match=f"larger than the {len(LARGE)} bytes"):
        fetch_from(hub, directory)
    assert not (directory / f"{LARGE_PATH}.part").exists()


@pytest.mark.parametrize("is_right", [True, False])
def test_the_announced_checksum_is_used_if_none_is_pinned(hub: Hub, directory: Path, is_right: bool) -> None:
    unpinned = replace(MODEL, files=tuple(ModelFile(file.path) for file in MODEL.files))
    hub.announced[LARGE_PATH] = sha256(LARGE) if is_right else sha256(b"another")
    if is_right:
        fetch_from(hub, directory, unpinned)
        assert_complete(directory)
    else:
        with pytest.raises(ModelError, match="damaged"):
            fetch_from(hub, directory, unpinned)


def test_a_request_to_a_busy_server_is_repeated(hub: Hub, directory: Path) -> None:
    hub.statuses = [503, 429]
    fetch_from(hub, directory)
    assert_complete(directory)


def test_pauses_between_attempts_grow_and_attempts_end(hub: Hub, directory: Path) -> None:
    hub.statuses = [503] * 20
    pauses: list[float] = []
    with pytest.raises(ModelError, match=r"the server answered 503.*run `cumbre models fetch` again"):
        download_model(MODEL, directory, hub.url, sleep=pauses.append)
    assert pauses == [1, 2, 4, 8]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_is_final(hub: Hub, directory: Path, status: int) -> None:
    hub.statuses = [status]
    with pytest.raises(ModelError, match=f"status {status}; check CUMBRE_MODEL_ENDPOINT"):
        fetch_from(hub, directory)
    assert len(hub.requests) == 1


def test_an_unreachable_server_is_reported(directory: Path, hub: Hub) -> None:
    with pytest.raises(ModelError, match="could not be fetched from"):
        download_model(MODEL, directory, "http://127.0.0.1:1", sleep=lambda seconds: None)


def test_a_fetch_can_be_cancelled_and_continued(hub: Hub, directory: Path) -> None:
    last = "onnx/text_model_fp16.onnx"
    progress: list[DownloadProgress] = []
    with pytest.raises(ModelError, match="stopped"):
        fetch_from(
            hub, directory, on_progress=progress.append, cancelled=lambda: bool(progress) and progress[-1].path == last
        )
    assert not is_complete(MODEL, directory)
    arrived = (directory / f"{last}.part").stat().st_size
    fetch_from(hub, directory)
    assert_complete(directory)
    assert hub.downloads(LARGE_PATH) == [None]  # it was complete before the stop
    assert hub.downloads(last) == [None, f"bytes={arrived}-"]


def test_a_lack_of_disk_space_is_detected_before_the_download(
    hub: Hub, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(directory.anchor)._replace(free=50_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(ModelError, match="50 MB free, but 101 MB are needed"):
        fetch_from(hub, directory)
    assert hub.requests == []


def test_a_directory_that_cannot_be_written_is_reported(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file, no directory")
    with pytest.raises(ModelError, match="can't be written"):
        fetch_from(hub, tmp_path / "models" / "small")


@pytest.mark.parametrize("endpoint", ["", "models.example.org", "ftp://models.example.org", "https://", "http://\x00"])
def test_an_endpoint_that_is_not_a_url_is_refused(directory: Path, endpoint: str) -> None:
    with pytest.raises(ModelError, match="CUMBRE_MODEL_ENDPOINT"):
        download_model(MODEL, directory, endpoint)


def test_a_password_in_the_address_is_not_shown(hub: Hub, directory: Path) -> None:
    hub.statuses = [403]
    with pytest.raises(ModelError) as raised:
        download_model(MODEL, directory, hub.url.replace("http://", "http://me:secret@"))
    assert "secret" not in str(raised.value)

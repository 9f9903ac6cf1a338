"""A local model hub with the layout of Hugging Face's, and a model to download from it: a copy of the bundled one."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cumbre.encoding.known_models import DownloadableModel, ModelFile
from tests.support.paths import ROOT

LITE = ROOT / "cumbre" / "encoding" / "assets" / "lite"
_CHUNK_BYTES = 1 << 16
FETCHED_MODEL_ID = "fetched-1"


def renamed_lite(folder: Path) -> DownloadableModel:
    """Return a substitute for SigLIP-2: the bundled model under another id, with sizes and checksums."""
    own = json.loads((LITE / "cumbre.json").read_text("utf-8"))
    own_file = folder / "cumbre.json"
    own_file.write_text(json.dumps({**own, "model_id": FETCHED_MODEL_ID}), "utf-8")
    excluded = {"cumbre.json", "NOTICE"}
    paths = sorted(path for path in LITE.rglob("*") if path.is_file() and path.name not in excluded)
    files = tuple(
        ModelFile(path.relative_to(LITE).as_posix(), path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in paths
    )
    return DownloadableModel("siglip2", "renamed-lite", "someone/renamed", "r1", files, own_file)


@dataclass
class ModelHub:
    """Controls a running hub and records the Range headers of requests.

    Clear may_answer to pause each download before its first byte, may_send to pause it after its first chunk. Set
    refuses to answer every request with 404.
    """

    url: str = ""
    refuses: bool = False
    may_answer: threading.Event = field(default_factory=threading.Event)
    may_send: threading.Event = field(default_factory=threading.Event)
    ranges: list[str] = field(default_factory=list)


@contextmanager
def running_hub() -> Iterator[ModelHub]:
    """Run the hub on a free port of this machine."""
    hub = ModelHub()
    hub.may_answer.set()
    hub.may_send.set()
    stopping = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            while not hub.may_answer.wait(0.05):
                if stopping.is_set():
                    return
            path = LITE / self.path.removeprefix("/someone/renamed/resolve/r1/")
            if hub.refuses or not path.is_file():
                self.send_error(404)
                return
            data = path.read_bytes()
            start = 0
            given = self.headers.get("Range")
            if given:
                hub.ranges.append(given)
                start = int(given.removeprefix("bytes=").rstrip("-"))
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            else:
                self.send_response(200)
            self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            for at in range(start, len(data), _CHUNK_BYTES):
                self.wfile.write(data[at : at + _CHUNK_BYTES])
                while not hub.may_send.wait(0.05):
                    if stopping.is_set():
                        return

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Ignore clients that cancel a download and disconnect."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    yield hub
    stopping.set()
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)

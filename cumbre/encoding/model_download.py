"""Download a pinned model from a model hub. Downloads are resumable and verified; a model is complete or absent."""

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from cumbre.encoding.known_models import DEFAULT_ENDPOINT, MANIFEST_FILE, DownloadableModel, ModelFile, is_complete
from cumbre.encoding.model_config import read_model_directory
from cumbre.errors import ModelError

_CHUNK_BYTES: Final = 1 << 20
_ATTEMPTS_WITHOUT_PROGRESS: Final = 5
_FIRST_PAUSE_S: Final = 1.0
_TIMEOUT: Final = httpx.Timeout(60.0, connect=20.0)
_SPARE_DISK_BYTES: Final = 100_000_000
_LARGEST_UNPINNED_BYTES: Final = 2_000_000_000
_SHA256: Final = re.compile(r'"?([0-9a-f]{64})"?')


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """done_bytes of total_bytes are downloaded, over all files together. path: the file in progress."""

    path: str
    done_bytes: int
    total_bytes: int


OnProgress = Callable[[DownloadProgress], None]


class _Transient(Exception):
    """An attempt failed, but another one may succeed."""


def download_model(
    model: DownloadableModel,
    destination: Path,
    endpoint: str = DEFAULT_ENDPOINT,
    on_progress: OnProgress | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Download a model to a directory. Complete files are kept, and partial ones are resumed.

    The URL of a file is {endpoint}/{repository}/resolve/{revision}/{path}, as on model hubs. Each file is checked
    against its pinned SHA-256, or else the one that the hub announces for large files, and recorded in the manifest,
    which is written last. cancelled: checked between chunks. Raises ModelError if the disk is full or not writable, the
    server can't be reached or refuses, the download is cancelled, or a file is corrupt.
    """
    _check_endpoint(endpoint)
    try:
        if is_complete(model, destination):
            manifest = json.loads((destination / MANIFEST_FILE).read_text("utf-8"))
        else:
            _prepare(model, destination)
            # Compression would change the meaning of ranges and lengths.
            headers = {"Accept-Encoding": "identity", "User-Agent": "cumbre"}
            with httpx.Client(follow_redirects=True, timeout=_TIMEOUT, headers=headers) as client:
                download = _Download(model, destination, endpoint.rstrip("/"), client, on_progress, cancelled, sleep)
                manifest = download.all_files()
        _write(destination / "cumbre.json", model.own_file.read_text("utf-8"))
        read_model_directory(destination)
        _write(destination / MANIFEST_FILE, json.dumps(manifest, indent=2) + "\n")
    except OSError as error:
        raise ModelError(
            f"{destination} can't be written ({error.strerror}); set CUMBRE_HOME to another folder"
        ) from error


def downloaded_bytes(model: DownloadableModel, destination: Path) -> int:
    """Return how many bytes of a model's pinned files are in a directory, for example after an interrupted download."""
    pinned = (file for file in model.files if file.size_bytes is not None)
    return sum(_size(destination / file.path) or _size(destination / f"{file.path}.part") for file in pinned)


class _Download:
    def __init__(
        self,
        model: DownloadableModel,
        destination: Path,
        endpoint: str,
        client: httpx.Client,
        on_progress: OnProgress | None,
        cancelled: Callable[[], bool],
        sleep: Callable[[float], None],
    ) -> None:
        self._model = model
        self._destination = destination
        self._base = f"{endpoint}/{model.repository}/resolve/{model.revision}"
        # Messages show only the host, because a URL may contain a password.
        self._host = httpx.URL(endpoint).host
        self._client = client
        self._on_progress = on_progress
        self._cancelled = cancelled
        self._sleep = sleep
        self._bytes_before = 0

    def all_files(self) -> dict[str, Any]:
        recorded = {}
        for file in self._model.files:
            size_bytes, sha256 = self._one_file(file)
            recorded[file.path] = {"size": size_bytes, "sha256": sha256}
            self._bytes_before += size_bytes
        return {"repository": self._model.repository, "revision": self._model.revision, "files": recorded}

    def _one_file(self, file: ModelFile) -> tuple[int, str]:
        target = self._destination / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.sha256 is not None and target.is_file() and _sha256_of(target).hexdigest() == file.sha256:
            self._report(file, target.stat().st_size)
            return target.stat().st_size, file.sha256
        part = target.with_name(target.name + ".part")
        attempts = 0
        while True:
            size_before = _size(part)
            try:
                sha256 = self._attempt(file, part)
                break
            except (_Transient, httpx.RequestError) as error:
                attempts = 1 if _size(part) > size_before else attempts + 1
                if attempts >= _ATTEMPTS_WITHOUT_PROGRESS:
                    raise ModelError(
                        f"{file.path} could not be fetched from {self._host} ({error or type(error).__name__}); "
                        "run `cumbre models fetch` again to resume the download"
                    ) from error
                self._sleep(_FIRST_PAUSE_S * 2 ** (attempts - 1))
        size_bytes = _size(part)
        part.replace(target)
        return size_bytes, sha256

    def _attempt(self, file: ModelFile, part: Path) -> str:
        """Download the rest of a file into part, check the whole file and return its SHA-256."""
        self._raise_if_cancelled()
        have = _size(part)
        headers = {"Range": f"bytes={have}-"} if have else {}
        with self._client.stream("GET", f"{self._base}/{file.path}", headers=headers) as response:
            if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                # The part already has all bytes, or too many. The checksum decides, and a wrong file is removed.
                if response.headers.get("Content-Range") != f"bytes */{have}":
                    part.unlink()
                    raise _Transient("the file on disk did not match and was removed")
                digest = _sha256_of(part)
            else:
                self._require_usable(file, response)
                continued = response.status_code == httpx.codes.PARTIAL_CONTENT
                if continued and not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
                    part.unlink()
                    raise _Transient("the server sent a different range than requested")
                digest = self._receive(file, part, response, have if continued else 0)
            self._verify(file, part, digest.hexdigest(), file.sha256 or _announced_sha256(response))
        return str(digest.hexdigest())

    def _require_usable(self, file: ModelFile, response: httpx.Response) -> None:
        status = response.status_code
        if status in (408, 425, 429) or status >= 500:
            raise _Transient(f"the server answered {status}")
        if status not in (200, 206):
            raise ModelError(
                f"{file.path} was refused by {self._host} with status {status}; "
                "check CUMBRE_MODEL_ENDPOINT and the network"
            )
        if self._base.startswith("https://") and response.url.scheme != "https":
            raise ModelError(f"{file.path} was redirected to an unencrypted address; nothing was downloaded")

    def _receive(self, file: ModelFile, part: Path, response: httpx.Response, start: int) -> Any:
        digest = _sha256_of(part) if start else hashlib.sha256()
        limit = file.size_bytes or _LARGEST_UNPINNED_BYTES
        done = start
        with part.open("ab" if start else "wb") as out:
            # No chunk size: on a broken connection it would lose the bytes of an unfilled chunk.
            for chunk in response.iter_raw():
                self._raise_if_cancelled()
                done += len(chunk)
                if done > limit:
                    break
                out.write(chunk)
                digest.update(chunk)
                self._report(file, done)
            out.flush()
            os.fsync(out.fileno())
        if done > limit:
            part.unlink()
            raise ModelError(f"{file.path} from {self._host} is larger than the {limit} bytes expected; it was removed")
        return digest

    def _verify(self, file: ModelFile, part: Path, found: str, expected: str | None) -> None:
        short = file.size_bytes is not None and _size(part) < file.size_bytes
        if short:
            # A proxy may close early without an error. The next attempt resumes.
            raise _Transient(f"only {_size(part)} of {file.size_bytes} bytes arrived")
        if expected is not None and found != expected:
            part.unlink()
            raise ModelError(
                f"{file.path} from {self._host} is damaged (SHA-256 {found[:12]}... instead of {expected[:12]}...); "
                "it was removed: run `cumbre models fetch` again, or set another CUMBRE_MODEL_ENDPOINT"
            )

    def _report(self, file: ModelFile, done_of_file: int) -> None:
        if self._on_progress is not None:
            self._on_progress(DownloadProgress(file.path, self._bytes_before + done_of_file, self._model.size_bytes))

    def _raise_if_cancelled(self) -> None:
        if self._cancelled():
            raise ModelError("stopped; run `cumbre models fetch` again to resume the download")


def _announced_sha256(response: httpx.Response) -> str | None:
    """Return the SHA-256 that a hub announces for large files in X-Linked-ETag (on the redirect), or None."""
    for one in (*response.history, response):
        announced = _SHA256.fullmatch(one.headers.get("X-Linked-ETag", ""))
        if announced:
            return announced.group(1)
    return None


def _sha256_of(path: Path) -> Any:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _check_endpoint(endpoint: str) -> None:
    try:
        address = httpx.URL(endpoint)
    except httpx.InvalidURL:
        address = httpx.URL("")
    if address.scheme not in ("https", "http") or not address.host:
        raise ModelError("CUMBRE_MODEL_ENDPOINT is not a URL; set it to one like https://models.example.org")


def _prepare(model: DownloadableModel, destination: Path) -> None:
    """Create the directory, remove its manifest (the mark of completeness), and check that the rest fits on disk."""
    destination.mkdir(parents=True, exist_ok=True)
    (destination / MANIFEST_FILE).unlink(missing_ok=True)
    missing = model.size_bytes - downloaded_bytes(model, destination) + _SPARE_DISK_BYTES
    free = shutil.disk_usage(destination).free
    if free < missing:
        raise ModelError(f"{destination} has {free / 1e6:.0f} MB free, but {missing / 1e6:.0f} MB are needed")


def _write(path: Path, text: str) -> None:
    new = path.with_name(path.name + ".new")
    new.write_text(text, "utf-8")
    new.replace(path)

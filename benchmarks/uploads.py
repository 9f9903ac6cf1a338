"""Measure the time from an upload to MinIO until the photo is found: one upload after another, with lite.

    python -m benchmarks.uploads [--uploads 20]

A real MinIO notifies a real `cumbre serve` through its webhook; the API is polled until the photo is in its answer.
Runs once with the embedded index and once with Elasticsearch. Use an idle machine. Needs the development dependencies,
MinIO and Elasticsearch (CONTRIBUTING.md says what these need).
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.ingest import write_album
from tests.support.elasticsearch_server import running_elasticsearch
from tests.support.minio_server import MinioServer, running_minio
from tests.support.processes import Server, cumbre, eventually, kill
from tests.support.server_cache import free_port

_BUCKET = "trek"
_TOKEN = "only-for-this-benchmark"
_PAUSE_S = 1.0
_POLL_S = 0.02


@contextmanager
def store(folder: Path, port: int) -> Iterator[MinioServer]:
    """Run a MinIO that sends events to a Cumbre on this port."""
    (folder / "events").mkdir(parents=True)
    webhook = {
        "ENABLE": "on",
        "ENDPOINT": f"http://127.0.0.1:{port}/events",
        "AUTH_TOKEN": _TOKEN,
        "QUEUE_DIR": str(folder / "events"),
    }
    variables = {f"MINIO_NOTIFY_WEBHOOK_{name}_CUMBRE": value for name, value in webhook.items()}
    with running_minio(folder, 0, **variables) as server:
        yield server


def seconds_until_found(address: str, minio: MinioServer, key: str, content: bytes) -> float:
    """Upload a photo; return the seconds until the API finds it."""
    client = minio.client
    began = time.perf_counter()
    client.put_object(Bucket=_BUCKET, Key=key, Body=content)
    while True:
        answer = httpx.get(f"{address}/api/search", params={"sort": "time", "k": "200"}, timeout=30).json()
        if any(one["path"] == f"{_BUCKET}/{key}" for one in answer["results"]):
            return time.perf_counter() - began
        time.sleep(_POLL_S)


def measure(folder: Path, index: dict[str, str], pictures: list[bytes]) -> None:
    """Measure and print the uploads with one index, given by its settings."""
    port, home = free_port(), folder / "home"
    with store(folder / "minio", port) as minio:
        settings = {
            **index,
            "CUMBRE_STORAGE": f"s3://{_BUCKET}",
            "CUMBRE_S3_ENDPOINT": minio.address,
            "CUMBRE_S3_ACCESS_KEY": minio.user,
            "CUMBRE_S3_SECRET_KEY": minio.password,
            "CUMBRE_EVENTS_TOKEN": _TOKEN,
            "CUMBRE_RECONCILE_MINUTES": "0",
        }
        made = cumbre(home, "setup", **settings)
        assert made.returncode == 0, made.stderr
        server = Server(home, "--port", str(port), **settings)
        try:
            eventually(lambda: server.status()["photos"] == 0)
            # Let the scan of the empty bucket end, so that the uploads arrive as events.
            time.sleep(3 * _PAUSE_S)
            times = []
            for number, content in enumerate(pictures):
                times.append(seconds_until_found(server.address, minio, f"{number}.jpg", content))
                time.sleep(_PAUSE_S)
        finally:
            kill(server.process)
    name = "elasticsearch" if index else "embedded"
    print(
        f"{name}, upload until found: median {statistics.median(times):.2f} s, slowest {max(times):.2f} s "
        f"of {len(times)} uploads"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uploads", type=int, default=20)
    uploads = parser.parse_args().uploads
    with tempfile.TemporaryDirectory() as name:
        pictures = [path.read_bytes() for path in write_album(Path(name) / "pictures", "jpeg", uploads)]
        print(f"photos of 12 megapixels, mean size {statistics.mean(map(len, pictures)) / 1e6:.1f} MB")
        measure(Path(name) / "embedded", {}, pictures)
        with running_elasticsearch() as elasticsearch:
            measure(Path(name) / "elasticsearch", {"CUMBRE_INDEX": elasticsearch.access.address}, pictures)


if __name__ == "__main__":
    main()

"""The embedded index and Elasticsearch side by side: filling, asking, finding what is nearest, size on the disk.

    python -m benchmarks.index [--photos 100000] [--questions 100] [--elasticsearch URL]

The vectors lie in clusters, as photos of one trek do. Recall is the share of the ten truly nearest photos among the ten
that are found; filters let 1 % and 10 % of the photos pass. Without an address the server of the tests is started
(CONTRIBUTING.md says what it needs).
"""

import argparse
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.query import documents, milliseconds, shown
from cumbre.cores import usable_cores
from cumbre.index.elastic import ElasticPhotoIndex
from cumbre.index.elastic_connection import ElasticAccess, connect
from cumbre.index.elastic_mapping import GraphOptions
from cumbre.index.elastic_nearest import Recall
from cumbre.index.embedded_generations import EmbeddedGenerations
from cumbre.index.port import EVERYTHING, PhotoFilter, PhotoIndex, PhotoWrite, RankBy, Vector, VectorSpace
from tests.elasticsearch_server import ElasticsearchServer, running_elasticsearch

_SPACE = VectorSpace("full-size", 768)
_CLUSTERS = 500
# The cosine of two photos of one cluster is about 1 / (1 + spread squared).
_SPREAD = 0.8
_BATCH = 500
_K = 24
_CANDIDATES = (50, 100, 200, 400, 800, 1600)


def in_clusters(count: int, seed: int) -> Vector:
    """Unit vectors [count, D] around centres that are the same for every seed."""
    centres = np.random.default_rng(1).standard_normal((_CLUSTERS, _SPACE.dimensions)).astype(np.float32)
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((count, _SPACE.dimensions)).astype(np.float32)
    vectors = centres[rng.integers(0, _CLUSTERS, count)] + _SPREAD * noise
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def fill(index: PhotoIndex, vectors: Vector) -> float:
    """Seconds that writing took until all of it can be found."""
    seconds, batch = 0.0, list[PhotoWrite]()
    for number, write in enumerate(documents(len(vectors), _SPACE.dimensions)):
        batch.append(replace(write, vector=vectors[number]))
        if len(batch) == _BATCH or number == len(vectors) - 1:
            seconds += milliseconds(partial(index.write, batch)) / 1e3
            batch = []
    started = time.perf_counter()
    assert index.count() == len(vectors)
    return seconds + time.perf_counter() - started


def nearest_ids(index: PhotoIndex, questions: Vector, where: PhotoFilter) -> list[set[str]]:
    return [{one.photo_id for one in index.nearest(question, 10, where, RankBy.COSINE)} for question in questions]


def recall(index: PhotoIndex, questions: Vector, where: PhotoFilter, truth: Sequence[set[str]]) -> float:
    found = nearest_ids(index, questions, where)
    return statistics.mean(len(one & true) / len(true) for one, true in zip(found, truth, strict=True))


def ask(
    index: PhotoIndex, questions: Vector, filters: dict[str, PhotoFilter], truth: dict[str, list[set[str]]]
) -> None:
    for name, where in filters.items():
        index.nearest(questions[0], _K, where)
        times = [milliseconds(partial(index.nearest, question, _K, where)) for question in questions]
        print(f"  {name}: {shown(times)}, recall@10 {recall(index, questions, where, truth[name]):.4f}")


def curve(active: ElasticPhotoIndex, questions: Vector, truth: list[set[str]]) -> None:
    for candidates in _CANDIDATES:
        index = active.with_recall(Recall(candidates))
        times = [milliseconds(partial(index.nearest, question, _K)) for question in questions]
        print(f"  {candidates} candidates: {shown(times)}, recall@10 {recall(index, questions, EVERYTHING, truth):.4f}")


def size_bytes(access: ElasticAccess, name: str) -> int:
    client = access.client()
    try:
        client.indices.flush(index=name)
        return int(client.indices.stats(index=name, metric="store")["_all"]["total"]["store"]["size_in_bytes"])
    finally:
        client.close()


@contextmanager
def server(address: str | None) -> Iterator[ElasticAccess]:
    if address:
        yield ElasticAccess(address)
        return
    with running_elasticsearch() as started:
        yield started.access


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--elasticsearch", help="its address, without security")
    options = parser.parse_args()
    vectors, questions = in_clusters(options.photos, 2), in_clusters(options.questions, 3)
    writes = list(documents(options.photos // 10 + 1, 2))
    taken = [write.document.facts.taken_at for write in writes if write.document.facts]
    filters = {
        "all photos": EVERYTHING,
        "1 % by time": PhotoFilter(until=taken[options.photos // 100]),
        "10 % by time": PhotoFilter(until=taken[options.photos // 10]),
        "1 % by peak": PhotoFilter(peak_ids=("ama-dablam",)),
    }
    print(f"{usable_cores()} cores, {options.photos} photos of {_SPACE.dimensions} dimensions in {_CLUSTERS} clusters")
    with tempfile.TemporaryDirectory() as name:
        embedded = EmbeddedGenerations(Path(name) / "index.sqlite")
        index: PhotoIndex = embedded.ensure_active(_SPACE)
        print(f"embedded: {options.photos / fill(index, vectors):.0f} photos/s", end=", ")
        print(f"{sum(file.stat().st_size for file in Path(name).iterdir()) / 1e6:.0f} MB on the disk")
        truth = {name: nearest_ids(index, questions, where) for name, where in filters.items()}
        ask(index, questions, filters, truth)
        embedded.close()
    with server(options.elasticsearch) as access:
        for kind in ("hnsw", "int8_hnsw"):
            prefix = f"benchmark-{uuid.uuid4().hex[:8]}-"
            generations = connect(access, prefix, GraphOptions(kind))
            active = generations.ensure_active(_SPACE)
            index = active
            print(f"elasticsearch, {kind}: {options.photos / fill(index, vectors):.0f} photos/s", end=", ")
            print(f"{size_bytes(access, active.name) / 1e6:.0f} MB on the disk")
            ask(index, questions, filters, truth)
            curve(active, questions, truth["all photos"])
            generations.close()
            ElasticsearchServer(access).drop(prefix)


if __name__ == "__main__":
    main()

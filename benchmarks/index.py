"""Compare the embedded index with Elasticsearch: write rate, query time, recall, and size on disk.

    python -m benchmarks.index [--photos 100000 ...] [--kinds hnsw int8_hnsw] [--questions 100] [--elasticsearch URL]

Several numbers of photos show how the cost grows. The vectors form clusters, like photos of one trek. Recall is the
share of the ten truly nearest photos among the ten found; filters let 1 % and 10 % of the photos pass. The time of a
new query in words is compared with the encoder's own time for the prompts of another such query, measured alternately.

Needs a model of full size (benchmarks/model_of_full_size.py) and the development dependencies. Without an address it
starts the Elasticsearch of the tests (CONTRIBUTING.md says what that needs).
"""

import argparse
import shutil
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

from benchmarks.model_of_full_size import model_directory
from benchmarks.query import ask as ask_service
from benchmarks.query import documents, milliseconds, shown
from cumbre.bootstrap import open_library
from cumbre.encoding.model_config import read_model_directory
from cumbre.index.elasticsearch.connection import ElasticAccess, connect
from cumbre.index.elasticsearch.mapping import GraphOptions
from cumbre.index.elasticsearch.nearest import Recall
from cumbre.index.embedded.generations import EmbeddedGenerations
from cumbre.index.port import NO_FILTER, PhotoFilter, PhotoIndex, PhotoWrite, Vector, VectorSpace
from cumbre.services.local_query_service import LocalQueryService
from cumbre.settings import Settings
from cumbre.system.cpu import usable_cores
from tests.support.elasticsearch_server import ElasticsearchServer, running_elasticsearch

_DIMENSIONS = 768
_CLUSTERS = 500
# The cosine of two photos of one cluster is about 1 / (1 + spread squared).
_SPREAD = 0.8
# Mean and standard deviation of the photos' backgrounds (similarity to everyday texts), about those of real photos.
_BACKGROUND = (0.05, 0.02)
_BATCH = 500
_K = 24
_CANDIDATES = (10, 25, 50, 100, 200, 400, 800, 1600)


def in_clusters(count: int, seed: int) -> Vector:
    """Return unit vectors [count, D] around centres that are the same for every seed."""
    centres = np.random.default_rng(1).standard_normal((_CLUSTERS, _DIMENSIONS)).astype(np.float32)
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((count, _DIMENSIONS)).astype(np.float32)
    vectors = centres[rng.integers(0, _CLUSTERS, count)] + _SPREAD * noise
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def fill(index: PhotoIndex, vectors: Vector) -> float:
    """Write photos with these vectors [N, D]; return the seconds until all of them can be found."""
    seconds, batch = 0.0, list[PhotoWrite]()
    backgrounds = np.random.default_rng(4).normal(*_BACKGROUND, len(vectors))
    for number, write in enumerate(documents(len(vectors), _DIMENSIONS)):
        document = replace(write.document, background=float(backgrounds[number]))
        batch.append(replace(write, document=document, vector=vectors[number]))
        if len(batch) == _BATCH or number == len(vectors) - 1:
            seconds += milliseconds(partial(index.write, batch)) / 1e3
            batch = []
    started = time.perf_counter()
    assert index.count() == len(vectors)
    return seconds + time.perf_counter() - started


def nearest_ids(index: PhotoIndex, questions: Vector, where: PhotoFilter) -> list[set[str]]:
    """Return the ids of the ten nearest photos for each question, vectors [N, D]."""
    return [{one.photo_id for one in index.nearest(question, 10, where)} for question in questions]


def recall(index: PhotoIndex, questions: Vector, where: PhotoFilter, truth: Sequence[set[str]]) -> float:
    """Return the mean share of the true ids among those found."""
    found = nearest_ids(index, questions, where)
    return statistics.mean(len(one & true) / len(true) for one, true in zip(found, truth, strict=True))


def ask(
    index: PhotoIndex, questions: Vector, filters: dict[str, PhotoFilter], truth: dict[str, list[set[str]]]
) -> None:
    """Print the times and the recall of all questions for each filter."""
    for name, where in filters.items():
        index.nearest(questions[0], _K, where)
        times = [milliseconds(partial(index.nearest, question, _K, where)) for question in questions]
        print(f"  {name}: {shown(times)}, recall@10 {recall(index, questions, where, truth[name]):.4f}")


def curve(access: ElasticAccess, prefix: str, questions: Vector, truth: list[set[str]]) -> None:
    """Print times and recall for several numbers of candidates."""
    for candidates in _CANDIDATES:
        generations = connect(access, prefix, recall=Recall(candidates))
        index = generations.active()
        assert index is not None
        times = [milliseconds(partial(index.nearest, question, _K)) for question in questions]
        print(f"  {candidates} candidates: {shown(times)}, recall@10 {recall(index, questions, NO_FILTER, truth):.4f}")
        generations.close()


def ask_in_words(settings: Settings, questions: int) -> None:
    """Print the time of new queries in words, and of the encoder alone."""
    library = open_library(settings)
    try:
        service, encoder = LocalQueryService(library), library.encoders.configured()
        templates = encoder.description.calibration.templates
        ask_service(service, "a warm question")
        own, whole = [], []
        for number in range(questions):
            wordings = [template.format(f"a red tent {number} beside a river") for template in templates]
            own.append(milliseconds(partial(encoder.encode_texts, wordings)))
            whole.append(milliseconds(partial(ask_service, service, f"a blue tent {number} beside a lake")))
    finally:
        library.close()
    more_ms = np.percentile(whole, 50) - np.percentile(own, 50)
    print(
        f"  a new question in words: {shown(whole)}; the encoder alone: {shown(own)}; p50 differs by {more_ms:+.1f} ms"
    )


def wait_for_merges(access: ElasticAccess, name: str) -> float:
    """Wait until the server has merged its segments, as in an album at rest; return the seconds it took."""
    client, started = access.client(), time.perf_counter()
    while client.indices.stats(index=name, metric="merge")["_all"]["total"]["merges"]["current"]:
        time.sleep(0.5)
    client.close()
    return time.perf_counter() - started


def size_bytes(access: ElasticAccess, name: str) -> int:
    """Return the size of an index of the server on disk."""
    client = access.client()
    try:
        client.indices.flush(index=name)
        return int(client.indices.stats(index=name, metric="store")["_all"]["total"]["store"]["size_in_bytes"])
    finally:
        client.close()


@contextmanager
def server(address: str | None) -> Iterator[ElasticAccess]:
    """Yield access to the server at this address; None starts one."""
    if address:
        yield ElasticAccess(address)
        return
    with running_elasticsearch() as started:
        yield started.access


def filters_of(photos: int) -> dict[str, PhotoFilter]:
    """Return filters by name for an album with this many photos."""
    taken = [write.document.facts.taken_at for write in documents(photos // 10 + 1, 2) if write.document.facts]
    return {
        "all photos": NO_FILTER,
        "1 % by time": PhotoFilter(until=taken[photos // 100]),
        "10 % by time": PhotoFilter(until=taken[photos // 10]),
        "1 % by peak": PhotoFilter(peak_ids=("ama-dablam",)),
    }


def measure(photos: int, questions: Vector, kinds: Sequence[str], access: ElasticAccess, settings: Settings) -> None:
    """Measure and print everything for one number of photos."""
    vectors, filters = in_clusters(photos, 2), filters_of(photos)
    space = VectorSpace(read_model_directory(Path(settings.model)).model_id, _DIMENSIONS)
    settings.home.mkdir()
    print(f"{photos} photos", flush=True)
    embedded = EmbeddedGenerations(settings.home / "index.sqlite")
    index: PhotoIndex = embedded.ensure_active(space)
    print(f" embedded: written at {photos / fill(index, vectors):.0f} photos/s", end=", ")
    print(f"{sum(file.stat().st_size for file in settings.home.glob('index*')) / 1e6:.0f} MB on disk", flush=True)
    truth = {name: nearest_ids(index, questions, where) for name, where in filters.items()}
    ask(index, questions, filters, truth)
    embedded.close()
    ask_in_words(settings, len(questions) // 2)
    for kind in kinds:
        prefix = f"benchmark-{uuid.uuid4().hex[:8]}-"
        generations = connect(access, prefix, GraphOptions(kind))
        active = generations.ensure_active(space)
        print(f" elasticsearch, {kind}: written at {photos / fill(active, vectors):.0f} photos/s", end=", ")
        print(f"merged {wait_for_merges(access, active.name):.0f} s later", end=", ")
        print(f"{size_bytes(access, active.name) / 1e6:.0f} MB on disk", flush=True)
        ask(active, questions, filters, truth)
        ask_in_words(replace(settings, index=access.address, index_prefix=prefix), len(questions) // 2)
        curve(access, prefix, questions, truth["all photos"])
        generations.close()
        ElasticsearchServer(access).drop(prefix)
    shutil.rmtree(settings.home)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, nargs="+", default=[100_000], help="numbers of photos")
    parser.add_argument(
        "--kinds", nargs="+", default=["hnsw", "int8_hnsw"], choices=["hnsw", "int8_hnsw"], help="kinds of graph"
    )
    parser.add_argument("--questions", type=int, default=100, help="how many vectors to search for")
    parser.add_argument("--elasticsearch", help="address of a server without security")
    options = parser.parse_args()
    print(f"{usable_cores()} cores, {_DIMENSIONS} dimensions in {_CLUSTERS} clusters")
    with tempfile.TemporaryDirectory() as name, server(options.elasticsearch) as access:
        scratch = Path(name).resolve()
        settings = Settings(home=scratch / "home", model=str(model_directory(scratch)))
        for photos in options.photos:
            measure(photos, in_clusters(options.questions, 3), options.kinds, access, settings)


if __name__ == "__main__":
    main()

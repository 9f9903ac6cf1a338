"""Random sequences of uploads, deletions, events, workers and faults: after one scan the index matches the storage.

Storage and index are real. Only picture contents and vectors are made up, so that thousands of steps are quick.
CUMBRE_TEST_ROUNDS sets the number of sequences on servers; the embedded index gets ten times as many.
"""

import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from cumbre.encoding.embedder import PhotoEmbedder
from cumbre.encoding.known_models import resolve_model
from cumbre.encoding.model_config import read_model_directory
from cumbre.errors import CumbreError, IndexFault, PhotoError, StorageError
from cumbre.imaging.decode import PhotoLimits
from cumbre.index.port import VectorSpace
from cumbre.ingest.ingestor import IngestOptions, Ingestor
from cumbre.ingest.scan import scan
from cumbre.photos.document import PhotoDocument, PhotoFacts
from cumbre.sandbox.port import PictureContent
from tests.integration.pairs import EmbeddedPair, Pair, ServerPair
from tests.integration.steps import Died, SteppedProxy, Steps, Worker
from tests.support.elasticsearch_server import ElasticsearchServer
from tests.support.minio_server import MinioServer

pytestmark = pytest.mark.slow

_ROUNDS = int(os.environ.get("CUMBRE_TEST_ROUNDS", "0"))
_SEQUENCES = _ROUNDS * 10 or 150
_SEQUENCES_ON_SERVERS = _ROUNDS or 10
SPACE = VectorSpace("made up", 8)
BROKEN = b"broken"
# More steps than a worker takes if nothing changes meanwhile.
_STEPS_MAX = 8
names = st.sampled_from(["a.jpg", "day 1/b.jpg"])
contents = st.sampled_from([b"yak", b"stupa", b"ama dablam", b"prayer flags", BROKEN])


class FakePictures:
    """Derives the pixels from the bytes of the file, without decoding."""

    def read(self, data: bytes, size: tuple[int, int], *_: object) -> PictureContent:
        if data == BROKEN:
            raise PhotoError("the picture is damaged")
        pixels = np.full((*size, 3), sum(data) % 256, dtype=np.uint8)
        return PictureContent(PhotoFacts(4, 3, "JPEG"), 0.5, "", pixels)


class FakeEncoder:
    """Derives the vector of a picture from its first pixel."""

    space = SPACE

    def __init__(self) -> None:
        lite = read_model_directory(resolve_model("lite", Path(tempfile.gettempdir())).directory)
        self.description = lite

    def encode_images(self, pixels: np.ndarray) -> np.ndarray:
        vectors = [np.random.default_rng(int(abs(one.flat[0]) * 1e4)).standard_normal(8) for one in pixels]
        return np.array([vector / np.linalg.norm(vector) for vector in vectors], dtype=np.float32)

    def encode_texts(self, texts: list[str]) -> np.ndarray:
        vectors: np.ndarray = np.ones((len(texts), 8), dtype=np.float32) / np.sqrt(8).astype(np.float32)
        return vectors


class NoAnnotations:
    """Annotates nothing, because these tests don't depend on peaks."""

    def annotate(self, document: PhotoDocument, _vector: Any) -> PhotoDocument:
        return document


ENCODER = FakeEncoder()


class AlbumMachine(RuleBasedStateMachine):
    """Changes, delivers and reconciles at random; at the end, compares the index with the storage."""

    def __init__(self, pair: Pair) -> None:
        super().__init__()
        self.pair = pair
        self.storage = pair.storage
        self.index = pair.open_index()
        self.cache = Path(tempfile.mkdtemp())
        self.events: list[str] = []
        self.workers: list[Worker] = []

    def ingestor(self, steps: Steps | None = None) -> Ingestor:
        """Return the ingestor of this process, or of another one that pauses at each of its steps."""
        storage: Any = self.storage if steps is None else SteppedProxy(self.storage, steps)
        index: Any = self.index if steps is None else SteppedProxy(self.pair.open_index(), steps)
        pictures: Any = FakePictures()
        encoder: Any = ENCODER
        annotations: Any = NoAnnotations()
        embedder = PhotoEmbedder(encoder, self.cache)
        options = IngestOptions(PhotoLimits(), 1, 2)
        decoders = ThreadPoolExecutor(1, "decode")
        return Ingestor(lambda _: storage, index, embedder, pictures, lambda: annotations, options, decoders)

    # --- people change the album ---

    @rule(name=names, content=contents)
    def put(self, name: str, content: bytes) -> None:
        self.pair.put(self.pair.key(name), content)
        self.events.append(self.pair.key(name))

    @rule(name=names)
    def delete(self, name: str) -> None:
        self.pair.remove(self.pair.key(name))
        self.events.append(self.pair.key(name))

    @rule(old=names, new=names)
    def rename(self, old: str, new: str) -> None:
        content = self.pair.content(self.pair.key(old))
        if content is not None and old != new:
            self.put(new, content)
            self.delete(old)

    # --- events arrive in any order: once, twice or never ---

    @precondition(lambda self: self.events)
    @rule(data=st.data(), is_kept=st.booleans())
    def deliver(self, data: st.DataObject, is_kept: bool) -> None:
        number = data.draw(st.integers(0, len(self.events) - 1))
        self.ingestor().reconcile(self.storage.bucket, self.events[number])
        if not is_kept:
            del self.events[number]

    @precondition(lambda self: self.events)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        del self.events[data.draw(st.integers(0, len(self.events) - 1))]

    # --- two workers, step by step ---

    @precondition(lambda self: len(self.workers) < 2)
    @rule(name=names)
    def begin(self, name: str) -> None:
        key = self.pair.key(name)
        self.workers.append(Worker(name, lambda steps: self.ingestor(steps).reconcile(self.storage.bucket, key)))

    def begin_at(self, name: str, steps: int) -> None:
        """Start a worker that pauses after this many steps, unless it ends before."""
        self.begin(name)
        for _ in range(steps):
            self.workers[-1].steps.advance()

    @precondition(lambda self: self.workers)
    @rule(data=st.data(), steps=st.integers(1, 4))
    def advance(self, data: st.DataObject, steps: int) -> None:
        worker = data.draw(st.sampled_from(self.workers))
        for _ in range(steps):
            worker.steps.advance()
        self._remove_if_finished(worker)

    @precondition(lambda self: self.workers)
    @rule(data=st.data(), content=st.none() | contents, steps=st.integers(0, 6))
    def overtake(self, data: st.DataObject, content: bytes | None, steps: int) -> None:
        """Change a photo while a worker handles it, at any of its steps."""
        worker = data.draw(st.sampled_from(self.workers))
        for _ in range(steps):
            worker.steps.advance()
        if content is None:
            self.delete(worker.name)
        else:
            self.put(worker.name, content)
        self._remove_if_finished(worker)

    @precondition(lambda self: self.workers)
    @rule(data=st.data(), fault=st.sampled_from([StorageError("unreachable"), IndexFault("unreachable")]))
    def fail(self, data: st.DataObject, fault: CumbreError) -> None:
        worker = data.draw(st.sampled_from(self.workers))
        worker.steps.advance(fault)
        self._remove_if_finished(worker)

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def kill(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(self.workers))
        worker.steps.die()
        worker.join()
        self._remove_if_finished(worker)

    def _remove_if_finished(self, worker: Worker) -> None:
        if worker.steps.finished:
            worker.join()
            self.workers.remove(worker)
            assert worker.error is None or isinstance(worker.error, CumbreError | Died), worker.error

    # --- at the end: one scan, then the comparison ---

    def teardown(self) -> None:
        try:
            for worker in self.workers:
                worker.steps.run_to_end()
            for worker in list(self.workers):
                worker.join()
                self._remove_if_finished(worker)
            scan(self.ingestor(), self.storage, confirm_removals=True)
            self._assert_index_matches_storage()
        finally:
            self.pair.close()
            shutil.rmtree(self.cache)

    def _assert_index_matches_storage(self) -> None:
        etags = {one.key: one.etag for one in self.storage.list()}
        assert {one.key: one.etag for one in self.index.indexed_objects(self.storage.bucket)} == etags
        indexed = {stored.document.key: (stored.document, vector) for stored, vector in self.index.scan()}
        for key in etags:
            content = self.pair.content(key)
            assert content is not None
            if content == BROKEN:
                assert key not in indexed
                continue
            document, vector = indexed.pop(key)
            assert document.content_sha256 == hashlib.sha256(content).hexdigest()
            picture = FakePictures().read(content, ENCODER.description.image_size, 2)
            expected, _ = PhotoEmbedder(ENCODER, self.cache).embed([picture.pixels])  # type: ignore[arg-type]
            np.testing.assert_allclose(vector, expected[0], atol=1e-6)
        assert indexed == {}


@pytest.mark.parametrize("is_known", [False, True])
@pytest.mark.parametrize("change", ["overwrite", "delete", "rename"])
def test_two_workers_on_one_photo_interleaved_at_every_step(is_known: bool, change: str) -> None:
    """The first pauses at any of its steps while the photo changes, the second at any of its own; then both finish."""
    for first_steps in range(_STEPS_MAX):
        for second_steps in range(_STEPS_MAX):
            machine = AlbumMachine(EmbeddedPair(SPACE))
            machine.put("a.jpg", b"yak")
            if is_known:
                machine.ingestor().reconcile(machine.storage.bucket, machine.pair.key("a.jpg"))
                machine.put("a.jpg", b"stupa")
            machine.begin_at("a.jpg", first_steps)
            if change == "overwrite":
                machine.put("a.jpg", b"ama dablam")
            elif change == "delete":
                machine.delete("a.jpg")
            else:
                machine.rename("a.jpg", "day 1/b.jpg")
            machine.begin_at("a.jpg", second_steps)
            machine.teardown()


def run_sequences(count: int, new_pair: Callable[[], Pair]) -> None:
    options = settings(
        max_examples=count, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck)
    )
    # Hypothesis takes any factory, unlike its annotation.
    run_state_machine_as_test(lambda: AlbumMachine(new_pair()), settings=options)  # type: ignore[arg-type]


def test_random_sequences_with_a_folder_and_the_embedded_index() -> None:
    run_sequences(_SEQUENCES, lambda: EmbeddedPair(SPACE))


@pytest.mark.servers
def test_random_sequences_with_a_bucket_and_elasticsearch(
    elasticsearch: ElasticsearchServer, minio: MinioServer
) -> None:
    bucket = f"test-{uuid.uuid4().hex[:12]}"
    minio.client.create_bucket(Bucket=bucket)
    run_sequences(_SEQUENCES_ON_SERVERS, lambda: ServerPair(elasticsearch, minio, bucket, SPACE))

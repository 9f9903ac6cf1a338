"""Whatever happens to a bucket, its events and its workers, in whatever order: one scan later the index is the bucket.

Storage and index are real; only what a picture shows is made up, so that thousands of steps are quick.
CUMBRE_TEST_ROUNDS says how many stories are played in full.
"""

import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable
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
from tests.integration.steps import Died, Stepping, Steps, Worker
from tests.support.elasticsearch_server import ElasticsearchServer
from tests.support.minio_server import MinioServer

pytestmark = pytest.mark.slow

_ROUNDS = int(os.environ.get("CUMBRE_TEST_ROUNDS", "0"))
_STORIES = _ROUNDS * 10 or 150
_STORIES_ON_SERVERS = _ROUNDS or 10
SPACE = VectorSpace("made up", 8)
BROKEN = b"broken"
# More steps than a worker takes that meets no change.
_LONGEST = 8
names = st.sampled_from(["a.jpg", "day 1/b.jpg"])
contents = st.sampled_from([b"yak", b"stupa", b"ama dablam", b"prayer flags", BROKEN])


class MadeUpPictures:
    """A file's bytes are what it shows."""

    def read(self, data: bytes, size: tuple[int, int], _resample: int) -> PictureContent:
        if data == BROKEN:
            raise PhotoError("the picture is damaged")
        pixels = np.full((*size, 3), sum(data) % 256, dtype=np.uint8)
        return PictureContent(PhotoFacts(4, 3, "JPEG"), 0.5, "", pixels)


class MadeUpEncoder:
    """A picture's vector follows from its first pixel."""

    space = SPACE

    def __init__(self) -> None:
        lite = read_model_directory(resolve_model("lite", Path(tempfile.gettempdir())).directory)
        self.description = lite

    def encode_images(self, pixels: np.ndarray) -> np.ndarray:
        vectors = [np.random.default_rng(int(abs(one.flat[0]) * 1e4)).standard_normal(8) for one in pixels]
        return np.array([vector / np.linalg.norm(vector) for vector in vectors], dtype=np.float32)

    def encode_texts(self, texts: list[str]) -> np.ndarray:
        return np.ones((len(texts), 8), dtype=np.float32) / np.sqrt(8).astype(np.float32)


class NoNames:
    """Names nothing: what a photo shows is not at stake."""

    def annotate(self, document: PhotoDocument, _vector: Any) -> PhotoDocument:
        return document


ENCODER = MadeUpEncoder()


class Stories(RuleBasedStateMachine):
    def __init__(self, pair: Pair) -> None:
        super().__init__()
        self.pair = pair
        self.storage = pair.storage
        self.index = pair.open_index()
        self.cache = Path(tempfile.mkdtemp())
        self.events: list[str] = []
        self.workers: list[Worker] = []

    def ingestor(self, steps: Steps | None = None) -> Ingestor:
        """Of this process; with steps of another one, which stops at each."""
        storage: Any = self.storage if steps is None else Stepping(self.storage, steps)
        index: Any = self.index if steps is None else Stepping(self.pair.open_index(), steps)
        pictures: Any = MadeUpPictures()
        encoder: Any = ENCODER
        names: Any = NoNames()
        embedder = PhotoEmbedder(encoder, self.cache)
        options = IngestOptions(PhotoLimits(), 1, 2)
        return Ingestor(lambda _: storage, index, embedder, pictures, lambda: names, options)

    # --- what people do ---

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

    # --- what becomes of the events: any of them next, once, twice or never ---

    @precondition(lambda self: self.events)
    @rule(data=st.data(), is_kept=st.booleans())
    def deliver(self, data: st.DataObject, is_kept: bool) -> None:
        place = data.draw(st.integers(0, len(self.events) - 1))
        self.ingestor().reconcile(self.storage.bucket, self.events[place])
        if not is_kept:
            del self.events[place]

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
        """A worker that stands after so many steps, or has ended."""
        self.begin(name)
        for _ in range(steps):
            self.workers[-1].steps.go()

    @precondition(lambda self: self.workers)
    @rule(data=st.data(), steps=st.integers(1, 4))
    def go_on(self, data: st.DataObject, steps: int) -> None:
        worker = data.draw(st.sampled_from(self.workers))
        for _ in range(steps):
            worker.steps.go()
        self._bury(worker)

    @precondition(lambda self: self.workers)
    @rule(data=st.data(), content=st.none() | contents, steps=st.integers(0, 6))
    def overtake(self, data: st.DataObject, content: bytes | None, steps: int) -> None:
        """The very photo that a worker is at changes under its hands, at any of its steps."""
        worker = data.draw(st.sampled_from(self.workers))
        for _ in range(steps):
            worker.steps.go()
        if content is None:
            self.delete(worker.name)
        else:
            self.put(worker.name, content)
        self._bury(worker)

    @precondition(lambda self: self.workers)
    @rule(data=st.data(), fault=st.sampled_from([StorageError("away"), IndexFault("away")]))
    def fail(self, data: st.DataObject, fault: CumbreError) -> None:
        worker = data.draw(st.sampled_from(self.workers))
        worker.steps.go(fault)
        self._bury(worker)

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def kill(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(self.workers))
        worker.steps.die()
        worker.join()
        self._bury(worker)

    def _bury(self, worker: Worker) -> None:
        if worker.steps.finished:
            worker.join()
            self.workers.remove(worker)
            assert worker.error is None or isinstance(worker.error, CumbreError | Died), worker.error

    # --- the end ---

    def teardown(self) -> None:
        try:
            for worker in self.workers:
                worker.steps.run_on()
            for worker in list(self.workers):
                worker.join()
                self._bury(worker)
            scan(self.ingestor(), self.storage, confirm_removals=True)
            self._index_is_the_bucket()
        finally:
            self.pair.close()
            shutil.rmtree(self.cache)

    def _index_is_the_bucket(self) -> None:
        there = {one.key: one.etag for one in self.storage.list()}
        assert {one.key: one.etag for one in self.index.known(self.storage.bucket)} == there
        found = {stored.document.key: (stored.document, vector) for stored, vector in self.index.scan()}
        for key in there:
            content = self.pair.content(key)
            assert content is not None
            if content == BROKEN:
                assert key not in found
                continue
            document, vector = found.pop(key)
            assert document.content_sha256 == hashlib.sha256(content).hexdigest()
            picture = MadeUpPictures().read(content, ENCODER.description.image_size, 2)
            wanted, _ = PhotoEmbedder(ENCODER, self.cache).embed([picture.pixels])  # type: ignore[arg-type]
            np.testing.assert_allclose(vector, wanted[0], atol=1e-6)
        assert found == {}


@pytest.mark.parametrize("is_known", [False, True])
@pytest.mark.parametrize("change", ["overwrite", "delete", "rename"])
def test_two_workers_at_one_key_interleaved_at_every_step(is_known: bool, change: str) -> None:
    """One stands at each of its steps when the photo changes, then the other goes to each of its own, then both end."""
    for first_steps in range(_LONGEST):
        for second_steps in range(_LONGEST):
            story = Stories(EmbeddedPair(SPACE))
            story.put("a.jpg", b"yak")
            if is_known:
                story.ingestor().reconcile(story.storage.bucket, story.pair.key("a.jpg"))
                story.put("a.jpg", b"stupa")
            story.begin_at("a.jpg", first_steps)
            if change == "overwrite":
                story.put("a.jpg", b"ama dablam")
            elif change == "delete":
                story.delete("a.jpg")
            else:
                story.rename("a.jpg", "day 1/b.jpg")
            story.begin_at("a.jpg", second_steps)
            story.teardown()


def play(stories: int, new_pair: Callable[[], Pair]) -> None:
    in_full = settings(
        max_examples=stories, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(lambda: Stories(new_pair()), settings=in_full)  # type: ignore[no-untyped-call]


def test_stories_of_a_folder_and_the_embedded_index() -> None:
    play(_STORIES, lambda: EmbeddedPair(SPACE))


@pytest.mark.servers
def test_stories_of_a_bucket_and_elasticsearch(elasticsearch: ElasticsearchServer, minio: MinioServer) -> None:
    bucket = f"test-{uuid.uuid4().hex[:12]}"
    minio.client.create_bucket(Bucket=bucket)
    play(_STORIES_ON_SERVERS, lambda: ServerPair(elasticsearch, minio, bucket, SPACE))

"""Compute and cache every peak's prototype vector; computing them takes seconds with a large text tower."""

import hashlib
import io
from pathlib import Path
from threading import Lock

import numpy as np
from PIL import Image

from cumbre.encoding.embedder import PhotoEmbedder
from cumbre.encoding.normalize import pixel_values
from cumbre.encoding.prompts import PROMPT_VERSION, peak_prototype
from cumbre.encoding.vector_cache import read_vectors, write_vectors
from cumbre.index.port import Vector
from cumbre.peaks.catalog import Peak
from cumbre.peaks.catalog_store import CatalogStore


class Prototypes:
    """Prototypes [D] of one encoder by peak id, for the current catalogue. Thread-safe."""

    def __init__(self, embedder: PhotoEmbedder, store: CatalogStore, cache: Path) -> None:
        self._embedder = embedder
        self._store = store
        self._file = cache / f"prototypes-{embedder.encoder.description.model_id}.npz"
        # The key is a hash of a prototype's inputs, so a changed peak gets a new prototype and the others keep theirs.
        self._vectors: dict[str, Vector] | None = None
        self._lock = Lock()

    def vector(self, peak: Peak) -> Vector:
        """Return the prototype of one peak, [D]."""
        with self._lock:
            return self._vector(peak)

    def all(self) -> dict[str, Vector]:
        """Return the prototypes of all catalogued peaks by id, and save new ones in the cache."""
        with self._lock:
            before = len(self._known())
            vectors = {peak.id: self._vector(peak) for peak in self._store.catalog().values()}
            if len(self._known()) > before:
                write_vectors(self._file, self._known())
            return vectors

    def _vector(self, peak: Peak) -> Vector:
        jpegs = self._store.references(peak.id)
        key = _cache_key(peak, jpegs)
        known = self._known()
        if key not in known:
            known[key] = peak_prototype(self._embedder.encoder, peak, self._reference_vectors(jpegs))
        return known[key]

    def _known(self) -> dict[str, Vector]:
        if self._vectors is None:
            self._vectors = read_vectors(self._file)
        return self._vectors

    def _reference_vectors(self, jpegs: list[bytes]) -> np.ndarray | None:
        if not jpegs:
            return None
        # These bytes are safe to decode here: Cumbre made these renditions itself.
        description = self._embedder.encoder.description
        pixels = [pixel_values(Image.open(io.BytesIO(jpeg)), description) for jpeg in jpegs]
        return self._embedder.encoder.encode_images(np.stack(pixels))


def _cache_key(peak: Peak, jpegs: list[bytes]) -> str:
    digest = hashlib.sha256(repr((PROMPT_VERSION, peak.names, peak.region, peak.country)).encode())
    for jpeg in jpegs:
        digest.update(hashlib.sha256(jpeg).digest())
    return digest.hexdigest()[:32]

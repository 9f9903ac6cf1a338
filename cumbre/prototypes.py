"""Every peak's prototype vector by one encoder, kept in a cache: making them costs seconds with a large text tower."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from cumbre.catalog import Peak
from cumbre.catalog_store import CatalogStore
from cumbre.embed import PhotoEmbedder
from cumbre.index.port import Vector
from cumbre.prompts import PROMPT_VERSION, peak_prototype


class Prototypes:
    """Prototypes [D] by peak, for the catalogue as it is now."""

    def __init__(self, embedder: PhotoEmbedder, store: CatalogStore, cache: Path) -> None:
        self._embedder = embedder
        self._store = store
        self._cache = cache
        self._vectors: dict[str, Vector] = {}
        self._revision = ""

    def vector(self, peak: Peak) -> Vector:
        """The prototype of one peak."""
        self._follow_catalog()
        if peak.id not in self._vectors:
            jpegs = self._store.references(peak.id)
            self._vectors[peak.id] = peak_prototype(self._embedder.encoder, peak, self._reference_vectors(jpegs))
        return self._vectors[peak.id]

    def all(self) -> dict[str, Vector]:
        """The prototypes of every catalogued peak."""
        self._follow_catalog()
        file = self._file()
        peaks = self._store.catalog()
        if not self._vectors and file.is_file():
            with np.load(file, allow_pickle=False) as kept:
                self._vectors = {name: kept[name] for name in kept.files if name in peaks}
        missing = [peak for peak in peaks.values() if peak.id not in self._vectors]
        for peak in missing:
            self.vector(peak)
        if missing:
            file.parent.mkdir(parents=True, exist_ok=True)
            with (partial := file.with_suffix(".part")).open("wb") as out:
                np.savez(out, **self._vectors)  # type: ignore[arg-type]
            partial.replace(file)
        return dict(self._vectors)

    def _file(self) -> Path:
        model_id = self._embedder.encoder.description.model_id
        return self._cache / f"prototypes-{model_id}-{PROMPT_VERSION}-{self._revision}.npz"

    def _follow_catalog(self) -> None:
        revision = self._store.revision()
        if revision != self._revision:
            self._vectors, self._revision = {}, revision

    def _reference_vectors(self, jpegs: list[bytes]) -> np.ndarray | None:
        if not jpegs:
            return None
        # The bytes are renditions of our own making.
        pixels = [self._embedder.pixels(Image.open(io.BytesIO(jpeg)).convert("RGB")) for jpeg in jpegs]
        return self._embedder.encoder.encode_images(np.stack(pixels))

"""Embed pictures with one encoder: compute their vectors and backgrounds."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import numpy as np

from cumbre.encoding.normalize import normalize
from cumbre.encoding.onnx_encoder import Encoder
from cumbre.encoding.prompts import PROMPT_VERSION, background_scores, background_vectors
from cumbre.encoding.vector_cache import read_vectors, write_vectors
from cumbre.imaging.resize import Pixels
from cumbre.sandbox.port import PictureContent, PictureReader


class PhotoEmbedder:
    """Embed photos. The vectors of the everyday texts take a second or more, so they are cached in a folder."""

    def __init__(self, encoder: Encoder, cache: Path) -> None:
        self.encoder = encoder
        self._cache_file = cache / f"everyday-{encoder.description.model_id}.npz"
        self._everyday: np.ndarray | None = None
        self._lock = Lock()

    def read(self, pictures: PictureReader, data: bytes, renditions_px: Sequence[int] = ()) -> PictureContent:
        """Read a picture file, with pixels in the encoder's size. Raises PhotoError if it can't be used."""
        description = self.encoder.description
        return pictures.read(data, description.image_size, description.resample, renditions_px)

    def embed(self, pixels: Sequence[Pixels]) -> tuple[np.ndarray, np.ndarray]:
        """Return vectors [N, D] and backgrounds [N] of N pictures [height, width, 3] in the encoder's size."""
        description = self.encoder.description
        vectors = self.encoder.encode_images(np.stack([normalize(one, description) for one in pixels]))
        return vectors, self.backgrounds(vectors)

    def backgrounds(self, vectors: np.ndarray) -> np.ndarray:
        """Return the backgrounds [N] of vectors [N, D]: zeros if the model doesn't use them."""
        calibration = self.encoder.description.calibration
        if calibration.background == "none":
            return np.zeros(len(vectors), dtype=np.float32)
        return background_scores(vectors, self._everyday_vectors(), calibration.background_temperature)

    def _everyday_vectors(self) -> np.ndarray:
        with self._lock:
            if self._everyday is None:
                self._everyday = read_vectors(self._cache_file).get(PROMPT_VERSION)
            if self._everyday is None:
                self._everyday = background_vectors(self.encoder)
                write_vectors(self._cache_file, {PROMPT_VERSION: self._everyday})
            return self._everyday

"""A picture -> its vector and its background, by one encoder."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import numpy as np

from cumbre.encoding.normalize import normalized
from cumbre.encoding.onnx_encoder import Encoder
from cumbre.encoding.prompts import PROMPT_VERSION, background_vectors, backgrounds
from cumbre.encoding.vector_cache import read_vectors, write_vectors
from cumbre.imaging.resize import Pixels
from cumbre.sandbox.port import PictureContent, PictureReader


class PhotoEmbedder:
    """Embeds photos; the vectors of the everyday texts are kept in a cache folder, for they cost a second or more."""

    def __init__(self, encoder: Encoder, cache: Path) -> None:
        self.encoder = encoder
        self._cache_file = cache / f"everyday-{encoder.description.model_id}.npz"
        self._everyday: np.ndarray | None = None
        self._lock = Lock()

    def read(self, pictures: PictureReader, data: bytes) -> PictureContent:
        """A picture file as the encoder takes it. Raises PhotoError with the reason if it can't be used."""
        description = self.encoder.description
        return pictures.read(data, description.image_size, description.resample)

    def embed(self, pixels: Sequence[Pixels]) -> tuple[np.ndarray, np.ndarray]:
        """Vectors [N, D] and backgrounds [N] of N pictures [height, width, 3] of the encoder's size."""
        description = self.encoder.description
        vectors = self.encoder.encode_images(np.stack([normalized(one, description) for one in pixels]))
        return vectors, self.backgrounds(vectors)

    def backgrounds(self, vectors: np.ndarray) -> np.ndarray:
        """The backgrounds [N] of vectors [N, D]."""
        calibration = self.encoder.description.calibration
        if calibration.background == "none":
            return np.zeros(len(vectors), dtype=np.float32)
        return backgrounds(vectors, self._everyday_vectors(), calibration.background_temperature)

    def _everyday_vectors(self) -> np.ndarray:
        with self._lock:
            if self._everyday is None:
                self._everyday = read_vectors(self._cache_file).get(PROMPT_VERSION)
            if self._everyday is None:
                self._everyday = background_vectors(self.encoder)
                write_vectors(self._cache_file, {PROMPT_VERSION: self._everyday})
            return self._everyday

"""A picture -> its vector and its background, by one encoder."""

from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cumbre.encoder import Encoder
from cumbre.preprocess import pixel_values
from cumbre.prompts import PROMPT_VERSION, background_vectors, backgrounds
from cumbre.vector_cache import read_vectors, write_vectors


class PhotoEmbedder:
    """Embeds photos; the vectors of the everyday texts are kept in a cache folder, for they cost a second or more."""

    def __init__(self, encoder: Encoder, cache: Path) -> None:
        self.encoder = encoder
        self._cache_file = cache / f"everyday-{encoder.description.model_id}.npz"
        self._everyday: np.ndarray | None = None
        self._lock = Lock()

    @property
    def wanted_px(self) -> int:
        """The side that a picture needs at least, so that decoding may be cheaper."""
        return max(self.encoder.description.image_size)

    def pixels(self, image: Image.Image) -> NDArray[np.float32]:
        """The tensor [3, H, W] of an upright RGB picture."""
        return pixel_values(image, self.encoder.description)

    def embed(self, pixels: list[NDArray[np.float32]]) -> tuple[np.ndarray, np.ndarray]:
        """Vectors [N, D] and backgrounds [N] of N tensors."""
        vectors = self.encoder.encode_images(np.stack(pixels))
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

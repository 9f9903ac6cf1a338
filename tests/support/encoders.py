"""Variants of the bundled encoder: one with another description, and one that counts images."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from cumbre.encoding.known_models import resolve_model
from cumbre.encoding.model_config import ModelDescription
from cumbre.encoding.onnx_encoder import Encoder, Matrix
from cumbre.index.port import VectorSpace


def lite_as(directory: Path, **own: object) -> Path:
    """Copy lite with other fields in its cumbre.json, so that Cumbre sees a different encoder; return the folder."""
    shutil.copytree(resolve_model("lite", directory).directory, directory)
    description = json.loads((directory / "cumbre.json").read_text())
    (directory / "cumbre.json").write_text(json.dumps(description | own))
    return directory


def copy_everyday_vectors(cache: Path, model_id: str) -> None:
    """Copy lite's vectors of the everyday texts for a variant of lite, which would take a second to encode them."""
    shutil.copyfile(cache / "everyday-lite-1.npz", cache / f"everyday-{model_id}.npz")


class CountingEncoder:
    """Delegates to a real encoder and counts the images that it encodes."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.images = 0

    @property
    def description(self) -> ModelDescription:
        return self._encoder.description

    @property
    def space(self) -> VectorSpace:
        return self._encoder.space

    @property
    def device(self) -> str:
        return self._encoder.device

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        return self._encoder.encode_texts(texts)

    def encode_images(self, pixels: Matrix) -> Matrix:
        self.images += len(pixels)
        return self._encoder.encode_images(pixels)

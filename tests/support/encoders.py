"""Encoders made of the bundled one: under another description, or counted."""

import json
import shutil
from pathlib import Path

from cumbre.encoding.known_models import resolve_model
from cumbre.encoding.onnx_encoder import Encoder, Matrix


def lite_as(directory: Path, **own: object) -> Path:
    """A copy of lite that says other things of itself (the fields of cumbre.json): another encoder to Cumbre."""
    shutil.copytree(resolve_model("lite", directory).directory, directory)
    stated = json.loads((directory / "cumbre.json").read_text())
    (directory / "cumbre.json").write_text(json.dumps(stated | own))
    return directory


class CountingEncoder:
    """Passes on to a real encoder and counts what is embedded."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.images = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._encoder, name)

    def encode_images(self, pixels: Matrix) -> Matrix:
        self.images += len(pixels)
        return self._encoder.encode_images(pixels)

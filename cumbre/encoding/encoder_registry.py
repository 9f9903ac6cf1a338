"""Open encoders: the one selected by CUMBRE_MODEL, and those with which generations of the index were built."""

from pathlib import Path
from threading import Lock

from cumbre.encoding.known_models import ModelChoice, list_models, resolve_model
from cumbre.encoding.onnx_encoder import Encoder, OnnxEncoder
from cumbre.errors import ModelError
from cumbre.index.port import VectorSpace
from cumbre.settings import Settings
from cumbre.state.port import StateStore

_KIND = "model"


class EncoderRegistry:
    """Open encoders by directory, each of them once. Thread-safe."""

    def __init__(self, settings: Settings, state: StateStore) -> None:
        self._settings = settings
        self._state = state
        self._open: dict[Path, Encoder] = {}
        self._lock = Lock()

    def choice(self) -> ModelChoice:
        """Return the model selected by CUMBRE_MODEL. Raises ModelError if it is missing."""
        return resolve_model(self._settings.model, self._settings.home)

    def configured(self) -> Encoder:
        """Return the encoder for new generations.

        Its directory is stored in the state, so that for_space() finds it later. Raises ModelError if it is missing.
        """
        encoder = self._opened(self.choice().directory)
        directory = str(encoder.description.directory.resolve()).encode()
        if self._state.get(_KIND, encoder.description.model_id) != directory:
            self._state.put(_KIND, encoder.description.model_id, directory)
        return encoder

    def for_space(self, space: VectorSpace) -> Encoder:
        """Return the encoder that built a generation. Raises ModelError if it is no longer on this machine."""
        with self._lock:
            opened = list(self._open.values())
        for encoder in opened:
            if encoder.description.model_id == space.model_id:
                return encoder
        for directory in self._directories(space.model_id):
            try:
                encoder = self._opened(directory)
            except ModelError:
                continue
            if encoder.description.model_id == space.model_id:
                return encoder
        raise ModelError(
            f"the index was built with the model {space.model_id!r}, which is not on this machine: restore the model, "
            "or run `cumbre reindex` to rebuild the index with the model set in CUMBRE_MODEL"
        )

    def _directories(self, model_id: str) -> list[Path]:
        remembered = self._state.get(_KIND, model_id)
        known = [row.directory for row in list_models(self._settings.home) if row.ready]
        return [*known, *([Path(remembered.decode())] if remembered else [])]

    def _opened(self, directory: Path) -> Encoder:
        with self._lock:
            if directory not in self._open:
                self._open[directory] = OnnxEncoder(directory)
            return self._open[directory]

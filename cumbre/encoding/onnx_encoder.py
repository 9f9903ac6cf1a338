"""The port Encoder, and OnnxEncoder: one dual encoder that a model directory describes, run by ONNX Runtime.

Importing this module is cheap; the runtime, the graphs and the tokenizer are loaded when they are first needed, each
tower on its own: a question in words never loads the image tower.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from cumbre.encoding.model_config import ModelDescription, read_model_directory
from cumbre.errors import ModelError
from cumbre.index.port import VectorSpace
from cumbre.system.cpu import usable_cores

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Matrix = NDArray[np.float32]

_OUTPUT: Final = "pooler_output"
_REMEMBERED_TEXTS: Final = 512
# Far beyond what fills the longest text (64 tokens); keeps a pasted book from being tokenised.
_MAX_TEXT_CHARACTERS: Final = 8_000


class Encoder(Protocol):
    """Images and texts -> vectors of one space. Safe to share between threads."""

    @property
    def description(self) -> ModelDescription: ...

    @property
    def space(self) -> VectorSpace: ...

    @property
    def device(self) -> str: ...

    def encode_images(self, pixels: Matrix) -> Matrix:
        """N images [N, 3, height, width] (normalize.pixel_values each) -> vectors [N, D] of length 1."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        """N texts -> vectors [N, D] of length 1; what goes beyond the text length of the model is cut off."""
        ...


class OnnxEncoder:
    """The encoder of a model directory. A vector never depends on what else is in its batch.

    Without a GPU one image is encoded by all cores together, which answers soonest, and several by one core each, which
    takes less of their time (docs/performance.md); each way opens the image graph for itself when it is first needed.

    Raises ModelError: at once if the directory is incomplete, when first used if a graph or the tokenizer is broken.
    """

    def __init__(self, directory: Path, threads: int | None = None) -> None:
        self.description = read_model_directory(directory)
        self._threads = threads or usable_cores()
        self._lock = threading.Lock()
        self._vision: _Tower | None = None
        self._vision_by_one_core: _Tower | None = None
        self._text: _Tower | None = None
        self._tokenizer: Tokenizer | None = None
        self._vectors_of_texts: OrderedDict[str, Matrix] = OrderedDict()

    @cached_property
    def space(self) -> VectorSpace:
        """Opens the image graph only where the directory doesn't state the dimensions."""
        dimensions = self.description.dimensions
        if dimensions is None:
            height, width = self.description.image_size
            dimensions = self._vision_tower().run(np.zeros((1, 3, height, width), np.float32)).shape[1]
        return VectorSpace(self.description.model_id, dimensions)

    def encode_images(self, pixels: Matrix) -> Matrix:
        if len(pixels) == 0:
            return self._no_vectors()
        if len(pixels) == 1 or self._threads == 1:
            return self._in_batches(self._vision_tower(), pixels)
        tower = self._vision_tower_by_one_core()
        if tower.device == "GPU":
            return self._in_batches(tower, pixels)
        with ThreadPoolExecutor(min(len(pixels), self._threads), "encode") as cores:
            parts = list(cores.map(lambda image: tower.run(image[None]), pixels))
        return _unit_rows(np.concatenate(parts), tower.file)

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        if not texts:
            return self._no_vectors()
        wanted = [self._normalised(text) for text in texts]
        with self._lock:
            known = {text: self._vectors_of_texts[text] for text in wanted if text in self._vectors_of_texts}
        missing = [text for text in dict.fromkeys(wanted) if text not in known]
        if missing:
            known.update(zip(missing, self._in_batches(self._text_tower(), self._token_ids(missing)), strict=True))
        with self._lock:
            for text in known:
                self._vectors_of_texts[text] = known[text]
                self._vectors_of_texts.move_to_end(text)
            while len(self._vectors_of_texts) > _REMEMBERED_TEXTS:
                self._vectors_of_texts.popitem(last=False)
        return np.stack([known[text] for text in wanted])

    def warm_up(self) -> None:
        """Load both towers, so that no first question waits for them."""
        self.encode_texts([""])
        self._vision_tower()

    @property
    def device(self) -> str:
        """Where texts are encoded, "CPU" or "GPU"; loads the text tower."""
        return self._text_tower().device

    def token_ids(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """What the text graph is given: [N, pad_length], closed and padded as in training."""
        return self._token_ids([self._normalised(text) for text in texts])

    def _normalised(self, text: str) -> str:
        shortened = text[:_MAX_TEXT_CHARACTERS]
        # A lone surrogate (half an emoji from a broken client) is no text that a tokenizer takes.
        shortened = shortened.encode("utf-8", "replace").decode("utf-8")
        return shortened.lower() if self.description.lower_case else shortened

    def _token_ids(self, texts: Sequence[str]) -> NDArray[np.int64]:
        with self._lock:
            if self._tokenizer is None:
                self._tokenizer = _load_tokenizer(self.description)
        return np.array([encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))], dtype=np.int64)

    def _in_batches(self, tower: "_Tower", inputs: NDArray[Any]) -> Matrix:
        size = self.description.batch_size
        parts = [tower.run(inputs[start : start + size]) for start in range(0, len(inputs), size)]
        return _unit_rows(np.concatenate(parts), tower.file)

    def _no_vectors(self) -> Matrix:
        return np.empty((0, self.space.dimensions), dtype=np.float32)

    def _vision_tower(self) -> "_Tower":
        with self._lock:
            if self._vision is None:
                self._vision = _Tower(self.description.vision_file, "pixel_values", self.description, self._threads)
            return self._vision

    def _vision_tower_by_one_core(self) -> "_Tower":
        with self._lock:
            if self._vision_by_one_core is None and self._vision is not None and self._vision.device == "GPU":
                self._vision_by_one_core = self._vision
            if self._vision_by_one_core is None:
                tower = _Tower(self.description.vision_file, "pixel_values", self.description, 1)
                self._vision_by_one_core = tower
                if tower.device == "GPU":
                    self._vision = tower
            return self._vision_by_one_core

    def _text_tower(self) -> "_Tower":
        with self._lock:
            if self._text is None:
                self._text = _Tower(self.description.text_file, "input_ids", self.description, self._threads)
            return self._text


class _Tower:
    """One graph in one session; run() may be called by several threads."""

    def __init__(self, file: Path, input_name: str, description: ModelDescription, threads: int) -> None:
        self.file = file
        self._input_name = input_name
        self._session = _open_session(file, threads)
        inputs = {one.name: one.type for one in self._session.get_inputs()}
        outputs = {one.name: one.shape for one in self._session.get_outputs()}
        if set(inputs) != {input_name} or _OUTPUT not in outputs:
            raise ModelError(
                f"{file} is no graph that Cumbre can run: it takes {', '.join(inputs)} and gives {', '.join(outputs)}, "
                f"but {input_name} and {_OUTPUT} are needed"
            )
        self._half_precision_input = inputs[input_name] == "tensor(float16)"
        stated, given = description.dimensions, outputs[_OUTPUT][-1]
        if stated is not None and isinstance(given, int) and given != stated:
            raise ModelError(f"{file} gives {given} dimensions, but the configuration beside it states {stated}")

    @property
    def device(self) -> str:
        return "GPU" if self._session.get_providers()[0] == "CUDAExecutionProvider" else "CPU"

    def run(self, inputs: NDArray[Any]) -> Matrix:
        """The raw output [N, D] for N inputs."""
        given = inputs.astype(np.float16) if self._half_precision_input else inputs
        try:
            (output,) = self._session.run([_OUTPUT], {self._input_name: given})
        except Exception as error:  # the runtime has no common base for what it raises
            raise ModelError(f"{self.file} failed: {_first_line(error)}") from error
        return np.asarray(output, dtype=np.float32)


def _open_session(file: Path, threads: int) -> Any:
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors
    # Threads that spin while they wait burn a core between photos, and on Lambda the time that is paid for.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=_providers(onnxruntime))
    except Exception as error:  # the runtime has no common base for what it raises
        raise ModelError(
            f"{file} can't be loaded ({_first_line(error)}); remove {file.parent.parent} and run `cumbre models fetch`"
        ) from error


def _providers(onnxruntime: Any) -> list[Any]:
    """CUDA where there is a device to run on, then the CPU. Asked for without a device, CUDA logs red errors."""
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers() or not _gpu_present():
        return ["CPUExecutionProvider"]
    onnxruntime.preload_dlls()
    # TensorFloat-32 rounds to 10 bits: vectors from a GPU must compare with those from a CPU.
    return [("CUDAExecutionProvider", {"use_tf32": "0"}), "CPUExecutionProvider"]


def _gpu_present() -> bool:
    if os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1"):
        return False
    return any(Path("/dev").glob("nvidia[0-9]*")) or Path("/dev/dxg").exists()


def _load_tokenizer(description: ModelDescription) -> "Tokenizer":
    from tokenizers import Tokenizer
    from tokenizers.processors import TemplateProcessing

    file = description.tokenizer_file
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:  # the tokenizers library raises bare Exception
        raise ModelError(
            f"{file} can't be read ({_first_line(error)}); remove {file.parent} and run `cumbre models fetch`"
        ) from error
    closing = description.closing_token
    if closing is not None:
        closing_id = tokenizer.token_to_id(closing)
        if closing_id is None:
            raise ModelError(f"{file} has no token {closing}, which must end every text")
        tokenizer.post_processor = TemplateProcessing(single=f"$A {closing}", special_tokens=[(closing, closing_id)])
    # Truncation leaves room for the special tokens, so a text that is cut is still closed.
    tokenizer.enable_truncation(max_length=description.pad_length)
    tokenizer.enable_padding(length=description.pad_length, pad_id=description.pad_token_id)
    return tokenizer


def _unit_rows(rows: Matrix, file: Path) -> Matrix:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.all(np.isfinite(lengths)) or not np.all(lengths > 0):
        raise ModelError(f"{file} gives vectors without a direction; try another variant of the model")
    return np.asarray(rows / lengths, dtype=np.float32)


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]

"""The Encoder port, and OnnxEncoder, which runs the dual encoder of a model directory with ONNX Runtime.

Importing this module is cheap. The runtime, the graphs and the tokenizer are loaded on first use, each tower on its
own: a text query never loads the image tower.
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
_MAX_CACHED_TEXTS: Final = 512
# Far more than fits into the longest text (64 tokens). Keeps a pasted book from being tokenised.
_MAX_TEXT_CHARACTERS: Final = 8_000


class Encoder(Protocol):
    """Encode images and texts as vectors of one space. Thread-safe."""

    @property
    def description(self) -> ModelDescription:
        """The model's configuration."""
        ...

    @property
    def space(self) -> VectorSpace:
        """The vector space: the model's ID and the number of dimensions D."""
        ...

    @property
    def device(self) -> str:
        """Where texts are encoded: "CPU" or "GPU"."""
        ...

    def encode_images(self, pixels: Matrix) -> Matrix:
        """Return unit vectors [N, D] of N images [N, 3, height, width], each from normalize.pixel_values()."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        """Return unit vectors [N, D] of N texts. Texts are truncated to the maximum length of the model."""
        ...


class OnnxEncoder:
    """Run the encoder of a model directory. A vector never depends on the rest of its batch.

    Without a GPU, a single image is encoded by all cores together, for the lowest latency. Several images are encoded
    by one core each, which needs less CPU time (docs/performance.md). Each of the two ways opens the image graph in its
    own session on first use.

    Raises ModelError at once if the directory is incomplete, and on first use if a graph or the tokenizer is broken.
    """

    def __init__(self, directory: Path, threads: int | None = None) -> None:
        self.description = read_model_directory(directory)
        self._threads = threads or usable_cores()
        self._lock = threading.Lock()
        self._vision: _Tower | None = None
        self._vision_single_core: _Tower | None = None
        self._text: _Tower | None = None
        self._tokenizer: Tokenizer | None = None
        self._text_cache: OrderedDict[str, Matrix] = OrderedDict()

    @cached_property
    def _cores(self) -> ThreadPoolExecutor:
        """One thread for each core, for all batches. They end with the encoder."""
        return ThreadPoolExecutor(self._threads, "encode")

    @cached_property
    def space(self) -> VectorSpace:
        """The vector space. If the directory doesn't state the dimensions, the image graph is opened to find them."""
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
        tower = self._single_core_vision_tower()
        if tower.device == "GPU":
            return self._in_batches(tower, pixels)
        parts = list(self._cores.map(lambda image: tower.run(image[None]), pixels))
        return _unit_rows(np.concatenate(parts), tower.file)

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        if not texts:
            return self._no_vectors()
        wanted = [self._normalised(text) for text in texts]
        with self._lock:
            known = {text: self._text_cache[text] for text in wanted if text in self._text_cache}
        missing = [text for text in dict.fromkeys(wanted) if text not in known]
        if missing:
            known.update(zip(missing, self._in_batches(self._text_tower(), self._token_ids(missing)), strict=True))
        with self._lock:
            for text in known:
                self._text_cache[text] = known[text]
                self._text_cache.move_to_end(text)
            while len(self._text_cache) > _MAX_CACHED_TEXTS:
                self._text_cache.popitem(last=False)
        return np.stack([known[text] for text in wanted])

    def warm_up(self) -> None:
        """Load both towers, so that the first query doesn't wait for them."""
        self.encode_texts([""])
        self._vision_tower()

    @property
    def device(self) -> str:
        """Where texts are encoded: "CPU" or "GPU". Loads the text tower."""
        return self._text_tower().device

    def _normalised(self, text: str) -> str:
        shortened = text[:_MAX_TEXT_CHARACTERS]
        # Tokenizers reject a lone surrogate (half an emoji from a broken client).
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

    def _single_core_vision_tower(self) -> "_Tower":
        with self._lock:
            if self._vision_single_core is None and self._vision is not None and self._vision.device == "GPU":
                self._vision_single_core = self._vision
            if self._vision_single_core is None:
                tower = _Tower(self.description.vision_file, "pixel_values", self.description, 1)
                self._vision_single_core = tower
                if tower.device == "GPU":
                    self._vision = tower
            return self._vision_single_core

    def _text_tower(self) -> "_Tower":
        with self._lock:
            if self._text is None:
                self._text = _Tower(self.description.text_file, "input_ids", self.description, self._threads)
            return self._text


class _Tower:
    """One graph in one session. run() is thread-safe."""

    def __init__(self, file: Path, input_name: str, description: ModelDescription, threads: int) -> None:
        self.file = file
        self._input_name = input_name
        self._session = _open_session(file, threads)
        inputs = {one.name: one.type for one in self._session.get_inputs()}
        outputs = {one.name: one.shape for one in self._session.get_outputs()}
        if set(inputs) != {input_name} or _OUTPUT not in outputs:
            raise ModelError(
                f"Cumbre can't run {file}: the graph takes {', '.join(inputs)} and returns {', '.join(outputs)}, "
                f"but {input_name} and {_OUTPUT} are needed"
            )
        self._half_precision_input = inputs[input_name] == "tensor(float16)"
        stated, actual = description.dimensions, outputs[_OUTPUT][-1]
        if stated is not None and isinstance(actual, int) and actual != stated:
            raise ModelError(f"{file} returns vectors of {actual} dimensions, but the configuration states {stated}")

    @property
    def device(self) -> str:
        """Where the graph runs: "CPU" or "GPU"."""
        return "GPU" if self._session.get_providers()[0] == "CUDAExecutionProvider" else "CPU"

    def run(self, inputs: NDArray[Any]) -> Matrix:
        """Return the raw output [N, D] for N inputs. Raises ModelError if the graph fails."""
        given = inputs.astype(np.float16) if self._half_precision_input else inputs
        try:
            (output,) = self._session.run([_OUTPUT], {self._input_name: given})
        except Exception as error:  # the runtime's exceptions have no common base class
            raise ModelError(f"{self.file} failed: {_first_line(error)}") from error
        return np.asarray(output, dtype=np.float32)


def _open_session(file: Path, threads: int) -> Any:
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors
    # Threads that spin while waiting waste a core between photos, and billed time on Lambda.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=_providers(onnxruntime))
    except Exception as error:  # the runtime's exceptions have no common base class
        raise ModelError(
            f"{file} can't be loaded ({_first_line(error)}); remove {file.parent.parent} and run `cumbre models fetch`"
        ) from error


def _providers(onnxruntime: Any) -> list[Any]:
    """Return CUDA if there is a device, then the CPU. Requesting CUDA without a device logs red errors."""
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers() or not _gpu_present():
        return ["CPUExecutionProvider"]
    onnxruntime.preload_dlls()
    # TensorFloat-32 rounds to 10 bits, but vectors from a GPU must be comparable with those from a CPU.
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
    # Truncation leaves room for the special tokens, so a truncated text is still closed.
    tokenizer.enable_truncation(max_length=description.pad_length)
    tokenizer.enable_padding(length=description.pad_length, pad_id=description.pad_token_id)
    return tokenizer


def _unit_rows(rows: Matrix, file: Path) -> Matrix:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.all(np.isfinite(lengths)) or not np.all(lengths > 0):
        raise ModelError(f"{file} returns vectors that are zero or not finite; try another variant of the model")
    return np.asarray(rows / lengths, dtype=np.float32)


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]

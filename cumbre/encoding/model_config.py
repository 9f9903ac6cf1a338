"""A model directory -> what the encoder must know of it: sizes, normalisation, tokens, scales, calibration.

The directory has the layout of an ONNX export of a dual encoder (config.json, preprocessor_config.json,
tokenizer.json, onnx/) and, beside them, an optional cumbre.json with what no export states.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from cumbre.errors import ModelError

Background = Literal["lse", "none"]
Pair = tuple[int, int]
Triple = tuple[float, float, float]

_OWN_FILE = "cumbre.json"
_WAY_OUT = "`cumbre models fetch` restores the models that Cumbre knows"
# What SigLIP's configuration leaves out when it has the architecture's usual value (transformers, SiglipConfig).
_SIGLIP_DIMENSIONS = 768
_SIGLIP_TEXT_LENGTH = 64
# Larger batches gain nothing on a CPU and cost memory.
_BATCH_SIZE = 16


@dataclass(frozen=True, slots=True)
class SearchCalibration:
    """How the scores of one model are read; the numbers come from measurements (benchmarks/search.py).

    A photo answers a text if its score (cosine less its background) reaches score_cutoff, and answers a photo if their
    cosine reaches photo_cosine_cutoff. background "lse" is the log-sum-exp of a photo's cosines to everyday texts at
    background_temperature. A peak's text vector is its own less anti_concept_weight times that of the anti-concept.
    Each template holds {} for the words asked for; the vectors of all are averaged.
    """

    score_cutoff: float = 0.0
    photo_cosine_cutoff: float = 0.75
    background: Background = "lse"
    background_temperature: float = 20.0
    anti_concept_weight: float = 0.0
    templates: tuple[str, ...] = ("{}",)


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """One model directory. Sizes are in pixels, height before width.

    dimensions is None where only the graph knows it (OnnxEncoder.space asks it). A pixel becomes
    (value * rescale_factor - image_mean) / image_std; resample is Pillow's code. Every text is padded with pad_token_id
    to pad_length, the length of training: another length gives other vectors. Where closing_token is set, it ends
    every text and no other special token is added. Probability of a match = sigmoid(exp(logit_scale) * cosine +
    logit_bias): logit_scale is kept as stored, a logarithm. batch_size is how many inputs one run takes at most.
    """

    directory: Path
    model_id: str
    dimensions: int | None
    image_size: Pair
    image_mean: Triple
    image_std: Triple
    rescale_factor: float
    resample: int
    pad_length: int
    pad_token_id: int
    closing_token: str | None
    lower_case: bool
    logit_scale: float
    logit_bias: float
    tells_peaks: bool
    batch_size: int
    vision_file: Path
    text_file: Path
    tokenizer_file: Path
    calibration: SearchCalibration = field(default_factory=SearchCalibration)

    def match_probability(self, cosine: float) -> float:
        """How likely a text and an image belong together, as the model was trained to say (Zhai et al. 2023)."""
        logit = math.exp(self.logit_scale) * cosine + self.logit_bias
        return 1.0 / (1.0 + math.exp(-max(-700.0, min(700.0, logit))))


def read_model_directory(directory: Path) -> ModelDescription:
    """Read and check a model directory; the graphs themselves are not opened.

    Raises ModelError, which names the file, where one is missing or states what can't be.
    """
    if not directory.is_dir():
        raise ModelError(f"{directory} is no model directory; {_WAY_OUT}")
    config = _JsonObject(directory / "config.json")
    preprocessor = _JsonObject(directory / "preprocessor_config.json")
    own = _JsonObject(directory / _OWN_FILE, optional=True)
    siglip = str(config.values.get("model_type", "")).startswith("siglip")
    text = config.part("text_config")
    vision_file = _graph(own, "vision_file", "vision_model.onnx")
    text_file = _graph(own, "text_file", "text_model.onnx")
    tokenizer_file = _existing(directory / "tokenizer.json")
    return ModelDescription(
        directory=directory,
        model_id=_model_id(own) or _derived_id(directory, vision_file, text_file),
        dimensions=_dimensions(own, config, siglip),
        image_size=_image_size(preprocessor),
        image_mean=preprocessor.triple("image_mean", (0.0, 0.0, 0.0)),
        image_std=preprocessor.triple("image_std", (1.0, 1.0, 1.0), above=0.0),
        rescale_factor=preprocessor.number("rescale_factor", 1 / 255, above=0.0),
        resample=preprocessor.integer("resample", 2, 0, 5),
        pad_length=text.integer("max_position_embeddings", _SIGLIP_TEXT_LENGTH, 2, 4096),
        # SigLIP-2 pads with 0, whatever its configuration says: the architecture's default there is 1.
        pad_token_id=0 if siglip else text.integer("pad_token_id", 0, 0, 2**31),
        closing_token="<eos>" if siglip else None,
        # SigLIP-2 was trained on lower-cased text, and the published tokenizer.json doesn't do that.
        lower_case=own.flag("lower_case", siglip),
        logit_scale=own.number("logit_scale", config.number("logit_scale", 0.0)),
        logit_bias=own.number("logit_bias", config.number("logit_bias", 0.0)),
        tells_peaks=own.flag("tells_peaks", siglip),
        batch_size=own.integer("batch_size", _batch_size(vision_file, text_file), 1, 256),
        vision_file=vision_file,
        text_file=text_file,
        tokenizer_file=tokenizer_file,
        calibration=_calibration(own.part("calibration")),
    )


class _JsonObject:
    """A JSON object with checked reading: what is absent takes the default, nonsense is a ModelError with its place."""

    def __init__(self, file: Path, *, optional: bool = False, values: Mapping[str, Any] | None = None) -> None:
        self.file = file
        self.values = _load(file, optional) if values is None else values

    def part(self, name: str) -> "_JsonObject":
        inner = self.values.get(name, {})
        if not isinstance(inner, dict):
            raise self.nonsense(name, "an object")
        return _JsonObject(self.file, values=inner)

    def number(self, name: str, default: float, above: float = -math.inf) -> float:
        value = self.values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= above:
            raise self.nonsense(name, "a number" if above == -math.inf else f"a number above {above:g}")
        return float(value)

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        value = self.values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.nonsense(name, f"a whole number from {low} to {high}")
        return value

    def text(self, name: str, default: str) -> str:
        value = self.values.get(name, default)
        if not isinstance(value, str):
            raise self.nonsense(name, "a text")
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self.values.get(name, default)
        if not isinstance(value, bool):
            raise self.nonsense(name, "true or false")
        return value

    def triple(self, name: str, default: Triple, above: float = -math.inf) -> Triple:
        value = self.values.get(name, list(default))
        if not isinstance(value, list) or len(value) != 3:
            raise self.nonsense(name, "three numbers")
        red, green, blue = (_JsonObject(self.file, values={name: v}).number(name, 0.0, above) for v in value)
        return red, green, blue

    def nonsense(self, name: str, wanted: str) -> ModelError:
        return ModelError(f"{self.file}: {name} must be {wanted}; {_WAY_OUT}")


def _load(file: Path, optional: bool) -> Mapping[str, Any]:
    try:
        values = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        if optional:
            return {}
        raise ModelError(f"{file} is missing; {_WAY_OUT}") from None
    except OSError as error:
        raise ModelError(f"{file} can't be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{file} is not JSON; {_WAY_OUT}") from error
    if not isinstance(values, dict):
        raise ModelError(f"{file} must hold a JSON object; {_WAY_OUT}")
    return values


def _existing(file: Path) -> Path:
    if not file.is_file():
        raise ModelError(f"{file} is missing; {_WAY_OUT}")
    return file


def _graph(own: _JsonObject, name: str, default: str) -> Path:
    """The ONNX file of a tower: the plain one, or the variant that cumbre.json names (vision_model_fp16.onnx...)."""
    file_name = own.text(name, default)
    if Path(file_name).name != file_name:
        raise own.nonsense(name, "the name of a file in onnx/")
    return _existing(own.file.parent / "onnx" / file_name)


def _batch_size(*graphs: Path) -> int:
    """1 for a dynamically quantised graph: it scales by the whole batch, so neighbours change a vector (measured on
    lite: cosine down to 0.96)."""
    quantised = any(mark in graph.stem for graph in graphs for mark in ("int8", "quant", "q4", "bnb"))
    return 1 if quantised else _BATCH_SIZE


def _dimensions(own: _JsonObject, config: _JsonObject, siglip: bool) -> int | None:
    stated = (
        own.integer("dimensions", 0, 0, 4096)
        or config.integer("projection_dim", 0, 0, 4096)
        or config.part("vision_config").integer("hidden_size", 0, 0, 4096)
    )
    return stated or (_SIGLIP_DIMENSIONS if siglip else None)


def _image_size(preprocessor: _JsonObject) -> Pair:
    size = preprocessor.part("size")
    return size.integer("height", 224, 1, 4096), size.integer("width", 224, 1, 4096)


def _model_id(own: _JsonObject) -> str:
    stated = own.text("model_id", "")
    if re.fullmatch(r"[A-Za-z0-9._-]{0,80}", stated) is None:  # it becomes part of file names and index names
        raise own.nonsense("model_id", "letters, digits, '.', '_' and '-'")
    return stated


def _derived_id(directory: Path, *graphs: Path) -> str:
    """A stable name for a directory that has none: its own, and a hash of the configuration and the graphs' sizes.

    The graphs are not read: they have hundreds of megabytes, and two trainings rarely share both sizes and a
    configuration. Give cumbre.json a model_id where they may.
    """
    digest = hashlib.sha256((directory / "config.json").read_bytes())
    for graph in graphs:
        digest.update(f"\n{graph.name} {graph.stat().st_size}".encode())
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", directory.resolve().name)
    return f"{name}-{digest.hexdigest()[:10]}"


def _calibration(form: _JsonObject) -> SearchCalibration:
    default = SearchCalibration()
    unknown = set(form.values) - {f.name for f in fields(SearchCalibration)}
    if unknown:
        raise ModelError(f"{form.file}: calibration knows no {', '.join(sorted(unknown))}")
    background = form.text("background", default.background)
    if background not in ("lse", "none"):
        raise form.nonsense("background", "lse or none")
    templates = form.values.get("templates", list(default.templates))
    if not isinstance(templates, list) or not templates or any(str(t).count("{}") != 1 for t in templates):
        raise form.nonsense("templates", "texts with one {} each")
    return SearchCalibration(
        score_cutoff=form.number("score_cutoff", default.score_cutoff),
        photo_cosine_cutoff=form.number("photo_cosine_cutoff", default.photo_cosine_cutoff),
        background="lse" if background == "lse" else "none",
        background_temperature=form.number("background_temperature", default.background_temperature, above=0.0),
        anti_concept_weight=form.number("anti_concept_weight", default.anti_concept_weight),
        templates=tuple(str(t) for t in templates),
    )

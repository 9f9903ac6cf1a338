"""Read and check a model directory: sizes, normalisation, tokens, scales and calibration of an encoder.

The directory has the layout of an ONNX export of a dual encoder (config.json, preprocessor_config.json,
tokenizer.json, onnx/), plus an optional cumbre.json for settings that an export doesn't have (docs/models.md).
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
_HOW_TO_FIX = "`cumbre models fetch` restores the models that Cumbre knows"
# SigLIP's configuration omits these when they have the architecture's default (transformers, SiglipConfig).
_SIGLIP_DIMENSIONS = 768
_SIGLIP_TEXT_LENGTH = 64
# Larger batches are no faster on a CPU and need more memory.
_BATCH_SIZE = 16


@dataclass(frozen=True, slots=True)
class SearchCalibration:
    """How to interpret the scores of one model. The values come from measurements (benchmarks/search.py).

    score_cutoff: a photo matches a text if its score (cosine minus its background) reaches this.
    photo_cosine_cutoff: a photo matches a photo if their cosine reaches this.
    background: "lse" is the log-sum-exp of a photo's cosines to everyday texts, "none" is zero.
    background_temperature: the temperature of "lse".
    anti_concept_weight: this times the vector of the anti-concept is subtracted from that of a query.
    templates: texts with {} in place of the query; their vectors are averaged.
    """

    score_cutoff: float = 0.0
    photo_cosine_cutoff: float = 0.75
    background: Background = "lse"
    background_temperature: float = 20.0
    anti_concept_weight: float = 0.0
    templates: tuple[str, ...] = ("{}",)


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """The configuration of one model.

    dimensions: None if only the graph states it (see OnnxEncoder.space).
    image_size: in pixels, height before width. resample: Pillow's filter code.
    image_mean, image_std, rescale_factor: a pixel becomes (value * rescale_factor - image_mean) / image_std.
    pad_length, pad_token_id: every text is padded to this length, as in training; another length changes the vectors.
    closing_token: if set, it ends every text, and no other special token is added.
    lower_case: whether texts are lower-cased first.
    logit_scale, logit_bias: the probability of a match is sigmoid(exp(logit_scale) * cosine + logit_bias); logit_scale
    is a logarithm, as stored in the export.
    tells_peaks: whether the model may vote on peaks by appearance.
    batch_size: the maximum number of inputs in one run.
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
        """Return the probability that a text and an image match, as the model was trained (Zhai et al. 2023)."""
        logit = math.exp(self.logit_scale) * cosine + self.logit_bias
        return 1.0 / (1.0 + math.exp(-max(-700.0, min(700.0, logit))))


def read_model_directory(directory: Path) -> ModelDescription:
    """Read and check a model directory, without opening the graphs.

    Raises ModelError with the file's name if a file is missing or has an invalid value.
    """
    if not directory.is_dir():
        raise ModelError(f"{directory} is not a model directory; {_HOW_TO_FIX}")
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
        # SigLIP-2 pads with 0. Its configuration is ignored, because the architecture's default there is 1.
        pad_token_id=0 if siglip else text.integer("pad_token_id", 0, 0, 2**31),
        closing_token="<eos>" if siglip else None,
        # SigLIP-2 was trained on lower-cased text, but the published tokenizer.json doesn't lower-case.
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
    """A JSON object with checked access.

    A missing key returns the default; an invalid value raises ModelError with the file and the key.
    """

    def __init__(self, file: Path, *, optional: bool = False, values: Mapping[str, Any] | None = None) -> None:
        self.file = file
        self.values = _load(file, optional) if values is None else values

    def part(self, name: str) -> "_JsonObject":
        inner = self.values.get(name, {})
        if not isinstance(inner, dict):
            raise self.invalid(name, "an object")
        return _JsonObject(self.file, values=inner)

    def number(self, name: str, default: float, above: float = -math.inf) -> float:
        value = self.values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= above:
            raise self.invalid(name, "a number" if above == -math.inf else f"a number above {above:g}")
        return float(value)

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        value = self.values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.invalid(name, f"a whole number from {low} to {high}")
        return value

    def text(self, name: str, default: str) -> str:
        value = self.values.get(name, default)
        if not isinstance(value, str):
            raise self.invalid(name, "a string")
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self.values.get(name, default)
        if not isinstance(value, bool):
            raise self.invalid(name, "true or false")
        return value

    def triple(self, name: str, default: Triple, above: float = -math.inf) -> Triple:
        value = self.values.get(name, list(default))
        if not isinstance(value, list) or len(value) != 3:
            raise self.invalid(name, "three numbers")
        red, green, blue = (_JsonObject(self.file, values={name: v}).number(name, 0.0, above) for v in value)
        return red, green, blue

    def invalid(self, name: str, wanted: str) -> ModelError:
        return ModelError(f"{self.file}: {name} must be {wanted}; {_HOW_TO_FIX}")


def _load(file: Path, optional: bool) -> Mapping[str, Any]:
    try:
        values = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        if optional:
            return {}
        raise ModelError(f"{file} is missing; {_HOW_TO_FIX}") from None
    except OSError as error:
        raise ModelError(f"{file} can't be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{file} is not JSON; {_HOW_TO_FIX}") from error
    if not isinstance(values, dict):
        raise ModelError(f"{file} must contain a JSON object; {_HOW_TO_FIX}")
    return values


def _existing(file: Path) -> Path:
    if not file.is_file():
        raise ModelError(f"{file} is missing; {_HOW_TO_FIX}")
    return file


def _graph(own: _JsonObject, name: str, default: str) -> Path:
    """Return the ONNX file of a tower: the default, or the variant named in cumbre.json (vision_model_fp16.onnx...)."""
    file_name = own.text(name, default)
    if Path(file_name).name != file_name:
        raise own.invalid(name, "the name of a file in onnx/")
    return _existing(own.file.parent / "onnx" / file_name)


def _batch_size(*graphs: Path) -> int:
    """Return the default batch size, which is 1 for dynamically quantised graphs.

    They scale by the whole batch, so other inputs would change a vector (measured on lite: cosine down to 0.96).
    """
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
        raise own.invalid("model_id", "letters, digits, '.', '_' and '-'")
    return stated


def _derived_id(directory: Path, *graphs: Path) -> str:
    """Return a stable ID for a model without model_id: the directory's name and a hash of config.json and graph sizes.

    The graphs are not read, because they have hundreds of megabytes, and two trained models rarely have the same sizes
    and configuration. Where they might, set model_id in cumbre.json.
    """
    digest = hashlib.sha256((directory / "config.json").read_bytes())
    for graph in graphs:
        digest.update(f"\n{graph.name} {graph.stat().st_size}".encode())
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", directory.resolve().name)
    return f"{name}-{digest.hexdigest()[:10]}"


def _calibration(calibration: _JsonObject) -> SearchCalibration:
    default = SearchCalibration()
    unknown = set(calibration.values) - {f.name for f in fields(SearchCalibration)}
    if unknown:
        raise ModelError(f"{calibration.file}: calibration has unknown keys: {', '.join(sorted(unknown))}")
    background = calibration.text("background", default.background)
    if background not in ("lse", "none"):
        raise calibration.invalid("background", "lse or none")
    templates = calibration.values.get("templates", list(default.templates))
    if not isinstance(templates, list) or not templates or any(str(t).count("{}") != 1 for t in templates):
        raise calibration.invalid("templates", "a list of strings with one {} each")
    return SearchCalibration(
        score_cutoff=calibration.number("score_cutoff", default.score_cutoff),
        photo_cosine_cutoff=calibration.number("photo_cosine_cutoff", default.photo_cosine_cutoff),
        background="lse" if background == "lse" else "none",
        background_temperature=calibration.number("background_temperature", default.background_temperature, above=0.0),
        anti_concept_weight=calibration.number("anti_concept_weight", default.anti_concept_weight),
        templates=tuple(str(t) for t in templates),
    )

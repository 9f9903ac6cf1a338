"""Reading the description of a model directory, and the errors for a broken one."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cumbre.encoding.known_models import SIGLIP2, resolve_model
from cumbre.encoding.model_config import SearchCalibration, read_model_directory
from cumbre.errors import ModelError

MakeDirectory = Callable[..., Path]

# The published configuration of SigLIP-2 base leaves most values to the architecture's defaults.
SPARSE_SIGLIP = {"model_type": "siglip", "text_config": {"vocab_size": 256000}, "vision_config": {}}
SIGLIP_IMAGES = {
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
    "resample": 2,
    "rescale_factor": 1 / 255,
    "size": {"height": 224, "width": 224},
}


@pytest.fixture
def make_directory(tmp_path: Path) -> MakeDirectory:
    def make(
        config: Any = SPARSE_SIGLIP, images: Any = SIGLIP_IMAGES, own: Any = None, graphs: tuple[str, ...] = ("", "")
    ) -> Path:
        directory = tmp_path / "model"
        (directory / "onnx").mkdir(parents=True)
        (directory / "config.json").write_text(json.dumps(config))
        (directory / "preprocessor_config.json").write_text(json.dumps(images))
        (directory / "tokenizer.json").write_text("{}")
        for tower, variant in zip(("vision", "text"), graphs, strict=True):
            (directory / "onnx" / f"{tower}_model{variant}.onnx").write_bytes(b"graph")
        if own is not None:
            (directory / "cumbre.json").write_text(json.dumps(own))
        return directory

    return make


def test_lite_describes_itself(tmp_path: Path) -> None:
    lite = read_model_directory(resolve_model("lite", tmp_path).directory)
    assert lite.model_id == "lite-1"
    assert lite.dimensions == 1000
    assert lite.image_size == (224, 224)
    assert (lite.pad_length, lite.pad_token_id, lite.closing_token) == (64, 0, None)
    assert not lite.tells_peaks
    assert lite.batch_size == 1


def test_values_that_siglip_leaves_out_have_the_architectures_defaults(make_directory: MakeDirectory) -> None:
    found = read_model_directory(make_directory())
    assert found.dimensions == 768
    assert (found.pad_length, found.pad_token_id, found.closing_token) == (64, 0, "<eos>")
    assert found.lower_case
    assert found.tells_peaks
    assert found.calibration == SearchCalibration()


def test_the_bundled_cumbre_json_for_siglip2_is_valid(make_directory: MakeDirectory) -> None:
    own = json.loads(SIGLIP2.own_file.read_text())
    found = read_model_directory(make_directory(own=own, graphs=("_fp16", "_fp16")))
    assert found.model_id == "siglip2-base-patch16-224-fp16"
    assert found.vision_file.name == "vision_model_fp16.onnx"
    assert {f"onnx/{found.vision_file.name}", f"onnx/{found.text_file.name}"} < {f.path for f in SIGLIP2.files}
    # At this cosine the model considers a match as likely as no match.
    assert found.match_probability(16.771724700927734 / math.exp(4.724453449249268)) == pytest.approx(0.5)
    assert found.match_probability(-1.0) < 1e-6 < found.match_probability(1.0)


def test_a_directory_without_an_id_gets_a_stable_id_that_changes_with_its_graphs(make_directory: MakeDirectory) -> None:
    directory = make_directory()
    first = read_model_directory(directory).model_id
    assert first.startswith("model-")
    assert read_model_directory(directory).model_id == first
    (directory / "onnx" / "vision_model.onnx").write_bytes(b"another graph")
    assert read_model_directory(directory).model_id != first


def test_dimensions_that_are_not_configured_are_unknown(make_directory: MakeDirectory) -> None:
    assert read_model_directory(make_directory(config={"model_type": "clip"})).dimensions is None


def test_quantised_graphs_take_one_input_at_a_time(make_directory: MakeDirectory) -> None:
    own = {"vision_file": "vision_model_int8.onnx", "text_file": "text_model_int8.onnx"}
    assert read_model_directory(make_directory(own=own, graphs=("_int8", "_int8"))).batch_size == 1


def test_calibration_is_read(make_directory: MakeDirectory) -> None:
    own = {"calibration": {"score_cutoff": 0.1, "background": "none", "templates": ["a photo of {}"]}}
    calibration = read_model_directory(make_directory(own=own)).calibration
    assert calibration == SearchCalibration(score_cutoff=0.1, background="none", templates=("a photo of {}",))


@pytest.mark.parametrize(
    "name",
    ["config.json", "preprocessor_config.json", "tokenizer.json", "onnx/vision_model.onnx", "onnx/text_model.onnx"],
)
def test_a_missing_file_is_named(make_directory: MakeDirectory, name: str) -> None:
    directory = make_directory()
    (directory / name).unlink()
    with pytest.raises(ModelError, match=rf"{Path(name).name} is missing; `cumbre models fetch`"):
        read_model_directory(directory)


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not a model directory"):
        read_model_directory(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, "\udcff"])
def test_a_file_that_is_not_a_json_object_is_named(make_directory: MakeDirectory, text: str) -> None:
    directory = make_directory()
    (directory / "config.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ModelError, match=r"config\.json"):
        read_model_directory(directory)


@pytest.mark.parametrize(
    ("images", "named"),
    [
        ({"image_std": [0.5, 0.0, 0.5]}, "image_std"),
        ({"image_mean": [0.5]}, "image_mean"),
        ({"image_mean": "half"}, "image_mean"),
        ({"resample": 9}, "resample"),
        ({"rescale_factor": math.nan}, "rescale_factor"),
        ({"size": {"height": 0, "width": 224}}, "height"),
        ({"size": 224}, "size"),
    ],
)
def test_an_invalid_value_is_named(make_directory: MakeDirectory, images: Any, named: str) -> None:
    with pytest.raises(ModelError, match=rf"preprocessor_config\.json: {named} must be"):
        read_model_directory(make_directory(images=SIGLIP_IMAGES | images))


@pytest.mark.parametrize(
    ("own", "named"),
    [
        ({"model_id": 7}, "model_id"),
        ({"model_id": "../elsewhere"}, "model_id"),
        ({"tells_peaks": "yes"}, "tells_peaks"),
        ({"vision_file": "../../elsewhere.onnx"}, "vision_file"),
        ({"calibration": {"background": "mean"}}, "background"),
        ({"calibration": {"templates": ["no place for words"]}}, "templates"),
        ({"calibration": {"cutof": 1}}, "cutof"),
    ],
)
def test_an_invalid_value_in_cumbre_json_is_named(make_directory: MakeDirectory, own: Any, named: str) -> None:
    with pytest.raises(ModelError, match=named):
        read_model_directory(make_directory(own=own))

"""The ONNX encoder compared with the reference implementation, and properties of the bundled encoder.

siglip2-tiny has SigLIP-2's architecture with random weights. Its expected.json contains the results of the reference
implementation for six pictures and six texts.
"""

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

from cumbre.encoding.known_models import resolve_model
from cumbre.encoding.normalize import pixel_values
from cumbre.encoding.onnx_encoder import OnnxEncoder
from cumbre.errors import ModelError
from cumbre.index.port import VectorSpace
from tests.support.paths import SHARED_MODELS

REFERENCE = SHARED_MODELS / "siglip2-tiny"
needs_reference = pytest.mark.skipif(not REFERENCE.is_dir(), reason="needs ../shared/models/siglip2-tiny")


@pytest.fixture(scope="session")
def lite(tmp_path_factory: pytest.TempPathFactory) -> OnnxEncoder:
    return OnnxEncoder(resolve_model("lite", tmp_path_factory.mktemp("home")).directory)


@pytest.fixture(scope="session")
def siglip() -> OnnxEncoder:
    return OnnxEncoder(REFERENCE)


@pytest.fixture(scope="session")
def expected() -> Any:
    return json.loads((REFERENCE / "expected.json").read_text())


def cosine(a: Any, b: Any) -> float:
    return float(np.dot(a, b) / np.linalg.norm(a) / np.linalg.norm(b))


def noise(count: int) -> np.ndarray:
    return np.random.default_rng(7).standard_normal((count, 3, 224, 224)).astype(np.float32)


def token_ids(encoder: OnnxEncoder, texts: list[str]) -> NDArray[np.int64]:
    """Return what the text tower gets for these texts: [N, pad_length]."""
    return encoder._token_ids([encoder._normalised(text) for text in texts])


@needs_reference
@pytest.mark.parametrize(
    "name", ["alpha.png", "cmyk.jpg", "gray_small.png", "landscape.jpg", "orientation6.jpg", "portrait.png"]
)
def test_images_agree_with_the_reference(siglip: OnnxEncoder, expected: Any, name: str) -> None:
    with Image.open(REFERENCE / "images" / name) as opened:
        pixels = pixel_values(ImageOps.exif_transpose(opened).convert("RGB"), siglip.description)
    assert float(pixels.mean()) == pytest.approx(expected["images"][name]["pixel_mean"], abs=2e-4)
    assert float(pixels.std()) == pytest.approx(expected["images"][name]["pixel_std"], abs=2e-4)
    assert cosine(siglip.encode_images(pixels[None])[0], expected["images"][name]["embedding"]) >= 0.9999


@needs_reference
def test_texts_agree_with_the_reference(siglip: OnnxEncoder, expected: Any) -> None:
    texts = list(expected["texts"])
    ids = token_ids(siglip, texts)
    vectors = siglip.encode_texts(texts)
    for text, its_ids, vector in zip(texts, ids, vectors, strict=True):
        assert its_ids.tolist() == expected["texts"][text]["input_ids"], text
        assert cosine(vector, expected["texts"][text]["embedding"]) >= 0.9999, text


@needs_reference
def test_the_encoder_itself_closes_and_pads_texts_for_siglip(
    siglip: OnnxEncoder, expected: Any, tmp_path: Path
) -> None:
    """The published tokenizer.json doesn't lower-case and guarantees no template, so the encoder relies on neither."""
    copy = tmp_path / "model"
    shutil.copytree(REFERENCE, copy, ignore=shutil.ignore_patterns("images"))
    tokenizer = json.loads((REFERENCE / "tokenizer.json").read_text())
    tokenizer["post_processor"] = None
    tokenizer["normalizer"]["normalizers"] = [
        n for n in tokenizer["normalizer"]["normalizers"] if n["type"] == "Replace"
    ]
    (copy / "tokenizer.json").unlink()
    (copy / "tokenizer.json").write_text(json.dumps(tokenizer))
    texts = list(expected["texts"])
    assert token_ids(OnnxEncoder(copy), texts).tolist() == token_ids(siglip, texts).tolist()


@needs_reference
def test_a_vector_of_siglip_does_not_depend_on_its_batch(siglip: OnnxEncoder) -> None:
    texts = [f"text number {n}" for n in range(siglip.description.batch_size + 3)]
    together = siglip.encode_texts(texts)
    alone = np.concatenate([OnnxEncoder(REFERENCE).encode_texts([text]) for text in texts[:3]])
    assert together[:3] == pytest.approx(alone, abs=1e-5)


def test_lite_recognises_a_drawn_object(lite: OnnxEncoder) -> None:
    """A traffic light drawn in a few strokes is nearer to its name than to other things."""
    picture = Image.new("RGB", (300, 400), (150, 190, 230))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((140, 260, 160, 400), fill=(70, 70, 70))
    draw.rounded_rectangle((100, 40, 200, 270), 20, fill=(25, 25, 25))
    for top, colour in ((55, (255, 40, 30)), (125, (60, 50, 10)), (195, (10, 50, 20))):
        draw.ellipse((120, top, 180, top + 60), fill=colour)
    image = lite.encode_images(pixel_values(picture, lite.description)[None])[0]
    light, dog, soup, beach = lite.encode_texts(["a traffic light", "a dog", "a bowl of soup", "a beach"]) @ image
    assert light > max(dog, soup, beach)


def test_vectors_have_length_one_and_the_dimensions_of_the_space(lite: OnnxEncoder) -> None:
    assert lite.space == VectorSpace("lite-1", 1000)
    for vectors in (lite.encode_images(noise(3)), lite.encode_texts(["river", "a stupa", ""])):
        assert vectors.shape == (3, 1000)
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_a_vector_does_not_depend_on_its_batch(tmp_path: Path) -> None:
    """lite's text tower is quantised per batch, so it must encode one text at a time."""
    directory = resolve_model("lite", tmp_path).directory
    texts = ["a dog", "a red jacket on a trail in the mountains", "river " * 80]
    together = OnnxEncoder(directory).encode_texts(texts)
    for text, vector in zip(texts, together, strict=True):
        assert np.array_equal(OnnxEncoder(directory).encode_texts([text])[0], vector)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_images_encoded_on_one_core_each_have_the_same_vectors_in_the_same_order(threads: int, tmp_path: Path) -> None:
    encoder = OnnxEncoder(resolve_model("lite", tmp_path).directory, threads)
    together = encoder.encode_images(noise(3))
    for image, vector in zip(noise(3), together, strict=True):
        assert vector == pytest.approx(encoder.encode_images(image[None])[0], abs=1e-6)


def test_empty_input_gives_empty_output(lite: OnnxEncoder) -> None:
    assert lite.encode_texts([]).shape == (0, 1000)
    assert lite.encode_images(noise(0)).shape == (0, 1000)


def test_repeated_texts_get_the_same_vector_in_order(lite: OnnxEncoder) -> None:
    river, stupa, again = lite.encode_texts(["river", "stupa", "river"])
    assert np.array_equal(river, again)
    assert not np.array_equal(river, stupa)
    kept = river.copy()
    river[:] = 0.0  # changes by a caller must not reach the cache
    assert np.array_equal(lite.encode_texts(["river"])[0], kept)


def test_a_long_text_is_truncated_and_still_closed(lite: OnnxEncoder) -> None:
    ids = token_ids(lite, ["mountain " * 5000])[0]
    assert ids.shape == (64,)
    assert (ids[0], ids[-1]) == (101, 102)  # [CLS] ... [SEP]
    assert np.array_equal(ids, token_ids(lite, ["mountain " * 70])[0])


@given(st.text(st.characters(exclude_categories=()), max_size=300))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_fits_the_graph(lite: OnnxEncoder, text: str) -> None:
    ids = token_ids(lite, [text])
    assert ids.shape == (1, 64)
    assert ids.dtype == np.int64
    assert 0 <= ids.min() <= ids.max() < 30522


def test_threads_can_share_an_encoder(tmp_path: Path) -> None:
    encoder = OnnxEncoder(resolve_model("lite", tmp_path).directory)
    texts = [f"thing {n}" for n in range(8)]
    with ThreadPoolExecutor(4) as pool:
        at_once = list(pool.map(lambda text: encoder.encode_texts([text])[0], texts))
    assert np.array_equal(np.stack(at_once), encoder.encode_texts(texts))


def test_unstated_dimensions_are_read_from_the_graph(lite: OnnxEncoder, tmp_path: Path) -> None:
    copy = _copy_of_lite(lite, tmp_path)
    config = json.loads((copy / "config.json").read_text())
    del config["projection_dim"]
    (copy / "config.json").write_text(json.dumps(config))
    encoder = OnnxEncoder(copy)
    assert encoder.description.dimensions is None
    assert encoder.space.dimensions == 1000


def test_a_graph_with_other_dimensions_than_stated_is_refused(lite: OnnxEncoder, tmp_path: Path) -> None:
    copy = _copy_of_lite(lite, tmp_path)
    config = json.loads((copy / "config.json").read_text()) | {"projection_dim": 512}
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="returns vectors of 1000 dimensions, but the configuration states 512"):
        OnnxEncoder(copy).encode_images(noise(1))


@pytest.mark.parametrize("name", ["onnx/vision_model.onnx", "onnx/text_model.onnx", "tokenizer.json"])
def test_a_broken_file_is_named_with_the_command_that_fetches_it(lite: OnnxEncoder, tmp_path: Path, name: str) -> None:
    copy = _copy_of_lite(lite, tmp_path)
    (copy / name).write_bytes(b"half a file")
    encoder = OnnxEncoder(copy)
    with pytest.raises(ModelError, match=rf"{Path(name).name}.*cumbre models fetch"):
        encoder.warm_up()


def test_swapped_towers_are_refused(lite: OnnxEncoder, tmp_path: Path) -> None:
    copy = _copy_of_lite(lite, tmp_path)
    shutil.copyfile(copy / "onnx" / "text_model.onnx", copy / "onnx" / "vision_model.onnx")
    with pytest.raises(ModelError, match="takes input_ids"):
        OnnxEncoder(copy).encode_images(noise(1))


def test_importing_the_encoder_loads_no_heavy_packages() -> None:
    heavy = "{'onnxruntime', 'tokenizers', 'PIL', 'httpx'}"
    code = f"import sys, cumbre.encoding.onnx_encoder; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _copy_of_lite(lite: OnnxEncoder, tmp_path: Path) -> Path:
    copy = tmp_path / "model"
    shutil.copytree(lite.description.directory, copy)
    return copy

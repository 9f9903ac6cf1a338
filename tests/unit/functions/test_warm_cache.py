"""The cache in a container image, which saves its functions work at every start."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from cumbre.encoding.onnx_encoder import OnnxEncoder
from cumbre.settings import Settings
from functions.warm_cache import build, install, main


@pytest.fixture(scope="session")
def built_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("image") / "cache"
    build(Settings(model="lite"), folder)
    return folder


def test_a_starting_function_encodes_none_of_the_cached_texts(
    built_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cumbre.bootstrap import open_library

    encoded: list[str] = []
    encode_texts = OnnxEncoder.encode_texts

    def counted(self: OnnxEncoder, texts: Sequence[str]) -> np.ndarray:
        encoded.extend(texts)
        return encode_texts(self, texts)

    monkeypatch.setattr(OnnxEncoder, "encode_texts", counted)
    install(tmp_path / "home", built_cache)
    library = open_library(Settings(home=tmp_path / "home", model="lite"))
    library.active().fill_cache()
    library.active().warm_up()
    library.close()
    assert encoded == []


def test_only_vectors_are_built_and_existing_files_are_kept(built_cache: Path, tmp_path: Path) -> None:
    assert sorted(file.name for file in built_cache.iterdir()) == ["everyday-lite-1.npz", "prototypes-lite-1.npz"]
    own = tmp_path / "cache" / "everyday-lite-1.npz"
    own.parent.mkdir()
    own.write_bytes(b"newer")
    install(tmp_path, built_cache)
    assert own.read_bytes() == b"newer"
    assert (tmp_path / "cache" / "prototypes-lite-1.npz").exists()


def test_an_image_without_a_cache_is_no_error(tmp_path: Path) -> None:
    install(tmp_path / "home", tmp_path / "nothing")
    assert list(tmp_path.iterdir()) == []


def test_an_option_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for argument in ("--help", "--folder"):
        with pytest.raises(SystemExit):
            main([argument])
    assert list(tmp_path.iterdir()) == []


def test_a_setting_that_is_wrong_ends_the_build_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUMBRE_MODEL", str(tmp_path / "no model"))
    with pytest.raises(SystemExit, match=r"nothing was computed: .*no model"):
        main([str(tmp_path / "cache")])
    assert list(tmp_path.iterdir()) == []

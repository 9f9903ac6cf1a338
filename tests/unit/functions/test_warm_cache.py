"""What an image brings along, so that its functions need not compute it at every start."""

from pathlib import Path

import pytest

from cumbre.encoding.onnx_encoder import OnnxEncoder
from cumbre.settings import Settings
from functions.warm_cache import build, install


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("image") / "cache"
    build(Settings(model="lite"), folder)
    return folder


def test_a_function_that_starts_encodes_none_of_these_texts(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cumbre.bootstrap import open_library

    encoded: list[str] = []
    encode_texts = OnnxEncoder.encode_texts

    def counted(self: OnnxEncoder, texts: list[str]):
        encoded.extend(texts)
        return encode_texts(self, texts)

    monkeypatch.setattr(OnnxEncoder, "encode_texts", counted)
    install(tmp_path / "home", made)
    library = open_library(Settings(home=tmp_path / "home", model="lite"))
    library.active().fill_cache()
    library.active().warm_up()
    library.close()
    assert encoded == []


def test_only_vectors_are_made_and_what_is_there_stays(made: Path, tmp_path: Path) -> None:
    assert sorted(file.name for file in made.iterdir()) == ["everyday-lite-1.npz", "prototypes-lite-1.npz"]
    own = tmp_path / "cache" / "everyday-lite-1.npz"
    own.parent.mkdir()
    own.write_bytes(b"newer")
    install(tmp_path, made)
    assert own.read_bytes() == b"newer"
    assert (tmp_path / "cache" / "prototypes-lite-1.npz").exists()


def test_an_image_without_them_is_fine(tmp_path: Path) -> None:
    install(tmp_path / "home", tmp_path / "nothing")
    assert list(tmp_path.iterdir()) == []

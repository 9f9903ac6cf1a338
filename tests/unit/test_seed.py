"""Vectors that an image brings along: no cold start encodes a text."""

from pathlib import Path

import pytest

from cumbre.bootstrap import open_library
from cumbre.encoder import OnnxEncoder
from cumbre.settings import Settings
from functions.ingest import entry
from functions.seed import make, plant


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("image") / "seed"
    make(Settings(model="lite"), folder)
    return folder


def test_a_seed_holds_the_everyday_texts_and_the_peaks(seed: Path) -> None:
    assert sorted(file.name for file in seed.iterdir()) == ["everyday-lite-1.npz", "prototypes-lite-1.npz"]


def test_a_planted_home_encodes_no_text(seed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path / "home", seed)
    library = open_library(Settings(home=tmp_path / "home", model="lite"))
    monkeypatch.setattr(OnnxEncoder, "encode_texts", lambda *_: pytest.fail("a text was encoded"))
    entry._warm_up(library)
    library.close()


def test_what_a_home_has_already_stays(seed: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "everyday-lite-1.npz").write_bytes(b"its own")
    plant(tmp_path, seed)
    assert (tmp_path / "cache" / "everyday-lite-1.npz").read_bytes() == b"its own"
    assert (tmp_path / "cache" / "prototypes-lite-1.npz").exists()


def test_where_there_is_no_seed_nothing_is_planted(tmp_path: Path) -> None:
    plant(tmp_path, tmp_path / "nothing")
    assert list(tmp_path.iterdir()) == []

"""Which model is selected, and the notices about it."""

import json
from pathlib import Path

import pytest

from cumbre.encoding.known_models import MANIFEST_FILE, SIGLIP2, is_complete, list_models, resolve_model
from cumbre.errors import ModelError


@pytest.fixture
def fetched_home(tmp_path: Path) -> Path:
    """A home folder with SigLIP-2 as after a fetch (each file is one byte long)."""
    directory = SIGLIP2.directory(tmp_path)
    (directory / "onnx").mkdir(parents=True)
    for file in SIGLIP2.files:
        (directory / file.path).write_bytes(b"x")
    files = {file.path: {"size": 1, "sha256": ""} for file in SIGLIP2.files}
    (directory / MANIFEST_FILE).write_text(json.dumps({"revision": SIGLIP2.revision, "files": files}))
    return tmp_path


def test_auto_is_lite_until_siglip2_has_been_fetched(tmp_path: Path) -> None:
    choice = resolve_model("auto", tmp_path)
    assert choice.name == "lite"
    assert (choice.directory / "onnx" / "vision_model.onnx").is_file()
    assert "`cumbre models fetch` (785 MB)" in choice.notice


def test_auto_is_siglip2_once_it_has_been_fetched(fetched_home: Path) -> None:
    choice = resolve_model("auto", fetched_home)
    assert (choice.name, choice.directory, choice.notice) == ("siglip2", SIGLIP2.directory(fetched_home), "")


def test_choosing_lite_gives_lite_and_a_notice_about_the_better_model(fetched_home: Path) -> None:
    choice = resolve_model("lite", fetched_home)
    assert choice.name == "lite"
    assert "CUMBRE_MODEL=auto" in choice.notice


def test_a_missing_siglip2_is_an_error_that_names_the_fetch_command(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="run `cumbre models fetch`"):
        resolve_model("siglip2", tmp_path)


def test_any_directory_may_be_the_model(tmp_path: Path) -> None:
    own = tmp_path / "our-model"
    own.mkdir()
    (own / "config.json").write_text("{}")
    assert resolve_model(str(own), tmp_path).directory == own


@pytest.mark.parametrize("wanted", ["", "siglip3", "/nowhere/at/all"])
def test_an_unknown_model_is_an_error_that_lists_the_choices(
    tmp_path: Path, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match="neither auto, lite, siglip2 nor a directory"):
        resolve_model(wanted, tmp_path)


@pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"revision": "older", "files": {}}', '{"files": 3}'])
def test_a_model_with_a_foreign_manifest_is_incomplete(fetched_home: Path, manifest: str) -> None:
    directory = SIGLIP2.directory(fetched_home)
    assert is_complete(SIGLIP2, directory)
    (directory / MANIFEST_FILE).write_text(manifest)
    assert not is_complete(SIGLIP2, directory)


def test_a_model_with_a_deleted_file_is_incomplete(fetched_home: Path) -> None:
    directory = SIGLIP2.directory(fetched_home)
    (directory / "onnx" / "text_model_fp16.onnx").unlink()
    assert not is_complete(SIGLIP2, directory)


def test_both_models_are_listed(tmp_path: Path, fetched_home: Path) -> None:
    assert [(row.name, row.ready) for row in list_models(tmp_path / "new")] == [("siglip2", False), ("lite", True)]
    assert [(row.name, row.ready) for row in list_models(fetched_home)] == [("siglip2", True), ("lite", True)]

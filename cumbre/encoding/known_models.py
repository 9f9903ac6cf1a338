"""Define the models that Cumbre knows, lite (bundled) and SigLIP-2 (downloaded), and choose between them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cumbre.errors import ModelError

DEFAULT_ENDPOINT: Final = "https://huggingface.co"
MANIFEST_FILE: Final = "manifest.json"

_ASSETS: Final = Path(__file__).with_name("assets")
_LITE: Final = _ASSETS / "lite"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a repository. If size_bytes or sha256 is None, the server's value is checked and recorded instead."""

    path: str
    size_bytes: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class DownloadableModel:
    """A model on a model hub, pinned to a revision. own_file: our cumbre.json, added to the downloaded files."""

    name: str
    directory_name: str
    repository: str
    revision: str
    files: tuple[ModelFile, ...]
    own_file: Path

    @property
    def size_bytes(self) -> int:
        """The total size of the files with a pinned size."""
        return sum(file.size_bytes or 0 for file in self.files)

    def directory(self, home: Path) -> Path:
        """Return the model's directory in Cumbre's home, where it may not exist yet."""
        return home / "models" / self.directory_name


# Both towers are float16. That halves the download compared with float32 and costs no speed: on a CPU, ONNX Runtime
# converts the weights to float32 when it loads them (measured on two cores: image 158 against 153 ms, text 57 against
# 58 ms, loading no slower), and a GPU runs float16 directly. The int8 variants give different vectors.
SIGLIP2: Final = DownloadableModel(
    name="siglip2",
    directory_name="siglip2-base-patch16-224",
    repository="onnx-community/siglip2-base-patch16-224-ONNX",
    revision="ba1f3b0843f24bc5417d38e19c37b287d719b2f4",
    files=(
        ModelFile("config.json"),
        ModelFile("preprocessor_config.json"),
        ModelFile("tokenizer.json", 34_363_039, "cb9140fae3ac5122c972d37adf83e1248471a38147ad76f8215c8872c6fd8322"),
        ModelFile(
            "onnx/vision_model_fp16.onnx",
            186_039_516,
            "a1959f7bd3993a607e48839f6d01e25b876fe76afda301b028b78eef68aabd95",
        ),
        ModelFile(
            "onnx/text_model_fp16.onnx",
            564_862_230,
            "711da56ada0a4aa11c7dd3320df741081a3cae4f0ae1b5e5c6d5b294738d0eb0",
        ),
    ),
    own_file=_ASSETS / "siglip2-base-patch16-224" / "cumbre.json",
)


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The selected model. notice: a message about its limits for people, or empty."""

    name: str
    directory: Path
    notice: str = ""


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One line of `cumbre models list`. size_bytes: the size of the download, 0 for a bundled model."""

    name: str
    directory: Path
    ready: bool
    size_bytes: int
    note: str


def resolve_model(wanted: str, home: Path) -> ModelChoice:
    """Return the model for a value of CUMBRE_MODEL: auto, lite, siglip2 or the path of a model directory.

    Raises ModelError if the model is missing; the message says how to get it.
    """
    directory = SIGLIP2.directory(home)
    if wanted in ("auto", "siglip2") and is_complete(SIGLIP2, directory):
        return ModelChoice("siglip2", directory)
    if wanted in ("auto", "lite"):
        return ModelChoice("lite", _LITE, _lite_notice(is_complete(SIGLIP2, directory)))
    if wanted == "siglip2":
        raise ModelError(
            f"the model siglip2 has not been fetched to {directory}: run `cumbre models fetch` "
            f"({_megabytes(SIGLIP2.size_bytes)}), or set CUMBRE_MODEL=lite"
        )
    path = Path(wanted).expanduser()
    if not wanted or not path.is_dir():
        raise ModelError(f"CUMBRE_MODEL is {wanted!r}, which is neither auto, lite, siglip2 nor a directory")
    if not (path / "config.json").is_file():
        raise ModelError(
            f"CUMBRE_MODEL is {wanted!r}, a directory without a model (no config.json): set it to a model directory, "
            "auto, lite or siglip2"
        )
    return ModelChoice(path.resolve().name, path)


def list_models(home: Path) -> list[ModelRow]:
    """Return all models that Cumbre knows by name, best first."""
    directory = SIGLIP2.directory(home)
    return [
        ModelRow(
            SIGLIP2.name,
            directory,
            is_complete(SIGLIP2, directory),
            SIGLIP2.size_bytes,
            "SigLIP-2 base: searches by meaning in many languages and recognises mountains by their look",
        ),
        ModelRow(
            "lite", _LITE, True, 0, "bundled: finds everyday things, in English; recognises no mountain by its look"
        ),
    ]


def is_complete(model: DownloadableModel, directory: Path) -> bool:
    """Return whether the pinned revision is fully downloaded.

    That is the case if there is a manifest (it is written last) and every file has the size recorded in it.
    """
    try:
        manifest = json.loads((directory / MANIFEST_FILE).read_text("utf-8"))
        sizes = {path: entry["size"] for path, entry in manifest["files"].items()}
        return manifest["revision"] == model.revision and all(
            (directory / file.path).stat().st_size == sizes[file.path] for file in model.files
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _lite_notice(siglip2_is_ready: bool) -> str:
    limits = (
        "The small bundled model (lite) is in use: it finds everyday things, in English, "
        "and recognises no mountain by its look."
    )
    if siglip2_is_ready:
        return f"{limits} SigLIP-2 has been fetched and does both better: set CUMBRE_MODEL=auto to use it."
    return f"{limits} SigLIP-2 does both better: run `cumbre models fetch` ({_megabytes(SIGLIP2.size_bytes)})."


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.0f} MB"

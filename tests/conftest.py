"""Fixtures for all tests: a complete Cumbre in a temporary folder, with real storage, index, state and encoder."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from cumbre.bootstrap import open_library
from cumbre.encoding.embedder import PhotoEmbedder
from cumbre.encoding.known_models import resolve_model
from cumbre.encoding.onnx_encoder import OnnxEncoder
from cumbre.imaging.decode import PhotoLimits
from cumbre.library.library import Library
from cumbre.sandbox.pool import IsolatedPictureReader
from cumbre.sandbox.port import PictureReader
from cumbre.settings import Settings, read_dotenv
from tests.infra.images import image_of  # noqa: F401  a fixture
from tests.infra.stack import applied_stack  # noqa: F401  a fixture
from tests.support.aws.cloud_album import cloud  # noqa: F401  a fixture
from tests.support.aws.moto_server import moto  # noqa: F401  a fixture
from tests.support.elasticsearch_server import elasticsearch  # noqa: F401  a fixture
from tests.support.minio_server import minio  # noqa: F401  a fixture
from tests.support.parallel import (  # noqa: F401  hooks
    pytest_collection_modifyitems,
    pytest_configure_node,
    pytest_xdist_make_scheduler,
)
from tests.support.pictures import encoded, landscape
from tests.support.small_album import TO_AMA_DABLAM, TO_NOTHING, photo_towards

# Generate the same examples on every machine and in every run; HYPOTHESIS_PROFILE=default tries new ones.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

_DOTENV = Path(".env").absolute()


def _read_other_dotenv(file: Path) -> dict[str, str]:
    return {} if file.absolute() == _DOTENV else read_dotenv(file)


@pytest.fixture(autouse=True)
def no_cumbre_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide this machine's CUMBRE_ variables, and the .env file in the folder where pytest was started, from every test.

    Commands in processes of their own run in other folders (tests/support/processes.py).
    """
    for name in [name for name in os.environ if name.startswith("CUMBRE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("cumbre.cli.environment.read_dotenv", _read_other_dotenv)


@pytest.fixture(scope="session")
def lite() -> OnnxEncoder:
    """The bundled encoder."""
    return OnnxEncoder(resolve_model("lite", Path("/nonexistent")).directory)


@pytest.fixture(scope="session")
def lite_cache(lite: OnnxEncoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder that contains lite's everyday texts, because encoding them takes a second in every new home."""
    cache = tmp_path_factory.mktemp("cache")
    embedder = PhotoEmbedder(lite, cache)
    embedder.backgrounds(lite.encode_texts(["a mountain"]))
    return cache


@pytest.fixture
def home(tmp_path: Path, lite_cache: Path) -> Path:
    """A new home folder that contains only the encoder's cache."""
    shutil.copytree(lite_cache, tmp_path / "home" / "cache")
    return tmp_path / "home"


class SharedReader:
    """A picture reader that all tests share, so close() does nothing."""

    def __init__(self, reader: IsolatedPictureReader) -> None:
        self.read, self.warm_up = reader.read, reader.warm_up
        self.rendition, self.renditions, self.labelled = reader.rendition, reader.renditions, reader.labelled

    def close(self) -> None:
        """Leave the reader open for the other tests."""


@pytest.fixture(scope="session")
def picture_processes() -> Iterator[IsolatedPictureReader]:
    """The picture processes that all tests share, because starting one takes a fifth of a second."""
    reader = IsolatedPictureReader(PhotoLimits(), 4)
    yield reader
    reader.close()


@pytest.fixture(autouse=True)
def shared_picture_processes(picture_processes: IsolatedPictureReader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make libraries with the default limits use the shared picture processes."""

    def reader(limits: PhotoLimits, most: int) -> PictureReader:
        return SharedReader(picture_processes) if limits == PhotoLimits() else IsolatedPictureReader(limits, most)

    monkeypatch.setattr("cumbre.bootstrap.IsolatedPictureReader", reader)


@pytest.fixture(autouse=True)
def shared_encoder(lite: OnnxEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make libraries with the bundled model use the shared encoder, because opening its graphs takes time."""

    def opened(directory: Path) -> OnnxEncoder:
        return lite if directory == lite.description.directory else OnnxEncoder(directory)

    monkeypatch.setattr("cumbre.encoding.encoder_registry.OnnxEncoder", opened)


@pytest.fixture
def open_cumbre(home: Path) -> Iterator[Callable[..., Library]]:
    """A function that opens a library on `home`; calling it again acts as another process on the same home."""
    opened: list[Library] = []

    def open_one(**settings: Any) -> Library:
        opened.append(open_library(Settings(home=home, model="lite", **settings)))
        return opened[-1]

    yield open_one
    for library in opened:
        library.close()


@pytest.fixture
def library(open_cumbre: Callable[..., Library]) -> Library:
    """A library on `home`, with the bundled encoder."""
    return open_cumbre()


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """A folder with three photos: Ama Dablam, a view without any peak, and a picture without EXIF."""
    folder = tmp_path / "album"
    (folder / "day 1").mkdir(parents=True)
    (folder / "day 1" / "ama dablam.jpg").write_bytes(photo_towards(TO_AMA_DABLAM, "2023:10:29 08:52:12"))
    (folder / "day 1" / "valley.jpg").write_bytes(photo_towards(TO_NOTHING, "2023:10:29 09:30:00", sky=(200, 210, 220)))
    (folder / "plain.png").write_bytes(encoded(landscape(sky=(240, 200, 120)), "PNG"))
    return folder

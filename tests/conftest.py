"""A whole Cumbre in a temporary folder: real storage, index, state and the bundled encoder."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

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
from cumbre.settings import Settings
from tests.infra.images import image_of  # noqa: F401  for whoever asks
from tests.infra.stack import applied_stack  # noqa: F401  for whoever asks
from tests.support.aws.cloud_album import cloud  # noqa: F401  for whoever asks
from tests.support.aws.moto_server import moto  # noqa: F401  for whoever asks
from tests.support.elasticsearch_server import elasticsearch  # noqa: F401  for whoever asks
from tests.support.minio_server import minio  # noqa: F401  for whoever asks
from tests.support.pictures import encoded, landscape
from tests.support.small_album import TO_AMA_DABLAM, TO_NOTHING, photo_towards

# The same examples on every machine and run; explore with HYPOTHESIS_PROFILE=default.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tests see neither the environment's CUMBRE_ settings nor a .env file."""
    for name in [name for name in os.environ if name.startswith("CUMBRE_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def lite() -> OnnxEncoder:
    return OnnxEncoder(resolve_model("lite", Path("/nonexistent")).directory)


@pytest.fixture(scope="session")
def cache_of_lite(lite: OnnxEncoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder with lite's everyday texts: they cost a second, which every home would pay again."""
    cache = tmp_path_factory.mktemp("cache")
    embedder = PhotoEmbedder(lite, cache)
    embedder.backgrounds(lite.encode_texts(["a mountain"]))
    return cache


@pytest.fixture
def home(tmp_path: Path, cache_of_lite: Path) -> Path:
    shutil.copytree(cache_of_lite, tmp_path / "home" / "cache")
    return tmp_path / "home"


class Lent:
    """A reader of pictures that whoever borrows it can't close."""

    def __init__(self, reader: IsolatedPictureReader) -> None:
        self.read, self.warm_up = reader.read, reader.warm_up
        self.rendition, self.renditions, self.labelled = reader.rendition, reader.renditions, reader.labelled

    def close(self) -> None:
        """It belongs to all tests."""


@pytest.fixture(scope="session")
def picture_processes() -> Iterator[IsolatedPictureReader]:
    """The processes that read pictures, for all tests: starting one takes a fifth of a second."""
    reader = IsolatedPictureReader(PhotoLimits(), 4)
    yield reader
    reader.close()


@pytest.fixture(autouse=True)
def shared_picture_processes(picture_processes: IsolatedPictureReader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries with the usual limits share them."""

    def reader(limits: PhotoLimits, most: int) -> PictureReader:
        return Lent(picture_processes) if limits == PhotoLimits() else IsolatedPictureReader(limits, most)

    monkeypatch.setattr("cumbre.bootstrap.IsolatedPictureReader", reader)


@pytest.fixture
def open_cumbre(home: Path) -> Iterator[Callable[..., Library]]:
    """Opens a Cumbre on this home; further ones are other processes on the same home."""
    opened: list[Library] = []

    def open_one(**settings: object) -> Library:
        opened.append(open_library(Settings(home=home, model="lite", **settings)))
        return opened[-1]

    yield open_one
    for library in opened:
        library.close()


@pytest.fixture
def library(open_cumbre: Callable[..., Library]) -> Library:
    return open_cumbre()


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """A folder of three photos: Ama Dablam, a view without any peak, and a picture without EXIF."""
    folder = tmp_path / "album"
    (folder / "day 1").mkdir(parents=True)
    (folder / "day 1" / "ama dablam.jpg").write_bytes(photo_towards(TO_AMA_DABLAM, "2023:10:29 08:52:12"))
    (folder / "day 1" / "valley.jpg").write_bytes(photo_towards(TO_NOTHING, "2023:10:29 09:30:00", sky=(200, 210, 220)))
    (folder / "plain.png").write_bytes(encoded(landscape(sky=(240, 200, 120)), "PNG"))
    return folder

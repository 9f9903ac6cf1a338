"""Provide the file trees of the functions' images, each built once per test run."""

import subprocess
from collections.abc import Callable

import pytest

from tests.infra.image_tree import ImageBuilder, ImageTree
from tests.support.paths import ROOT
from tests.support.server_cache import obtain_or_skip

DOCKERFILE = ROOT / "infra" / "Dockerfile"
EVERY_DOCKERFILE = (DOCKERFILE, ROOT / "local" / "Dockerfile")
IMAGES = ("ingest", "query", "bot")


@pytest.fixture(scope="session")
def image_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], ImageTree]:
    """A function that returns the tree of ingest, query or bot, with packages that run on this machine."""
    builder = ImageBuilder(DOCKERFILE, tmp_path_factory.mktemp("images"))
    built: dict[str, ImageTree] = {}

    def image(name: str) -> ImageTree:
        def obtain() -> ImageTree:
            try:
                return builder.image(name)
            except subprocess.CalledProcessError as error:
                raise OSError(f"pip could not install the packages: {str(error.stderr)[-300:]}") from error

        if name not in built:
            built[name] = obtain_or_skip(obtain, "packages of the function")
        return built[name]

    return image

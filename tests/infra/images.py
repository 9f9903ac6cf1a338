"""The functions' images as trees of files, each built once for all tests that ask for it."""

import subprocess
from collections.abc import Callable

import pytest

from tests.infra.image_tree import ImageTree, build
from tests.support.paths import ROOT
from tests.support.server_cache import obtained

DOCKERFILES = {
    "ingest": ROOT / "functions" / "ingest" / "Dockerfile",
    "query": ROOT / "functions" / "query" / "Dockerfile",
    "bot": ROOT / "bot" / "Dockerfile",
}


@pytest.fixture(scope="session")
def image_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], ImageTree]:
    """The tree of ingest, query or bot, with packages that run on this machine."""
    built: dict[str, ImageTree] = {}

    def image(name: str) -> ImageTree:
        def obtain() -> ImageTree:
            try:
                return build(DOCKERFILES[name], tmp_path_factory.mktemp(name))
            except subprocess.CalledProcessError as error:
                raise OSError(f"pip could not install them: {str(error.stderr)[-300:]}") from error

        if name not in built:
            built[name] = obtained(obtain, "packages of the function")
        return built[name]

    return image

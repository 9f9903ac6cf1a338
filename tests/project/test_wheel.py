"""The wheel, which people and containers install, contains every file of the packages."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.paths import PACKAGES, ROOT

# Files that build and run the packages but are not part of them.
EXCLUDED = ("Dockerfile", "Dockerfile.dockerignore", "requirements.txt", "compose.yaml", ".env")
BUILD = "from setuptools import build_meta; import sys; build_meta.build_wheel(sys.argv[1])"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the files that the build reads, without the results of earlier builds."""
    copy = tmp_path_factory.mktemp("source")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__", *EXCLUDED))
    for name in ("pyproject.toml", "requirements.txt", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, copy)
    return copy


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built from the copy."""
    built = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-c", BUILD, str(built)], cwd=source, capture_output=True, check=True)
    (file,) = built.glob("*.whl")
    return zipfile.ZipFile(file)


def test_every_file_of_the_packages_is_in_the_wheel(source: Path, wheel: zipfile.ZipFile) -> None:
    files = {
        path.relative_to(source).as_posix()
        for package in PACKAGES
        for path in (source / package).rglob("*")
        if path.is_file()
    }
    assert len(files) > 300
    assert {name for name in wheel.namelist() if not name.startswith("cumbre-")} == files


@pytest.mark.parametrize(
    "name",
    [
        "bot/web/static/vendor/leaflet/leaflet.js",
        "bot/web/static/js/app/main.js",
        "bot/web/templates/index.html",
        "bot/i18n/translations/es/LC_MESSAGES/cumbre.mo",
        "cumbre/encoding/assets/lite/onnx/vision_model.onnx",
        "cumbre/encoding/assets/siglip2-base-patch16-224/cumbre.json",
        "cumbre/peaks/assets/khumbu.yaml",
        "functions/query/api/openapi.yaml",
    ],
)
def test_files_other_than_python_are_in_the_wheel(wheel: zipfile.ZipFile, name: str) -> None:
    assert wheel.getinfo(name).file_size > 0

"""Imports between packages follow the allowed directions, and unit tests mirror the package of the code they test."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import PACKAGES, ROOT

UNIT = ROOT / "tests" / "unit"


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter with the contracts of pyproject.toml."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages, in which a test can add a forbidden import."""
    copy = tmp_path_factory.mktemp("tree")
    ignored = shutil.ignore_patterns("__pycache__", "assets", "static")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


@pytest.mark.parametrize(
    ("module", "forbidden_import"),
    [
        ("cumbre/geo/geodesy.py", "from cumbre.peaks.catalog import Peak"),
        ("cumbre/search/searcher.py", "from cumbre.library.library import Library"),
        ("cumbre/index/embedded/index.py", "from cumbre.index.elasticsearch.index import ElasticPhotoIndex"),
        ("cumbre/library/library.py", "from bot.chat.conversation import Conversation"),
        ("bot/chat/conversation.py", "from bot.web.site import create_app"),
        ("bot/telegram/service.py", "from cumbre.library.library import Library"),
        ("functions/query/api/routes.py", "from functions.query.rpc.client import connect"),
        ("local/folder_watch/watcher.py", "from local.serve import serve"),
    ],
)
def test_a_forbidden_import_breaks_a_contract(tree: Path, module: str, forbidden_import: str) -> None:
    file = tree / module
    original = file.read_text("utf-8")
    file.write_text(f"{original}\n{forbidden_import}\n", "utf-8")
    try:
        done = lint_imports(tree)
    finally:
        file.write_text(original, "utf-8")
    assert done.returncode == 1, done.stdout
    assert re.search(r"[1-9] broken", done.stdout)


def test_the_imports_of_the_code_keep_all_contracts(tree: Path) -> None:
    done = lint_imports(tree)
    assert done.returncode == 0, done.stdout


def folders_of_unit_tests() -> list[Path]:
    """Return the folders below tests/unit that contain tests."""
    return sorted({file.parent.relative_to(UNIT) for file in UNIT.rglob("test_*.py")})


@pytest.mark.parametrize("folder", folders_of_unit_tests(), ids=str)
def test_a_folder_of_unit_tests_has_the_path_of_a_package(folder: Path) -> None:
    package = ROOT / folder if folder.parts[:1] and folder.parts[0] in PACKAGES else ROOT / "cumbre" / folder
    assert (package / "__init__.py").is_file()


def test_unit_tests_are_found_in_many_folders() -> None:
    assert len(folders_of_unit_tests()) > 20

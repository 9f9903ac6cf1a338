"""The findings and the advice of `cumbre doctor`."""

import errno
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from cumbre.diagnosis import Check, diagnose
from cumbre.settings import Settings

RunChecks = Callable[..., dict[str, Check]]


@pytest.fixture
def check(home: Path) -> RunChecks:
    """Return a function that runs all checks on a home and returns them by part."""

    def run(**settings: Any) -> dict[str, Check]:
        return {one.part: one for one in diagnose(Settings(**{"home": home, "model": "lite", **settings}))}

    return run


def test_a_new_home_passes_all_checks(check: RunChecks, home: Path) -> None:
    checks = check()
    assert list(checks) == [
        "home folder", "image formats", "state", "catalogue", "model", "index", f"album {(home / 'inbox').resolve()}"
    ]  # fmt: skip
    assert all(one.well for one in checks.values())
    assert checks["index"].found == "0 photos, 0 failures, model lite-1"


def test_a_home_that_cannot_be_created_is_reported_with_what_to_do(check: RunChecks, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    checks = check(home=tmp_path / "file" / "home")
    assert checks["home folder"].found == (
        f"{tmp_path / 'file' / 'home'} can't be written to (Not a directory): make it a writable folder, or name "
        "another one (CUMBRE_HOME)"
    )
    assert not checks["home folder"].well
    assert not checks["state and index"].well


def test_the_finding_about_a_read_only_home_names_no_temporary_file(
    check: RunChecks, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(dir: str) -> NoReturn:
        raise OSError(errno.EROFS, "Read-only file system", f"{dir}/tmpc3chc0ph")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    found = check()["home folder"]
    assert not found.well
    assert found.found.startswith(f"{home} can't be written to (Read-only file system): ")
    assert "tmpc3chc0ph" not in found.found


def test_the_check_of_the_index_passes_even_if_the_model_is_missing(check: RunChecks) -> None:
    check()
    checks = check(model="/nonexistent")
    assert not checks["model"].well
    assert checks["index"].well


def test_albums_that_cannot_be_read_do_not_hide_the_other_parts(check: RunChecks) -> None:
    checks = check(storage=("s3://No Bucket",))
    assert checks["index"].well
    assert not checks["albums"].well
    assert "s3://BUCKET" in checks["albums"].found


def test_a_missing_album_is_named_with_what_to_do(check: RunChecks, tmp_path: Path) -> None:
    missing = tmp_path / "away"
    found = check(storage=(f"folder:{missing}",))[f"album {missing.resolve()}"]
    assert not found.well
    assert "connect its drive" in found.found


def test_an_inbox_that_cannot_be_created_is_reported_without_an_error_number(check: RunChecks, home: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / "inbox").write_text("")
    found = check()["albums"]
    assert not found.well
    assert found.found.startswith(f"{home / 'inbox'}, the folder for added photos, can't be created (File exists): ")

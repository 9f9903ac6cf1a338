"""What `cumbre doctor` finds, and what it says to do."""

import errno
import tempfile

import pytest

from cumbre.diagnosis import diagnose
from cumbre.settings import Settings


@pytest.fixture
def check(home):
    """Runs all checks on a home, by part."""

    def run(**settings):
        return {one.part: one for one in diagnose(Settings(**{"home": home, "model": "lite", **settings}))}

    return run


def test_a_fresh_home_is_well(check, home):
    checks = check()
    assert list(checks) == [
        "home folder", "image formats", "state", "catalogue", "model", "index", f"album {(home / 'inbox').resolve()}"
    ]  # fmt: skip
    assert all(one.well for one in checks.values())
    assert checks["index"].found == "0 photos, 0 failures, model lite-1"


def test_a_home_that_can_not_be_is_said_with_the_way_out(check, tmp_path):
    (tmp_path / "file").write_text("")
    checks = check(home=tmp_path / "file" / "home")
    assert checks["home folder"].found == (
        f"{tmp_path / 'file' / 'home'} can't be written to (Not a directory): make it a folder that may be written, or "
        "name another one (CUMBRE_HOME)"
    )
    assert not checks["home folder"].well
    assert not checks["state and index"].well


def test_a_home_on_a_drive_for_reading_alone_names_no_temporary_file(check, home, monkeypatch):
    def refused(dir):
        raise OSError(errno.EROFS, "Read-only file system", f"{dir}/tmpc3chc0ph")

    monkeypatch.setattr(tempfile, "TemporaryFile", refused)
    found = check()["home folder"]
    assert not found.well
    assert found.found.startswith(f"{home} can't be written to (Read-only file system): ")
    assert "tmpc3chc0ph" not in found.found


def test_a_model_that_is_missing_leaves_the_index_well(check):
    check()
    checks = check(model="/nonexistent")
    assert not checks["model"].well
    assert checks["index"].well


def test_albums_that_can_not_be_read_do_not_hide_the_other_parts(check):
    checks = check(storage=("s3://No Bucket",))
    assert checks["index"].well
    assert not checks["albums"].well
    assert "s3://BUCKET" in checks["albums"].found


def test_an_album_that_is_not_there_is_named(check, tmp_path):
    missing = tmp_path / "away"
    found = check(storage=(f"folder:{missing}",))[f"album {missing.resolve()}"]
    assert not found.well
    assert "connect its drive" in found.found


def test_an_inbox_that_can_not_be_made_is_said_without_an_error_number(check, home):
    home.mkdir(exist_ok=True)
    (home / "inbox").write_text("")
    found = check()["albums"]
    assert not found.well
    assert found.found.startswith(
        f"{home / 'inbox'}, the folder for photos that are added, can't be made (File exists): "
    )
